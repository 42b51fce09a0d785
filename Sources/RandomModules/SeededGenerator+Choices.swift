import HardwareSimulator
import SeededRandom

// Choices at random. The generator is the simulator's: the same seed gives the same modules and inputs.
extension SeededGenerator {
  /// A generator of its own for each name.
  init(seed: UInt64, name: String) {
    self.init(seed: name.utf8.reduce(seed ^ 0x9E37_79B9_7F4A_7C15) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 })
  }

  mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }

  /// True `percent` times of 100.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  /// Widths from 1 to 130, many of them where something changes in a tool: words of 32 and 64 bits, one bit.
  mutating func width() -> Int {
    switch below(100) {
    case 0..<8: 1
    case 8..<30: pick([31, 32, 33, 63, 64, 65])
    case 30..<36: pick([66, 96, 127, 128, 129, 130])
    case 36..<76: 2 + below(14)
    default: 16 + below(60)
    }
  }

  /// Words of a number of `width` bits, often a corner: zero, one, all ones, the most negative, the largest, one bit.
  mutating func words(width: Int) -> [UInt64] {
    let count = (width + 63) / 64
    var words = [UInt64](repeating: 0, count: count)
    func set(_ bit: Int) { words[bit / 64] |= 1 << UInt64(bit % 64) }
    switch below(20) {
    case 0: break
    case 1: words[0] = 1
    case 2: words = words.map { _ in .max }
    case 3: set(width - 1)
    case 4:
      words = words.map { _ in .max }
      words[(width - 1) / 64] &= ~(1 << UInt64((width - 1) % 64))
    case 5: set(below(width))
    case 6: words[0] = UInt64(below(8))
    case 7:
      // A small negative number.
      words = words.map { _ in .max }
      words[0] = 0 &- UInt64(1 + below(8))
    default: for index in words.indices { words[index] = next() }
    }
    if width % 64 != 0 { words[count - 1] &= (1 << UInt64(width % 64)) - 1 }
    return words
  }
}
