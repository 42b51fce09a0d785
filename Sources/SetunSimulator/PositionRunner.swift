import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// Executes the positions of one run in program order.
///
/// Every hazard is a maximum of earlier times: nothing is searched and nothing is simulated cycle by cycle.
struct PositionRunner {
  let configuration: Configuration
  let timing: MachineTiming
  let headers: [ImageHeader]
  let program: [Operation]
  let image: MemoryImage
  let imageBase: Int
  let request: RunRequest
  var values: MachineValues

  /// Each channel's stream.
  private var streams: [StreamTiming]
  private var watcher: AddressWatcher
  private var result = RunResult()

  // Sequencer.
  /// Next beat of each stream, and the earliest cycle in which one may be accepted as far as the sequencer is concerned.
  private var beats: [Int]
  private var sequencerFree = 0
  /// Steps in which beats were accepted.
  private var steps = 0
  /// The channel of the next row group.
  private var nextChannel = 0
  private var sequence = 0

  // Scoreboard: cycles from which on something is allowed.
  /// No row unit is armed.
  private var unitIdle = 0
  /// The norm unit has started the newest RMSNORM.
  private var normStarted = 0
  /// The newest RMSNORM has retired.
  private var normIdle = 0
  private var activationsReady = 0
  private var scalesValid = 0
  /// The statistics of the newest unit operation are complete.
  private var statisticsReady = 0
  /// The armed unit operation.
  private var armed: (instruction: Operation, tag: RetireTag)?
  /// When the last row of each of the newest `sumQueueGroups` slots left the queue.
  private var slotLeft: [Int]
  private var slotCount = 0
  private var lastRow = -1
  /// When the newest slot of sums could have begun to leave the queue.
  private var slotReady = 0

  /// Whether each cycle is accounted for; observes and decides nothing.
  private let accounts: Bool
  private var account = PositionAccount(start: 0, hasHead: false)
  private var entry = InstructionAccount()

  init(
    configuration: Configuration, timing: MachineTiming, headers: [ImageHeader], program: [Operation],
    image: MemoryImage,
    imageBase: Int, request: RunRequest, memory: MemoryModel, keepsRecords: Bool, accounts: Bool,
    values: MachineValues
  ) {
    self.accounts = accounts
    self.configuration = configuration
    self.timing = timing
    self.headers = headers
    self.program = program
    self.image = image
    self.imageBase = imageBase
    self.request = request
    self.values = values
    let positions = request.prompt.count + request.budget - 1
    streams = headers.map { header in
      StreamTiming(
        configuration: configuration, memory: memory, header: header, imageBase: imageBase, positions: positions,
        firstHeadPosition: request.score ? 0 : request.prompt.count - 1)
    }
    beats = Array(repeating: 0, count: headers.count)
    positionStarts = beats
    watcher = AddressWatcher(
      keeps: keepsRecords, image: image, imageBase: imageBase, configuration: configuration)
    slotLeft = Array(repeating: -1, count: configuration.sumQueueGroups)
  }

  mutating func run(_ observer: inout some RunObserver) throws(SimulatorError) -> RunResult {
    let positions = request.prompt.count + request.budget - 1
    var begin = 0
    for channel in streams.indices { begin = max(begin, streams[channel].readHeader(&watcher)) }
    for channel in streams.indices { streams[channel].begin(begin) }
    var token = request.prompt[0]
    for position in 0..<positions {
      for channel in streams.indices { streams[channel].tokens.append(token) }
      let hasHead = request.score || position >= request.prompt.count - 1
      let decided = try runPosition(position, hasHead: hasHead, &observer)
      if position + 1 < request.prompt.count {
        token = request.prompt[position + 1]
        continue
      }
      token = decided
      result.generated.append(decided)
      if decided == request.endToken { break }
    }
    if request.endToken == nil { for channel in streams.indices { streams[channel].finish(&watcher) } }
    result.beats = steps
    result.cycles = result.tokenCycles.last ?? 0
    result.records = watcher.log.records.sorted(by: RetireRecord.precedes)
    return result
  }

  // MARK: Sequencer

  /// Accepts the next beat of `count` channels from `first` on, all in one cycle, at `earliest` or later.
  @inline(__always)
  private mutating func accept(_ earliest: Int, first: Int, count: Int, _ hold: Hold) -> Int {
    let mask = beats.count - 1
    var cycle = max(sequencerFree, earliest)
    for place in first..<first + count {
      let channel = place & mask
      cycle = max(cycle, streams[channel].available(beats[channel], &watcher))
    }
    for place in first..<first + count {
      let channel = place & mask
      streams[channel].accept(beats[channel], cycle: cycle)
      beats[channel] += 1
    }
    steps += 1
    // After the beats were accepted: before, the call would keep the compiler from joining the two loops' checks.
    if accounts { note(cycle, earliest, hold, first: first, count: count) }
    sequencerFree = cycle + 1
    return cycle
  }

