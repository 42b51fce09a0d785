/// Spoils the values, keys and members of a JSON text.
enum JSONMutator {
  /// Values that readers stumble over.
  static let literals: [String] = [
    "0", "-0", "-1", "1", "2", "3", "0.5", "1.0", "3e0", "-1e0", "127", "255", "256", "65535", "65536", "16777215",
    "16777216", "16777217", "2147483647", "2147483648", "3037000500", "4294967295", "4294967296", "9007199254740993",
    "4611686018427387904", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "18446744073709551615", "18446744073709551616", "1e18", "1e19", "1e308", "1e309", "-1e400", "1e-400", "5e-324",
    "NaN", "Infinity", "-Infinity", "0x10", "00", "+1", "--1", ".5", "5.", "1e", "null", "true", "false", "nul",
    "\"\"", "\"0\"", "\"swish\"", "\"hgrn_bit\"", "\"F32\"", "\"F64\"", "\"I64\"", "\"BOOL\"", "\"f32\"", "\"../a\"",
    "\"/etc/passwd\"", "\"a.safetensors\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\n\\u001b[31m\"",
    "\"\u{212B}\"", "\"A\u{30A}\"", "[]", "{}", "[0]", "[null]", "[[]]", "[0,0]", "[-1,1]", "{\"\":0}",
  ]

  /// Depths of nesting, some beyond what readers allow.
  private static let depths = [1, 2, 62, 63, 64, 65, 510, 512, 515, 5_000, 100_000]

  /// Changes the text in one way, and says which.
  static func mutate(_ text: inout [UInt8], _ random: inout FuzzRandom) -> String {
    let spans = JSONSpans(text)
    guard !spans.values.isEmpty else { return ByteMutator.mutate(&text, &random) }
    let value = random.element(spans.values)
    let member = spans.members.isEmpty ? value : random.element(spans.members)
    switch random.below(16) {
    case 0, 1, 2:
      let literal = random.element(literals)
      text.replaceSubrange(value, with: literal.utf8)
      return "\(literal) at \(value)"
    case 3, 4: return changeNumber(&text, spans, &random)
    case 5, 6:
      let other = Array(text[random.element(spans.values)])
      guard text.count + other.count <= ByteMutator.longest else { return "nothing" }
      text.replaceSubrange(value, with: other)
      return "another value of the text at \(value)"
    case 7:
      text.removeSubrange(withComma(member, in: text))
      return "remove the member at \(member)"
    case 8:
      text.removeSubrange(withComma(value, in: text))
      return "remove the value at \(value)"
    case 9:
      guard text.count + member.count <= ByteMutator.longest else { return "nothing" }
      text.insert(contentsOf: [UInt8(ascii: ",")] + text[member], at: member.upperBound)
      return "repeat the member at \(member)"
    case 10:
      let other = Array(text[random.element(spans.members.isEmpty ? spans.values : spans.members)])
      guard text.count + other.count <= ByteMutator.longest else { return "nothing" }
      text.insert(contentsOf: [UInt8(ascii: ",")] + other, at: member.upperBound)
      return "another member after \(member)"
    case 11: return nest(value, in: &text, &random)
    case 12:
      guard spans.keys.count > 1 else { return ByteMutator.mutate(&text, &random) }
      let other = Array(text[random.element(spans.keys)])
      let key = random.element(spans.keys)
      text.replaceSubrange(key, with: other)
      return "another key at \(key)"
    case 13:
      let long = random.element([20, 400, 5_000, 70_000])
      let run = String(repeating: random.element(["9", "a", "\\u0000", "\u{301}", "\\\\"]), count: long)
      let quoted = run.hasPrefix("9") && random.oneIn(2) ? run : "\"\(run)\""
      text.replaceSubrange(value, with: quoted.utf8)
      return "a value of \(quoted.utf8.count) bytes at \(value)"
    case 14:
      let key = spans.keys.isEmpty ? value : random.element(spans.keys)
      let extra = random.element(["\\u0000", "\\ud83d", "\\", "\n", "\u{FEFF}", "%s", "'", "\u{301}", "\\u001b[2J"])
      text.insert(contentsOf: extra.utf8, at: min(key.lowerBound + 1, key.upperBound))
      return "\(extra.debugDescription) in the text at \(key)"
    default: return ByteMutator.mutate(&text, &random)
    }
  }

  /// One number a little or much larger or smaller.
  private static func changeNumber(_ text: inout [UInt8], _ spans: JSONSpans, _ random: inout FuzzRandom) -> String {
    let numbers = spans.values.filter { Int(String(decoding: text[$0], as: UTF8.self)) != nil }
    guard !numbers.isEmpty else { return ByteMutator.mutate(&text, &random) }
    let place = random.element(numbers)
    let value = Int(String(decoding: text[place], as: UTF8.self)) ?? 0
    let changed =
      switch random.below(8) {
      case 0: value &+ 1
      case 1: value &- 1
      case 2: value &* 2
      case 3: value / 2
      case 4: 0 &- value
      case 5: value &+ random.element([8, 16, 64, 256, 4096])
      case 6: 1 << random.below(64)
      default: value &* 256
      }
    text.replaceSubrange(place, with: String(changed).utf8)
    return "\(changed) for \(value) at \(place)"
  }

  private static func nest(_ value: Range<Int>, in text: inout [UInt8], _ random: inout FuzzRandom) -> String {
    let depth = random.element(depths)
    let (open, close) = random.element([("[", "]"), ("{\"a\":", "}"), ("[", "")])
    guard text.count + depth * (open.utf8.count + 1) <= ByteMutator.longest else { return "nothing" }
    text.insert(contentsOf: String(repeating: close, count: depth).utf8, at: value.upperBound)
    text.insert(contentsOf: String(repeating: open, count: depth).utf8, at: value.lowerBound)
    return "\(depth) times \(open) around \(value)"
  }

  /// A range with the comma after it, or before it.
  private static func withComma(_ range: Range<Int>, in text: [UInt8]) -> Range<Int> {
    if range.upperBound < text.count, text[range.upperBound] == UInt8(ascii: ",") {
      return range.lowerBound..<range.upperBound + 1
    }
    if range.lowerBound > 0, text[range.lowerBound - 1] == UInt8(ascii: ",") {
      return range.lowerBound - 1..<range.upperBound
    }
    return range
  }
}
