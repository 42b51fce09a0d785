import Files

/// The shape of a model, from a checkpoint's `config.json`. Fields that change nothing here are ignored.
public struct ModelConfiguration: Sendable, Hashable {
  /// d: the length of the residual vector.
  public let hiddenSize: Int
  /// I: the length of the vector inside the GLU.
  public let intermediateSize: Int
  public let layerCount: Int
  public let vocabularySize: Int
  /// `rms_norm_eps`, of every norm outside BitLinear.
  public let normEpsilon: Float
  public let usesLowerBound: Bool
  public let beginToken: Int?
  public let endToken: Int?

  /// The epsilon inside BitLinear, whatever the configuration says.
  public static let bitLinearEpsilon: Float = 1e-6

  /// For tests and generated models; sizes must be positive.
  public init(
    hiddenSize: Int, intermediateSize: Int? = nil, layerCount: Int, vocabularySize: Int, normEpsilon: Float = 1e-6,
    usesLowerBound: Bool = true, beginToken: Int? = 1, endToken: Int? = 2
  ) {
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize ?? Self.intermediateSize(hiddenSize: hiddenSize, hiddenRatio: 4)
    self.layerCount = layerCount
    self.vocabularySize = vocabularySize
    self.normEpsilon = normEpsilon
    self.usesLowerBound = usesLowerBound
    self.beginToken = beginToken
    self.endToken = endToken
  }

  /// 256 * ceil(int(d * ratio * 2 / 3) / 256), as the released implementation computes it.
  public static func intermediateSize(hiddenSize: Int, hiddenRatio: Double) -> Int {
    let size = Int(Double(hiddenSize) * hiddenRatio * 2 / 3)
    return 256 * ((size + 255) / 256)
  }
}

extension ModelConfiguration {
  /// No released size comes near this; it keeps every product of sizes far from overflow.
  static let maximumExtent = 1 << 24

  /// Reads and checks a `config.json`.
  public init(path: String) throws(CheckpointError) {
    let json = try JSONText(path: path)
    let fields = ConfigurationFields(path: path, json: json)
    func refuse(_ problem: String) -> CheckpointError { .unsupported(path: path, problem: problem) }

    let type = try fields.text("model_type")
    guard type == "hgrn_bit" else {
      throw refuse("model_type is \(type?.printable(limit: 40) ?? "missing") where only hgrn_bit is supported")
    }
    guard try fields.flag("use_short_conv") != true else { throw refuse("use_short_conv true is not supported") }
    let ratio = try fields.number("expand_ratio") ?? 1
    guard ratio == 1 else { throw refuse("expand_ratio \(ratio) is not supported, only 1 is") }
    let activation = try fields.text("hidden_act") ?? "swish"
    guard activation == "swish" else {
      throw refuse("hidden_act \(activation.printable(limit: 40)) is not supported, only swish is")
    }
    guard try fields.flag("tie_word_embeddings") != true else {
      throw refuse("tie_word_embeddings true is not supported")
    }

    func size(_ name: String, _ value: Int?) throws(CheckpointError) -> Int {
      guard let value else { throw .malformed(path: path, problem: "\(name) is missing") }
      guard (1...Self.maximumExtent).contains(value) else {
        throw .malformed(path: path, problem: "\(name) is \(value), outside 1 to \(Self.maximumExtent)")
      }
      return value
    }
    hiddenSize = try size("hidden_size", fields.integer("hidden_size"))
    layerCount = try size("num_hidden_layers", fields.integer("num_hidden_layers"))
    vocabularySize = try size("vocab_size", fields.integer("vocab_size"))
    if let given = try fields.integer("intermediate_size") {
      intermediateSize = try size("intermediate_size", given)
    } else {
      let ratio = try fields.number("hidden_ratio") ?? 4
      guard ratio > 0, ratio <= 1024 else {
        throw .malformed(path: path, problem: "hidden_ratio is \(ratio), outside 0 to 1024")
      }
      intermediateSize = try size(
        "the intermediate size from hidden_ratio", Self.intermediateSize(hiddenSize: hiddenSize, hiddenRatio: ratio))
    }
    let epsilon = Float(try fields.number("rms_norm_eps") ?? 1e-6)
    guard epsilon.isFinite, epsilon >= 0 else {
      throw .malformed(path: path, problem: "rms_norm_eps is not a finite number of at least 0")
    }
    normEpsilon = epsilon
    usesLowerBound = try fields.flag("use_lower_bound") ?? true
    beginToken = try fields.token("bos_token_id", vocabulary: vocabularySize)
    endToken = try fields.token("eos_token_id", vocabulary: vocabularySize)
  }
}

/// The fields of a `config.json`: nil where one is missing or null, an error where it has the wrong type.
private struct ConfigurationFields {
  let path: String
  let json: JSONText

  private func field<Value>(
    _ name: String, _ kind: String, _ value: (JSONText) -> Value?
  ) throws(CheckpointError) -> Value? {
    guard json.members != nil else { throw .malformed(path: path, problem: "is not a JSON object") }
    guard let field = json[name], !field.isNull else { return nil }
    guard let result = value(field) else { throw .malformed(path: path, problem: "\(name) is not \(kind)") }
    return result
  }

  func text(_ name: String) throws(CheckpointError) -> String? { try field(name, "a string", \.text) }
  func flag(_ name: String) throws(CheckpointError) -> Bool? { try field(name, "true or false", \.boolean) }
  func integer(_ name: String) throws(CheckpointError) -> Int? { try field(name, "an integer", \.integer) }
  func number(_ name: String) throws(CheckpointError) -> Double? { try field(name, "a number", \.double) }

  /// A token id; Hugging Face writes either one id or a list of them, of which the first counts.
  func token(_ name: String, vocabulary: Int) throws(CheckpointError) -> Int? {
    let token = try field(name, "a token id") { value -> Int?? in
      guard let list = value.elements else { return value.integer.map { .some($0) } }
      guard let first = list.first else { return .some(nil) }
      return first.integer.map { .some($0) }
    }
    guard let token, let token else { return nil }
    guard (0..<vocabulary).contains(token) else {
      throw .malformed(path: path, problem: "\(name) \(token) is outside the vocabulary of \(vocabulary)")
    }
    return token
  }
}