  /// Accepts the next beat of every channel.
  private mutating func accept(_ earliest: Int, _ hold: Hold) -> Int {
    accept(earliest, first: 0, count: beats.count, hold)
  }

  /// The token of a position is known.
  private mutating func tokenKnown(position: Int, cycle: Int) {
    for channel in streams.indices { streams[channel].tokenKnown(position: position, cycle: cycle) }
  }

  private mutating func runPosition(
    _ position: Int, hasHead: Bool, _ observer: inout some RunObserver
  ) throws(SimulatorError) -> Int {
    var decided = 0
    positionStarts = beats
    nextChannel = 0
    let end = beats[0] + streams[0].bodyBeats(position)
    var index = 0
    if position > 0 { sequencerFree = max(sequencerFree, unitIdle) + timing.nextPosition }
    result.spans.removeAll(keepingCapacity: true)
    if accounts { beginAccount(position, hasHead: hasHead) }
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
        accepted = accept(normIdle, .scoreboard)
        retired = norm(instruction, tag, accepted)
      case .embed:
        accepted = accept(max(unitIdle, normStarted + 1), .unit)
        armed = (instruction, tag)
        retired = embed(instruction, tag, accepted, position)
        if position + 1 < request.prompt.count { tokenKnown(position: position + 1, cycle: retired) }
      case .mlgru, .glu, .residual, .argmax:
        accepted = accept(max(unitIdle, normStarted + 1), .unit)
        armed = (instruction, tag)
        retired = accepted
      case .matvec:
        accepted = accept(0, .nothing)
        sequencerFree = accepted + timing.matvec
        if accounts { entry.waits[StallCause.latency.rawValue] += timing.matvec - 1 }
        retired = try matvec(instruction, tag, position)
        if armed?.instruction.opcode == .argmax {
          decided = decide(position, retired, &observer)
        }
      }
      result.spans.append(InstructionSpan(index: index, accepted: accepted, retired: retired))
      if accounts { closeEntry() }
      index += 1
    }
    if accounts { closeAccount() }
    return decided
  }

  // MARK: Instructions

  /// Beats of each stream that belong to earlier positions.
  private var positionStarts: [Int]

  /// Where a channel's part of the image begins, in bytes.
  private func partOffset(_ channel: Int) -> Int { channel * headers[channel].imageBeats * configuration.beatBytes }

  /// The byte offset in the image of the beat of a channel that will be accepted next.
  private func operandOffset(_ channel: Int) -> Int {
    partOffset(channel) + headers[channel].bodyOffset
      + (beats[channel] - positionStarts[channel]) * configuration.beatBytes
  }

  private mutating func load(_ instruction: Operation, _ tag: RetireTag) -> Int {
    let count = instruction.count
    let slot = instruction.slot
    let starts = beats.indices.map { operandOffset($0) }
    let readers: [Opcode] = slot < 4 ? [.embed, .residual] : slot < 7 ? [.mlgru] : [.glu]
    let earliest = armed.map { readers.contains($0.instruction.opcode) ? unitIdle : 0 } ?? 0
    var cycle = 0
    for index in 0..<configuration.vectorBeats(of: count) {
      cycle = accept(earliest, .scoreboard) + timing.load
      for start in starts { watcher.foldBeat(.load, offset: start + index * configuration.beatBytes) }
    }
    let format = values.datapath.format
    let base = slot * values.capacity
    let (bytes, perWord, beatBytes) = (image.bytes, configuration.halvesPerBeat, configuration.beatBytes)
    values.slots.withUnsafeMutableBufferPointer { slots in
      let target = UnsafeMutableBufferPointer(rebasing: slots[base..<base + count])
      for word in 0..<(count + perWord - 1) / perWord {
        let (row, channel) = word.quotientAndRemainder(dividingBy: starts.count)
        let offset = starts[channel] + row * beatBytes
        for index in word * perWord..<min(count, (word + 1) * perWord) {
          let half = bytes.loadUnaligned(fromByteOffset: offset + 2 * (index - word * perWord), as: UInt16.self)
          target[index] = format.fromBFloat16(UInt16(littleEndian: half))
        }
      }
    }
    watcher.close(.load, cycle: cycle, tag: tag)
    return cycle
  }

  private mutating func norm(_ instruction: Operation, _ tag: RetireTag, _ accepted: Int) -> Int {
    let start = max(accepted + 1, statisticsReady)
    let matrices = instruction.matrices
    let words = matrices * configuration.words(of: instruction.count)
    values.norm(instruction)
    let lastWord = start + timing.quantise + words - 1
    let lastScale = start + timing.rowScales + matrices - 1
    if watcher.keeps {
      let lanes = configuration.lanes
      for word in 0..<words { watcher.foldActivations(values.activations[word * lanes..<(word + 1) * lanes]) }
      watcher.close(.quantise, cycle: lastWord, tag: tag)
      for matrix in 0..<matrices { watcher.log.fold(.scale, UInt64(values.rowScales[matrix].bits)) }
      watcher.close(.scale, cycle: lastScale, tag: tag)
    }
    normStarted = start
    activationsReady = start + timing.activationsReady
    scalesValid = lastScale + 1
    normIdle = max(lastWord, lastScale) + 1
    entry.quantisedWords = words
    entry.normCycles = normIdle - start
    return normIdle - 1
  }

  /// Ends a unit operation whose last element is written at `cycle`.
  private mutating func complete(_ cycle: Int, _ tag: RetireTag) {
    unitIdle = cycle + 1
    statisticsReady = cycle + timing.statistics
    watcher.close(.element, cycle: cycle, tag: tag)
  }

  private mutating func embed(_ instruction: Operation, _ tag: RetireTag, _ accepted: Int, _ position: Int) -> Int {
    for channel in streams.indices { streams[channel].fetchEmbedding(position, &watcher) }
    let count = instruction.count
    let outputs = instruction.outputs
    let token = streams[0].tokens[position]
    let rows = headers.indices.map { channel in
      partOffset(channel) + headers[channel].embeddingOffset
        + token * headers[channel].embeddingBeats * configuration.beatBytes
    }
    values.clearStatistics()
    var issue = accepted + timing.load - 1
    let perWord = configuration.halvesPerBeat
    for first in stride(from: 0, to: count, by: configuration.rowLanes) {
      let word = first / perWord
      let (row, channel) = word.quotientAndRemainder(dividingBy: streams.count)
      // The last step waits for the padding on other channels too.
      let isLast = first + configuration.rowLanes >= count
      let arrival =
        isLast
        ? streams.reduce(0) { max($0, $1.embeddingArrivals[row]) } : streams[channel].embeddingArrivals[row]
      issue = max(issue + 1, arrival + timing.crossing + 1)
      for index in first..<min(first + configuration.rowLanes, count) {
        let offset = rows[channel] + row * configuration.beatBytes + 2 * (index - word * perWord)
        let half = image.bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        let y = values.datapath.format.fromBFloat16(UInt16(littleEndian: half))
        let element = values.residual(index, y, isEmbedding: true, outputs: outputs)
        watcher.foldElement(element.0, element.1, element.2, element.3)
      }
    }
    let retired = issue + timing.embed + timing.residual
    complete(retired, tag)
    entry.rowSteps = configuration.steps(of: count)
    return retired
  }

  private mutating func matvec(_ instruction: Operation, _ tag: RetireTag, _ position: Int) throws(SimulatorError)
    -> Int
  {
    guard let unit = armed else {
      throw SimulatorError("A MATVEC has no armed row unit (cause 7, illegal instruction).")
    }
    let rows = instruction.rows
    let matrices = instruction.matrices
    let placement = GroupPlacement(
      channels: streams.count, first: nextChannel, groups: (rows + 4) / 5, matrices: matrices)
    nextChannel = placement.next
    let clear = request.clear && position == 0
    var offsets = streams.indices.map { operandOffset($0) }
    let groupBytes = instruction.beats * configuration.beatBytes
    var sink = RowSink(
      unit.instruction, matrices: matrices, clear: clear, channels: streams.count, rowLanes: configuration.rowLanes)
    values.clearStatistics()
    var earliest = activationsReady
    for slot in 0..<placement.slots {
      let groups = placement.groups(inSlot: slot)
      for matrix in 0..<matrices {
        let first = placement.first(slot: slot, matrix: matrix)
        for _ in 0..<instruction.beats - 1 {
          _ = accept(earliest, first: first, count: groups, .activations)
          earliest = 0
        }
        let place = slotCount & (configuration.sumQueueGroups - 1)
        let last = accept(max(earliest, slotLeft[place] + 1), first: first, count: groups, .activations)
        earliest = 0
        let entered = last + timing.engine
        let vector = instruction.isShared ? 0 : matrix
        let sums = try (0..<groups).map { group throws(SimulatorError) in
          let channel = (first + group) & (streams.count - 1)
          defer { offsets[channel] += groupBytes }
          return try self.sums(offset: offsets[channel], vector: vector, count: groupBytes)
        }
        watcher.foldSlot(cycle: entered)
        // In the order of the channels, of which the last may come before the first.
        let wraps = max(0, first + groups - streams.count)
        for group in (groups - wraps..<groups) { watcher.foldSums(sums[group]) }
        for group in 0..<groups - wraps { watcher.foldSums(sums[group]) }
        let slotRows = min(5 * groups, rows - 5 * streams.count * slot)
        let firstRow = max(entered + timing.queue, lastRow + 1, scalesValid)
        lastRow = firstRow + configuration.steps(of: slotRows) - 1
        slotReady = entered + timing.queue
        entry.rowSteps += lastRow - firstRow + 1
        slotLeft[place] = lastRow
        slotCount += 1
        for group in 0..<groups {
          let number = slot * streams.count + group
          sink.take(
            sums[group], count: min(5, rows - 5 * number), group: number, matrix: matrix, &values, &watcher)
        }
        if slot == placement.slots - 1, matrix == matrices - 1 { watcher.close(.sums, cycle: entered, tag: tag) }
      }
    }
    let latency: Int
    switch unit.instruction.opcode {
    case .mlgru: latency = timing.mlgru
    case .glu: latency = timing.glu
    case .argmax: latency = timing.argmax
    default: latency = timing.residual
    }
    let retired = lastRow + timing.rowScale + latency
    complete(retired, unit.tag)
    best = sink.best
    newestLogits = sink.logits
    return retired
  }

  private var best = 0
  private var newestLogits: [SmallFloat] = []

  /// The five sums of a row group whose weights lie at `offset`.
  private func sums(offset: Int, vector: Int, count: Int) throws(SimulatorError) -> TernaryGroup.Sums {
    let codes = UnsafeRawBufferPointer(rebasing: image.bytes[offset..<offset + count])
    let sums = values.activations.withUnsafeBufferPointer { activations in
      let inputs = UnsafeBufferPointer(rebasing: activations[vector * count..<(vector + 1) * count])
      guard let codes = codes.bindMemory(to: UInt8.self).baseAddress, let inputs = inputs.baseAddress else {
        return TernaryGroup.Sums(rows: (0, 0, 0, 0, 0), hasInvalidCode: false)
      }
      return TernaryGroup.sums(bytes: codes, activations: inputs, count: count)
    }
    if sums.hasInvalidCode {
      throw SimulatorError("The weight stream holds a byte above 242 (cause 6, bad trit code).")
    }
    return sums
  }

  /// The head's end: the token of a position.
  private mutating func decide(_ position: Int, _ retired: Int, _ observer: inout some RunObserver) -> Int {
    let cycle = retired + timing.token
    result.tokenCycles.append(cycle)
    watcher.recordToken(cycle: cycle, id: best)
    if position + 1 >= request.prompt.count { tokenKnown(position: position + 1, cycle: cycle) }
    observer.token(best, cycle: cycle, isGenerated: position + 1 >= request.prompt.count)
    let format = values.datapath.format
    observer.logits(newestLogits.map { format.toFloat($0) })
    return best
  }
}

