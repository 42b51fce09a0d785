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
    let tokenizer = try source.tokenizerIfPresent()
    let start = try prompt.tokens(for: source)
    var runner = try EngineFactory.make(kind, source: source, machine: engine.machine)

    var printer = TokenPrinter(tokenizer: tokenizer, isSilent: json)
    for token in start { printer.add(token) }
    var generated: [Int] = []
    let clock = ContinuousClock()
    let begin = clock.now
    try runner.generate(
      prompt: start, count: tokens, endToken: ignoreEos ? nil : source.shape.endToken, sampler: sampling.sampler
    ) { token in
      generated.append(token)
      printer.add(token)
    }
    printer.finish()
    if json {
      let seconds = (clock.now - begin) / .seconds(1)
      try Console.write(
        json: Report(
          engine: kind.rawValue, promptIDs: start, ids: generated, tokens: generated.count,
          text: tokenizer?.decode(start + generated), seconds: seconds))
    }
  }

  private struct Report: Encodable {
    let engine: String
    let promptIDs: [Int]
    let ids: [Int]
    /// The number of generated tokens.
    let tokens: Int
    /// Prompt and continuation.
    let text: String?
    let seconds: Double

    enum CodingKeys: String, CodingKey {
      case engine, ids, tokens, text, seconds
      case promptIDs = "prompt_ids"
    }

    // Written out because a synthesised encoding leaves out what is nil, and `text` has to be there.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(engine, forKey: .engine)
      try container.encode(promptIDs, forKey: .promptIDs)
      try container.encode(ids, forKey: .ids)
      try container.encode(tokens, forKey: .tokens)
      try container.encode(text, forKey: .text)
      try container.encode(seconds, forKey: .seconds)
    }
  }
}

/// Prints tokens as they come: as text, or as ids when there is no tokenizer.
struct TokenPrinter {
  private var stream: TextStream?
  private let isSilent: Bool
  private var isFirst = true

  init(tokenizer: Tokenizer?, isSilent: Bool = false) {
    stream = tokenizer.map { TextStream($0) }
    self.isSilent = isSilent
  }

  mutating func add(_ token: Int) {
    guard !isSilent else { return }
    let text = stream?.add(token) ?? (isFirst ? "\(token)" : " \(token)")
    isFirst = false
    if !text.isEmpty { Console.write(text) }
  }

  mutating func finish() {
    if !isSilent { Console.write((stream?.finish() ?? "") + "\n") }
  }
}
