import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// Executes the positions of one run in program order.
///
/// Every hazard is a maximum of earlier times: nothing is searched and nothing is simulated cycle by cycle.
struct PositionRunner {
  let configuration: Configuration
  let timing: MachineTiming
  let header: ImageHeader
  let program: [Operation]
  let image: MemoryImage
  let imageBase: Int
  let request: RunRequest
  var values: MachineValues

  private var stream: StreamTiming
  private var watcher: AddressWatcher
  private var result = RunResult()

  // Sequencer.
  /// Next stream beat, and the earliest cycle in which it may be accepted as far as the sequencer is concerned.
  private var beat = 0
  private var sequencerFree = 0
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
  /// When the last row of each of the newest `sumQueueGroups` groups left the queue.
  private var groupLeft: [Int]
  private var groupCount = 0
  private var lastRow = -1

  init(
    configuration: Configuration, timing: MachineTiming, header: ImageHeader, program: [Operation], image: MemoryImage,
    imageBase: Int, request: RunRequest, memory: MemoryModel, keepsRecords: Bool, values: MachineValues
  ) {
    self.configuration = configuration
    self.timing = timing
    self.header = header
    self.program = program
    self.image = image
    self.imageBase = imageBase
    self.request = request
    self.values = values
    let positions = request.prompt.count + request.budget - 1
    stream = StreamTiming(
      configuration: configuration, memory: memory, header: header, imageBase: imageBase, positions: positions,
      firstHeadPosition: request.score ? 0 : request.prompt.count - 1)
    watcher = AddressWatcher(
      keeps: keepsRecords, image: image, imageBase: imageBase, beatBytes: configuration.beatBytes)
    groupLeft = Array(repeating: -1, count: configuration.sumQueueGroups)
  }

