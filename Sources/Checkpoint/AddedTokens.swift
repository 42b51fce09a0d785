/// The tokens that are looked for in the text itself, before the model sees it (`<s>`, `</s>`, ...).
struct AddedTokens: Sendable {
  struct Token: Sendable {
    let id: Int
    let content: [UInt8]
    let isSpecial: Bool
    let isNormalised: Bool
    let isSingleWord: Bool
    let stripsLeft: Bool
    let stripsRight: Bool
  }

  enum Piece: Equatable {
    case text([UInt8])
    case token(Int)
  }

  /// Patterns by their first byte, longest first: the leftmost, longest match wins.
  private var patterns: [UInt8: [(bytes: [UInt8], token: Token)]] = [:]

  /// - Parameter pattern: what to look for; for a normalised token its normalised content.
  mutating func add(_ token: Token, pattern: [UInt8]) {
    guard let first = pattern.first else { return }
    var list = patterns[first] ?? []
    let place = list.firstIndex { $0.bytes.count < pattern.count } ?? list.count
    list.insert((pattern, token), at: place)
    patterns[first] = list
  }

  /// Cuts text at the tokens found in it; empty text between them is left out.
  func split(_ text: [UInt8]) -> [Piece] {
    guard !patterns.isEmpty else { return text.isEmpty ? [] : [.text(text)] }
    var pieces: [Piece] = []
    var done = 0
    var index = 0
    while index < text.count {
      guard let (pattern, token) = match(text, at: index) else {
        index += 1
        continue
      }
      var start = index
      var stop = index + pattern.count
      index = stop
      if token.isSingleWord {
        let before = String(decoding: text[..<start], as: UTF8.self).unicodeScalars.last
        let after = String(decoding: text[stop...], as: UTF8.self).unicodeScalars.first
        if before.map(isWord) == true || after.map(isWord) == true { continue }
      }
      if token.stripsLeft {
        let tail = String(decoding: text[done..<max(start, done)], as: UTF8.self).unicodeScalars.reversed()
        start -= tail.prefix { $0.properties.isWhitespace }.reduce(0) { $0 + UTF8.width($1) }
      }
      if token.stripsRight {
        let rest = String(decoding: text[stop...], as: UTF8.self).unicodeScalars
        stop += rest.prefix { $0.properties.isWhitespace }.reduce(0) { $0 + UTF8.width($1) }
      }
      if done < start { pieces.append(.text(Array(text[done..<start]))) }
      pieces.append(.token(token.id))
      done = stop
    }
    if done < text.count { pieces.append(.text(Array(text[done...]))) }
    return pieces
  }

  private func match(_ text: [UInt8], at index: Int) -> ([UInt8], Token)? {
    for (pattern, token) in patterns[text[index]] ?? [] where text[index...].starts(with: pattern) {
      return (pattern, token)
    }
    return nil
  }

  private func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
  }
}
