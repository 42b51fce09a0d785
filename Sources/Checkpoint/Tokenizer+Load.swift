import Files

extension Tokenizer {
  /// Reads a `tokenizer.json`; throws when it is damaged or of another kind.
  public init(path: String) throws(CheckpointError) {
    let json = try JSONText(path: path)
    let reader = Reader(path: path)
    guard let model = json["model"] else { throw reader.malformed("has no model") }
    let vocabulary = try reader.vocabulary(model)
    self.model = try reader.model(model, vocabulary: vocabulary)
    normaliser = try reader.steps(json["normalizer"], list: "normalizers").map(reader.normaliser)
    decoder = try reader.steps(json["decoder"], list: "decoders").map(reader.decoder)
    guard normaliser.map(\.growth).reduce(1, *) <= Self.largestGrowth,
      decoder.map(\.growth).reduce(1, *) <= Self.largestGrowth
    else {
      throw reader.unsupported("makes text more than \(Int(Self.largestGrowth)) times longer, which is not supported")
    }
    guard json["pre_tokenizer"]?.isNull ?? true else {
      throw reader.unsupported("has a pre_tokenizer, which is not supported")
    }

    var tokens: [Int: [UInt8]] = [:]
    for (token, id) in vocabulary { tokens[id] = token }
    var special: Set<[UInt8]> = []
    var verbatim = AddedTokens()
    var normalised = AddedTokens()
    for entry in json["added_tokens"]?.elements ?? [] {
      let token = try reader.addedToken(entry)
      tokens[token.id] = token.content
      if token.isSpecial { special.insert(token.content) }
      if token.isNormalised {
        normalised.add(token, pattern: Self.normalise(token.content, normaliser))
      } else {
        verbatim.add(token, pattern: token.content)
      }
    }
    self.tokens = tokens
    self.special = special
    self.verbatim = verbatim
    self.normalised = normalised
  }
}

extension Tokenizer {
  /// Longer strings in normalizers, decoders and added tokens are refused: they serve no language, and a search for them
  /// could take forever.
  fileprivate static let longestString = 1024
  /// Nor may a few bytes of text become a memory full of them, as steps that lengthen one another's output could do.
  fileprivate static let largestGrowth = 64.0
}

extension Tokenizer.NormaliserStep {
  /// By how much text becomes longer at most; the prefix of a piece not counted.
  fileprivate var growth: Double {
    guard case .replace(let pattern, let content) = self else { return 1 }
    return max(1, Double(content.count) / Double(pattern.count))
  }
}

extension Tokenizer.DecoderStep {
  fileprivate var growth: Double {
    guard case .replace(let pattern, let content) = self else { return 1 }
    return max(1, Double(content.count) / Double(pattern.count))
  }
}

/// Takes the parsed file apart.
private struct Reader {
  let path: String

  func malformed(_ problem: String) -> CheckpointError { .malformed(path: path, problem: problem) }
  func unsupported(_ problem: String) -> CheckpointError { .unsupported(path: path, problem: problem) }

  func vocabulary(_ model: JSONText) throws(CheckpointError) -> [[UInt8]: Int] {
    guard model["type"]?.text ?? "BPE" == "BPE" else {
      throw unsupported("has a model of type \(model["type"]?.text ?? "unknown") where only BPE is supported")
    }
    guard let members = model["vocab"]?.members else { throw malformed("has no vocabulary") }
    var vocabulary: [[UInt8]: Int] = [:]
    vocabulary.reserveCapacity(members.count)
    for (key, value) in members {
      guard let id = value.integer, id >= 0 else {
        throw malformed("has a token \(String(decoding: key, as: UTF8.self).printable(limit: 40)) without a valid id")
      }
      vocabulary[key] = id
    }
    return vocabulary
  }

  func model(_ model: JSONText, vocabulary: [[UInt8]: Int]) throws(CheckpointError) -> BytePairModel {
    if let dropout = model["dropout"]?.double, dropout != 0 { throw unsupported("has dropout, which is not supported") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = model[key]?.bytes, !affix.isEmpty { throw unsupported("has \(key), which is not supported") }
    }
    var unknown: Int?
    if let token = model["unk_token"]?.bytes {
      guard let id = vocabulary[token] else { throw malformed("has an unk_token that is not in the vocabulary") }
      unknown = id
    }
    var byteTokens: [Int?]?
    if model["byte_fallback"]?.boolean == true {
      let digits = Array("0123456789ABCDEF")
      byteTokens = (0..<256).map { vocabulary[Array("<0x\(digits[$0 / 16])\(digits[$0 % 16])>".utf8)] }
    }
    return BytePairModel(
      vocabulary: vocabulary, merges: try merges(model, vocabulary), unknown: unknown,
      fusesUnknown: model["fuse_unk"]?.boolean ?? false, byteTokens: byteTokens,
      ignoresMerges: model["ignore_merges"]?.boolean ?? false)
  }

