import Foundation

/// A released MatMul-free language model on disk: its configuration and its tensors, mapped and converted on demand.
///
/// Opening one checks the configuration, that every tensor is there with its shape and a floating-point type, and that
/// vectors and embeddings are finite. The matrices are checked when they are ternarised, which reads them anyway.
public struct Checkpoint: Sendable {
  /// The directory it was opened from.
  public let directory: String
  public let configuration: ModelConfiguration
  /// lb of each layer, [layerCount][hiddenSize], 0 ... 1: cumsum(softmax(lower_bounds)) minus its first row; all zeros
  /// for layer 0, and everywhere when the model does not use lower bounds.
  public let lowerBounds: [[Float]]
  private let tensors: [String: SafetensorsTensor]
  private let embeddings: SafetensorsTensor

  static let embeddingName = "model.embeddings.weight"
  static let lowerBoundName = "model.lower_bounds"

  public init(directory: String) throws(CheckpointError) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw .file(path: directory, problem: "is not a directory with a checkpoint")
    }
    self.directory = directory
    configuration = try ModelConfiguration(path: directory + "/config.json")
    let shards = try CheckpointShards(directory: directory)
    tensors = try Self.required(configuration, from: shards)
    embeddings = try shards.tensor(Self.embeddingName)
    try embeddings.requireFinite()
    lowerBounds = try Self.lowerBounds(configuration, from: shards)
  }

  /// Every tensor of the model, by name.
  public var allTensors: [SafetensorsTensor] { tensors.values.sorted { $0.name < $1.name } }

  /// A tensor of the model by its name in the checkpoint.
  public func tensor(_ name: String) throws(CheckpointError) -> SafetensorsTensor {
    guard let tensor = tensors[name] else { throw .tensor(path: directory, name: name, problem: "is missing") }
    return tensor
  }

  /// A whole tensor of the model as `Float`, row-major.
  public func vector(_ name: String) throws(CheckpointError) -> [Float] { try tensor(name).floats() }

  /// The weight of a norm outside BitLinear, [hiddenSize].
  public func vector(_ norm: NormVector) throws(CheckpointError) -> [Float] { try vector(norm.name) }

  /// The weight of the norm inside a BitLinear, [columns].
  public func normWeight(of module: BitLinear) throws(CheckpointError) -> [Float] {
    try vector(module.name + ".norm.weight")
  }

  /// A ternarised weight tensor of shape [rows, columns]; not cached.
  public func ternary(_ name: String, rows: Int, columns: Int) throws(CheckpointError) -> TernaryMatrix {
    try TernaryMatrix(tensor(name), rows: rows, columns: columns)
  }

  /// The ternarised matrix of a BitLinear; not cached.
  public func ternary(_ module: BitLinear) throws(CheckpointError) -> TernaryMatrix {
    try ternary(
      module.name + ".weight", rows: module.rows(in: configuration), columns: module.columns(in: configuration))
  }

  /// The embedding of a token, [hiddenSize]; throws when the token is outside the vocabulary.
  public func embedding(_ token: Int) throws(CheckpointError) -> [Float] {
    guard (0..<configuration.vocabularySize).contains(token) else {
      throw .input(problem: "Token \(token) is outside the vocabulary of \(configuration.vocabularySize)")
    }
    let size = configuration.hiddenSize
    return try embeddings.floats(token * size..<(token + 1) * size)
  }

  private static func required(
    _ configuration: ModelConfiguration, from shards: CheckpointShards
  ) throws(CheckpointError) -> [String: SafetensorsTensor] {
    var tensors: [String: SafetensorsTensor] = [:]
    func take(_ name: String, _ shape: [Int]) throws(CheckpointError) -> SafetensorsTensor {
      let tensor = try shards.tensor(name)
      try tensor.require(shape: shape)
      guard [.f32, .f16, .bf16].contains(tensor.elementType) else {
        throw tensor.problem("has type \(tensor.elementType.rawValue) where F32, F16 or BF16 is needed")
      }
      tensors[name] = tensor
      return tensor
    }
    func take(_ module: BitLinear) throws(CheckpointError) {
      let columns = module.columns(in: configuration)
      _ = try take(module.name + ".weight", [module.rows(in: configuration), columns])
      try take(module.name + ".norm.weight", [columns]).requireFinite()
    }
    let size = configuration.hiddenSize
    _ = try take(embeddingName, [configuration.vocabularySize, size])
    if configuration.usesLowerBound { try take(lowerBoundName, [configuration.layerCount, size]).requireFinite() }
    // Layer by layer, so that a false number of layers fails at the first one that is missing.
    for layer in 0..<configuration.layerCount {
      for module in BitLinear.all(layer: layer) { try take(module) }
      for norm in [NormVector.mixer(layer: layer), .gate(layer: layer), .channel(layer: layer)] {
        try take(norm.name, [size]).requireFinite()
      }
    }
    try take(NormVector.final.name, [size]).requireFinite()
    try take(.head)
    return tensors
  }

  private static func lowerBounds(
    _ configuration: ModelConfiguration, from shards: CheckpointShards
  ) throws(CheckpointError) -> [[Float]] {
    let size = configuration.hiddenSize
    let layers = configuration.layerCount
    var result = [[Float]](repeating: [Float](repeating: 0, count: size), count: layers)
    guard configuration.usesLowerBound else { return result }
    let raw = try shards.tensor(lowerBoundName).floats()
    for column in 0..<size {
      let values = (0..<layers).map { raw[$0 * size + column] }
      let largest = values.max() ?? 0
      let powers = values.map { exp($0 - largest) }
      let total = powers.reduce(0, +)
      // The released implementation accumulates a cumulative sum of floats in double precision.
      var sum = Double(powers[0] / total)
      let first = Float(sum)
      for layer in 1..<max(layers, 1) {
        sum += Double(powers[layer] / total)
        result[layer][column] = Float(sum) - first
      }
    }
    return result
  }
}

extension SafetensorsTensor {
  /// Throws when any element is infinite or not a number.
  func requireFinite() throws(CheckpointError) {
    let block = 1 << 16
    var values = [Float](repeating: 0, count: min(block, count))
    for start in stride(from: 0, to: count, by: block) {
      let range = start..<min(start + block, count)
      try read(range, into: &values)
      for index in 0..<range.count where !values[index].isFinite {
        throw problem("has a value that is not finite at element \(start + index)")
      }
    }
  }
}
