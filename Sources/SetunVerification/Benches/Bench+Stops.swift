import SeededRandom
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// ABORT and SOFT_RESET in every phase of a run.
  static let stops = Bench(
    "stops", "ABORT and SOFT_RESET at random cycles of every phase, then a run like the first: causes 3 and 4"
  ) {
    model, configuration, seed in
    var log = BenchLog()
    var random = SeededGenerator(seed: seed)
    let isNarrow = configuration.beatBits == 128
    let fixtures = [try BenchFixture.small(configuration)] + (isNarrow ? [try .long(configuration)] : [])
    for fixture in fixtures {
      for memory in [MemoryModel.ideal, .random(seed: seed)] {
        let core = try CoreBench(model, fixture, memory)
        let request = RunRequest(prompt: fixture.prompt(2), budget: 2)
        let cycles = try fixture.expected(request, memory).cycles
        // The header, its check, the first requests, then anywhere.
        let directed = [0, 1, 2, 4, 40, 70, 100, 131, 134, 140, 190, 200, 220]
        let count = isNarrow ? 24 : 8
        let times = directed + (0..<count).map { _ in random.pick(0...cycles) } + [cycles - 1, cycles, cycles + 1]
        for (number, time) in times.enumerated() {
          let isReset = random.oneIn(2)
          let what = "\(isReset ? "SOFT_RESET" : "ABORT") after about \(time) cycles, \(memory)"
          try core.start(request)
          if time > 0 { _ = try core.session.run(maxCycles: time) }
          if isReset { try core.session.softReset() } else { try core.session.abort() }
          let stopped: StopCause = isReset ? .softReset : .abort
          let mayHaveEnded = time + 64 >= cycles
          try core.finish(what, mayHaveEnded ? [stopped, .budgetReached] : [stopped], within: core.bound.stop)
          if number % 4 != 3 { try core.compare(what, request) }
        }
        // With START in the same write; on an idle core.
        for (command, cause) in [(ControlCommand.abort, StopCause.abort), (.softReset, .softReset)] {
          try core.session.write(.control, ControlCommand.start.union(command).rawValue)
          try core.finish("START with \(cause.explanation)", [cause], within: core.bound.stop)
          let count = try core.session.cyclesRegister()
          core.log.expect(count == 0, "START with \(cause.explanation): CYCLES is \(count)")
          try core.session.write(.control, command.rawValue)
          try core.finish("\(cause.explanation) of an idle core", [cause], within: core.bound.stop)
          try core.compare("START with \(cause.explanation)", request)
        }
        // Twice, and one after the other.
        try core.start(request)
        _ = try core.session.run(maxCycles: cycles / 2)
        try core.session.abort()
        try core.session.softReset()
        try core.session.abort()
        try core.finish("ABORT, SOFT_RESET, ABORT", [.abort], within: core.bound.stop)
        try core.compare("ABORT, SOFT_RESET, ABORT", request)
        log.merge(core.log)
      }
    }
    return log
  }

  /// The reset pin in every phase of a run.
  static let resets = Bench("resets", "rst_ni at random cycles, bursts under way included, then a run like the first") {
    model, configuration, seed in
    var random = SeededGenerator(seed: seed)
    let fixture = try BenchFixture.small(configuration)
    let core = try CoreBench(model, fixture, .random(seed: seed))
    let request = RunRequest(prompt: fixture.prompt(2), budget: 2)
    let cycles = try fixture.expected(request, core.memory).cycles
    for time in [1, 70, 100, 140, 200] + (0..<10).map({ _ in random.pick(0...cycles) }) {
      try core.start(request)
      _ = try core.session.run(maxCycles: time)
      core.session.reset(cycles: random.pick(1...4))
      try checkRegistersAfterReset("reset after \(time) cycles", core)
      try core.compare("reset after \(time) cycles", request)
    }
    return core.log
  }

  /// Stop at EOS.
  static let endTokens = Bench(
    "end-tokens", "EOS as first, later and no token: causes 2 and 1; state kept between runs; SCORE"
  ) {
    model, configuration, _ in
    let fixture = try BenchFixture.small(configuration)
    let core = try CoreBench(model, fixture, .random(seed: 3))
    let plain = RunRequest(prompt: fixture.prompt(2), budget: 4)
    let tokens = try fixture.expected(plain, core.memory).generated
    for token in Set(tokens) {
      try core.compare("EOS \(token) of \(tokens)", RunRequest(prompt: plain.prompt, budget: 4, endToken: token))
    }
    let stranger = (0..<fixture.vocabulary).first { !tokens.contains($0) } ?? 0
    try core.compare(
      "EOS \(stranger), not of \(tokens)", RunRequest(prompt: plain.prompt, budget: 4, endToken: stranger))
    // An EOS that is a prompt's token ends nothing.
    try core.compare("SCORE", RunRequest(prompt: fixture.prompt(4), budget: 2, score: true))

    // A second run without CLEAR goes on from the first one's state.
    var simulator = MachineSimulator(fixture.compiled, imageBase: fixture.imageBase)
    var observer = NoObserver()
    for (number, clear) in [true, false, false, true, false].enumerated() {
      let request = RunRequest(prompt: fixture.prompt(2, seed: UInt64(number)), budget: 2, clear: clear)
      let expected = try simulator.run(request, memory: core.memory, records: true, observer: &observer)
      try core.start(request)
      try core.finish("run \(number)", [.budgetReached], within: core.runBound(request))
      try core.check("run \(number), \(clear ? "cleared" : "continued")", request, expected)
    }
    return core.log
  }
}