  private func merges(
    _ model: JSONText, _ vocabulary: [[UInt8]: Int]
  ) throws(CheckpointError) -> [BytePairModel.Pair: BytePairModel.Merge] {
    var merges: [BytePairModel.Pair: BytePairModel.Merge] = [:]
    for (rank, entry) in (model["merges"]?.elements ?? []).enumerated() {
      // Either two strings, or one with a space between the halves.
      let halves: [[UInt8]]
      if let pair = entry.elements {
        halves = pair.compactMap(\.bytes)
      } else {
        halves = (entry.bytes ?? []).split(separator: 0x20, omittingEmptySubsequences: false).map(Array.init)
      }
      guard halves.count == 2 else { throw malformed("has a merge number \(rank) that is not a pair") }
      guard let left = vocabulary[halves[0]], let right = vocabulary[halves[1]],
        let token = vocabulary[halves[0] + halves[1]]
      else { throw malformed("has a merge number \(rank) of tokens that are not in the vocabulary") }
      merges[.init(left: left, right: right)] = .init(rank: rank, token: token)
    }
    return merges
  }

  /// A component, or the components of a `Sequence`, as a list.
  func steps(_ component: JSONText?, list: String) throws(CheckpointError) -> [JSONText] {
    guard let component, !component.isNull else { return [] }
    guard component["type"]?.text == "Sequence" else { return [component] }
    guard let steps = component[list]?.elements else { throw malformed("has a Sequence without \(list)") }
    return steps
  }

  func normaliser(_ step: JSONText) throws(CheckpointError) -> Tokenizer.NormaliserStep {
    switch step["type"]?.text {
    case "Prepend":
      guard let prefix = step["prepend"]?.bytes else { throw malformed("has a Prepend without prepend") }
      return .prepend(try short(prefix, "a Prepend"))
    case "Replace":
      let (pattern, content) = try replacement(step)
      return .replace(pattern: pattern, content: content)
    case let type:
      throw unsupported(
        "has a normalizer \(type?.printable(limit: 40) ?? "without type"), only Prepend and Replace are supported")
    }
  }

  func decoder(_ step: JSONText) throws(CheckpointError) -> Tokenizer.DecoderStep {
    switch step["type"]?.text {
    case "Replace":
      let (pattern, content) = try replacement(step)
      return .replace(pattern: pattern, content: content)
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "Strip":
      guard let content = step["content"]?.bytes, content.count == 1, let start = step["start"]?.integer, start >= 0,
        let stop = step["stop"]?.integer, stop >= 0
      else { throw malformed("has a Strip without one ASCII character and two counts") }
      return .strip(content: content[0], start: start, stop: stop)
    case let type:
      throw unsupported(
        "has a decoder \(type?.printable(limit: 40) ?? "without type"), only Replace, ByteFallback, Fuse and Strip are supported"
      )
    }
  }

  private func replacement(_ step: JSONText) throws(CheckpointError) -> ([UInt8], [UInt8]) {
    guard let pattern = step["pattern"]?["String"]?.bytes, !pattern.isEmpty, let content = step["content"]?.bytes else {
      throw unsupported("has a Replace whose pattern is not a plain string")
    }
    return (try short(pattern, "a Replace"), try short(content, "a Replace"))
  }

  private func short(_ text: [UInt8], _ place: String) throws(CheckpointError) -> [UInt8] {
    guard text.count <= Tokenizer.longestString else {
      throw unsupported("has \(place) with a string of \(text.count) bytes, more than \(Tokenizer.longestString)")
    }
    return text
  }

  func addedToken(_ entry: JSONText) throws(CheckpointError) -> AddedTokens.Token {
    guard let id = entry["id"]?.integer, id >= 0, let content = entry["content"]?.bytes else {
      throw malformed("has an added token without id and content")
    }
    return AddedTokens.Token(
      id: id, content: try short(content, "an added token"), isSpecial: entry["special"]?.boolean ?? false,
      isNormalised: entry["normalized"]?.boolean ?? false, isSingleWord: entry["single_word"]?.boolean ?? false,
      stripsLeft: entry["lstrip"]?.boolean ?? false, stripsRight: entry["rstrip"]?.boolean ?? false)
  }
}
