import Checkpoint
import Foundation
import Testing

/// What Hugging Face `tokenizers` answers; `source` in the file says which version.
struct TokenizerVectors: Decodable {
  struct Model: Decodable {
    let encode: [Case]
    let decode: [Case]
  }

  struct Case: Decodable {
    let text: String?
    let ids: [Int]
    let decoded: String
    let decodedWithSpecial: String
  }

  let models: [String: Model]

  static func load(_ fixture: Fixture) throws -> Model {
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixture.directory + "/tokenizer-vectors.json"))
    return try #require(try JSONDecoder().decode(Self.self, from: data).models[fixture.rawValue])
  }
}

@Suite("The tokenizer")
struct TokenizerTests {
  @Test("encodes as Hugging Face does", arguments: Fixture.allCases)
  func encodes(fixture: Fixture) throws {
    let tokenizer = try Tokenizer(path: fixture.path + "/tokenizer.json")
    let vectors = try TokenizerVectors.load(fixture)
    #expect(vectors.encode.count > 200)
    for vector in vectors.encode {
      let text = try #require(vector.text)
      #expect(tokenizer.encode(text) == vector.ids, "\(text.debugDescription)")
    }
  }

  @Test("decodes as Hugging Face does, to the byte", arguments: Fixture.allCases)
  func decodes(fixture: Fixture) throws {
    let tokenizer = try Tokenizer(path: fixture.path + "/tokenizer.json")
    let vectors = try TokenizerVectors.load(fixture)
    for vector in vectors.encode + vectors.decode {
      #expect(Array(tokenizer.decode(vector.ids).utf8) == Array(vector.decoded.utf8), "\(vector.ids)")
      let kept = tokenizer.decode(vector.ids, skipSpecialTokens: false)
      #expect(Array(kept.utf8) == Array(vector.decodedWithSpecial.utf8), "\(vector.ids)")
    }
  }

  @Test("a stream gives the decoded text in pieces", arguments: Fixture.allCases)
  func streams(fixture: Fixture) throws {
    let tokenizer = try Tokenizer(path: fixture.path + "/tokenizer.json")
    for vector in try TokenizerVectors.load(fixture).encode {
      var stream = TextStream(tokenizer)
      let text = vector.ids.map { stream.add($0) }.joined() + stream.finish()
      #expect(Array(text.utf8) == Array(vector.decoded.utf8), "\(vector.decoded.debugDescription)")
    }
  }

  @Test("a stream holds back an incomplete character and gives it when it is whole")
  func holdsBack() throws {
    let tokenizer = try Tokenizer(path: Fixture.tales1M.path + "/tokenizer.json")
    let bytes = Array("🙂".utf8).map { 3 + Int($0) }
    var stream = TextStream(tokenizer)
    #expect(bytes.dropLast().allSatisfy { stream.add($0).isEmpty })
    #expect(stream.add(bytes[3]) == "🙂")
    #expect(stream.add(bytes[0]).isEmpty)
    #expect(stream.finish() == "\u{FFFD}")
  }

  @Test(
    "refuses damaged and foreign files with a sentence",
    arguments: [
      ("", "not valid JSON"), ("{", "not valid JSON"), ("[1, 2", "not valid JSON"), ("{} x", "not valid JSON"),
      ("{}", "no model"), (#"{"model": {"type": "WordPiece", "vocab": {}}}"#, "WordPiece"),
      (#"{"model": {"vocab": {"a": -1}}}"#, "valid id"),
      (#"{"model": {"vocab": {"a": 0}, "merges": ["a b"]}}"#, "merge"),
      (#"{"model": {"vocab": {}}, "pre_tokenizer": {"type": "ByteLevel"}}"#, "pre_tokenizer"),
      (#"{"model": {"vocab": {}}, "normalizer": {"type": "NFC"}}"#, "NFC"),
      (String(repeating: "[", count: 100_000), "nesting"),
    ])
  func refuses(text: String, word: String) throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try text.write(toFile: directory.file("tokenizer.json"), atomically: true, encoding: .utf8)
    let error = #expect(throws: CheckpointError.self) { try Tokenizer(path: directory.file("tokenizer.json")) }
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }
}
