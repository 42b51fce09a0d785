import ArgumentParser
import SetunMachine
import SetunSimulator

/// The prompts of a command that runs a machine with all of its streams.
struct SequenceOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .singleValue,
    help: "Text to begin with; the model's BOS is put in front of it. May be repeated, once for each stream.")
  var prompt: [String] = []

  @Option(
    name: .long, parsing: .singleValue, help: "Token ids to begin with, as they are: 1,5,9. May be repeated.")
  var ids: [TokenList] = []

  @Flag(name: .long, help: "All streams work on one sequence: a step reads as many positions of its prompt.")
  var oneSequence = false

  func validate() throws {
    if !prompt.isEmpty, !ids.isEmpty { throw ValidationError("Give either --prompt or --ids, not both.") }
    if oneSequence, prompt.count + ids.count > 1 { throw ValidationError("--one-sequence takes one prompt.") }
  }

  /// What every stream is to generate from: `tokens` tokens after each prompt.
  ///
  /// - Parameter endsTogether: prompts that are shorter than others generate more, so that all end in the same step.
  func request(
    for source: ModelSource, _ configuration: Configuration, tokens: Int, endsTogether: Bool = false
  ) throws -> RunRequest {
    let prompts = try prompts(for: source, streams: configuration.streams)
    if oneSequence { return RunRequest(prompt: prompts[0], budget: tokens, isOneSequence: true) }
    let longest = endsTogether ? prompts.map(\.count).max() ?? 0 : 0
    return RunRequest(
      prompts: prompts, budgets: prompts.map { endsTogether ? tokens + longest - $0.count : tokens })
  }

  /// The prompts given, and openings of other lengths for the streams that were given none.
  private func prompts(for source: ModelSource, streams: Int) throws -> [[Int]] {
    var prompts = try prompt.map { try PromptOptions.tokens(text: $0, ids: nil, for: source) }
    prompts += try ids.map { try PromptOptions.tokens(text: nil, ids: $0, for: source) }
    if prompts.isEmpty { prompts = [try PromptOptions.tokens(text: nil, ids: nil, for: source)] }
    guard prompts.count <= streams else {
      throw Failure("There are \(prompts.count) prompts, and the machine has \(streams) streams.")
    }
    guard !oneSequence else { return prompts }
    let tokenizer = try source.tokenizerIfPresent()
    let begin = source.shape.beginToken.map { [$0] } ?? []
    for stream in prompts.count..<streams {
      let text = Self.openings[stream % Self.openings.count]
      let vocabulary = source.shape.vocabularySize
      // Without a tokenizer any tokens will do.
      let tokens = tokenizer.map { $0.encode(text) } ?? (0...stream % 7).map { (stream + 3 * $0) % vocabulary }
      prompts.append(begin + tokens)
    }
    return prompts
  }

  private static let openings = [
    "Once upon a time", "There was a king", "In a far country there lived an old woman", "The wolf", "Long ago",
    "A poor man had three sons", "The princess looked out of the window", "One day", "There was once a miller",
    "When the sun went down", "The giant said", "In the middle of the wood stood a little house", "A soldier",
    "The fox and the hen", "It was winter, and the snow", "Her mother said to her",
  ]
}
