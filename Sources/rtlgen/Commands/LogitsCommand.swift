import ArgumentParser
import Checkpoint

struct LogitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Write the logits of token sequences to a safetensors file.",
    discussion: """
      The tensor is I32 [B, T]; the output has F32 logits [B, T, V]. The state is cleared for each row. With --hidden \
      (engine reference) also hidden.N, F32 [1, T, d], of the first row: the input of layer N, and last the output of \
      the final norm.
      """)

  @OptionGroup var model: SourceOptions
  @OptionGroup var input: InputOptions
  @OptionGroup var engine: EngineOptions

  @Flag(name: .long, help: "Also write the hidden states of the first row.")
  var hidden = false

  @Option(name: .long, help: "The .safetensors file to write.", completion: .file(extensions: ["safetensors"]))
  var output: String

  func run() throws {
    let source = try model.open(for: engine.machine)
    let kind = engine.kind(for: source)
    let shape = source.shape
    let sequences = try input.sequences(vocabulary: shape.vocabularySize, minimumLength: 1)
    let length = sequences[0].count
    var tensors = [SafetensorsWriter.Entry("logits", .f32, [sequences.count, length, shape.vocabularySize])]
    if hidden {
      guard kind == .reference else {
        throw Failure("Hidden states are available from the engine reference only.")
      }
      tensors += (0...shape.layerCount).map { .init("hidden.\($0)", .f32, [1, length, shape.hiddenSize]) }
    }
    // Opened before the work begins, so that an output that cannot be written is known at once.
    let writer = try SafetensorsWriter(path: output, tensors: tensors)
    var runner = try EngineFactory.make(kind, source: source, machine: engine.machine)
    var progress = Progress("Computing logits")
    progress.update(0)
    try runner.logits(sequences: sequences) { number, logits in
      try writer.append(logits)
      progress.update(Double(number + 1) / Double(sequences.count))
    }
    progress.finish()
    if hidden, var stepper = runner as? any SteppingEngine {
      for states in try hiddenStates(of: sequences[0], &stepper) { try writer.append(states) }
    }
    try writer.finish()
  }

  /// hidden[N], [T][d] row-major, for N = 0 ... L.
  private func hiddenStates(of tokens: [Int], _ engine: inout any SteppingEngine) throws -> [[Float]] {
    var result = [[Float]](repeating: [], count: engine.configuration.layerCount + 1)
    engine.reset()
    for token in tokens {
      for (layer, state) in try engine.stepWithHiddenStates(token).hidden.enumerated() { result[layer] += state }
    }
    return result
  }
}
