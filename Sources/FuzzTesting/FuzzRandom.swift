import Checkpoint
import SeededRandom

/// Draws for mutators; the same seed always gives the same draws.
struct FuzzRandom {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// 0 ..< count; 0 when `count` is 0.
  mutating func below(_ count: Int) -> Int { count > 0 ? Int(generator.next() % UInt64(count)) : 0 }

  /// True once in `n` draws on average.
  mutating func oneIn(_ n: Int) -> Bool { below(n) == 0 }

  mutating func element<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: generator.next()) }

  mutating func word() -> UInt64 { generator.next() }

  /// A part of `range`, shorter ones more often; empty where `range` is.
  mutating func part(of range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return range }
    let start = range.lowerBound + below(range.count)
    let longest = range.upperBound - start
    let length = oneIn(4) ? 1 + below(longest) : 1 + below(min(longest, 16))
    return start..<start + length
  }
}
