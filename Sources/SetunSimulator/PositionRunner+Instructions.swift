import SetunMachine
import TernaryArithmetic

extension PositionRunner {
  /// Where a channel's part of the image begins, in bytes.
  private func partOffset(_ channel: Int) -> Int { channel * headers[channel].imageBeats * configuration.beatBytes }

  /// The byte offset in the image of the beat of a channel that will be accepted next.
  func operandOffset(_ channel: Int) -> Int {
    partOffset(channel) + headers[channel].bodyOffset
      + (beats[channel] - stepStarts[channel]) * configuration.beatBytes
  }

  mutating func load(_ instruction: Operation, _ tag: RetireTag) -> Int {
    let count = instruction.count
    let slot = instruction.slot
    let starts = beats.indices.map { operandOffset($0) }
    let readers: [Opcode] = slot < 4 ? [.embed, .residual] : slot < 7 ? [.mlgru] : [.glu]
    let earliest =
      scoreboard.armed.map { readers.contains($0.instruction.opcode) ? scoreboard.unitIdle : 0 } ?? 0
    var cycle = 0
    for index in 0..<configuration.vectorBeats(of: count) {
      cycle = accept(earliest, .scoreboard) + timing.load
      for start in starts { watcher.foldBeat(.load, offset: start + index * configuration.beatBytes) }
    }
    let format = values.datapath.format
    let base = slot * values.slots.capacity
    let (bytes, perWord, beatBytes) = (image.bytes, configuration.halvesPerBeat, configuration.beatBytes)
    values.slots.words.withUnsafeMutableBufferPointer { slots in
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

  mutating func norm(_ instruction: Operation, _ tag: RetireTag, _ accepted: Int) -> Int {
    let start = max(accepted + 1, scoreboard.statisticsReady)
    let matrices = instruction.matrices
    let words = matrices * configuration.words(of: instruction.count)
    values.norm(instruction)
    let lastWord = start + timing.quantise + words - 1
    let lastScale = start + timing.rowScales + matrices - 1
    if watcher.keeps {
      let lanes = configuration.lanes
      for word in 0..<words {
        for stream in values.streams.indices {
          let place = stream * values.activationStride + word * lanes
          watcher.foldActivations(values.activations[place..<place + lanes])
        }
      }
      watcher.close(.quantise, cycle: lastWord, tag: tag)
      for matrix in 0..<matrices {
        for stream in values.streams.indices {
          watcher.log.fold(.scale, UInt64(values.streams[stream].rowScales[matrix].bits))
        }
      }
      watcher.close(.scale, cycle: lastScale, tag: tag)
    }
    scoreboard.normStarted = start
    scoreboard.activationsReady = start + timing.activationsReady
    scoreboard.scalesValid = lastScale + 1
    scoreboard.normIdle = max(lastWord, lastScale) + 1
    entry.quantisedWords = words
    entry.normCycles = scoreboard.normIdle - start
    return scoreboard.normIdle - 1
  }

  /// Ends a unit operation whose last element is written at `cycle`.
  private mutating func complete(_ cycle: Int, _ tag: RetireTag) {
    scoreboard.unitIdle = cycle + 1
    scoreboard.statisticsReady = cycle + timing.statistics
    watcher.close(.element, cycle: cycle, tag: tag)
  }

  mutating func embed(_ instruction: Operation, _ tag: RetireTag, _ accepted: Int) -> Int {
    for channel in channels.indices { channels[channel].fetchEmbeddings(progress.step, &watcher) }
    let count = instruction.count
    let outputs = instruction.outputs
    let tables = headers.indices.map { partOffset($0) + headers[$0].embeddingOffset }
    let rowBytes = headers[0].embeddingBeats * configuration.beatBytes
    let tokens = progress.tokens
    values.clearStatistics()
    var issue = accepted + timing.load - 1
    let perWord = configuration.halvesPerBeat
    for first in stride(from: 0, to: count, by: configuration.rowLanes) {
      let word = first / perWord
      let (row, channel) = word.quotientAndRemainder(dividingBy: channels.count)
      // The last step waits for the padding on other channels too.
      let isLast = first + configuration.rowLanes >= count
      let arrival =
        isLast
        ? channels.reduce(0) { max($0, $1.embeddingArrivals[row]) } : channels[channel].embeddingArrivals[row]
      issue = max(issue + 1, arrival + timing.crossing + 1)
      for index in first..<min(first + configuration.rowLanes, count) {
        let place = tables[channel] + row * configuration.beatBytes + 2 * (index - word * perWord)
        for (stream, token) in tokens.enumerated() {
          let half = image.bytes.loadUnaligned(fromByteOffset: place + token * rowBytes, as: UInt16.self)
          let y = values.datapath.format.fromBFloat16(UInt16(littleEndian: half))
          let element = values.streams[stream].residual(index, y, values.slots, isEmbedding: true, outputs: outputs)
          watcher.foldElement(element.0, element.1, element.2, element.3)
        }
      }
    }
    let retired = issue + timing.embed + timing.residual
    complete(retired, tag)
    entry.rowSteps = configuration.steps(of: count)
    return retired
  }

  /// The products of a MATVEC, and what the armed row units make of them.
  ///
  /// - Returns: what was found, and when its last row is written.
  mutating func matvec(_ instruction: Operation, _ tag: RetireTag) throws(SimulatorError) -> (
    rows: RowSink, retired: Int
  ) {
    guard let unit = scoreboard.armed else {
      throw SimulatorError("A MATVEC has no armed row unit (cause 7, illegal instruction).")
    }
    let rows = instruction.rows
    let matrices = instruction.matrices
    let placement = GroupPlacement(
      channels: channels.count, first: nextChannel, groups: (rows + 4) / 5, matrices: matrices)
    nextChannel = placement.next
    let state = RowSink.StateSource(
      isCleared: request.clear && progress.step == 0, isChained: request.isOneSequence, isIdle: progress.isIdle)
    var offsets = channels.indices.map { operandOffset($0) }
    let groupBytes = instruction.beats * configuration.beatBytes
    var sink = RowSink(unit.instruction, matrices: matrices, state: state, values)
    values.clearStatistics()
    var earliest = scoreboard.activationsReady
    for slot in 0..<placement.slots {
      let groups = placement.groups(inSlot: slot)
      for matrix in 0..<matrices {
        let first = placement.first(slot: slot, matrix: matrix)
        for _ in 0..<instruction.beats - 1 {
          _ = accept(earliest, first: first, count: groups, .activations)
          earliest = 0
        }
        let last = accept(max(earliest, queue.isFree), first: first, count: groups, .activations)
        earliest = 0
        let entered = last + timing.engine
        let vector = instruction.isShared ? 0 : matrix
        for group in 0..<groups {
          let channel = (first + group) & (channels.count - 1)
          try multiply(group, offset: offsets[channel], vector: vector, count: groupBytes)
          offsets[channel] += groupBytes
        }
        if watcher.keeps { foldSlot(groups, first: first, cycle: entered) }
        let slotRows = min(5 * groups, rows - 5 * channels.count * slot)
        let steps = configuration.steps(of: slotRows)
        queue.pass(ready: entered + timing.queue, scalesValid: scoreboard.scalesValid, steps: steps)
        entry.rowSteps += steps
        for group in 0..<groups {
          let number = slot * channels.count + group
          sink.take(
            slotSums, at: group * configuration.streams, count: min(5, rows - 5 * number), group: number,
            matrix: matrix, &values, &watcher)
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
    let retired = queue.lastRow + timing.rowScale + latency
    complete(retired, unit.tag)
    return (sink, retired)
  }

  /// Folds the sums of a slot that enter the queue, in the order of the channels, of which the last may come before the
  /// first.
  private mutating func foldSlot(_ groups: Int, first: Int, cycle: Int) {
    watcher.foldSlot(cycle: cycle)
    let wraps = max(0, first + groups - channels.count)
    for place in 0..<groups {
      let group = place < wraps ? groups - wraps + place : place - wraps
      for stream in 0..<configuration.streams { watcher.foldSums(slotSums[group * configuration.streams + stream]) }
    }
  }

  /// The five sums of each stream for a row group whose weights lie at `offset`.
  @inline(__always)
  private mutating func multiply(_ group: Int, offset: Int, vector: Int, count: Int) throws(SimulatorError) {
    let streams = configuration.streams
    let codes = UnsafeRawBufferPointer(rebasing: image.bytes[offset..<offset + count])
    let stride = values.activationStride
    precondition((vector + 1) * count <= stride, "a vector of activations lies within its stream's")
    let isValid = values.activations.withUnsafeBufferPointer { activations in
      slotSums.withUnsafeMutableBufferPointer { sums in
        guard let codes = codes.bindMemory(to: UInt8.self).baseAddress, let inputs = activations.baseAddress else {
          return true
        }
        return TernaryGroup.sums(
          bytes: codes, activations: inputs + vector * count, stride: stride, count: count,
          into: UnsafeMutableBufferPointer(rebasing: sums[group * streams..<(group + 1) * streams]))
      }
    }
    guard isValid else {
      throw SimulatorError("The weight stream holds a byte above 242 (cause 6, bad trit code).")
    }
  }
}
