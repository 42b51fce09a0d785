import SeededRandom

extension SeededGenerator {
  /// A number of the range.
  mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}
