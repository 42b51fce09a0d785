import Foundation
import Testing

/// A command, and the one sentence with which it must end; `@` stands for the directory of the spoilt files.
struct Refusal: Sendable, CustomTestStringConvertible {
  let arguments: [String]
  let sentence: String
  var input = ""

  var testDescription: String { arguments.joined(separator: " ") }

  init(_ command: String, input: String = "", _ sentence: String) {
    arguments = command.split(separator: " ").map(String.init)
    self.sentence = sentence
    self.input = input
  }
}

@Suite("The command line: what is refused, in which words")
struct RefusalTests {
  private static let files = Result { try HostileFiles() }

  /// Runs a command that must fail with exactly this sentence, and leave nothing behind.
  private func check(_ refusal: Refusal, environment: [String: String]? = nil) throws {
    let place = try Self.files.get().path
    let before = try FileManager.default.subpathsOfDirectory(atPath: place).count
    let arguments = refusal.arguments.map { $0.replacing("@", with: place) }
    let run = try RTLGenProcess(arguments, input: refusal.input, environment: environment)
    #expect(run.status == 1 && run.output.isEmpty, "\(run.status) \(run.output)")
    #expect(run.errors == "Error: " + refusal.sentence.replacing("@", with: place) + "\n")
    #expect(try FileManager.default.subpathsOfDirectory(atPath: place).count == before, "something was left behind")
  }

  @Test(
    "checkpoints",
    arguments: [
      ("nowhere", ": is not a directory with a checkpoint"), ("file", ": is not a directory with a checkpoint"),
      ("m-type", "/config.json: model_type is llama where only hgrn_bit is supported"),
      ("m-terminal", "/config.json: model_type is \\u{1b}[2J\\u{a} where only hgrn_bit is supported"),
      ("m-size", "/model.safetensors: tensor model.embeddings.weight has shape [9, 16] where [9, 32] is needed"),
      (
        "m-layers",
        "/model.safetensors: tensor model.lower_bounds has shape [1, 16] where [16777216, 16] is needed"
      ),
      ("m-huge", "/config.json: vocab_size is 1152921504606846976, outside 1 to 16777216"),
      ("m-text", "/config.json: hidden_size is not an integer"),
      ("m-short-conv", "/config.json: use_short_conv true is not supported"),
      ("m-epsilon", "/config.json: rms_norm_eps is not a finite number of at least 0"),
      ("m-none", "/config.json: cannot be opened (No such file or directory)"),
      ("m-no-tensors", ": holds no .safetensors file"),
      ("m-json", "/config.json: is not valid JSON (an early end at byte 14)"),
      ("m-nest", "/config.json: is not valid JSON (nesting too deep at byte 65)"),
      (
        "t-type",
        "/model.safetensors: tensor model.embeddings.weight has type I16 where F32, F16 or BF16 is needed"
      ),
      ("t-unknown", "/model.safetensors: tensor model.embeddings.weight has the unknown element type F4"),
      ("t-shape", "/model.safetensors: tensor model.embeddings.weight has shape [16, 9] where [9, 16] is needed"),
      ("t-product", "/model.safetensors: tensor model.embeddings.weight has a shape too large for any file"),
      ("t-negative", "/model.safetensors: tensor model.embeddings.weight has a negative extent in its shape"),
      (
        "t-backwards",
        "/model.safetensors: tensor model.embeddings.weight lies outside the file, which may be truncated"
      ),
      ("t-far", "/model.safetensors: tensor model.embeddings.weight lies outside the file, which may be truncated"),
      ("t-gap", "/model.safetensors: tensor model.embeddings.weight leaves a gap before it in the file"),
      ("t-more", "/model.safetensors: has 8 bytes that belong to no tensor"),
      ("t-length", "/model.safetensors: claims a header of 4611686018427387904 bytes but has only BYTES left"),
      ("t-short", "/model.safetensors: is too short for a safetensors file"),
      ("t-list", "/model.safetensors: has a header that is not valid JSON (no object at byte 0)"),
      ("t-missing", "/model.safetensors: tensor lm_head.norm.weight is missing"),
      ("t-embedding", "/model.safetensors: tensor model.embeddings.weight has a value that is not finite at element 0"),
      (
        "t-weight",
        "/model.safetensors: tensor model.layers.0.mlp.down_proj.weight has a weight that is not finite in row 0"
      ),
      (
        "s-outside",
        "/model.safetensors.index.json: names ../x.safetensors, which is not a .safetensors file of the same directory"
      ),
      (
        "s-control",
        "/model.safetensors.index.json: names x\\u{7f}.safetensors, which is not a .safetensors file of the same directory"
      ),
      ("s-missing", "/x.safetensors: cannot be opened (No such file or directory)"),
      ("s-no-map", "/model.safetensors.index.json: has no weight_map"),
    ])
  func checkpoints(name: String, problem: String) throws {
    let tensors = try Self.files.get().path + "/\(name)/model.safetensors"
    let size = (try? FileManager.default.attributesOfItem(atPath: tensors)[.size] as? Int) ?? 0
    try check(Refusal("model inspect @/\(name)", "@/\(name)\(problem.replacing("BYTES", with: "\(size - 8)"))."))
  }

