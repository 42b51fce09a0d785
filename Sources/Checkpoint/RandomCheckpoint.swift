import Files
import Foundation
import SeededRandom

/// Checkpoints with random weights, in the format of the released ones: for trying sizes, not for reading their text.
///
/// Weights are F16, roughly normal (the sum of four uniform numbers) with a deviation of 1/sqrt(columns), so that a row
/// of a normalised vector stays near 1 whatever the shape; norm weights lie near 1. Every value is a function of seed,
/// tensor and place alone.
public enum RandomCheckpoint {
  /// Writes `config.json` and `model.safetensors` to a directory that does not exist or is empty. Nothing remains when
  /// that fails. Memory does not grow with the model; `progress` is told the share done, 0 ... 1.
  public static func write(
    _ shape: ModelConfiguration, seed: UInt64, to directory: String, progress: (Double) -> Void = { _ in }
  ) throws(CheckpointError) {
    if let contents = try? FileManager.default.contentsOfDirectory(atPath: directory) {
      guard contents.isEmpty else { throw .file(path: directory, problem: "is not empty") }
    }
    let place: OutputDirectory
    do { place = try OutputDirectory(directory) } catch { throw .file(path: directory, problem: error.problem) }
    try writeFiles(shape, seed: seed, to: directory, progress)
    place.keep()
  }

  private static func writeFiles(
    _ shape: ModelConfiguration, seed: UInt64, to directory: String, _ progress: (Double) -> Void
  ) throws(CheckpointError) {
    let tensors = tensors(of: shape)
    let writer = try SafetensorsWriter(
      path: directory + "/model.safetensors", tensors: tensors.map { .init($0.name, .f16, $0.shape) })
    let total = Double(tensors.reduce(0) { $0 + $1.count })
    var done = 0
    let block = 1 << 18
    for (number, tensor) in tensors.enumerated() {
      let key = SeededGenerator.mix(SeededGenerator.mix(seed) &+ UInt64(number))
      for start in stride(from: 0, to: tensor.count, by: block) {
        let count = min(block, tensor.count - start)
        progress(Double(done) / total)
        try writer.append(values(tensor, key: key, start..<start + count))
        done += count
      }
    }
    try writer.finish()
    let path = directory + "/config.json"
    do { try OutputFile.write(Data(configuration(shape).utf8), to: path) } catch {
      unlink(directory + "/model.safetensors")
      throw .file(path: path, problem: error.problem)
    }
    progress(1)
  }

  private struct Tensor {
    var name: String
    var shape: [Int]
    /// The middle and the standard deviation of the values.
    var mean: Float = 0
    var deviation: Float
    var count: Int { shape.reduce(1, *) }
  }

  private static func tensors(of shape: ModelConfiguration) -> [Tensor] {
    let size = shape.hiddenSize
    func norm(_ name: String, _ count: Int) -> Tensor { Tensor(name: name, shape: [count], mean: 1, deviation: 0.125) }
    func linear(_ module: BitLinear) -> [Tensor] {
      let columns = module.columns(in: shape)
      let weights = Tensor(
        name: module.name + ".weight", shape: [module.rows(in: shape), columns],
        deviation: 1 / Float(columns).squareRoot())
      return [weights, norm(module.name + ".norm.weight", columns)]
    }
    var result = [
      Tensor(name: Checkpoint.embeddingName, shape: [shape.vocabularySize, size], deviation: 0.5),
      Tensor(name: Checkpoint.lowerBoundName, shape: [shape.layerCount, size], deviation: 1),
    ]
    for layer in 0..<shape.layerCount {
      result.append(norm(NormVector.mixer(layer: layer).name, size))
      result.append(norm(NormVector.gate(layer: layer).name, size))
      result.append(norm(NormVector.channel(layer: layer).name, size))
      for module in BitLinear.all(layer: layer) { result += linear(module) }
    }
    result.append(norm(NormVector.final.name, size))
    return result + linear(.head)
  }

  private static func values(_ tensor: Tensor, key: UInt64, _ places: Range<Int>) -> [Float] {
    // Four uniform 16-bit numbers: their sum has the mean 2 * 65535 and the deviation 65536 / sqrt(3).
    let factor = tensor.deviation * Float(3).squareRoot() / 65536
    return [Float](unsafeUninitializedCapacity: places.count) { buffer, count in
      for place in places {
        let bits = SeededGenerator.mix(key &+ UInt64(truncatingIfNeeded: place) &* 0x9E37_79B9_7F4A_7C15)
        let sum =
          Int32(truncatingIfNeeded: bits & 0xFFFF) &+ Int32(truncatingIfNeeded: bits >> 16 & 0xFFFF)
          &+ Int32(truncatingIfNeeded: bits >> 32 & 0xFFFF) &+ Int32(truncatingIfNeeded: bits >> 48)
        buffer[place - places.lowerBound] = tensor.mean + Float(sum &- 2 * 65535) * factor
      }
      count = places.count
    }
  }

  private static func configuration(_ shape: ModelConfiguration) -> String {
    func token(_ id: Int?) -> String { id.map(String.init) ?? "null" }
    return """
      {
       "architectures": ["HGRNBitForCausalLM"],
       "model_type": "hgrn_bit",
       "hidden_size": \(shape.hiddenSize),
       "intermediate_size": \(shape.intermediateSize),
       "num_hidden_layers": \(shape.layerCount),
       "num_heads": 1,
       "vocab_size": \(shape.vocabularySize),
       "expand_ratio": 1,
       "hidden_act": "swish",
       "use_short_conv": false,
       "use_lower_bound": true,
       "tie_word_embeddings": false,
       "rms_norm_eps": 1e-06,
       "bos_token_id": \(token(shape.beginToken)),
       "eos_token_id": \(token(shape.endToken)),
       "torch_dtype": "float16"
      }

      """
  }
}
