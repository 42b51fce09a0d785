/// A token of SystemVerilog, as far as choosing places for faults needs it.
struct Token: Hashable {
  enum Kind: Hashable {
    case identifier
    /// A literal: `12`, `8'hff`, `'0`.
    case number
    case symbol
  }

  let kind: Kind
  let text: String
  /// Bytes of the source.
  let range: Range<Int>
  /// From 1.
  let line: Int
}

/// Cuts emitted SystemVerilog into tokens; comments and attributes are left out.
struct Lexer {
  private let bytes: [UInt8]
  private var place = 0
  private var line = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private static let symbols = [
    "<<<", ">>>", "<=", ">=", "==", "!=", "&&", "||", "<<", ">>", "+:", "-:",
  ].map { Array($0.utf8) }

  mutating func tokens() -> [Token] {
    var result: [Token] = []
    while skipSpace(), place < bytes.count {
      let (start, first) = (place, line)
      let kind = advance()
      result.append(
        Token(
          kind: kind, text: String(decoding: bytes[start..<place], as: UTF8.self), range: start..<place, line: first))
    }
    return result
  }

  private func byte(_ offset: Int = 0) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"), UInt8(ascii: "$"):
      true
    default: false
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  /// Skips white space, comments and attributes. Always true.
  private mutating func skipSpace() -> Bool {
    while place < bytes.count {
      switch (byte(), byte(1)) {
      case (UInt8(ascii: "\n"), _):
        line += 1
        place += 1
      case (UInt8(ascii: " "), _), (UInt8(ascii: "\t"), _), (UInt8(ascii: "\r"), _): place += 1
      case (UInt8(ascii: "/"), UInt8(ascii: "/")):
        while place < bytes.count, byte() != UInt8(ascii: "\n") { place += 1 }
      case (UInt8(ascii: "/"), UInt8(ascii: "*")): skip(to: UInt8(ascii: "*"), UInt8(ascii: "/"))
      case (UInt8(ascii: "("), UInt8(ascii: "*")): skip(to: UInt8(ascii: "*"), UInt8(ascii: ")"))
      default: return true
      }
    }
    return true
  }

  private mutating func skip(to first: UInt8, _ second: UInt8) {
    place += 2
    while place < bytes.count, byte() != first || byte(1) != second {
      if byte() == UInt8(ascii: "\n") { line += 1 }
      place += 1
    }
    place = min(place + 2, bytes.count)
  }

  private mutating func advance() -> Token.Kind {
    if Self.isDigit(byte()) {
      while Self.isDigit(byte()) || byte() == UInt8(ascii: "_") { place += 1 }
      takeBase()
      return .number
    }
    if Self.isWord(byte()) {
      while Self.isWord(byte()) { place += 1 }
      return .identifier
    }
    if byte() == UInt8(ascii: "'"), Self.isWord(byte(1)) {
      place += 1
      while Self.isWord(byte()) { place += 1 }
      return .number
    }
    for symbol in Self.symbols where bytes[place...].starts(with: symbol) {
      place += symbol.count
      return .symbol
    }
    place += 1
    return .symbol
  }

  /// The rest of a based literal; a size before a cast (`8'(...)`) is a number by itself.
  private mutating func takeBase() {
    guard byte() == UInt8(ascii: "'"), Self.isWord(byte(1)) else { return }
    place += 1
    while Self.isWord(byte()) { place += 1 }
  }
}
