import ArgumentParser
import Checkpoint

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how well the model predicts token sequences.",
    discussion: """
      The tensor is I32 [B, T+1]. Prints nll, the mean negative log-likelihood in nats over the B*T predictions, and \
      tokens, their number. The state is cleared for each row.
      """)

  @OptionGroup var model: SourceOptions
  @OptionGroup var input: InputOptions
  @OptionGroup var engine: EngineOptions

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() throws {
    let source = try model.open(for: engine.machine)
    let kind = engine.kind(for: source)
    let sequences = try input.sequences(vocabulary: source.shape.vocabularySize, minimumLength: 2)
    var runner = try EngineFactory.make(kind, source: source, machine: engine.machine)
    var evaluation = Evaluation()
    var progress = Progress("Evaluating")
    progress.update(0)
    try runner.logits(sequences: sequences.map { Array($0.dropLast()) }) { number, logits in
      evaluation.add(logits: logits, targets: Array(sequences[number].dropFirst()))
      progress.update(Double(number + 1) / Double(sequences.count))
    }
    progress.finish()
    if json {
      try Console.write(json: Report(nll: evaluation.nll, tokens: evaluation.tokens))
    } else {
      Console.write("nll \(evaluation.nll)\ntokens \(evaluation.tokens)\n")
    }
  }

  private struct Report: Encodable {
    let nll: Double
    let tokens: Int
  }
}
