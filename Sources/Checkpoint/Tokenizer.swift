/// Text to tokens and back, exactly as Hugging Face `tokenizers` does it for a `tokenizer.json` of the Llama kind: BPE
/// with byte fallback, `Prepend` and `Replace` normalizers, added tokens.
///
/// No token is put in front of the text; that is left to whoever needs it.
public struct Tokenizer: Sendable {
  let model: BytePairModel
  let tokens: [Int: [UInt8]]
  let special: Set<[UInt8]>
  let normaliser: [NormaliserStep]
  let decoder: [DecoderStep]
  let verbatim: AddedTokens
  let normalised: AddedTokens

  enum NormaliserStep: Sendable {
    case prepend([UInt8])
    case replace(pattern: [UInt8], content: [UInt8])
  }

  enum DecoderStep: Sendable {
    case replace(pattern: [UInt8], content: [UInt8])
    case byteFallback
    case fuse
    case strip(content: UInt8, start: Int, stop: Int)
  }

  /// The number of different tokens.
  public var count: Int { tokens.count }

  /// The tokens of a text; none for the empty text. Added tokens that occur in the text are found.
  public func encode(_ text: String) -> [Int] {
    var result: [Int] = []
    for piece in verbatim.split(Array(text.utf8)) {
      switch piece {
      case .token(let token): result.append(token)
      case .text(let bytes):
        for piece in normalised.split(Self.normalise(bytes, normaliser)) {
          switch piece {
          case .token(let token): result.append(token)
          case .text(let bytes): result += model.encode(bytes)
          }
        }
      }
    }
    return result
  }

  /// The text of tokens. Ids that no token has are left out, bytes that are no UTF-8 become U+FFFD one by one.
  public func decode(_ ids: some Sequence<Int>, skipSpecialTokens: Bool = true) -> String {
    var parts: [[UInt8]] = []
    for id in ids {
      guard let token = tokens[id], !skipSpecialTokens || !special.contains(token) else { continue }
      parts.append(token)
    }
    for step in decoder { parts = step.apply(to: parts) }
    return String(decoding: Array(parts.joined()), as: UTF8.self)
  }

  /// A token as the vocabulary spells it (with U+2581 for a space), or nil.
  public func token(_ id: Int) -> String? { tokens[id].map { String(decoding: $0, as: UTF8.self) } }

  static func normalise(_ text: [UInt8], _ steps: [NormaliserStep]) -> [UInt8] {
    var text = text
    for step in steps {
      switch step {
      case .prepend(let prefix): if !text.isEmpty { text = prefix + text }
      case .replace(let pattern, let content): text = replacing(pattern, with: content, in: text)
      }
    }
    return text
  }
}

/// `text` with every occurrence of `pattern` (not empty) replaced, from left to right.
private func replacing(_ pattern: [UInt8], with content: [UInt8], in text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var index = 0
  while index < text.count {
    if text[index] == pattern[0], text[index...].starts(with: pattern) {
      result += content
      index += pattern.count
    } else {
      result.append(text[index])
      index += 1
    }
  }
  return result
}

extension Tokenizer.DecoderStep {
  func apply(to parts: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .replace(let pattern, let content):
      return parts.map { replacing(pattern, with: content, in: $0) }
    case .fuse:
      return [Array(parts.joined())]
    case .strip(let content, let start, let stop):
      return parts.map { part in
        let front = part.prefix(start).prefix { $0 == content }.count
        let rest = part.dropFirst(front)
        let back = rest.suffix(stop).reversed().prefix { $0 == content }.count
        return Array(rest.dropLast(back))
      }
    case .byteFallback:
      var result: [[UInt8]] = []
      var run: [UInt8] = []
      func flush() {
        guard !run.isEmpty else { return }
        if String(validating: run, as: UTF8.self) != nil {
          result.append(run)
        } else {
          result += Array(repeating: Array("\u{FFFD}".utf8), count: run.count)
        }
        run = []
      }
      for part in parts {
        if let byte = byteValue(part) {
          run.append(byte)
        } else {
          flush()
          result.append(part)
        }
      }
      flush()
      return result
    }
  }
}

/// The byte that a token like `<0x0A>` stands for, or nil.
func byteValue(_ token: [UInt8]) -> UInt8? {
  guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
  return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
}
