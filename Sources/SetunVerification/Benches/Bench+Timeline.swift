import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// What the host reads in single cycles: the end of a run, and how long the core takes from there to idle.
  static let timeline = Bench(
    "timeline", "CYCLES, STATUS and cause, cycle by cycle, as a run ends and until the core is idle"
  ) {
    model, configuration, _ in
    let core = try CoreBench(model, try .small(configuration))
    let session = core.session
    // A read shows the cycle after the one in which its address is taken, and is over two cycles later.
    let lag = 2
    // One cycle to see that nothing is outstanding, then the core is held cleared.
    let toIdle = 1 + MachineTiming(configuration).settle

    /// Reads a register as it is in a cycle.
    func read(_ register: ControlRegister, in cycle: Int, _ what: String) throws -> UInt32 {
      _ = try session.run(maxCycles: cycle - 1 - session.cycle)
      let value = try session.read(register)
      core.log.expect(session.cycle - lag == cycle, "\(what): cycle \(session.cycle - lag) was read, not \(cycle)")
      return value
    }
    /// STATUS and CYCLES around a cycle that ends a run, and around the one that ends its being busy.
    func watch(_ what: String, end: Int, _ cause: StopCause, isCounted: Bool, _ start: () throws -> Void) throws {
      let around = [end - 2, end - 1, end, end + 1, end + 2].filter { $0 > lag }
      for cycle in around + [end + toIdle - 1, end + toIdle, end + toIdle + 1, end + toIdle + 2] {
        try start()
        let status = CoreStatus(rawValue: try read(.status, in: cycle, what))
        core.log.expect(
          status.cause == (cycle <= end ? .none : cause) && status.isBusy == (cycle <= end + toIdle),
          "\(what), in cycle \(cycle) with the end in \(end): STATUS is \(status)")
        try core.finish(what, [cause], within: core.bound.stop)
        _ = try session.drainTokenFIFO()
      }
      // While a run lasts CYCLES has the cycles after START that are over.
      for cycle in around {
        try start()
        let count = Int(try read(.cyclesLow, in: cycle, what))
        core.log.expect(
          count == (isCounted || cycle <= end ? min(cycle - 1, end) : 0),
          "\(what): CYCLES is \(count) in cycle \(cycle), with the end in \(end)")
        try core.finish(what, [cause], within: core.bound.stop)
        _ = try session.drainTokenFIFO()
      }
    }

    let request = RunRequest(prompt: core.fixture.prompt(1), budget: 1)
    let expected = try core.fixture.expected(request, core.memory)
    try watch("the end of a run", end: expected.cycles, .budgetReached, isCounted: true) { try core.start(request) }
    // Known at once, or once the settings of all streams have been looked at; either way the run counts no cycle.
    let refusal = MachineTiming(configuration).startToRequest - 1
    try watch("START with an empty prompt", end: refusal, .badStart, isCounted: false) {
      core.log.countRun()
      try session.start(prompt: [], budget: 1)
    }
    return core.log
  }
}
