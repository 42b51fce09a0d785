import SetunMachine

/// What a run retires, for those who want more than its result.
public protocol RunObserver {
  /// A stream decided a token; `isGenerated` unless it only scores a prompt position. In one sequence the tokens of a step
  /// come in the order of its positions, and all are of sequence 0.
  mutating func token(_ id: Int, stream: Int, cycle: Int, isGenerated: Bool)
  /// The logits of the position whose token was told just before, in row order.
  mutating func logits(_ values: [Float], stream: Int)
}

/// An observer that wants nothing.
public struct NoObserver: RunObserver {
  public init() {}
  public mutating func token(_ id: Int, stream: Int, cycle: Int, isGenerated: Bool) {}
  public mutating func logits(_ values: [Float], stream: Int) {}
}

/// The outcome of a run.
public struct RunResult: Sendable {
  /// The tokens after the prompt, of each sequence.
  public internal(set) var sequences: [[Int]] = []
  /// The cycle of every decided token, scored ones included, in the order in which they were decided: step by step, and
  /// in a step stream by stream.
  public internal(set) var tokenCycles: [Int] = []
  /// The cycle in which the tokens of each step that runs the head were decided.
  public internal(set) var stepCycles: [Int] = []
  /// The cycle of the last token.
  public internal(set) var cycles = 0
  /// Steps in which stream beats were accepted.
  public internal(set) var beats = 0
  /// When asked for: everything that retired, in the order of the architecture's section 4.
  public internal(set) var records: [RetireRecord] = []
  /// Each instruction's first and last cycle in the newest step.
  public internal(set) var spans: [InstructionSpan] = []
  /// When asked for: where the cycles of every step went.
  public internal(set) var positions: [PositionAccount] = []

  /// Why the run ended: budget reached or end of sequence.
  public internal(set) var cause = StopCause.none

  /// The tokens after the prompt, of the first sequence.
  public var generated: [Int] { sequences.first ?? [] }
}

/// When an instruction was accepted and when it retired.
public struct InstructionSpan: Hashable, Sendable {
  /// Index in the program.
  public var index: Int
  public var accepted: Int
  public var retired: Int
}
