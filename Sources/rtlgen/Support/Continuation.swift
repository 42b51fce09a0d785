import Checkpoint
import SetunCompiler

/// A text that an engine goes on with, printed as it comes.
struct Continuation {
  let source: ModelSource
  /// Tokens to generate at most.
  let count: Int
  /// Whether it goes on after the model's EOS.
  let ignoresEnd: Bool
  let sampler: Sampler
  /// Whether one JSON object is printed instead of the text.
  let json: Bool

  /// - Parameter name: of the engine, for the JSON object.
  func run(_ engine: inout any LanguageEngine, named name: String, from start: [Int]) throws {
    let tokenizer = try source.tokenizerIfPresent()
    var printer = TokenPrinter(tokenizer: tokenizer, isSilent: json)
    for token in start { printer.add(token) }
    var generated: [Int] = []
    let clock = ContinuousClock()
    let begin = clock.now
    try engine.generate(
      prompt: start, count: count, endToken: ignoresEnd ? nil : source.shape.endToken, sampler: sampler
    ) { token in
      generated.append(token)
      printer.add(token)
    }
    printer.finish()
    if json {
      let seconds = (clock.now - begin) / .seconds(1)
      try Console.write(
        json: Report(
          engine: name, promptIDs: start, ids: generated, tokens: generated.count,
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
