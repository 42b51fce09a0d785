/// Spoils bytes without knowing what they mean.
enum ByteMutator {
  /// Numbers at which lengths, counts and offsets go wrong.
  static let words: [UInt64] = [
    0, 1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 4095, 4096, 65535, 65536, 1 << 24, 1 << 24 + 1, 100_000_000,
    1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 53, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 7, .max,
  ]

  /// No input grows beyond this, so that a case stays short.
  static let longest = 1 << 20

  /// Changes the bytes in one way, and says which.
  static func mutate(_ bytes: inout [UInt8], _ random: inout FuzzRandom) -> String {
    guard !bytes.isEmpty else {
      bytes = (0..<random.below(64)).map { _ in random.byte() }
      return "random bytes instead of nothing"
    }
    let place = random.below(bytes.count)
    let part = random.part(of: 0..<bytes.count)
    switch random.below(9) {
    case 0:
      bytes[place] ^= 1 << UInt8(random.below(8))
      return "flip a bit at \(place)"
    case 1:
      bytes[place] = random.oneIn(2) ? random.byte() : random.element([0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x5C, 0x7B])
      return "another byte at \(place)"
    case 2:
      bytes.removeSubrange(place...)
      return "cut at \(place)"
    case 3:
      bytes.removeSubrange(part)
      return "remove \(part)"
    case 4:
      guard bytes.count + part.count <= longest else { return "nothing" }
      bytes.insert(contentsOf: bytes[part], at: place)
      return "repeat \(part) at \(place)"
    case 5:
      bytes.insert(contentsOf: (0..<1 + random.below(16)).map { _ in random.byte() }, at: place)
      return "random bytes at \(place)"
    case 6:
      for index in part { bytes[index] = random.byte() }
      return "random bytes over \(part)"
    case 7:
      let fill = random.element([0, 0xFF, 0x7F] as [UInt8])
      for index in part { bytes[index] = fill }
      return "\(fill) over \(part)"
    default:
      let width = random.element([2, 4, 8])
      let value = word(&random)
      for index in 0..<width where place + index < bytes.count {
        bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
      return "\(value) in \(width) bytes at \(place)"
    }
  }

  /// A number that is likely to be a limit, or near one.
  static func word(_ random: inout FuzzRandom) -> UInt64 {
    switch random.below(4) {
    case 0: random.word()
    case 1: random.element(words) &+ UInt64(random.below(5)) &- 2
    default: random.element(words)
    }
  }
}
