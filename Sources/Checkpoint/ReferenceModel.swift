/// A checkpoint made ready for the reference engine: matrices ternarised, vectors in float32. Immutable, so that any
/// number of engines share one.
public final class ReferenceModel: Sendable {
  struct Linear: Sendable {
    let matrix: TernaryMatrix
    let norm: [Float]

    init(_ module: BitLinear, of checkpoint: Checkpoint) throws(CheckpointError) {
      matrix = try checkpoint.ternary(module)
      norm = try checkpoint.normWeight(of: module)
    }

    /// BitLinear(x), [rows].
    func callAsFunction(_ x: [Float], parallel: Bool) -> [Float] {
      let normalised = rmsNorm(x, weight: norm, epsilon: ModelConfiguration.bitLinearEpsilon)
      let quantised = QuantisedVector(normalised)
      let sums = matrix.multiply(BitSlicedVector(quantised.elements), parallel: parallel)
      let scale = Float(matrix.scale)
      return sums.map { Float($0) * scale / quantised.scale }
    }
  }

  struct Layer: Sendable {
    let mixerNorm: [Float]
    let input, forget, gate, output: Linear
    let gateNorm: [Float]
    let lowerBound: [Float]
    let channelNorm: [Float]
    let expand, down: Linear
  }

  public let checkpoint: Checkpoint
  let layers: [Layer]
  let finalNorm: [Float]
  let head: Linear

  /// Ternarises every matrix, on all cores; `progress` is told the share done, 0 ... 1.
  public init(_ checkpoint: Checkpoint, progress: (Double) -> Void = { _ in }) throws(CheckpointError) {
    self.checkpoint = checkpoint
    let count = checkpoint.configuration.layerCount
    var layers: [Layer] = []
    for layer in 0..<count {
      progress(Double(layer) / Double(count + 1))
      layers.append(
        Layer(
          mixerNorm: try checkpoint.vector(.mixer(layer: layer)),
          input: try Linear(.input(layer: layer), of: checkpoint),
          forget: try Linear(.forget(layer: layer), of: checkpoint),
          gate: try Linear(.gate(layer: layer), of: checkpoint),
          output: try Linear(.output(layer: layer), of: checkpoint),
          gateNorm: try checkpoint.vector(.gate(layer: layer)),
          lowerBound: checkpoint.lowerBounds[layer],
          channelNorm: try checkpoint.vector(.channel(layer: layer)),
          expand: try Linear(.expand(layer: layer), of: checkpoint),
          down: try Linear(.down(layer: layer), of: checkpoint)))
    }
    self.layers = layers
    finalNorm = try checkpoint.vector(.final)
    head = try Linear(.head, of: checkpoint)
    progress(1)
  }
}
