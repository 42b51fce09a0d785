/// What each of a core's B streams does in each step of a run (architecture, section 1, streams).
///
/// A step is one pass over the weights, in which every stream may work on a token of its own. Either every stream has a
/// sequence of its own, or all of them work on one: then a step reads B positions of the prompt, the newest one on the
/// last stream, which also goes on with what is generated.
public struct StreamSchedule: Hashable, Sendable {
  /// B.
  public let streams: Int
  /// Token ids of each stream's prompt; empty for a stream that takes no part. In one sequence only the first counts.
  public let prompts: [[Int]]
  /// Tokens that each stream generates.
  public let budgets: [Int]
  /// All streams work on the sequence of stream 0.
  public let isOneSequence: Bool
  /// Every position of a prompt decides a token.
  public let score: Bool

  /// Steps of the run when no sequence ends early.
  public let steps: Int
  /// The first step that runs the head; all later ones do.
  public let firstHeadStep: Int
  /// The first step in which some stream's token is one that an earlier step decided.
  public let firstGeneratedStep: Int
  /// Streams that have no position in the first step of one sequence.
  private let padding: Int

  /// - Precondition: some prompt is not empty, and each of those has a budget of 1 at least.
  public init(streams: Int, prompts: [[Int]], budgets: [Int], isOneSequence: Bool = false, score: Bool = false) {
    self.streams = streams
    let prompts = prompts + Array(repeating: [], count: streams - prompts.count)
    let budgets = budgets + Array(repeating: 0, count: streams - budgets.count)
    self.prompts = prompts
    self.budgets = budgets
    self.isOneSequence = isOneSequence
    self.score = score
    let used = prompts.indices.filter { !prompts[$0].isEmpty }
    if isOneSequence {
      firstGeneratedStep = (prompts[0].count + streams - 1) / streams
      padding = firstGeneratedStep * streams - prompts[0].count
      steps = firstGeneratedStep + budgets[0] - 1
    } else {
      firstGeneratedStep = used.map { prompts[$0].count }.min() ?? 1
      padding = 0
      steps = (used.map { prompts[$0].count + budgets[$0] }.max() ?? 2) - 1
    }
    firstHeadStep = score ? 0 : firstGeneratedStep - 1
  }

  /// What a stream works on.
  public enum Role: Hashable, Sendable {
    /// Nothing: it passes token 0, and its state stays as it is.
    case idle
    /// A token of the prompt.
    case prompt(Int)
    /// The token that the step before decided on this stream.
    case generated
  }

  /// What a stream works on in a step, unless its sequence has ended early.
  public func role(step: Int, stream: Int) -> Role {
    guard isOneSequence else {
      let prompt = prompts[stream]
      if step < prompt.count { return .prompt(prompt[step]) }
      return prompt.isEmpty || step >= prompt.count + budgets[stream] - 1 ? .idle : .generated
    }
    if step >= firstGeneratedStep { return stream == streams - 1 ? .generated : .idle }
    let position = step * streams + stream - padding
    return position < 0 ? .idle : .prompt(prompts[0][position])
  }

  /// Whether a stream that works in a step decides a token there, which is pushed.
  public func decides(step: Int, stream: Int) -> Bool {
    guard role(step: step, stream: stream) != .idle else { return false }
    return score || isGenerated(step: step, stream: stream)
  }

  /// Whether the token that a working stream decides in a step follows the prompt.
  public func isGenerated(step: Int, stream: Int) -> Bool {
    isOneSequence
      ? step >= firstGeneratedStep - 1 && stream == streams - 1 : step >= prompts[stream].count - 1
  }

  /// Which sequence a stream's tokens belong to.
  public func sequence(ofStream stream: Int) -> Int { isOneSequence ? 0 : stream }
}
