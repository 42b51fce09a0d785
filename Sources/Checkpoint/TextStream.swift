/// Turns tokens into text as they come, holding back the bytes of a character that is not complete yet.
///
/// What it gives is `Tokenizer.decode` cut into pieces. Only where a run of byte tokens turns out not to be UTF-8 after
/// some of it was already given, the pieces keep what was given and `decode` has U+FFFD in its place.
public struct TextStream: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  /// Byte tokens not given yet.
  private var pending: [Int] = []
  /// Whether anything was decoded yet: the first piece is stripped of the space in front.
  private var isFirst = true

  public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    skipsSpecialTokens = skipSpecialTokens
  }

  /// The text that became certain with this token; often one word, sometimes nothing.
  public mutating func add(_ token: Int) -> String {
    guard let bytes = tokenizer.tokens[token], !skipsSpecialTokens || !tokenizer.special.contains(bytes) else {
      return ""
    }
    if byteValue(bytes) != nil {
      pending.append(token)
      let values = pending.compactMap { tokenizer.tokens[$0].flatMap(byteValue) }
      return String(validating: values, as: UTF8.self) == nil ? "" : finish()
    }
    return finish() + decode([token])
  }

  /// What was held back, with U+FFFD for bytes that form no character.
  public mutating func finish() -> String {
    defer { pending = [] }
    return pending.isEmpty ? "" : decode(pending)
  }

  private mutating func decode(_ tokens: [Int]) -> String {
    defer { isFirst = false }
    let parts = tokenizer.decoder.reduce(tokens.compactMap { tokenizer.tokens[$0] }) { parts, step in
      // What is stripped from the front of the whole text must stay in its later pieces.
      if case .strip = step, !isFirst { return parts }
      return step.apply(to: parts)
    }
    return String(decoding: Array(parts.joined()), as: UTF8.self)
  }
}
