import Checkpoint
import Foundation
import SetunMachine
import Testing

/// A directory that is removed when the test ends.
final class ScratchDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/machine-commands-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  /// Every file below, by its path relative to the directory.
  func contents(of directory: String = "") throws -> [String: Data] { try contentsOfDirectory(file(directory)) }
}

func contentsOfDirectory(_ root: String) throws -> [String: Data] {
  var result: [String: Data] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: root + "/" + name, isDirectory: &isDirectory), !isDirectory.boolValue {
      result[name] = try Data(contentsOf: URL(fileURLWithPath: root + "/" + name))
    }
  }
  return result
}

let repository = URL(fileURLWithPath: fixtures).deletingLastPathComponent().deletingLastPathComponent().path

@Suite("The command line: SystemVerilog")
struct EmitCommandTests {
  @Test("emit writes the same bytes each time, and the ones that are committed")
  func emission() throws {
    let scratch = try ScratchDirectory()
    let first = try RTLGenProcess("emit", "--out", scratch.file("a"))
    #expect(first.status == 0 && first.errors.isEmpty && first.output.contains("tiny") && first.output.contains("wide"))
    let second = try RTLGenProcess("emit", "--out", scratch.file("b"), "--json")
    let rows = try #require(try second.json()["emitted"] as? [[String: Any]])
    #expect(rows.compactMap { $0["configuration"] as? String } == Configuration.named.map(\.name))
    #expect(rows.compactMap { $0["hash"] as? String } == Configuration.named.map { String($0.hash, radix: 16) })
    let files = try scratch.contents(of: "a")
    #expect(try files == scratch.contents(of: "b"))
    #expect(files.count > 20 && files.keys.allSatisfy { $0.hasSuffix(".sv") })
    for row in rows {
      let name = try #require(row["configuration"] as? String)
      let own = files.filter { $0.key.hasPrefix(name + "/") }
      #expect(row["files"] as? Int == own.count)
      #expect(row["bytes"] as? Int == own.values.reduce(0) { $0 + $1.count })
    }
    let committed = try contentsOfDirectory(repository + "/RTL").filter { !$0.key.hasPrefix(".") }
    #expect(Set(committed.keys) == Set(files.keys))
    let drifted = committed.filter { files[$0.key] != $0.value }.keys.sorted()
    #expect(drifted == [], "what is committed in RTL/ is not what rtlgen emits; 'make rtl' emits it anew")
  }

  @Test("with --config the files lie directly in the directory, and older ones are removed")
  func oneConfiguration() throws {
    let scratch = try ScratchDirectory()
    _ = try scratch.write("old_module.sv", "module old_module; endmodule\n")
    _ = try scratch.write("notes.txt", "mine")
    let path = try ScratchDirectory()
    var changed = Configuration.tiny
    changed.name = "changed"
    changed.fifoBeats = 1024
    let configuration = try path.write("changed.json", changed.canonicalJSON)
    #expect(try RTLGenProcess("emit", "--config", configuration, "--out", scratch.path).status == 0)
    let files = try scratch.contents()
    #expect(files["setun_core.sv"] != nil && files["old_module.sv"] == nil && files["notes.txt"] != nil)
    #expect(!files.keys.contains { $0.contains("/") })
    let hash = String(changed.hash, radix: 16)
    for (name, data) in files where name.hasSuffix(".sv") {
      #expect(String(decoding: data, as: UTF8.self).contains("configuration changed (\(hash))"), "\(name)")
    }
  }

