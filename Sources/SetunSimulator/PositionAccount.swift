/// Why the sequencer accepted nothing in a cycle.
public enum StallCause: Int, CaseIterable, Hashable, Sendable {
  /// The stream FIFO holds no beat: the memory has not delivered it yet.
  case memory
  /// The token's embedding row has not passed the residual unit.
  case embedding
  /// Norm unit and quantiser work on the activations of the next matrix.
  case norm
  /// Sums or rows are on their way through pipelines of fixed latency: engine, row scale, row unit, statistics.
  case latency
  /// Rows wait for their turn: the row-sum queue is full, or is being emptied after the last product.
  case rows
  /// The scoreboard holds an instruction back for another reason: a vector slot still read, a norm not retired.
  case scoreboard
  /// The token is known, and the next position begins.
  case turnaround
}

/// What one instruction did to the sequencer and to the units, in cycles.
public struct InstructionAccount: Hashable, Sendable {
  /// Cycles in which a step was accepted: that of the instruction and those of its operand.
  public var steps = 0
  /// Beats that these steps took, on all channels together.
  public var beats = 0
  /// Cycles without one before and between them, by the raw value of the cause.
  public var waits = [Int](repeating: 0, count: StallCause.allCases.count)
  /// Cycles in which the row units took a step of rows, or the embedding unit one of elements.
  public var rowSteps = 0
  /// Words of activations that the quantiser wrote.
  public var quantisedWords = 0
  /// Cycles for which the norm unit was taken.
  public var normCycles = 0

  /// All cycles of the sequencer.
  public var cycles: Int { waits.reduce(steps, +) }
}

/// Where the cycles of one position, with several streams of one step, went, each in exactly one place: from the cycle in which the previous position's last
/// unit became free to the one in which this position's did. For a position with a head that is from token to token.
public struct PositionAccount: Hashable, Sendable {
  public let start: Int
  public internal(set) var end: Int
  public let hasHead: Bool
  /// One for each instruction of the program that was executed.
  public internal(set) var instructions: [InstructionAccount] = []
  /// After the last beat, until its rows have passed: by the raw value of the cause.
  public internal(set) var drain = [Int](repeating: 0, count: StallCause.allCases.count)
  /// When each instruction was accepted and when it retired.
  public internal(set) var spans: [InstructionSpan] = []
  /// Cycles that beats spent in stream FIFOs, all channels together: over cycles and channels the mean occupancy.
  public internal(set) var fifoBeatCycles = 0

  init(start: Int, hasHead: Bool) {
    self.start = start
    end = start
    self.hasHead = hasHead
  }

  /// Cycles of the position.
  public var cycles: Int { end - start }
}

extension PositionAccount {
  /// Cycles until which something lasts, in the order in which they are reached.
  typealias Marks = [(until: Int, cause: StallCause)]

  /// Divides the cycles from `start` to before `end` among the causes; what is beyond the last mark is `rest`.
  static func divide(_ start: Int, _ end: Int, _ marks: Marks, rest: StallCause, into waits: inout [Int]) {
    var cycle = start
    for mark in marks + [(end, rest)] {
      let next = min(mark.until, end)
      if next > cycle {
        waits[mark.cause.rawValue] += next - cycle
        cycle = next
      }
    }
  }
}
