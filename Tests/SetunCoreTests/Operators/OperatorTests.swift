import HardwareDescription
import SetunCore
import SetunMachine
import TernaryArithmetic
import Testing

@Suite("Operator circuits")
struct OperatorTests {
  /// Vectors for each operator, directed ones first.
  static let vectors = 300_000
  static let seed: UInt64 = 0x5E70

  /// Differences between circuit and arithmetic, by operator.
  private struct Outcome: Sendable {
    var differences = 0
    var first = "none"
  }

  private static let outcomes: Result<[String: Outcome], any Error> = Result { try simulate() }

  @Test(
    "every operator's circuit equals the arithmetic after the latency of the table",
    arguments: OperatorCases.all.map(\.name))
  func equalsArithmetic(name: String) throws {
    let outcome = try #require(try Self.outcomes.get()[name])
    #expect(outcome.differences == 0, "seed \(Self.seed), \(outcome.differences) differences, first: \(outcome.first)")
  }

  @Test("modules declare the latencies of the table")
  func declaredLatencies() {
    for operatorCase in OperatorCases.all {
      let latency = (operatorCase.module as? any FixedLatencyModule)?.latency ?? 0
      #expect(latency == operatorCase.latency, "\(operatorCase.name)")
    }
  }

  /// Feeds all operators in chunks; the pipelines run on from chunk to chunk.
  private static func simulate() throws -> [String: Outcome] {
    let cases = OperatorCases.all
    let model = try OperatorModel(cases)
    let inputWords = cases.reduce(0) { $0 + $1.inputWords }
    let outputWords = cases.reduce(0) { $0 + $1.outputWords }
    let margin = (cases.map(\.latency).max() ?? 0) + 1
    let chunk = 4096
    let input = UnsafeMutablePointer<UInt32>.allocate(capacity: (chunk + margin) * inputWords)
    let output = UnsafeMutablePointer<UInt32>.allocate(capacity: (chunk + margin) * outputWords)
    defer {
      input.deallocate()
      output.deallocate()
    }
    input.initialize(repeating: 0, count: (chunk + margin) * inputWords)
    output.initialize(repeating: 0, count: (chunk + margin) * outputWords)
    var generators = cases.indices.map { SplitMix64(seed: seed &+ UInt64($0)) }
    var outcomes = [String: Outcome](uniqueKeysWithValues: cases.map { ($0.name, Outcome()) })
    var expected = [UInt32](repeating: 0, count: 8)

    var start = 0
    while start < vectors {
      var offset = 0
      for (index, operatorCase) in cases.enumerated() {
        for n in 0..<chunk {
          operatorCase.stimulus(start + n, &generators[index], input + n * inputWords + offset)
        }
        offset += operatorCase.inputWords
      }
      model.run(input, output, chunk + margin)
      offset = 0
      var outputOffset = 0
      for operatorCase in cases {
        var outcome = outcomes[operatorCase.name] ?? Outcome()
        for n in 0..<chunk {
          let words = input + n * inputWords + offset
          let found = output + (n + operatorCase.latency) * outputWords + outputOffset
          expected.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            operatorCase.expected(words, base)
            for word in 0..<operatorCase.outputWords where base[word] != found[word] {
              if operatorCase.name == "trits", word == 0, base[1] == 1 { continue }
              if outcome.differences == 0 {
                let given = (0..<operatorCase.inputWords).map { String(words[$0], radix: 16) }
                outcome.first =
                  "vector \(start + n), inputs \(given), word \(word): \(String(found[word], radix: 16)), "
                  + "not \(String(base[word], radix: 16))"
              }
              outcome.differences += 1
            }
          }
        }
        outcomes[operatorCase.name] = outcome
        offset += operatorCase.inputWords
        outputOffset += operatorCase.outputWords
      }
      start += chunk
    }
    return outcomes
  }
}
