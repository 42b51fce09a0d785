import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// Executes the steps of one run in program order; with one stream a step is a position.
///
/// Every hazard is a maximum of earlier times: nothing is searched and nothing is simulated cycle by cycle. All streams
/// pass every unit in lockstep, so that times are those of one.
struct PositionRunner {
  let configuration: Configuration
  let timing: MachineTiming
  let headers: [ImageHeader]
  let program: [Operation]
  let image: MemoryImage
  let request: RunRequest
  var values: MachineValues

  /// Each channel's weight stream.
  var channels: [StreamTiming]
  var watcher: AddressWatcher
  var result = RunResult()
  /// What the streams work on.
  var progress: StreamProgress

  // Sequencer.
  /// Next beat of each channel, and the earliest cycle in which one may be accepted as far as the sequencer is concerned.
  var beats: [Int]
  /// Beats of each channel that belong to earlier steps.
  var stepStarts: [Int]
  var sequencerFree = 0
  /// Cycles in which beats were accepted.
  private var acceptances = 0
  /// The channel of the next row group.
  var nextChannel = 0
  private var sequence = 0

  var scoreboard = Scoreboard()
  var queue: RowQueue
  /// The sums of the slot that is being taken, of all streams for each of its groups.
  var slotSums: [TernaryGroup.Sums]

  /// Whether each cycle is accounted for; observes and decides nothing.
  let accounts: Bool
  var account = PositionAccount(start: 0, hasHead: false)
  var entry = InstructionAccount()

  init(
    configuration: Configuration, timing: MachineTiming, headers: [ImageHeader], program: [Operation],
    image: MemoryImage, imageBase: Int, request: RunRequest, memory: MemoryModel, keepsRecords: Bool, accounts: Bool,
    values: MachineValues
  ) {
    self.accounts = accounts
    self.configuration = configuration
    self.timing = timing
    self.headers = headers
    self.program = program
    self.image = image
    self.request = request
    self.values = values
    let schedule = request.schedule(streams: configuration.streams)
    progress = StreamProgress(schedule, endToken: request.endToken)
    channels = headers.map { header in
      StreamTiming(
        configuration: configuration, memory: memory, header: header, imageBase: imageBase, schedule: schedule)
    }
    beats = Array(repeating: 0, count: headers.count)
    stepStarts = beats
    watcher = AddressWatcher(
      keeps: keepsRecords, image: image, imageBase: imageBase, configuration: configuration)
    queue = RowQueue(places: configuration.sumQueueGroups)
    slotSums = Array(
      repeating: TernaryGroup.Sums(rows: (0, 0, 0, 0, 0), hasInvalidCode: false),
      count: configuration.channels * configuration.streams)
  }

  mutating func run(_ observer: inout some RunObserver) throws(SimulatorError) -> RunResult {
    var begin = 0
    for channel in channels.indices { begin = max(begin, channels[channel].readHeader(&watcher)) }
    for channel in channels.indices { channels[channel].begin(begin) }
    while progress.advance() { try runStep(&observer) }
    if request.endToken == nil { for channel in channels.indices { channels[channel].finish(&watcher) } }
    result.sequences = progress.sequences
    result.cause = progress.cause
    result.beats = acceptances
    result.cycles = result.stepCycles.last ?? 0
    result.records = watcher.log.records.sorted(by: RetireRecord.precedes)
    return result
  }

  // MARK: Sequencer

  /// What a beat waits for besides its arrival.
  enum Hold {
    case nothing, scoreboard, unit, activations
  }

  /// Accepts the next beat of `count` channels from `first` on, all in one cycle, at `earliest` or later.
  @inline(__always)
  mutating func accept(_ earliest: Int, first: Int, count: Int, _ hold: Hold) -> Int {
    let mask = beats.count - 1
    var cycle = max(sequencerFree, earliest)
    for place in first..<first + count {
      let channel = place & mask
      cycle = max(cycle, channels[channel].available(beats[channel], &watcher))
    }
    for place in first..<first + count {
      let channel = place & mask
      channels[channel].accept(beats[channel], cycle: cycle)
      beats[channel] += 1
    }
    acceptances += 1
    // After the beats were accepted: before, the call would keep the compiler from joining the two loops' checks.
    if accounts { note(cycle, earliest, hold, first: first, count: count) }
    sequencerFree = cycle + 1
    return cycle
  }

  /// Accepts the next beat of every channel.
  mutating func accept(_ earliest: Int, _ hold: Hold) -> Int {
    accept(earliest, first: 0, count: beats.count, hold)
  }

  /// The tokens of the next step are known.
  private mutating func tokensKnown(cycle: Int) {
    for channel in channels.indices { channels[channel].tokensKnown(cycle: cycle) }
  }

  private mutating func runStep(_ observer: inout some RunObserver) throws(SimulatorError) {
    for channel in channels.indices { channels[channel].tokens = progress.tokens }
    stepStarts = beats
    nextChannel = 0
    let end = beats[0] + channels[0].bodyBeats(progress.step)
    var index = 0
    if progress.step > 0 { sequencerFree = max(sequencerFree, scoreboard.unitIdle) + timing.nextPosition }
    result.spans.removeAll(keepingCapacity: true)
    if accounts { beginAccount() }
    while beats[0] < end {
      let instruction = program[index]
      let tag = RetireTag(sequence: sequence, opcode: instruction.opcode.rawValue, destination: instruction.destination)
      sequence += 1
      let accepted: Int
      var retired: Int
      switch instruction.opcode {
      case .load:
        accepted = accept(0, .nothing)
        retired = load(instruction, tag)
      case .rmsNorm:
        accepted = accept(scoreboard.normIdle, .scoreboard)
        retired = norm(instruction, tag, accepted)
      case .embed:
        accepted = arm(instruction, tag)
        retired = embed(instruction, tag, accepted)
        if !progress.waitsForDecision { tokensKnown(cycle: retired) }
      case .mlgru, .glu, .residual, .argmax:
        accepted = arm(instruction, tag)
        retired = accepted
      case .matvec:
        accepted = accept(0, .nothing)
        sequencerFree = accepted + timing.matvec
        if accounts { entry.waits[StallCause.latency.rawValue] += timing.matvec - 1 }
        let sink = try matvec(instruction, tag)
        retired = sink.retired
        if scoreboard.armed?.instruction.opcode == .argmax { decide(sink.rows, retired, &observer) }
      }
      result.spans.append(InstructionSpan(index: index, accepted: accepted, retired: retired))
      if accounts { closeEntry() }
      index += 1
    }
    if accounts { closeAccount() }
  }

  /// Accepts the instruction of a row unit.
  private mutating func arm(_ instruction: Operation, _ tag: RetireTag) -> Int {
    let accepted = accept(max(scoreboard.unitIdle, scoreboard.normStarted + 1), .unit)
    scoreboard.armed = (instruction, tag)
    return accepted
  }

  /// The head's end: the tokens of a step.
  private mutating func decide(_ rows: RowSink, _ retired: Int, _ observer: inout some RunObserver) {
    let cycle = retired + timing.token
    let format = values.datapath.format
    result.stepCycles.append(cycle)
    if progress.waitsForDecision { tokensKnown(cycle: cycle) }
    for (stream, token) in rows.best.enumerated() {
      guard let isGenerated = progress.decide(token, stream: stream) else { continue }
      result.tokenCycles.append(cycle)
      watcher.recordToken(cycle: cycle, id: token, stream: stream)
      observer.token(token, stream: stream, cycle: cycle, isGenerated: isGenerated)
      observer.logits(rows.logits(stream: stream).map { format.toFloat($0) }, stream: stream)
    }
  }
}
