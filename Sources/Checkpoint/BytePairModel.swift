/// Byte-pair encoding with byte fallback, as Hugging Face `tokenizers` applies it to one normalised piece of text.
struct BytePairModel: Sendable {
  struct Pair: Hashable {
    let left: Int
    let right: Int
  }

  struct Merge {
    let rank: Int
    let token: Int
  }

  let vocabulary: [[UInt8]: Int]
  let merges: [Pair: Merge]
  let unknown: Int?
  let fusesUnknown: Bool
  /// The tokens `<0x00>` ... `<0xFF>` when the model falls back to bytes and has them, else nil.
  let byteTokens: [Int?]?
  /// Whether a piece that is a token as a whole stays one, whatever the merges say.
  let ignoresMerges: Bool

  /// The tokens of a piece of text (UTF-8).
  func encode(_ text: [UInt8]) -> [Int] {
    if text.isEmpty { return [] }
    if ignoresMerges, let token = vocabulary[text] { return [token] }
    return merge(characters(of: text))
  }

  /// One token for each Unicode scalar, or one for each of its bytes, or the unknown token.
  private func characters(of text: [UInt8]) -> [Int] {
    var tokens: [Int] = []
    tokens.reserveCapacity(text.count)
    var pendingUnknown = false
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      let bytes = Array(UTF8.encode(scalar) ?? UTF8.EncodedScalar())
      if let token = vocabulary[bytes] {
        if pendingUnknown, let unknown { tokens.append(unknown) }
        pendingUnknown = false
        tokens.append(token)
      } else if let fallback = byteFallback(bytes) {
        tokens += fallback
      } else if let unknown {
        if pendingUnknown, !fusesUnknown { tokens.append(unknown) }
        pendingUnknown = true
      }
    }
    if pendingUnknown, let unknown { tokens.append(unknown) }
    return tokens
  }

  private func byteFallback(_ bytes: [UInt8]) -> [Int]? {
    guard let byteTokens else { return nil }
    let tokens = bytes.compactMap { byteTokens[Int($0)] }
    return tokens.count == bytes.count ? tokens : nil
  }

  /// Merges neighbours, lowest rank first and leftmost among equals, through a heap of candidates. A candidate whose
  /// symbols have changed since still counts when they now merge into the same token, as in the original.
  private func merge(_ characters: [Int]) -> [Int] {
    var symbols = characters.enumerated().map { index, token in
      Symbol(token: token, previous: index - 1, next: index + 1 < characters.count ? index + 1 : -1)
    }
    var candidates = CandidateHeap()
    func consider(_ left: Int, _ right: Int) {
      if let merge = merges[Pair(left: symbols[left].token, right: symbols[right].token)] {
        candidates.push(Candidate(rank: merge.rank, position: left, token: merge.token))
      }
    }
    for index in symbols.indices.dropLast() { consider(index, index + 1) }
    while let candidate = candidates.pop() {
      let left = candidate.position
      let right = symbols[left].next
      guard symbols[left].isAlive, right >= 0,
        let merge = merges[Pair(left: symbols[left].token, right: symbols[right].token)],
        merge.token == candidate.token
      else { continue }
      symbols[left].token = candidate.token
      symbols[left].next = symbols[right].next
      symbols[right].isAlive = false
      if symbols[left].next >= 0 { symbols[symbols[left].next].previous = left }
      if symbols[left].previous >= 0 { consider(symbols[left].previous, left) }
      if symbols[left].next >= 0 { consider(left, symbols[left].next) }
    }
    return symbols.filter(\.isAlive).map(\.token)
  }
}

private struct Symbol {
  var token: Int
  var previous: Int
  var next: Int
  var isAlive = true
}

private struct Candidate: Comparable {
  let rank: Int
  let position: Int
  let token: Int

  static func < (a: Candidate, b: Candidate) -> Bool { (a.rank, a.position) < (b.rank, b.position) }
}

/// A binary heap with the least candidate first.
private struct CandidateHeap {
  private var items: [Candidate] = []

  mutating func push(_ item: Candidate) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> Candidate? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return first }
    items[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[least] {
        least = child
      }
      if least == parent { return first }
      items.swapAt(parent, least)
      parent = least
    }
  }
}
