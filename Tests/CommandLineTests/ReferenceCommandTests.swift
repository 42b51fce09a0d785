import Checkpoint
import Foundation
import Testing

@Suite("The command line with the reference engine")
struct ReferenceCommandTests {
  private let golden = fixtures + "/tales-1m/golden.safetensors"

  @Test("evaluate prints nll and tokens, as text and as JSON")
  func evaluate() throws {
    let text = try RTLGenProcess("evaluate", "--input", golden, "--tensor", "eval_ids")
    #expect(text.status == 0 && text.errors.isEmpty)
    #expect(text.output.hasPrefix("nll 3.37") && text.output.hasSuffix("\ntokens 4096\n"))
    let json = try RTLGenProcess("evaluate", "--input", golden, "--tensor", "eval_ids", "--json").json()
    let expected = try #require(SafetensorsFile(path: golden).tensor("eval_nll").doubles().first)
    #expect(abs(try #require(json["nll"] as? Double) - expected) <= 0.005)
    #expect(json["tokens"] as? Int == 4096)
  }

  @Test("logits writes what the goldens hold, and hidden states on request")
  func logits() throws {
    let output = NSTemporaryDirectory() + "/logits-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: output) }
    let run = try RTLGenProcess(
      "logits", "--input", golden, "--tensor", "input_ids", "--engine", "reference", "--hidden", "--output", output)
    #expect(run.status == 0 && run.output.isEmpty && run.errors.isEmpty)
    let written = try SafetensorsFile(path: output)
    let expected = try SafetensorsFile(path: golden)
    #expect(Set(written.names) == ["logits", "hidden.0", "hidden.1", "hidden.2", "hidden.3", "hidden.4"])
    for name in written.names {
      #expect(written[name]?.shape == expected[name]?.shape)
      #expect(written[name]?.elementType == .f32)
    }
    #expect(try written.tensor("hidden.0").floats() == expected.tensor("hidden.0").floats())
  }

  @Test("generate continues as the released implementation does")
  func generate() throws {
    let expected = try SafetensorsFile(path: golden).tensor("greedy.0").integers()
    let prompt = expected[..<14].map(String.init).joined(separator: ",")
    let run = try RTLGenProcess("generate", "--ids", prompt, "--tokens", "8", "--engine", "reference", "--json")
    let json = try run.json()
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(json["ids"] as? [Int] == Array(expected[14..<22]))
    #expect(json["prompt_ids"] as? [Int] == Array(expected[..<14]))
    #expect(json["tokens"] as? Int == 8)
    let text = try #require(json["text"] as? String)
    let plain = try RTLGenProcess("generate", "--ids", prompt, "--tokens", "8", "--engine", "reference")
    #expect(plain.output == text + "\n")
  }

  @Test("generate begins with BOS, before a text and without one")
  func beginToken() throws {
    let alone = try RTLGenProcess("generate", "--tokens", "2", "--engine", "reference", "--json").json()
    #expect(alone["prompt_ids"] as? [Int] == [1])
    let text = try RTLGenProcess(
      "generate", "--prompt", "the", "--tokens", "2", "--engine", "reference", "--json"
    ).json()
    let tokenizer = try Tokenizer(path: fixtures + "/tales-1m/tokenizer.json")
    #expect(text["prompt_ids"] as? [Int] == [1] + tokenizer.encode("the"))
  }

  @Test("without a tokenizer ids still work, and the text is null")
  func withoutTokenizer() throws {
    let directory = NSTemporaryDirectory() + "/model-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: URL(fileURLWithPath: fixtures + "/tales-1m/" + name).resolvingSymlinksInPath(),
        to: URL(fileURLWithPath: directory + "/" + name))
    }
    let common = ["generate", "--model", directory, "--engine", "reference", "--tokens", "3"]
    let json = try RTLGenProcess(common + ["--ids", "1,338", "--json"]).json()
    #expect(json["text"] is NSNull)
    let ids = try #require(json["ids"] as? [Int])
    let plain = try RTLGenProcess(common + ["--ids", "1,338"])
    #expect(plain.output == ([1, 338] + ids).map(String.init).joined(separator: " ") + "\n")
    let refused = try RTLGenProcess(common + ["--prompt", "the"])
    #expect(refused.status == 1 && refused.errors.contains("tokenizer.json"))
  }

  @Test("tokenize goes both ways, line by line")
  func tokenize() throws {
    let lines = ["Once upon a time", "", " a  b ", "🙂 é", "x</s>y\r"]
    let ids = try RTLGenProcess("tokenize", input: lines.joined(separator: "\n") + "\n")
    let tokenizer = try Tokenizer(path: fixtures + "/tales-1m/tokenizer.json")
    let expected = lines.map { "[" + tokenizer.encode($0).map(String.init).joined(separator: ",") + "]" }
    #expect(ids.output == expected.joined(separator: "\n") + "\n")
    let back = try RTLGenProcess("tokenize", "--decode", "--keep-special", input: ids.output)
    let texts = try back.output.split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed) as? String
    }
    // A special token in the text keeps the space that is put in front of what follows it.
    #expect(texts == ["Once upon a time", "", " a  b ", "🙂 é", "x</s> y\r"])
  }

  @Test(
    "what cannot be done is refused in one sentence with status 1",
    arguments: [
      (["generate", "--tokens", "1", "--model", "/nowhere"], "/nowhere"),
      (["generate", "--tokens", "1", "--ids", "1,512"], "512"),
      (["evaluate", "--input", "/nowhere.safetensors", "--tensor", "x"], "/nowhere.safetensors"),
      (["evaluate", "--input", fixtures + "/tales-1m/golden.safetensors", "--tensor", "x"], "tensor x"),
      (["evaluate", "--input", fixtures + "/tales-1m/golden.safetensors", "--tensor", "logits"], "logits"),
      (["evaluate", "--input", fixtures + "/tales-1m/golden.safetensors", "--tensor", "hidden.0"], "hidden.0"),
      (["evaluate", "--input", fixtures + "/tales-5m/golden.safetensors", "--tensor", "eval_ids"], "vocabulary"),
      (
        [
          "logits", "--input", fixtures + "/tales-1m/golden.safetensors", "--tensor", "input_ids", "--output",
          "/nowhere/x.safetensors",
        ], "/nowhere/x.safetensors"
      ),
    ])
  func refusals(arguments: [String], word: String) throws {
    let run = try RTLGenProcess(arguments + ["--engine", "reference"])
    #expect(run.status == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(word))
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
  }

  @Test(
    "wrong usage ends with status 64",
    arguments: [
      ["generate"], ["generate", "--tokens", "0"], ["generate", "--tokens", "x"], ["nothing"], ["evaluate"],
      ["generate", "--tokens", "1", "--ids", "1,x"], ["generate", "--tokens", "1", "--ids", ""],
      ["generate", "--tokens", "1", "--ids", "1", "--prompt", "x"], ["generate", "--tokens", "1", "--engine", "none"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let run = try RTLGenProcess(arguments)
    #expect(run.status == 64)
    #expect(run.output.isEmpty)
    #expect(!run.errors.isEmpty)
  }
}