  @Test("what cannot be emitted is refused")
  func refusals() throws {
    let scratch = try ScratchDirectory()
    let bad = try scratch.write("bad.json", Configuration.tiny.canonicalJSON.replacing("128", with: "96"))
    let file = try scratch.write("file", "")
    for (arguments, word) in [
      (["--config", "nothing"], "'nothing'"), (["--config", bad], "beatBits must be 128, 256 or 512, not 96"),
      (["--out", file + "/below"], file),
    ] {
      let run = try RTLGenProcess(["emit", "--out", scratch.file("out")] + arguments)
      #expect(run.status == 1 && run.output.isEmpty && run.errors.contains(word), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
    #expect(try RTLGenProcess("emit", "--nothing").status == 64)
  }
}

@Suite("The command line: programs and images")
struct CompileCommandTests {
  @Test("compile writes image, listing and summary; the listing assembles to the image's instructions")
  func compile() throws {
    let scratch = try ScratchDirectory()
    let table = try RTLGenProcess("compile", "--config", "tiny", "--out", scratch.file("a"))
    #expect(table.status == 0 && table.errors.isEmpty && table.output.contains("predicted cycles per token"))
    let json = try RTLGenProcess("compile", "--config", "tiny", "--out", scratch.file("b"), "--json")
    let files = try scratch.contents(of: "a")
    #expect(Set(files.keys) == ["image.bin", "program.lst", "summary.json", "tokenizer.json"])
    #expect(try files == scratch.contents(of: "b"))
    let summary = try json.json()
    let written = try JSONSerialization.jsonObject(with: try #require(files["summary.json"])) as? [String: Any]
    #expect(written as NSDictionary? == summary as NSDictionary)

    let image = [UInt8](try #require(files["image.bin"]))
    let header = try ImageHeader(bytes: image, configuration: .tiny)
    #expect(summary["image_bytes"] as? Int == image.count)
    #expect(summary["body_beats"] as? Int == header.bodyBeatsWithHead)
    #expect(summary["configuration_hash"] as? String == String(Configuration.tiny.hash, radix: 16))
    let listing = String(decoding: try #require(files["program.lst"]), as: UTF8.self)
    let words = try RTLGenProcess("asm", input: listing)
    #expect(words.status == 0 && words.errors.isEmpty)
    let instructions = try Assembler.assemble(listing)
    #expect(words.output == instructions.map { $0.word.hexadecimal + "\n" }.joined())
    #expect(summary["instructions"] as? Int == instructions.count)
    // The image's instructions by the operand lengths the listing states.
    var beat = 0
    let operands = listing.split(separator: "\n").compactMap { line in
      line.split(separator: "operand ").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) }
    }
    try #require(operands.count == instructions.count)
    for (instruction, operand) in zip(instructions, operands) {
      let start = header.bodyOffset + 16 * beat
      var word = InstructionWord(low: 0, high: 0)
      for byte in 0..<16 { word[8 * byte, 8] = UInt32(image[start + byte]) }
      #expect(Instruction(word) == instruction)
      beat += 1 + operand
    }
    #expect(beat == header.bodyBeatsWithHead)

    let text = try RTLGenProcess("disasm", input: words.output)
    #expect(text.status == 0 && text.output == instructions.map { Assembler.disassemble($0) + "\n" }.joined())
    #expect(try RTLGenProcess("asm", input: text.output).output == words.output)
  }

  @Test("asm and disasm name the line that is wrong")
  func assemblerErrors() throws {
    for (command, input, word) in [
      ("asm", "LOAD slot=1 count=1\nLOAD slot=9\n", "Line 2: '9' does not fit"), ("asm", "JUMP\n", "Line 1: 'JUMP'"),
      ("disasm", "00\n", "Line 1: '00' is not an instruction word"),
      ("disasm", String(repeating: "0", count: 32) + "\n", "is no legal instruction"),
    ] {
      let run = try RTLGenProcess(command, input: input)
      #expect(run.status == 1 && run.errors.contains(word), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
    let nothing = try RTLGenProcess("asm", input: "# only a comment\n")
    #expect(nothing.status == 0 && nothing.output.isEmpty)
  }

  @Test("a model that does not fit is refused with the numbers, and nothing is written")
  func refusals() throws {
    let scratch = try ScratchDirectory()
    var small = Configuration.tiny
    small.name = "small"
    small.vocabularyCapacity = 500
    let path = try scratch.write("small.json", small.canonicalJSON)
    let run = try RTLGenProcess("compile", "--config", path, "--out", scratch.file("out"))
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.errors.contains("vocabulary is 512, but configuration 'small' holds 500"))
    #expect(run.errors.split(separator: "\n").count == 1)
    #expect(!FileManager.default.fileExists(atPath: scratch.file("out")))
    let blocked = try RTLGenProcess("compile", "--out", path + "/below")
    #expect(blocked.status == 1 && blocked.errors.split(separator: "\n").count == 1)
    #expect(try RTLGenProcess("compile").status == 64)
  }
}

@Suite("The command line: simulator and RTL")
struct CompareCommandTests {
  @Test("compare prints one JSON object with everything that is promised")
  func json() throws {
    let run = try RTLGenProcess(
      "compare", "--ids", "1,338,25", "--tokens", "3", "--config", "tiny", "--memory", "random:7", "--json")
    let json = try run.json()
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(json["tokens"] as? Int == 3 && json["positions"] as? Int == 5)
    #expect(json["mismatches"] as? Int == 0)
    #expect(json["first_difference"] is NSNull)
    #expect(try #require(json["retired"] as? Int) > 1000)
    let cycles = try #require(json["cycles_rtl"] as? Int)
    #expect(cycles > 0 && json["cycles_simulator"] as? Int == cycles)
    #expect(json["text"] is String)
    let perToken = try #require(json["cycles_per_token"] as? Double)
    #expect(perToken > 1000 && perToken < Double(cycles))
    let utilisation = try #require(json["stream_utilisation"] as? Double)
    #expect((0.1...1).contains(utilisation))
    #expect((0...1).contains(try #require(json["argmax_agreement_with_reference"] as? Double)))
    let generated = try RTLGenProcess(
      "generate", "--ids", "1,338,25", "--tokens", "3", "--engine", "simulator", "--ignore-eos", "--json")
    #expect(try generated.json()["text"] as? String == json["text"] as? String)
  }