  @Test("a truncated checkpoint is refused with the tensor that is cut off")
  func truncated() throws {
    let run = try RTLGenProcess("model", "inspect", try Self.files.get().path + "/t-cut")
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.errors.contains("/t-cut/model.safetensors: tensor model."))
    #expect(run.errors.hasSuffix(" lies outside the file, which may be truncated.\n"))
  }

  @Test(
    "tokenizers",
    arguments: [
      ("k-json", "/tokenizer.json: is not valid JSON (no string where one is needed at byte 1)"),
      ("k-no-model", "/tokenizer.json: has no model"),
      ("k-type", "/tokenizer.json: has a model of type Unigram where only BPE is supported"),
      ("k-id", "/tokenizer.json: has a token a without a valid id"),
      ("k-merge", "/tokenizer.json: has a merge number 0 of tokens that are not in the vocabulary"),
      ("k-normalizer", "/tokenizer.json: has a normalizer NFC, only Prepend and Replace are supported"),
      ("k-growth", "/tokenizer.json: makes text more than 64 times longer, which is not supported"),
      ("k-long", "/tokenizer.json: has an added token with a string of 2000 bytes, more than 1024"),
      ("model", ": has no tokenizer.json"),
    ])
  func tokenizers(name: String, problem: String) throws {
    try check(Refusal("tokenize --model @/\(name)", "@/\(name)\(problem)."))
  }

  @Test(
    "images",
    arguments: [
      ("i-cut", "/image.bin: The image has SHORT bytes, but its header says LONG"),
      ("i-short", "/image.bin: is too short for an image"), ("i-magic", "/image.bin: The file is not a Setun image"),
      ("i-version", "/image.bin: The image has version 2; this program reads version 1"),
      (
        "i-hash",
        "/image.bin: The image was compiled for no configuration that has a name; give its JSON file with --config"
      ),
      ("i-header", "/image.bin: The image's header is damaged"),
      ("i-body", "/image.bin: The image's body is damaged (CRC-32)"),
      ("i-embeddings", "/image.bin: The image's embedding region is damaged (CRC-32)"),
      ("i-none", "/image.bin: cannot be opened (No such file or directory)"),
      ("i-summary", "/summary.json: is not the summary that 'rtlgen compile' writes"),
      ("file", "/image.bin: cannot be opened (Not a directory)"),
    ])
  func images(name: String, problem: String) throws {
    let path = try Self.files.get().path
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: path + "/image/image.bin")[.size] as? Int)
    let text = problem.replacing("SHORT", with: "\(size - 4096)").replacing("LONG", with: "\(size)")
    try check(Refusal("generate --tokens 1 --image @/\(name)", "@/\(name)\(text)."))
  }

  @Test(
    "configurations of the accelerator",
    arguments: [
      ("c-unknown", "it has an unknown field 'colour'"), ("c-missing", "the field 'beatBits' is missing"),
      ("c-text", "the field 'beatBits' has the wrong type"), ("c-half", "the field 'beatBits' is not an integer"),
      ("c-null", "the field 'beatBits' is null"), ("c-json", "it is not a JSON object"),
      ("c-array", "it is not a JSON object"), ("c-long", "it is longer than 1048576 bytes"),
      ("c-directory", "it cannot be read"),
    ])
  func configurations(name: String, reason: String) throws {
    let sentence = "The configuration file '@/\(name).json' cannot be used because \(reason)."
    for command in ["emit", "compile --model @/model"] {
      try check(Refusal("\(command) --config @/\(name).json --out @/out", sentence))
    }
  }

  static let remaining: [Refusal] = [
    Refusal(
      "emit --config @/c-range.json --out @/out",
      "The configuration 'mine' cannot be built: beatBits must be 128, 256 or 512, not 96."),
    Refusal(
      "emit --config @/c-channels.json --out @/out",
      "The configuration 'mine' cannot be built: several channels bring more rows than one row lane takes; rowLanes must be 5."
    ),
    Refusal(
      "emit --config @/c-name.json --out @/out",
      "The configuration 'a b' cannot be built: name must consist of letters, digits, '-' and '_'."),
    Refusal(
      "emit --config @/nothing --out @/out",
      "There is no configuration or file called '@/nothing'; the named configurations are tiny, wide, kv260, u250, u280, d5005, u250x4 and ulx3s."
    ),
    Refusal(
      "compile --model @/model --config @/c-small.json --out @/out",
      "The model does not fit the machine: the model's vocabulary is 9, but configuration 'mine' holds 4."),
    Refusal(
      "generate --tokens 1 --image @/image --engine reference",
      "@/image: the engine reference needs --model; an image runs on simulator and rtl."),
    Refusal(
      "generate --tokens 1 --image @/image --config wide",
      "@/image/image.bin: The image was compiled for another configuration than 'wide'."),
    Refusal(
      "generate --tokens 1 --prompt x --model @/model",
      "@/model: has no tokenizer.json, so prompts must be given with --ids."),
    Refusal("generate --tokens 1 --ids 1,512", "Token 512 of the prompt is outside the model's vocabulary of 512."),
    Refusal("evaluate --input @/file --tensor x", "@/file: is too short for a safetensors file."),
    Refusal(
      "evaluate --input @/model/model.safetensors --tensor lm_head.weight",
      "@/model/model.safetensors: tensor lm_head.weight has type F16 where I32 is needed."),
    Refusal("compare --tokens 1 --rtl @/nowhere", "@/nowhere: holds no SystemVerilog files (.sv, .v)."),
    Refusal("bench --check --baseline @/nowhere", "@/nowhere: cannot be read; --store writes it."),
    Refusal("bench --check --baseline @/file", "@/file: is not a baseline that 'rtlgen bench --store' writes."),
    Refusal("mutants --equivalent @/file", "@/file: is no list of equivalent faults."),
    Refusal("mutants --equivalent @/nowhere", "@/nowhere: cannot be read."),
    Refusal("asm", input: "LOAD slot=1\nLOAD slot=9\n", "Line 2: '9' does not fit the 3 bits of 'slot'."),
    Refusal("disasm", input: "00\n", "Line 1: '00' is not an instruction word of 32 hexadecimal digits."),
    Refusal("tokenize --decode", input: "1 x\n", "Line 1 of the input has \"x\" where a token id is needed."),
  ]

  @Test("whatever else cannot be done", arguments: remaining)
  func others(refusal: Refusal) throws { try check(refusal) }

  // MARK: Output

  static let golden = fixtures + "/tales-1m/golden.safetensors"

  @Test(
    "an output that cannot be written, for every command that writes",
    arguments: [
      Refusal("emit --out @/file", "@/file/tiny: cannot be written (Not a directory)."),
      Refusal("emit --config tiny --out @/file/x", "@/file/x: cannot be written (Not a directory)."),
      Refusal("compile --model @/model --out @/file", "@/file: cannot be written (Not a directory)."),
      Refusal("model random --shape 16x1 --seed 1 --out @/file/x", "@/file/x: cannot be written (Not a directory)."),
      Refusal("model random --shape 16x1 --seed 1 --out @/model", "@/model: is not empty."),
      Refusal("logits --input \(golden) --tensor input_ids --output @", "@: cannot be written (Is a directory)."),
      Refusal(
        "logits --input \(golden) --tensor input_ids --output @/no/x",
        "@/no/x: cannot be written (No such file or directory)."),
      Refusal("bench --store --baseline @/no/x", "@/no/x: cannot be written (No such file or directory)."),
      Refusal("compare --tokens 1 --trace @/no/x", "@/no/x: cannot be written (No such file or directory)."),
      Refusal("mutants --fault 1 --out @/file/x", "@/file/x: cannot be written (Not a directory)."),
    ])
  func unwritable(refusal: Refusal) throws { try check(refusal) }

  @Test("a full disk is told, and the device stays what it is")
  func fullDisk() throws {
    try check(
      Refusal(
        "logits --input \(Self.golden) --tensor input_ids --output /dev/full",
        "/dev/full: cannot be written (No space left on device)."))
    #expect(try FileManager.default.attributesOfItem(atPath: "/dev/full")[.type] as? FileAttributeType != .typeRegular)
    for arguments in [
      ["isa"], ["registers"], ["passes"], ["doctor"], ["tokenize"],
      ["model", "inspect", fixtures + "/tales-1m", "--json"],
    ] {
      let run = try RTLGenProcess(arguments, input: "x\n", output: "/dev/full")
      #expect(run.status == 1)
      #expect(run.errors == "Error: standard output: cannot be written (No space left on device).\n", "\(arguments)")
    }
  }

  @Test("an older result stays when a new one cannot be written")
  func olderResult() throws {
    let scratch = try ScratchDirectory()
    let model = try Self.files.get().path
    #expect(try RTLGenProcess("compile", "--model", model + "/model", "--out", scratch.path).status == 0)
    let before = try scratch.contents()
    // A directory stands where a file of the new result must go.
    try FileManager.default.removeItem(atPath: scratch.file("summary.json"))
    try FileManager.default.createDirectory(atPath: scratch.file("summary.json/x"), withIntermediateDirectories: true)
    let run = try RTLGenProcess("compile", "--out", scratch.path)
    #expect(run.status == 1)
    #expect(run.errors == "Error: \(scratch.file("summary.json")): cannot be written (Is a directory).\n")
    #expect(try scratch.contents() == before.filter { $0.key != "summary.json" })
  }

  // MARK: Tools

  @Test(
    "a tool that is not there",
    arguments: [
      Refusal("generate --tokens 1 --engine rtl", ""), Refusal("compare --tokens 1", ""), Refusal("verify", ""),
      Refusal("mutants --count 1", ""),
    ])
  func missingVerilator(refusal: Refusal) throws {
    let sentence = "verilator is not installed; run 'make setup' or 'apt-get install verilator'."
    try check(Refusal(refusal.arguments.joined(separator: " "), sentence), environment: ["PATH": "/nowhere"])
  }

  @Test("doctor says what is missing, with status 1")
  func doctor() throws {
    let run = try RTLGenProcess(["doctor"], environment: ["PATH": "/nowhere"])
    #expect(run.status == 1 && run.errors.isEmpty && run.output.contains("MISSING"))
    #expect(run.output.contains("verilator: "))
  }
}