extension PositionRunner {
  /// What a step waits for besides its beats.
  fileprivate enum Hold {
    case nothing, scoreboard, unit, activations
  }

  /// Notes an accepted step and the cycles without one before it.
  @inline(never)
  private mutating func note(_ cycle: Int, _ earliest: Int, _ hold: Hold, first: Int, count: Int) {
    entry.steps += 1
    entry.beats += count
    for place in first..<first + count {
      let channel = place & (beats.count - 1)
      account.fifoBeatCycles += streams[channel].residence(of: beats[channel] - 1, accepted: cycle)
    }
    guard cycle > sequencerFree else { return }
    let marks: PositionAccount.Marks
    switch hold {
    case .nothing: marks = []
    case .scoreboard: marks = [(earliest, .scoreboard)]
    case .unit: marks = unitMarks + [(earliest, .latency)]
    // The later of the two decides, and the queue can be full only when there have been activations.
    case .activations: marks = [(activationsReady, .norm), (earliest, .rows)]
    }
    PositionAccount.divide(sequencerFree, cycle, marks, rest: .memory, into: &entry.waits)
  }

  /// What keeps the armed unit: its last sums come out of the engine, the rows before them leave, they pass the unit.
  private var unitMarks: PositionAccount.Marks {
    switch armed?.instruction.opcode {
    case nil: []
    case .embed: [(unitIdle, .embedding)]
    default: [(slotReady, .latency), (lastRow + 1, .rows), (unitIdle, .latency)]
    }
  }

  private mutating func beginAccount(_ position: Int, hasHead: Bool) {
    account = PositionAccount(start: unitIdle, hasHead: hasHead)
    entry = InstructionAccount()
    entry.waits[StallCause.turnaround.rawValue] = position > 0 ? sequencerFree - unitIdle : 0
  }

  private mutating func closeEntry() {
    account.instructions.append(entry)
    entry = InstructionAccount()
  }

  private mutating func closeAccount() {
    PositionAccount.divide(sequencerFree, unitIdle, unitMarks, rest: .latency, into: &account.drain)
    account.end = unitIdle
    account.spans = result.spans
    result.positions.append(account)
  }
}