  @Test("compare runs on a DRAM", arguments: ["ddr4", "hbm2", "ddr4-shared:4"])
  func dram(_ memory: String) throws {
    let run = try RTLGenProcess("compare", "--ids", "1", "--tokens", "1", "--memory", memory, "--json")
    let json = try run.json()
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(json["memory"] as? String == memory && json["mismatches"] as? Int == 0)
  }

  @Test("memory prints what a memory delivers, as a table and as one JSON object")
  func memory() throws {
    let json = try RTLGenProcess("memory", "--memory", "ddr4", "--config", "wide", "--json").json()
    #expect(json["configuration"] as? String == "wide" && json["memory"] as? String == "ddr4")
    let fraction = try #require(json["fraction"] as? Double)
    #expect((0.9..<1).contains(fraction))
    let lost = try ["lost_to_refresh", "lost_to_rows", "lost_otherwise"].map { try #require(json[$0] as? Double) }
    #expect(abs(fraction + lost.reduce(0, +) - 1) < 1e-9)
    let table = try RTLGenProcess("memory", "--memory", "hbm2")
    #expect(table.status == 0 && table.errors.isEmpty && table.output.contains("lost to refresh"))
    #expect(try RTLGenProcess("memory", "--memory", "ddr5").status == 64)
  }

  @Test("compare tells the story and says that both agree")
  func text() throws {
    let run = try RTLGenProcess("compare", "--tokens", "2")
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.contains("Simulator and RTL agree in every retired bit and every cycle."))
    #expect(run.output.contains("mismatches"))
  }

  @Test("compare --rtl builds what lies there; a difference gives status 1 and its place")
  func foreignRTL() throws {
    let scratch = try ScratchDirectory()
    #expect(try RTLGenProcess("emit", "--config", "tiny", "--out", scratch.path).status == 0)
    let same = try RTLGenProcess("compare", "--tokens", "1", "--rtl", scratch.path, "--json")
    #expect(same.status == 0 && same.errors.isEmpty)
    let path = scratch.file("argmax_unit.sv")
    let original = try String(contentsOfFile: path, encoding: .utf8)
    try #require(original.contains("candidate_q > best_q"))
    try original.replacing("candidate_q > best_q", with: "candidate_q < best_q").write(
      toFile: path, atomically: true, encoding: .utf8)
    let changed = try RTLGenProcess("compare", "--tokens", "2", "--rtl", scratch.path, "--json")
    let json = try changed.json()
    #expect(changed.status == 1)
    #expect(try #require(json["mismatches"] as? Int) > 0)
    #expect(try #require(json["first_difference"] as? String).contains("token"))
    let text = try RTLGenProcess("compare", "--tokens", "2", "--rtl", scratch.path)
    #expect(text.status == 1 && text.output.contains("Simulator and RTL DIFFER"))
  }

