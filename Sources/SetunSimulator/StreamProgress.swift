import SetunMachine

/// How far the sequences of a run are: which streams work in the current step, and on which tokens.
struct StreamProgress {
  let schedule: StreamSchedule
  private let endToken: Int?
  /// The step that is being run.
  private(set) var step = -1
  /// The token of each stream in this step; 0 for an idle one.
  private(set) var tokens: [Int]
  /// Whether each stream is idle in this step.
  private(set) var isIdle: [Bool]
  /// Whether each stream's sequence has ended early.
  private var hasEnded: [Bool]
  /// The newest step in which a sequence ended early.
  private var newestEnd = -1
  /// What each stream decided in the step before.
  private var decided: [Int]
  /// The tokens after the prompt, of each sequence.
  private(set) var sequences: [[Int]]

  init(_ schedule: StreamSchedule, endToken: Int?) {
    self.schedule = schedule
    self.endToken = endToken
    tokens = Array(repeating: 0, count: schedule.streams)
    decided = tokens
    isIdle = Array(repeating: false, count: schedule.streams)
    hasEnded = isIdle
    sequences = Array(repeating: [], count: schedule.isOneSequence ? 1 : schedule.streams)
  }

  /// Whether the current step runs the head.
  var hasHead: Bool { step >= schedule.firstHeadStep }

  /// Whether the tokens of the next step are known only when those of this one are decided.
  var waitsForDecision: Bool { step + 1 >= schedule.firstGeneratedStep }

  /// Goes on to the next step.
  ///
  /// - Returns: false when no stream has anything to do any more.
  mutating func advance() -> Bool {
    step += 1
    guard step < schedule.steps else { return false }
    for stream in tokens.indices {
      let role = hasEnded[stream] ? .idle : schedule.role(step: step, stream: stream)
      isIdle[stream] = role == .idle
      switch role {
      case .idle: tokens[stream] = 0
      case .prompt(let token): tokens[stream] = token
      case .generated: tokens[stream] = decided[stream]
      }
    }
    return isIdle.contains(false)
  }

  /// A stream's head has found a token in this step.
  ///
  /// - Returns: whether it is generated, or only scores a position; nil when the stream decides nothing in this step.
  mutating func decide(_ token: Int, stream: Int) -> Bool? {
    guard !isIdle[stream], schedule.decides(step: step, stream: stream) else { return nil }
    guard schedule.isGenerated(step: step, stream: stream) else { return false }
    decided[stream] = token
    sequences[schedule.sequence(ofStream: stream)].append(token)
    if token == endToken {
      hasEnded[stream] = true
      newestEnd = step
    }
    return true
  }

  /// Why the run has ended, once there is no further step.
  var cause: StopCause { newestEnd == step - 1 ? .endOfSequence : .budgetReached }
}
