import ArgumentParser
import Checkpoint

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue a text, word by word as it comes.",
    discussion: """
      Ends after the given number of tokens or with the model's EOS. Greedy unless a temperature is given: then the host \
      samples from the engine's logits, and the same seed gives the same text on simulator and rtl.
      """)

  @OptionGroup var model: SourceOptions
  @OptionGroup var prompt: PromptOptions
  @OptionGroup var engine: EngineOptions

  @Option(name: .long, help: "How many tokens to generate at most.")
  var tokens: Int

  @OptionGroup var sampling: SamplingOptions

  @Flag(name: .long, help: "Go on after the model's EOS.")
  var ignoreEos = false

  @Flag(name: .long, help: "Print one JSON object instead of the text.")
  var json = false

  func validate() throws {
    guard tokens >= 1 else { throw ValidationError("--tokens must be at least 1.") }
  }

  func run() throws {
    let source = try model.open(for: engine.machine)
    let kind = engine.kind(for: source)
    let start = try prompt.tokens(for: source)
    var runner = try EngineFactory.make(kind, source: source, machine: engine.machine)

    try Continuation(source: source, count: tokens, ignoresEnd: ignoreEos, sampler: sampling.sampler, json: json)
      .run(&runner, named: kind.rawValue, from: start)
  }
}
