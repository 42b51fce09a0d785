import Foundation
import FuzzTesting
import Testing

@Suite("Fuzzing")
struct FuzzTests {
  static let targets = Result { try FuzzTarget.all() }
  static let names = [
    "safetensors", "checkpoint", "shards", "config", "tokenizer", "configuration", "core", "image", "header",
    "assembler",
  ]

  private func withDirectory<Value>(_ body: (String) throws -> Value) throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path)
  }

  @Test("every loader is fuzzed, and takes its good inputs")
  func seeds() throws {
    let targets = try Self.targets.get()
    #expect(targets.map(\.name) == Self.names)
    try withDirectory { directory in
      for target in targets {
        for seed in target.seeds {
          let plain = FuzzCase(target: target, number: 0, input: seed, steps: [])
          let verdict = try plain.run(in: directory)
          #expect(verdict == .accepted, "\(target.name)")
        }
      }
    }
  }

  @Test("no case of a fixed seed crashes, takes too much or is refused in anything but a sentence", arguments: names)
  func fixedSeed(name: String) throws {
    let target = try #require(try Self.targets.get().first { $0.name == name })
    let sequence = FuzzSequence([target], seed: 2026)
    try withDirectory { directory in
      var outcomes: [String: Int] = [:]
      for number in 0..<(name == "core" ? 20 : 500) {
        let fuzzCase = sequence.fuzzCase(number)
        switch try fuzzCase.run(in: directory) {
        case .accepted: outcomes["accepted", default: 0] += 1
        case .refused: outcomes["refused", default: 0] += 1
        case .finding(let problem):
          // Other tests share the process's memory.
          guard !problem.hasPrefix("took") else { continue }
          Issue.record("\(name), seed 2026, case \(number): \(problem); \(fuzzCase.steps)")
        }
      }
      // A mutator that spoils nothing, or everything at the first look, would find nothing.
      #expect(outcomes["accepted", default: 0] > 0 && outcomes["refused", default: 0] > 0, "\(outcomes)")
    }
  }

  @Test("the same seed gives the same cases, another one others")
  func determinism() throws {
    let targets = try Self.targets.get()
    func inputs(_ seed: UInt64) -> [FuzzInput] {
      (0..<100).map { FuzzSequence(targets, seed: seed).fuzzCase($0).input }
    }
    let first = inputs(1)
    #expect(first == inputs(1))
    #expect(zip(first, inputs(2)).filter { $0 != $1 }.count > 90)
    // A case does not depend on what takes turns with it.
    let number = try #require((0..<100).first { FuzzSequence(targets, seed: 1).target($0).name == "image" })
    let alone = FuzzSequence(targets.filter { $0.name == "image" }, seed: 1).fuzzCase(number)
    #expect(alone.input == first[number])
  }

  @Test("JSON spans are found in good and in spoilt text")
  func spans() {
    let text = Array(#"{"a":[1,"x,\"]"],"b":{"c":null}}"#.utf8)
    let spans = JSONSpans(text)
    func texts(_ ranges: [Range<Int>]) -> [String] { ranges.map { String(decoding: text[$0], as: UTF8.self) } }
    #expect(texts(spans.keys) == ["\"a\"", "\"b\"", "\"c\""])
    #expect(texts(spans.members) == [#""a":[1,"x,\"]"]"#, "\"c\":null", "\"b\":{\"c\":null}"])
    #expect(texts(spans.values).count == 6)
    for spoilt in ["", "]", "{\"", "\"\\", "[[[[", "{\"a\":}", ",,,:"] { _ = JSONSpans(Array(spoilt.utf8)) }
  }

  @Test("an error is told from a sentence")
  func sentences() {
    #expect(FuzzCase.flaw(of: "The file is damaged.") == nil)
    #expect(FuzzCase.flaw(of: "The file is damaged") != nil)
    #expect(FuzzCase.flaw(of: "The file\nis damaged.") != nil)
    #expect(FuzzCase.flaw(of: String(repeating: "x", count: 1000) + ".") != nil)
  }
}
