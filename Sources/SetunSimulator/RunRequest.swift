import SetunMachine

/// What the host asks of one START.
public struct RunRequest: Sendable {
  /// The token ids of each sequence, sequence s on stream s; an empty one, or one that is not given, takes no part.
  public var prompts: [[Int]]
  /// Tokens to generate after each prompt, at least one.
  public var budgets: [Int]
  /// All streams work on the first sequence: a step reads as many positions of its prompt as there are streams.
  public var isOneSequence: Bool
  /// The recurrent state reads as 0 in the first step.
  public var clear: Bool
  /// Every prompt position runs the head.
  public var score: Bool
  /// A sequence stops after this token.
  public var endToken: Int?

  /// One sequence, on stream 0 or, with `isOneSequence`, on all streams.
  ///
  /// - Parameters:
  ///   - prompt: token ids, at least one.
  ///   - budget: tokens to generate after the prompt, at least one.
  public init(
    prompt: [Int], budget: Int, clear: Bool = true, score: Bool = false, endToken: Int? = nil,
    isOneSequence: Bool = false
  ) {
    self.init(prompts: [prompt], budgets: [budget], clear: clear, score: score, endToken: endToken)
    self.isOneSequence = isOneSequence
  }

  /// A sequence for each stream.
  ///
  /// - Parameter budgets: one for each prompt; that of an empty prompt does not count.
  public init(prompts: [[Int]], budgets: [Int], clear: Bool = true, score: Bool = false, endToken: Int? = nil) {
    self.prompts = prompts
    self.budgets = budgets
    isOneSequence = false
    self.clear = clear
    self.score = score
    self.endToken = endToken
  }

  /// The prompt of the first sequence.
  public var prompt: [Int] { prompts.first ?? [] }
  /// The budget of the first sequence.
  public var budget: Int { budgets.first ?? 0 }

  /// What each stream does in each step, on a machine with so many streams.
  ///
  /// - Precondition: the request is one that the machine takes.
  public func schedule(streams: Int) -> StreamSchedule {
    StreamSchedule(streams: streams, prompts: prompts, budgets: budgets, isOneSequence: isOneSequence, score: score)
  }

  /// Throws when a machine would refuse the start (cause 11).
  ///
  /// - Parameter vocabulary: that of the model.
  func check(_ configuration: Configuration, vocabulary: Int) throws(SimulatorError) {
    guard prompts.count <= configuration.streams, budgets.count == prompts.count else {
      throw SimulatorError(
        "The request has \(prompts.count) prompts and \(budgets.count) budgets; the core has \(configuration.streams) streams."
      )
    }
    let capacity = configuration.promptCapacity
    guard isOneSequence ? !prompt.isEmpty : prompts.contains(where: { !$0.isEmpty }) else {
      throw SimulatorError("The prompt has 0 tokens; the core takes 1 to \(capacity).")
    }
    for (stream, prompt) in prompts.enumerated() where !prompt.isEmpty && (stream == 0 || !isOneSequence) {
      let place = prompts.count == 1 ? "" : " of stream \(stream)"
      guard prompt.count <= capacity else {
        throw SimulatorError("The prompt\(place) has \(prompt.count) tokens; the core takes 1 to \(capacity).")
      }
      guard budgets[stream] >= 1 else { throw SimulatorError("The token budget\(place) must be at least 1.") }
      if let stranger = prompt.first(where: { !(0..<vocabulary).contains($0) }) {
        throw SimulatorError("Token \(stranger)\(place) is outside the vocabulary of \(vocabulary).")
      }
    }
  }
}