  mutating func run(_ observer: inout some RunObserver) throws(SimulatorError) -> RunResult {
    let positions = request.prompt.count + request.budget - 1
    stream.readHeader(&watcher)
    var token = request.prompt[0]
    for position in 0..<positions {
      stream.tokens.append(token)
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
    if request.endToken == nil { stream.finish(&watcher) }
    result.beats = beat
    result.cycles = result.tokenCycles.last ?? 0
    result.records = watcher.log.records.sorted(by: RetireRecord.precedes)
    return result
  }

  // MARK: Sequencer

  /// Accepts the next stream beat, at `earliest` or later.
  @inline(__always)
  private mutating func accept(_ earliest: Int) -> Int {
    let cycle = max(sequencerFree, earliest, stream.available(beat, &watcher))
    stream.accept(beat, cycle: cycle)
    beat += 1
    sequencerFree = cycle + 1
    return cycle
  }

  private mutating func runPosition(
    _ position: Int, hasHead: Bool, _ observer: inout some RunObserver
  ) throws(SimulatorError) -> Int {
    var decided = 0
    let beats = stream.bodyBeats(position)
    let end = beat + beats
    positionStart = beat
    var index = 0
    if position > 0 { sequencerFree = max(sequencerFree, unitIdle) + timing.nextPosition }
    result.spans.removeAll(keepingCapacity: true)
    while beat < end {
      let instruction = program[index]
      let tag = RetireTag(sequence: sequence, opcode: instruction.opcode.rawValue, destination: instruction.destination)
      sequence += 1
      let accepted: Int
      var retired: Int
      switch instruction.opcode {
      case .load:
        accepted = accept(0)
        retired = load(instruction, tag)
      case .rmsNorm:
        accepted = accept(normIdle)
        retired = norm(instruction, tag, accepted)
      case .embed:
        accepted = accept(max(unitIdle, normStarted + 1))
        armed = (instruction, tag)
        retired = embed(instruction, tag, accepted, position)
        if position + 1 < request.prompt.count { stream.tokenKnown(position: position + 1, cycle: retired) }
      case .mlgru, .glu, .residual, .argmax:
        accepted = accept(max(unitIdle, normStarted + 1))
        armed = (instruction, tag)
        retired = accepted
      case .matvec:
        accepted = accept(0)
        retired = try matvec(instruction, tag, position)
        if armed?.instruction.opcode == .argmax {
          decided = decide(position, retired, &observer)
        }
      }
      result.spans.append(InstructionSpan(index: index, accepted: accepted, retired: retired))
      index += 1
    }
    return decided
  }

  // MARK: Instructions

  private func bodyOffset(_ beatInPosition: Int) -> Int { header.bodyOffset + beatInPosition * configuration.beatBytes }

  /// The byte offset in the image of the beat that will be accepted next.
  private var operandOffset: Int { header.bodyOffset + (beat - positionStart) * configuration.beatBytes }
  private var positionStart = 0

  private mutating func load(_ instruction: Operation, _ tag: RetireTag) -> Int {
    let count = instruction.count
    let slot = instruction.slot
    let beats = configuration.vectorBeats(of: count)
    let start = operandOffset
    let readers: [Opcode] = slot < 4 ? [.embed, .residual] : slot < 7 ? [.mlgru] : [.glu]
    let earliest = armed.map { readers.contains($0.instruction.opcode) ? unitIdle : 0 } ?? 0
    var cycle = 0
    for index in 0..<beats {
      cycle = accept(earliest) + timing.load
      watcher.foldBeat(.load, offset: start + index * configuration.beatBytes)
    }
    let format = values.datapath.format
    let base = slot * values.capacity
    let operand = UnsafeRawBufferPointer(rebasing: image.bytes[start..<start + beats * configuration.beatBytes])
    let halves = configuration.halvesPerBeat
    values.slots.withUnsafeMutableBufferPointer { slots in
      let target = UnsafeMutableBufferPointer(rebasing: slots[base..<base + count])
      for first in stride(from: 0, to: count, by: halves) {
        let offset = first / halves * configuration.beatBytes
        for place in 0..<min(halves, count - first) {
          let half = operand.loadUnaligned(fromByteOffset: offset + 2 * place, as: UInt16.self)
          target[first + place] = format.fromBFloat16(UInt16(littleEndian: half))
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
    return normIdle - 1
  }

  /// Ends a unit operation whose last element is written at `cycle`.
  private mutating func complete(_ cycle: Int, _ tag: RetireTag) {
    unitIdle = cycle + 1
    statisticsReady = cycle + timing.statistics
    watcher.close(.element, cycle: cycle, tag: tag)
  }

  private mutating func embed(_ instruction: Operation, _ tag: RetireTag, _ accepted: Int, _ position: Int) -> Int {
    stream.fetchEmbedding(position, &watcher)
    let count = instruction.count
    let outputs = instruction.outputs
    let halves = configuration.halvesPerBeat
    let row = header.embeddingOffset + stream.tokens[position] * header.embeddingBeats * configuration.beatBytes
    values.clearStatistics()
    var issue = accepted
    for first in stride(from: 0, to: count, by: configuration.rowLanes) {
      let beat = first / halves
      issue = max(issue + 1, stream.embeddingArrivals[beat] + 1)
      for index in first..<min(first + configuration.rowLanes, count) {
        let offset = row + beat * configuration.beatBytes + 2 * (index - beat * halves)
        let half = UInt16(image[offset]) | UInt16(image[offset + 1]) << 8
        let y = values.datapath.format.fromBFloat16(half)
        let element = values.residual(index, y, isEmbedding: true, outputs: outputs)
        watcher.foldElement(element.0, element.1, element.2, element.3)
      }
    }
    let retired = issue + timing.embed + timing.residual
    complete(retired, tag)
    return retired
  }

  private mutating func matvec(_ instruction: Operation, _ tag: RetireTag, _ position: Int) throws(SimulatorError)
    -> Int
  {
    guard let unit = armed else {
      throw SimulatorError("A MATVEC has no armed row unit (cause 7, illegal instruction).")
    }
    let rows = instruction.rows
    let beats = instruction.beats
    let matrices = instruction.matrices
    let shared = instruction.isShared
    let groups = (rows + 4) / 5
    let lanes = configuration.lanes
    let clear = request.clear && position == 0
    var offset = operandOffset
    var sink = RowSink(unit.instruction, matrices: matrices, clear: clear, rowLanes: configuration.rowLanes)
    values.clearStatistics()
    var earliest = activationsReady
    for group in 0..<groups {
      for matrix in 0..<matrices {
        for _ in 0..<beats - 1 {
          _ = accept(earliest)
          earliest = 0
        }
        let place = groupCount & (configuration.sumQueueGroups - 1)
        let last = accept(max(earliest, groupLeft[place] + 1))
        earliest = 0
        let entered = last + timing.engine
        let sums = try self.sums(offset: offset, vector: shared ? 0 : matrix, beats: beats, lanes: lanes)
        offset += beats * lanes
        watcher.foldSums(cycle: entered, sums)
        let count = min(5, rows - 5 * group)
        let first = max(entered + timing.queue, lastRow + 1, scalesValid)
        lastRow = first + configuration.steps(of: count) - 1
        groupLeft[place] = lastRow
        groupCount += 1
        sink.take(sums, count: count, group: group, matrix: matrix, &values, &watcher)
        if group == groups - 1, matrix == matrices - 1 { watcher.close(.sums, cycle: entered, tag: tag) }
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

  private func sums(offset: Int, vector: Int, beats: Int, lanes: Int) throws(SimulatorError) -> TernaryGroup.Sums {
    let codes = UnsafeRawBufferPointer(rebasing: image.bytes[offset..<offset + beats * lanes])
    let sums = values.activations.withUnsafeBufferPointer { activations in
      let inputs = UnsafeBufferPointer(rebasing: activations[vector * beats * lanes..<(vector + 1) * beats * lanes])
      guard let codes = codes.bindMemory(to: UInt8.self).baseAddress, let inputs = inputs.baseAddress else {
        return TernaryGroup.Sums(rows: (0, 0, 0, 0, 0), hasInvalidCode: false)
      }
      return TernaryGroup.sums(bytes: codes, activations: inputs, count: beats * lanes)
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
    if position + 1 >= request.prompt.count { stream.tokenKnown(position: position + 1, cycle: cycle) }
    observer.token(best, cycle: cycle, isGenerated: position + 1 >= request.prompt.count)
    let format = values.datapath.format
    observer.logits(newestLogits.map { format.toFloat($0) })
    return best
  }
}
