import SetunMachine

/// The compiler's estimate of a token in the steady state, or of a step in which several streams each pass one, instruction by instruction, without simulating a beat.
///
/// Assumes that the stream FIFO never runs dry: an ideal memory delivers a beat a cycle and the sequencer takes at most
/// one. What remains are the dependencies between instructions, in closed form for a whole MATVEC at a time.
public struct Prediction: Sendable {
  /// When an instruction is accepted and retires, counted from the moment the token is known.
  public struct Span: Hashable, Sendable {
    public var accepted: Int
    public var retired: Int
  }

  /// One span for each entry of the program.
  public let spans: [Span]
  /// From a token known to the next one known; with several streams from a step's tokens to the next one's.
  public let cyclesPerToken: Int

  /// - Parameter memoryLatency: cycles from an accepted request to its first beat.
  public init(_ program: Program, memoryLatency: Int = MemoryModel.defaultLatency) {
    let configuration = program.configuration
    let timing = MachineTiming(configuration)
    // The row is requested when the token is known ...
    let requested = timing.tokenToRequest + timing.crossing + 1 + memoryLatency
    // ... those of other streams one after another, as fast as they are delivered or decided, whichever is slower; the
    // last one is waited for.
    let bursts = (program.embeddingBeats + configuration.burstBeats - 1) / configuration.burstBeats
    let otherRows = (configuration.streams - 1) * max(program.embeddingBeats, bursts - 1 + timing.rowToRow)
    let first = Schedule(program, timing, embeddingArrival: requested + otherRows)
    // ... but it comes after the beats that fill the FIFO for this position: the last of their bursts is decided when
    // the previous position's last beat has been accepted.
    let lastBeat = first.lastAccepted - first.cyclesPerToken
    let behindStream = lastBeat + 2 + memoryLatency + configuration.burstBeats
    let isFull = program.bodies[0].beatsWithHead >= configuration.fifoBeats
    let schedule =
      isFull && behindStream > requested
      ? Schedule(program, timing, embeddingArrival: behindStream + otherRows) : first
    spans = schedule.spans
    cyclesPerToken = schedule.cyclesPerToken
  }

  /// useful trits / (5 * W/8 * N * cycles): of the weights that are read, however many streams use each.
  public func streamUtilisation(_ program: Program) -> Double {
    let configuration = program.configuration
    return Double(program.usefulTrits) / Double(5 * configuration.lanes * configuration.channels * cyclesPerToken)
  }
}

/// The spans of one token whose embedding row, with several streams the last one's, begins to arrive at a given cycle.
private struct Schedule {
  var spans: [Prediction.Span] = []
  var cyclesPerToken = 0
  /// When the last beat of the body is accepted.
  var lastAccepted = 0

  init(_ program: Program, _ timing: MachineTiming, embeddingArrival: Int) {
    let configuration = program.configuration
    // The token is known one cycle after its last logit: the row unit has just become idle.
    var free = timing.nextPosition
    var unitIdle = 0
    var normStarted = 0
    var normIdle = 0
    var statisticsReady = 0
    var activationsReady = 0
    var scalesValid = 0
    var armed: Opcode?

    for entry in program.entries {
      let instruction = entry.instruction
      var span = Prediction.Span(accepted: free, retired: free)
      switch instruction.opcode {
      case .load:
        let readers: [Opcode] =
          switch instruction["slot"] {
          case ..<4: [.embed, .residual]
          case ..<7: [.mlgru]
          default: [.glu]
          }
        // The slot may still be read by the unit that is armed.
        let isRead = armed.map(readers.contains) ?? false
        free = max(free + 1, isRead ? unitIdle : 0) + entry.operandSteps
        span.retired = free - 1 + timing.load
      case .rmsNorm:
        span.accepted = max(free, normIdle)
        let matrices = Int(instruction["matrices"])
        let words = matrices * configuration.words(of: Int(instruction["count"]))
        normStarted = max(span.accepted + 1, statisticsReady)
        activationsReady = normStarted + timing.activationsReady
        scalesValid = normStarted + timing.rowScales + matrices
        normIdle = max(normStarted + timing.quantise + words, scalesValid)
        span.retired = normIdle - 1
        free = span.accepted + 1
      case .embed:
        span.accepted = max(free, unitIdle, normStarted + 1)
        let first = max(span.accepted + timing.load, embeddingArrival + timing.crossing + 1)
        span.retired =
          first + configuration.steps(of: Int(instruction["count"])) - 1 + timing.embed + timing.residual
        unitIdle = span.retired + 1
        statisticsReady = span.retired + timing.statistics
        armed = .embed
        free = span.accepted + 1
      case .mlgru, .glu, .residual, .argmax:
        span.accepted = max(free, unitIdle, normStarted + 1)
        span.retired = span.accepted
        armed = instruction.opcode
        free = span.accepted + 1
      case .matvec:
        let first = max(free + timing.matvec, activationsReady)
        let matrices = Int(instruction["matrices"])
        let rows = Int(instruction["rows"])
        let beats = Int(instruction["beats"])
        // Cycles in which the rows of a matrix leave the queue, those of a slot, and those of the matrix' last slot.
        let slotRows = 5 * configuration.channels
        let steps = configuration.steps(of: rows)
        let slotSteps = configuration.steps(of: slotRows)
        let lastSteps = configuration.steps(of: (rows - 1) % slotRows + 1)
        let streamed = first + entry.operandSteps - 1
        // Either the last slot decides, or the serialiser has been busy from the first row on.
        let firstRow = max(first + beats - 1 + timing.engine + timing.queue, scalesValid)
        let lastRow = max(streamed + timing.engine + timing.queue + lastSteps - 1, firstRow + matrices * steps - 1)
        // The last beat needs a place in the queue, if there are more slots than places.
        let places = configuration.sumQueueGroups
        let waiting = slotSteps * places - matrices * (slotSteps - lastSteps)
        let isLimited = matrices * ((rows + slotRows - 1) / slotRows) > places
        free = max(streamed, isLimited ? lastRow - waiting + 1 : 0) + 1
        let latency =
          switch armed {
          case .mlgru: timing.mlgru
          case .glu: timing.glu
          case .argmax: timing.argmax
          default: timing.residual
          }
        span.retired = lastRow + timing.rowScale + latency
        unitIdle = span.retired + 1
        statisticsReady = span.retired + timing.statistics
      }
      spans.append(span)
    }
    cyclesPerToken = (spans.last?.retired ?? 0) + timing.token
    lastAccepted = free - 1
  }
}
