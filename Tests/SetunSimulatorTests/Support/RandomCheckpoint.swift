import Checkpoint
import Foundation
import SeededRandom

/// A checkpoint with random weights, written in the released format and read back as any other.
struct RandomCheckpoint: Sendable, CustomStringConvertible {
  /// What the weights are like.
  enum Weights: String, Sendable {
    /// As training leaves them.
    case ordinary
    /// Every tensor 0: zero vectors go through every norm.
    case zero
    /// Matrices as usual, but every norm weight 0.
    case zeroNorms
    /// Embeddings and norm weights so large that squares and products leave the machine float's range.
    case huge
    /// As small as binary32 allows: everything is flushed to zero sooner or later.
    case tiny
    /// Every weight of a matrix has the same sign, so that sums are as large as they can be.
    case oneSign
  }

  var shape: ModelConfiguration
  var weights: Weights
  /// Of the matrices.
  var type: ElementType
  var seed: UInt64

  init(
    d: Int, intermediate: Int, layers: Int, vocabulary: Int, lowerBound: Bool = true, epsilon: Float = 1e-6,
    weights: Weights = .ordinary, type: ElementType = .f32, seed: UInt64 = 1
  ) {
    shape = ModelConfiguration(
      hiddenSize: d, intermediateSize: intermediate, layerCount: layers, vocabularySize: vocabulary,
      normEpsilon: epsilon, usesLowerBound: lowerBound)
    self.weights = weights
    self.type = type
    self.seed = seed
  }

  var description: String {
    "d \(shape.hiddenSize), I \(shape.intermediateSize), \(shape.layerCount) layers, vocabulary \(shape.vocabularySize)"
      + "\(shape.usesLowerBound ? "" : ", no lower bound"), \(weights.rawValue) \(type.rawValue) weights, seed \(seed)"
  }

  /// Writes the files to a temporary directory, opens it, and removes it when `body` returns.
  func withCheckpoint<Result>(_ body: (Checkpoint) throws -> Result) throws -> Result {
    let directory = NSTemporaryDirectory() + "/random-checkpoint-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try Data(configurationText.utf8).write(to: URL(fileURLWithPath: directory + "/config.json"))
    try writeTensors(to: directory + "/model.safetensors")
    return try body(try Checkpoint(directory: directory))
  }

  private var configurationText: String {
    """
    {"model_type": "hgrn_bit", "hidden_size": \(shape.hiddenSize), "intermediate_size": \(shape.intermediateSize),
     "num_hidden_layers": \(shape.layerCount), "vocab_size": \(shape.vocabularySize),
     "rms_norm_eps": \(shape.normEpsilon), "use_lower_bound": \(shape.usesLowerBound), "hidden_act": "swish"}
    """
  }

  private enum Role { case matrix, norm, embedding, bound }

  private func writeTensors(to path: String) throws {
    let d = shape.hiddenSize
    var list: [(SafetensorsWriter.Entry, Role)] = []
    func add(_ name: String, _ role: Role, _ shape: [Int]) {
      list.append((SafetensorsWriter.Entry(name, role == .matrix ? type : .f32, shape), role))
    }
    func add(_ module: BitLinear) {
      let columns = module.columns(in: shape)
      add(module.name + ".weight", .matrix, [module.rows(in: shape), columns])
      add(module.name + ".norm.weight", .norm, [columns])
    }
    add("model.embeddings.weight", .embedding, [shape.vocabularySize, d])
    if shape.usesLowerBound { add("model.lower_bounds", .bound, [shape.layerCount, d]) }
    for layer in 0..<shape.layerCount {
      for module in BitLinear.all(layer: layer) { add(module) }
      for norm in [NormVector.mixer(layer: layer), .gate(layer: layer), .channel(layer: layer)] {
        add(norm.name, .norm, [d])
      }
    }
    add(NormVector.final.name, .norm, [d])
    add(.head)
    var generator = SeededGenerator(seed: seed)
    let writer = try SafetensorsWriter(path: path, tensors: list.map(\.0))
    for (entry, role) in list {
      let count = entry.shape.reduce(1, *)
      try writer.append((0..<count).map { _ in value(role, &generator) })
    }
    try writer.finish()
  }

  private func value(_ role: Role, _ generator: inout SeededGenerator) -> Float {
    // Drawn in any case, so that the kinds of weights differ in nothing else.
    let uniform = Float.random(in: -1...1, using: &generator)
    switch (weights, role) {
    case (.zero, _): return 0
    case (.ordinary, .matrix), (.zeroNorms, .matrix): return 0.05 * uniform
    case (.ordinary, .norm): return 1 + 0.5 * uniform
    case (.zeroNorms, .norm): return 0
    case (.ordinary, .embedding), (.zeroNorms, .embedding): return 0.3 * uniform
    case (_, .bound): return uniform
    case (.huge, .matrix): return type == .f16 ? 6e4 * uniform : 1e38 * uniform
    case (.huge, _): return 3e38 * uniform
    case (.tiny, .matrix): return 1e-7 * uniform
    case (.tiny, _): return 2e-38 * uniform
    case (.oneSign, .matrix): return 1
    case (.oneSign, .norm): return 1
    case (.oneSign, .embedding): return 1
    }
  }
}
