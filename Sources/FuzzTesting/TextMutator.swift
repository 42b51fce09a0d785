/// Spoils assembly: words, numbers and lines.
enum TextMutator {
  private static let words: [String] = [
    "LOAD", "MATVEC", "count=", "=", "=1", "count=1", "slot=8", "rows=65535", "rows=65536", "beats=-1", "scale0=1e39",
    "scale0=3.5e38", "scale0=nan", "scale0=0x7f8000", "inverse=1e-46", "state=0xffffffffffffffffff", "count=0x",
    "count=\u{0661}", "count=1_000", "count=+1", "#", ";", "\u{0}", "\u{2028}", "\r", "\t", "\u{301}",
  ]

  static func mutate(_ bytes: inout [UInt8], _ random: inout FuzzRandom) -> String {
    let spaces = bytes.indices.filter { bytes[$0] == 0x20 || bytes[$0] == 0x0A || bytes[$0] == UInt8(ascii: "=") }
    guard !spaces.isEmpty else { return ByteMutator.mutate(&bytes, &random) }
    let place = random.element(spaces)
    let next = spaces.first { $0 > place } ?? bytes.count
    switch random.below(6) {
    case 0, 1:
      let word = random.element(words)
      bytes.replaceSubrange(place + 1..<next, with: word.utf8)
      return "\(word.debugDescription) at \(place)"
    case 2:
      let number = random.element(JSONMutator.literals)
      bytes.replaceSubrange(place + 1..<next, with: number.utf8)
      return "\(number) at \(place)"
    case 3:
      bytes.insert(contentsOf: bytes[place..<next], at: next)
      return "repeat the word at \(place)"
    case 4:
      bytes.removeSubrange(place..<next)
      return "remove the word at \(place)"
    default: return ByteMutator.mutate(&bytes, &random)
    }
  }
}
