import Foundation
import Testing

@Suite("The command line with models, images and machines")
struct ImageCommandTests {
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let directory = NSTemporaryDirectory() + "/machine-command-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body(directory)
  }

  private func succeed(_ arguments: String...) throws -> RTLGenProcess {
    let run = try RTLGenProcess(arguments)
    #expect(run.status == 0, "\(arguments): \(run.errors)")
    return run
  }

  @Test("a random model is inspected, compiled, and runs the same from checkpoint and image")
  func randomModel() throws {
    try withDirectory { directory in
      let (model, image) = (directory + "/model", directory + "/image")
      _ = try succeed("model", "random", "--shape", "80x2", "--vocab", "777", "--seed", "9", "--out", model)
      let inspection = try succeed("model", "inspect", model, "--json").json()
      let shape = try #require(inspection["shape"] as? [String: Int])
      #expect(shape == ["hidden_size": 80, "intermediate_size": 256, "layers": 2, "vocabulary": 777])
      let matrices = try #require(inspection["matrices"] as? [[String: Any]])
      #expect(matrices.count == 7)
      for matrix in matrices {
        let shares = ["negative", "zero", "positive"].compactMap { matrix[$0] as? Double }
        #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
      }
      let fits = try #require(inspection["configurations"] as? [[String: Any]])
      // A chip of which every block is full takes no larger vocabulary.
      #expect(fits.allSatisfy { $0["fits"] as? Bool == ($0["configuration"] as? String != "ulx3s") })
      let again = try RTLGenProcess("model", "random", "--shape", "80x2", "--seed", "9", "--out", model)
      #expect(again.status == 1 && again.errors.contains("is not empty"))

      _ = try succeed("compile", "--model", model, "--out", image)
      let common = ["--ids", "1,776,0", "--tokens", "5", "--ignore-eos", "--json"]
      let fromModel = try RTLGenProcess(["generate", "--model", model, "--engine", "simulator"] + common).json()
      let fromImage = try RTLGenProcess(["generate", "--image", image] + common).json()
      #expect(fromImage["engine"] as? String == "simulator")
      #expect(fromImage["text"] is NSNull)
      #expect((fromImage["ids"] as? [Int])?.count == 5)
      #expect(fromImage["ids"] as? [Int] == fromModel["ids"] as? [Int])
    }
  }

  @Test("an image of a model with a tokenizer gives text, BOS and loss as the model does")
  func imageWithText() throws {
    try withDirectory { directory in
      _ = try succeed("compile", "--out", directory)
      let sampling = ["--prompt", "Once", "--tokens", "12", "--temperature", "0.9", "--top-k", "40", "--json"]
      func generate(_ arguments: String...) throws -> [String: Any] {
        try RTLGenProcess(["generate"] + arguments + sampling).json()
      }
      let first = try generate("--image", directory, "--seed", "5")
      let text = try #require(first["text"] as? String)
      #expect(text.hasPrefix("Once"))
      #expect((first["prompt_ids"] as? [Int])?.first == 1)
      #expect(try generate("--engine", "simulator", "--seed", "5")["text"] as? String == text)
      #expect(try generate("--image", directory, "--engine", "rtl", "--seed", "5")["text"] as? String == text)
      #expect(try generate("--image", directory, "--seed", "6")["text"] as? String != text)
      #expect(try generate("--engine", "reference", "--seed", "6")["tokens"] as? Int == 12)
      // One likeliest token is the greedy choice, however it is asked for.
      let common = ["generate", "--image", directory, "--tokens", "6", "--json"]
      let greedy = try RTLGenProcess(common).json()["ids"] as? [Int]
      #expect(try RTLGenProcess(common + ["--temperature", "0"]).json()["ids"] as? [Int] == greedy)
      #expect(try RTLGenProcess(common + ["--temperature", "3", "--top-k", "1"]).json()["ids"] as? [Int] == greedy)
    }
  }

  @Test("compare runs an image, without an agreement since there is no reference")
  func compareImage() throws {
    try withDirectory { directory in
      _ = try succeed("compile", "--out", directory)
      let report = try succeed("compare", "--image", directory, "--tokens", "2", "--memory", "random:4", "--json")
        .json()
      #expect(report["mismatches"] as? Int == 0)
      #expect(report["argmax_agreement_with_reference"] is NSNull)
      #expect(report["configuration"] as? String == "tiny")
    }
  }

  @Test("what cannot be an image is refused in one sentence")
  func imageRefusals() throws {
    try withDirectory { directory in
      _ = try succeed("compile", "--out", directory)
      func refused(_ word: String, _ arguments: String...) throws {
        let run = try RTLGenProcess(["generate", "--tokens", "1"] + arguments)
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(run.errors.contains(word) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      }
      try refused("/nowhere/image.bin", "--image", "/nowhere")
      try refused("reference needs --model", "--image", directory, "--engine", "reference")
      try refused("another configuration than 'wide'", "--image", directory, "--config", "wide")
      let both = try RTLGenProcess("generate", "--tokens", "1", "--image", directory, "--model", directory)
      #expect(both.status == 64)
      let file = try #require(FileHandle(forUpdatingAtPath: directory + "/image.bin"))
      try file.seek(toOffset: 5000)
      try file.write(contentsOf: Data([0xFF, 0xFF]))
      try file.close()
      try refused("body is damaged", "--image", directory)
      try Data("{".utf8).write(to: URL(fileURLWithPath: directory + "/summary.json"))
      try refused("summary.json", "--image", directory)
    }
  }

  @Test("bench measures both engines on the same cycles, stores ratios and tells what moved")
  func bench() throws {
    try withDirectory { directory in
      let baseline = directory + "/bench.json"
      let missing = try RTLGenProcess("bench", "--check", "--baseline", baseline)
      #expect(missing.status == 1 && missing.output.isEmpty && missing.errors.contains(baseline))
      let report = try succeed("bench", "--tokens", "1", "--store", "--baseline", baseline, "--json").json()
      for key in [
        "cycles_per_second_simulator", "cycles_per_second_rtl", "ratio", "reference_tokens_per_second",
        "loading_seconds",
        "ternarising_seconds", "compiling_seconds",
      ] {
        #expect(try #require(report[key] as? Double, "\(key)") > 0)
      }
      for key in ["verilator", "verilator_flags", "compiler", "compiler_flags"] {
        #expect(try !#require(report[key] as? String, "\(key)").isEmpty)
      }
      let cycles = try #require(report["cycles"] as? Int)
      let stored = try String(contentsOfFile: baseline, encoding: .utf8)
      #expect(stored.contains("\"tiny/tales-1m\"") && stored.contains("\"cycles\" : \(cycles)"))
      // A ratio that no machine reaches, and cycles that are off by one, must be told.
      func check(cycles: Int, tokens: Int = 1, floor: Double) throws -> RTLGenProcess {
        let ratio = "{\"simulator_over_rtl\":{\"value\":1,\"floor\":\(floor)}}"
        let entry = "{\"tiny/tales-1m\":{\"tokens\":\(tokens),\"cycles\":\(cycles),\"ratios\":\(ratio)}}"
        try Data(entry.utf8).write(to: URL(fileURLWithPath: baseline))
        return try RTLGenProcess("bench", "--tokens", "1", "--check", "--baseline", baseline)
      }
      let good = try check(cycles: cycles, floor: 0)
      #expect(good.status == 0 && !good.output.contains("FAILS"))
      let slow = try check(cycles: cycles, floor: 1e12)
      #expect(slow.status == 1 && slow.output.contains("simulator_over_rtl") && slow.output.contains("FAILS"))
      #expect(try check(cycles: cycles + 1, floor: 0).status == 1)
      let other = try check(cycles: cycles, tokens: 2, floor: 0)
      #expect(other.status == 1 && other.errors.contains("2 tokens"))
    }
  }

  @Test(
    "wrong usage ends with status 64",
    arguments: [
      ["model", "random", "--shape", "0x4", "--seed", "1", "--out", "/nowhere"],
      ["model", "random", "--shape", "370", "--seed", "1", "--out", "/nowhere"],
      ["model", "random", "--shape", "64x2", "--seed", "-1", "--out", "/nowhere"],
      ["model", "random", "--shape", "64x2", "--vocab", "2", "--seed", "1", "--out", "/nowhere"],
      ["generate", "--tokens", "1", "--temperature", "-1"], ["generate", "--tokens", "1", "--temperature", "nan"],
      ["generate", "--tokens", "1", "--top-k", "0"], ["bench", "--tokens", "0"], ["bench", "--check", "--store"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let run = try RTLGenProcess(arguments)
    #expect(run.status == 64 && run.output.isEmpty && !run.errors.isEmpty, "\(arguments)")
  }

  @Test("a completion script is written for each shell", arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) throws {
    let script = try succeed("--generate-completion-script", shell).output
    for word in ["generate", "--image", "inspect"] { #expect(script.contains(word)) }
  }
}