  @Test("generate, logits and evaluate give the same on the simulator and on the RTL")
  func engines() throws {
    let scratch = try ScratchDirectory()
    let writer = try SafetensorsWriter(
      path: scratch.file("in.safetensors"), tensors: [SafetensorsWriter.Entry("ids", .i32, [3, 7])])
    try writer.append((0..<21).map { Int32($0 * 37 % 512) })
    try writer.finish()
    let input = ["--input", scratch.file("in.safetensors"), "--tensor", "ids"]
    var texts: [String] = []
    var likelihoods: [Double] = []
    for engine in ["simulator", "rtl"] {
      let generated = try RTLGenProcess("generate", "--prompt", "Once", "--tokens", "4", "--engine", engine)
      #expect(generated.status == 0 && generated.errors.isEmpty)
      texts.append(generated.output)
      let logits = try RTLGenProcess(
        ["logits", "--engine", engine, "--output", scratch.file(engine + ".safetensors")] + input)
      #expect(logits.status == 0 && logits.output.isEmpty && logits.errors.isEmpty)
      let evaluation = try RTLGenProcess(["evaluate", "--engine", engine, "--json"] + input).json()
      #expect(evaluation["tokens"] as? Int == 18)
      likelihoods.append(try #require(evaluation["nll"] as? Double))
    }
    #expect(texts[0] == texts[1] && texts[0].hasPrefix("Once"))
    #expect(likelihoods[0] == likelihoods[1])
    let files = try scratch.contents()
    #expect(files["simulator.safetensors"] == files["rtl.safetensors"])
    #expect(try SafetensorsFile(path: scratch.file("rtl.safetensors")).tensor("logits").shape == [3, 7, 512])
  }

  @Test("what cannot be compared is refused in one sentence with status 1")
  func refusals() throws {
    let scratch = try ScratchDirectory()
    let long = Array(repeating: "1", count: 1025).joined(separator: ",")
    for (arguments, word) in [
      (["compare", "--tokens", "1", "--rtl", scratch.path], "no SystemVerilog files"),
      (["compare", "--tokens", "1", "--rtl", repository + "/RTL/wide"], "512 bits"),
      (["compare", "--tokens", "1", "--config", "nothing"], "'nothing'"),
      (["compare", "--tokens", "1", "--ids", "1,512"], "512"),
      (["compare", "--tokens", "1", "--ids", long], "1025"),
      (["compare", "--tokens", "1", "--model", "/nowhere"], "/nowhere"),
      (["generate", "--tokens", "1", "--engine", "simulator", "--ids", long], "1025"),
      (["generate", "--tokens", "1", "--engine", "rtl", "--ids", long], "1025"),
    ] {
      let run = try RTLGenProcess(arguments)
      #expect(run.status == 1 && run.output.isEmpty, "\(arguments.prefix(5)): \(run.output)")
      #expect(run.errors.contains(word), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }
  }

  @Test(
    "wrong usage ends with status 64",
    arguments: [
      ["compare"], ["compare", "--tokens", "0"], ["compare", "--tokens", "1", "--memory", "slow"],
      ["compare", "--tokens", "1", "--memory", "random:"], ["compare", "--tokens", "1", "--memory", "random:-1"],
      ["compare", "--tokens", "1", "--ids", "1", "--prompt", "x"], ["compare", "--tokens", "1", "extra"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let run = try RTLGenProcess(arguments)
    #expect(run.status == 64 && run.output.isEmpty && !run.errors.isEmpty)
  }
}
