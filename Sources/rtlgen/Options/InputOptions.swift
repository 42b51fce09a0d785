import ArgumentParser
import Checkpoint

/// Token sequences from a safetensors file.
struct InputOptions: ParsableArguments {
  @Option(name: .long, help: "A .safetensors file with token ids.", completion: .file(extensions: ["safetensors"]))
  var input: String

  @Option(name: .long, help: "The I32 tensor in it, one sequence a row.")
  var tensor: String

  /// The rows of the tensor, [B][T]; throws unless it has two dimensions, at least `minimumLength` columns, and only
  /// tokens of the vocabulary.
  func sequences(vocabulary: Int, minimumLength: Int) throws -> [[Int]] {
    let tensor = try SafetensorsFile(path: input).tensor(tensor)
    func refuse(_ problem: String) -> CheckpointError {
      .tensor(path: input, name: tensor.name, problem: problem)
    }
    guard tensor.shape.count == 2 else { throw refuse("has shape \(tensor.shape) where two dimensions are needed") }
    let length = tensor.shape[1]
    guard tensor.shape[0] >= 1, length >= minimumLength else {
      throw refuse("has shape \(tensor.shape) where at least [1, \(minimumLength)] is needed")
    }
    let tokens = try tensor.integers()
    if let token = tokens.first(where: { !(0..<vocabulary).contains($0) }) {
      throw refuse("has token \(token), outside the model's vocabulary of \(vocabulary)")
    }
    return (0..<tensor.shape[0]).map { Array(tokens[$0 * length..<($0 + 1) * length]) }
  }
}
