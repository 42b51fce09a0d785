import SetunMachine

/// Where the cycles go.
extension PositionRunner {
  /// Notes an accepted step and the cycles without one before it.
  @inline(never)
  mutating func note(_ cycle: Int, _ earliest: Int, _ hold: Hold, first: Int, count: Int) {
    entry.steps += 1
    entry.beats += count
    for place in first..<first + count {
      let channel = place & (beats.count - 1)
      account.fifoBeatCycles += channels[channel].residence(of: beats[channel] - 1, accepted: cycle)
    }
    guard cycle > sequencerFree else { return }
    let marks: PositionAccount.Marks
    switch hold {
    case .nothing: marks = []
    case .scoreboard: marks = [(earliest, .scoreboard)]
    case .unit: marks = unitMarks + [(earliest, .latency)]
    // The later of the two decides, and the queue can be full only when there have been activations.
    case .activations: marks = [(scoreboard.activationsReady, .norm), (earliest, .rows)]
    }
    PositionAccount.divide(sequencerFree, cycle, marks, rest: .memory, into: &entry.waits)
  }

  /// What keeps the armed unit: its last sums come out of the engine, the rows before them leave, they pass the unit.
  private var unitMarks: PositionAccount.Marks {
    switch scoreboard.armed?.instruction.opcode {
    case nil: []
    case .embed: [(scoreboard.unitIdle, .embedding)]
    default: [(queue.slotReady, .latency), (queue.lastRow + 1, .rows), (scoreboard.unitIdle, .latency)]
    }
  }

  mutating func beginAccount() {
    account = PositionAccount(start: scoreboard.unitIdle, hasHead: progress.hasHead)
    entry = InstructionAccount()
    entry.waits[StallCause.turnaround.rawValue] = progress.step > 0 ? sequencerFree - scoreboard.unitIdle : 0
  }

  mutating func closeEntry() {
    account.instructions.append(entry)
    entry = InstructionAccount()
  }

  mutating func closeAccount() {
    PositionAccount.divide(sequencerFree, scoreboard.unitIdle, unitMarks, rest: .latency, into: &account.drain)
    account.end = scoreboard.unitIdle
    account.spans = result.spans
    result.positions.append(account)
  }
}
