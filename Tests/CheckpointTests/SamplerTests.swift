import Checkpoint
import Testing

@Suite("Sampling")
struct SamplerTests {
  private let logits: [Float] = [0.5, 2, -1, 2, 1.5, -30]

  private func draws(_ sampler: Sampler, _ count: Int) -> [Int] {
    var sampler = sampler
    return (0..<count).map { _ in sampler.choose(logits) }
  }

  @Test("without a temperature, or among one, the first maximum is chosen")
  func greedy() {
    for sampler in [
      .greedy, Sampler(temperature: 0, topCount: 3, seed: 1), Sampler(temperature: 2, topCount: 1, seed: 1),
    ] {
      #expect(sampler.isGreedy)
      #expect(draws(sampler, 8) == Array(repeating: 1, count: 8))
    }
  }

  @Test("the same seed gives the same tokens, another seed others")
  func seeds() {
    let first = draws(Sampler(temperature: 1, seed: 7), 64)
    #expect(first == draws(Sampler(temperature: 1, seed: 7), 64))
    #expect(first != draws(Sampler(temperature: 1, seed: 8), 64))
  }

  @Test("only the likeliest are considered, and of equals the first", arguments: 1...7)
  func topCount(count: Int) {
    let order = [1, 3, 4, 0, 2, 5]
    let seen = Set(draws(Sampler(temperature: 50, topCount: count, seed: 3), 400))
    #expect(seen == Set(order.prefix(count)))
  }

  @Test("tokens come as often as their probabilities say", arguments: [0.5, 1.0, 2.0])
  func frequencies(temperature: Double) throws {
    let count = 20000
    let tokens = draws(Sampler(temperature: temperature, seed: 11), count)
    let equal = (Double(tokens.count { $0 == 1 }), Double(tokens.count { $0 == 3 }))
    #expect(abs(equal.0 - equal.1) < 6 * (equal.0 + equal.1).squareRoot())
    // Logits 2 and 1.5: e^(0.5 / temperature).
    let ratios: [Double: Double] = [0.5: 2.718281828, 1: 1.648721271, 2: 1.284025417]
    let expected = try #require(ratios[temperature])
    let found = equal.0 / Double(tokens.count { $0 == 4 })
    #expect(abs(found / expected - 1) < 0.1, "\(found), expected \(expected)")
    #expect(!tokens.contains(5))
  }
}
