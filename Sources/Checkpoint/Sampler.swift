import SeededRandom

/// Chooses the next token from logits: at random, as likely as the model says, or the first maximum.
///
/// The same logits and the same seed give the same tokens, on every engine and every machine.
public struct Sampler: Sendable {
  /// 0 chooses the first maximum; 1 samples the model's own distribution; more is bolder.
  public let temperature: Double
  /// How many of the likeliest tokens are considered; nil for all.
  public let topCount: Int?
  private var generator: SeededGenerator

  /// Always the first maximum.
  public static let greedy = Sampler(temperature: 0)

  /// - Parameters:
  ///   - temperature: finite, at least 0.
  ///   - topCount: at least 1.
  public init(temperature: Double, topCount: Int? = nil, seed: UInt64 = 0) {
    self.temperature = temperature
    self.topCount = topCount
    generator = SeededGenerator(seed: seed)
  }

  /// Whether randomness plays no part.
  public var isGreedy: Bool { temperature == 0 || topCount == 1 }

  /// The index of the token chosen. `logits` must not be empty.
  public mutating func choose(_ logits: [Float]) -> Int {
    if isGreedy { return firstMaximum(logits) }
    let (largest, candidates) = candidates(logits)
    var weights: [Double] = []
    weights.reserveCapacity(candidates.count)
    var total = 0.0
    for index in candidates {
      let weight = exponential((Double(logits[index]) - Double(largest)) / temperature)
      weights.append(weight)
      total += weight
    }
    // 53 random bits: a uniform number in [0, 1).
    var rest = Double(generator.next() >> 11) * 0x1p-53 * total
    for (index, weight) in zip(candidates, weights) {
      rest -= weight
      if rest < 0 { return index }
    }
    // Rounding may leave a little: the likeliest then.
    return firstMaximum(logits)
  }

  /// The largest logit, and the tokens considered, in ascending order; among equal logits the first come first.
  private func candidates(_ logits: [Float]) -> (largest: Float, indices: [Int]) {
    guard let topCount, topCount < logits.count else {
      return (logits.max() ?? 0, Array(logits.indices))
    }
    let sorted = logits.sorted(by: >)
    let limit = sorted[topCount - 1]
    var equals = topCount - (sorted.firstIndex(of: limit) ?? 0)
    let indices = logits.indices.filter { index in
      if logits[index] == limit {
        equals -= 1
        return equals >= 0
      }
      return logits[index] > limit
    }
    return (sorted[0], indices)
  }
}
