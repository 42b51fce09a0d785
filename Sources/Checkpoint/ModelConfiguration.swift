import Foundation

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
    let file = try MappedFile(path: path)
    let fields: ConfigurationFields
    do {
      fields = try JSONDecoder().decode(ConfigurationFields.self, from: Data(file.bytes))
    } catch {
      throw .malformed(path: path, problem: "is not a valid model configuration (\(reason(error)))")
    }
    func refuse(_ problem: String) -> CheckpointError { .unsupported(path: path, problem: problem) }

    guard fields.modelType == "hgrn_bit" else {
      throw refuse("model_type is \(fields.modelType ?? "missing") where only hgrn_bit is supported")
    }
    guard fields.usesShortConvolution != true else { throw refuse("use_short_conv true is not supported") }
    guard (fields.expandRatio ?? 1) == 1 else { throw refuse("expand_ratio other than 1 is not supported") }
    guard (fields.activation ?? "swish") == "swish" else {
      throw refuse("hidden_act \(fields.activation ?? "") is not supported, only swish is")
    }
    guard fields.tiesEmbeddings != true else { throw refuse("tie_word_embeddings true is not supported") }

    func size(_ value: Int?, _ name: String) throws(CheckpointError) -> Int {
      guard let value else { throw .malformed(path: path, problem: "\(name) is missing") }
      guard (1...Self.maximumExtent).contains(value) else {
        throw .malformed(path: path, problem: "\(name) is \(value), outside 1 to \(Self.maximumExtent)")
      }
      return value
    }
    hiddenSize = try size(fields.hiddenSize, "hidden_size")
    layerCount = try size(fields.layerCount, "num_hidden_layers")
    vocabularySize = try size(fields.vocabularySize, "vocab_size")
    if let given = fields.intermediateSize {
      intermediateSize = try size(given, "intermediate_size")
    } else {
      let ratio = fields.hiddenRatio ?? 4
      guard ratio > 0, ratio <= 1024 else {
        throw .malformed(path: path, problem: "hidden_ratio is \(ratio), outside 0 to 1024")
      }
      intermediateSize = try size(
        Self.intermediateSize(hiddenSize: hiddenSize, hiddenRatio: ratio), "the intermediate size from hidden_ratio")
    }
    let epsilon = Float(fields.normEpsilon ?? 1e-6)
    guard epsilon.isFinite, epsilon >= 0 else {
      throw .malformed(path: path, problem: "rms_norm_eps is not a finite number of at least 0")
    }
    normEpsilon = epsilon
    usesLowerBound = fields.usesLowerBound ?? true
    for (name, token) in [("bos_token_id", fields.beginToken?.first), ("eos_token_id", fields.endToken?.first)] {
      if let token, !(0..<vocabularySize).contains(token) {
        throw .malformed(path: path, problem: "\(name) \(token) is outside the vocabulary of \(vocabularySize)")
      }
    }
    beginToken = fields.beginToken?.first
    endToken = fields.endToken?.first
  }
}

private struct ConfigurationFields: Decodable {
  let modelType: String?
  let hiddenSize: Int?
  let intermediateSize: Int?
  let hiddenRatio: Double?
  let layerCount: Int?
  let vocabularySize: Int?
  let normEpsilon: Double?
  let usesLowerBound: Bool?
  let usesShortConvolution: Bool?
  let expandRatio: Double?
  let activation: String?
  let tiesEmbeddings: Bool?
  let beginToken: TokenField?
  let endToken: TokenField?

  enum CodingKeys: String, CodingKey {
    case modelType = "model_type"
    case hiddenSize = "hidden_size"
    case intermediateSize = "intermediate_size"
    case hiddenRatio = "hidden_ratio"
    case layerCount = "num_hidden_layers"
    case vocabularySize = "vocab_size"
    case normEpsilon = "rms_norm_eps"
    case usesLowerBound = "use_lower_bound"
    case usesShortConvolution = "use_short_conv"
    case expandRatio = "expand_ratio"
    case activation = "hidden_act"
    case tiesEmbeddings = "tie_word_embeddings"
    case beginToken = "bos_token_id"
    case endToken = "eos_token_id"
  }
}

/// A token id; Hugging Face writes either one id or a list of them, of which the first counts.
private struct TokenField: Decodable {
  let first: Int?

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let list = try? container.decode([Int].self) {
      first = list.first
    } else {
      first = try container.decode(Int.self)
    }
  }
}
