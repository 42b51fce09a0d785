/// Spoils safetensors files: their length, their JSON header, their data.
enum TensorFileMutator {
  static func mutate(_ bytes: inout [UInt8], _ random: inout FuzzRandom) -> String {
    guard bytes.count >= 8 else { return ByteMutator.mutate(&bytes, &random) }
    let claimed = littleEndian(bytes[..<8])
    let end = 8 + Int(clamping: min(claimed, UInt64(bytes.count - 8)))
    switch random.below(10) {
    case 0:
      let length = random.oneIn(2) ? ByteMutator.word(&random) : claimed &+ UInt64(random.below(33)) &- 16
      bytes.replaceSubrange(..<8, with: littleEndian(length))
      return "header length \(length)"
    case 1, 2, 3, 4, 5, 6:
      var header = Array(bytes[8..<end])
      let step = JSONMutator.mutate(&header, &random)
      bytes = littleEndian(UInt64(header.count)) + header + bytes[end...]
      return "header: \(step)"
    case 7, 8:
      guard end < bytes.count else { return ByteMutator.mutate(&bytes, &random) }
      return specialValue(&bytes, from: end, &random)
    default: return ByteMutator.mutate(&bytes, &random)
    }
  }

  /// Infinities, numbers that are none, and the largest and least of each type.
  private static func specialValue(_ bytes: inout [UInt8], from start: Int, _ random: inout FuzzRandom) -> String {
    let (value, width) = random.element([
      (0x7C00, 2), (0xFC00, 2), (0x7E00, 2), (0x7BFF, 2), (0x0001, 2), (0x7F80, 2), (0x7F7F, 2), (0x7F80_0000, 4),
      (0x7FC0_0000, 4), (0x7F7F_FFFF, 4), (0x0000_0001, 4), (0xFFFF_FFFF, 4),
    ])
    let place = start + random.below(bytes.count - start) / width * width
    for index in 0..<width where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
    return "special value \(String(value, radix: 16)) at \(place)"
  }

  static func littleEndian(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

  static func littleEndian(_ bytes: some Collection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
