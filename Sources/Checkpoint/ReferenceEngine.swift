import Dispatch

/// The model as the released implementation computes it: float32 vectors, exact integer dot products, one token at a
/// time. A value: a copy continues on its own.
public struct ReferenceEngine: SteppingEngine, Sendable {
  public let model: ReferenceModel
  /// h of each layer, [layerCount][hiddenSize].
  private var state: [[Float]]
  /// Whether one token may use several cores.
  private let parallel: Bool

  public var configuration: ModelConfiguration { model.checkpoint.configuration }

  public init(_ model: ReferenceModel) { self.init(model, parallel: true) }

  private init(_ model: ReferenceModel, parallel: Bool) {
    self.model = model
    self.parallel = parallel
    let configuration = model.checkpoint.configuration
    state = Array(repeating: Array(repeating: 0, count: configuration.hiddenSize), count: configuration.layerCount)
  }

  public mutating func reset() {
    for layer in state.indices { state[layer] = Array(repeating: 0, count: configuration.hiddenSize) }
  }

  public mutating func advance(_ token: Int) throws {
    _ = try residual(after: token) { _ in }
  }

  public mutating func step(_ token: Int) throws -> [Float] {
    let x = try residual(after: token) { _ in }
    return model.head(normalised(x), parallel: parallel)
  }

  public mutating func stepWithHiddenStates(_ token: Int) throws -> (logits: [Float], hidden: [[Float]]) {
    var hidden: [[Float]] = []
    let x = try residual(after: token) { hidden.append($0) }
    let output = normalised(x)
    hidden.append(output)
    return (model.head(output, parallel: parallel), hidden)
  }

  private func normalised(_ x: [Float]) -> [Float] {
    rmsNorm(x, weight: model.finalNorm, epsilon: configuration.normEpsilon)
  }

  /// The residual vector after the last layer; `observe` sees the input of each layer.
  private mutating func residual(after token: Int, observe: ([Float]) -> Void) throws -> [Float] {
    let epsilon = configuration.normEpsilon
    var x = try model.checkpoint.embedding(token)
    for (number, layer) in model.layers.enumerated() {
      observe(x)
      let u = rmsNorm(x, weight: layer.mixerNorm, epsilon: epsilon)
      let i = layer.input(u, parallel: parallel)
      let f = layer.forget(u, parallel: parallel)
      let g = layer.gate(u, parallel: parallel)
      var o = rmsNorm(g, weight: layer.gateNorm, epsilon: epsilon)
      for index in o.indices {
        // The lower bound of layer 0 is 0, which leaves f unchanged.
        let bound = layer.lowerBound[index]
        let forget = bound + (1 - bound) * sigmoid(f[index])
        let h = forget * state[number][index] + silu(i[index]) * (1 - forget)
        state[number][index] = h
        o[index] *= silu(h)
      }
      add(layer.output(o, parallel: parallel), to: &x)

      let v = rmsNorm(x, weight: layer.channelNorm, epsilon: epsilon)
      let both = layer.expand(v, parallel: parallel)
      let size = configuration.intermediateSize
      var product = [Float](repeating: 0, count: size)
      for index in 0..<size { product[index] = silu(both[index]) * both[size + index] }
      add(layer.down(product, parallel: parallel), to: &x)
    }
    return x
  }

  private func add(_ y: [Float], to x: inout [Float]) {
    for index in x.indices { x[index] += y[index] }
  }

  /// Sequences are independent, so each core runs its own; at most a few are held at once.
  public mutating func logits(
    sequences: [[Int]], deliver: (_ sequence: Int, _ logits: [Float]) throws -> Void
  ) throws {
    let batch = max(1, processorCount)
    for start in stride(from: 0, to: sequences.count, by: batch) {
      let part = Array(sequences[start..<min(start + batch, sequences.count)])
      let model = model
      let results = Results(count: part.count)
      DispatchQueue.concurrentPerform(iterations: part.count) { number in
        var engine = ReferenceEngine(model, parallel: part.count == 1)
        results.set(number, Result { try engine.logits(part[number]) })
      }
      for number in part.indices { try deliver(start + number, results.take(number).get()) }
    }
  }
}
