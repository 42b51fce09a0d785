import Checkpoint
import SeededRandom
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// What the host does while a run is busy changes nothing in it.
  static let hostTraffic = Bench(
    "host-traffic",
    "reads and writes of every kind during a run, START while busy, unmapped addresses, partial strobes, stalls"
  ) {
    model, configuration, seed in
    var log = BenchLog()
    var random = SeededGenerator(seed: seed)
    for fixture in [try BenchFixture.small(configuration), try .long(configuration)] {
      let core = try CoreBench(model, fixture)
      let session = core.session
      try identify(core)
      let request = RunRequest(prompt: fixture.prompt(2), budget: 2)
      let expected = try fixture.expected(request, core.memory)
      for round in 0..<2 {
        session.setHost(stalls: round == 0 ? nil : seed)
        try core.start(request)
        let first = session.totalCycles
        var read: [Int] = []
        while session.totalCycles - first < expected.cycles - 200 {
          try disturb(core, &random, tokens: &read)
          // Whatever was written to the settings is for the next run.
        }
        try core.finish("host traffic, round \(round)", [.budgetReached], within: core.runBound(request))
        read += try session.drainTokenFIFO()
        core.log.expect(
          read == expected.generated, "host traffic, round \(round): TOKEN gave \(read), not \(expected.generated)")
        let comparison = RecordComparison(simulator: expected.records, rtl: session.records, context: 1)
        core.log.expect(
          comparison.isEqual,
          "host traffic, round \(round): \(comparison.firstDifference?.description ?? "records differ")")
        session.setHost()
        try core.compare("after host traffic, round \(round)", request)
      }
      // The low twelve bits of IMAGE_BASE are taken as 0.
      try core.start(request)
      try core.session.abort()
      try core.finish("ABORT at once", [.abort], within: core.bound.stop)
      try session.write(.imageBaseLow, UInt32(truncatingIfNeeded: fixture.imageBase) | 0xABC)
      core.log.expect(
        try session.read(.imageBaseLow) == UInt32(truncatingIfNeeded: fixture.imageBase), "IMAGE_BASE keeps low bits")
      try session.write(.control, ControlCommand.start.union(.clear).rawValue)
      try core.finish("unaligned IMAGE_BASE", [.budgetReached], within: core.runBound(request))
      try core.check("unaligned IMAGE_BASE", request, expected)
      log.merge(core.log)
    }
    return log
  }

  /// The read-only registers, and the read-back of the others.
  private static func identify(_ core: CoreBench) throws {
    let session = core.session
    let hash = core.configuration.hash
    let fixed: [(ControlRegister, UInt32)] = [
      (.identity, ControlRegister.identityValue), (.version, ImageHeader.version),
      (.configHashLow, UInt32(truncatingIfNeeded: hash)), (.configHashHigh, UInt32(hash >> 32)), (.status, 0),
      (.token, 0),
    ]
    for (register, value) in fixed {
      let found = try session.read(register)
      core.log.expect(found == value, "\(register.name) reads \(found), not \(value)")
    }
    for (register, value, kept) in [
      (ControlRegister.imageBaseLow, UInt32(0x1234_5FFF), UInt32(0x1234_5000)), (.imageBaseHigh, 0xFFFF_FFA5, 0xA5),
      (.promptLength, 0xDEAD_BEEF, 0xDEAD_BEEF), (.tokenBudget, 0x0102_0304, 0x0102_0304), (.eosID, .max, .max),
      (.channelStride, 0x8765_4FFF, 0x8765_4000),
    ] where register.isPresent(in: core.configuration) {
      try session.write(register, value)
      let found = try session.read(register)
      core.log.expect(found == kept, "\(register.name) reads \(found) after \(value) was written")
    }
    for strobes in UInt32(0)..<15 {
      session.setHost(strobes: strobes)
      refuses(core, "write with strobes \(strobes)") { () throws(BridgeError) in try session.write(.tokenBudget, 7) }
    }
    session.setHost()
    core.log.expect(try session.read(.tokenBudget) == 0x0102_0304, "a write with partial strobes had an effect")
    for strobes in [UInt32(0), 1, 7, 14] {
      session.setHost(strobes: strobes)
      refuses(core, "START with strobes \(strobes)") { () throws(BridgeError) in
        try session.write(.control, ControlCommand.start.rawValue)
      }
    }
    session.setHost()
    for address in unmapped(core.configuration) {
      refuses(core, "write to \(address)") { () throws(BridgeError) in try session.write(address: address, 1) }
      refuses(core, "read of \(address)") { () throws(BridgeError) in _ = try session.read(address: address) }
    }
    refuses(core, "read of CONTROL") { () throws(BridgeError) in _ = try session.read(.control) }
    refuses(core, "read of the prompt") { () throws(BridgeError) in
      _ = try session.read(address: ControlRegister.promptWindow)
    }
    for register in ControlRegister.allCases where register.access == .read {
      refuses(core, "write to \(register.name)") { () throws(BridgeError) in try session.write(register, 1) }
    }
    core.log.expect(!session.hasStarted, "something started a run")
  }

  private static func unmapped(_ configuration: Configuration) -> [UInt16] {
    let end = ControlRegister.promptAddress(configuration.promptCapacity) ?? 0x8000
    let absent = ControlRegister.allCases.filter { !$0.isPresent(in: configuration) }.map(\.address)
    return absent + [
      0x001, 0x002, 0x003, 0x016, 0x048, 0x100, 0x114, 0x1000, 0x2020, 0x3FFC, 0x4001, 0x4002, end, 0x8000, 0xC010,
      0xFFFC,
    ]
  }

  /// A transaction that must be answered with SLVERR.
  private static func refuses(_ core: CoreBench, _ what: String, _ transaction: () throws(BridgeError) -> Void) {
    do {
      try transaction()
      core.log.add("\(what) is not refused")
    } catch .refused(_, response: 2) {
      return
    } catch {
      core.log.add("\(what): \(error)")
    }
  }

  /// One transaction that a host should not do, or may do at any time.
  private static func disturb(_ core: CoreBench, _ random: inout SeededGenerator, tokens: inout [Int]) throws {
    let session = core.session
    switch random.pick(0...8) {
    case 0: try session.write(.control, ControlCommand.start.rawValue | UInt32(random.pick(0...15)) << 3)
    case 1:
      let index = random.pick(0...core.configuration.promptCapacity - 1)
      let address = ControlRegister.promptAddress(index) ?? 0
      refuses(core, "prompt write while busy") { () throws(BridgeError) in try session.write(address: address, 5) }
    case 2:
      let all: [ControlRegister] = [.imageBaseLow, .imageBaseHigh, .promptLength, .tokenBudget, .eosID, .channelStride]
      let settings = all.filter { $0.isPresent(in: core.configuration) }
      try session.write(settings[random.pick(0...settings.count - 1)], UInt32(truncatingIfNeeded: random.next()))
    case 3:
      let all = unmapped(core.configuration)
      let address = all[random.pick(0...all.count - 1)]
      refuses(core, "read of \(address)") { () throws(BridgeError) in _ = try session.read(address: address) }
      refuses(core, "write to \(address)") { () throws(BridgeError) in try session.write(address: address, .max) }
    case 4: try session.write(.control, UInt32(random.pick(0...15)) << 3 | 0x8000_0000)
    case 5:
      let word = try session.read(.token)
      if word >> 31 == 1 { tokens.append(Int(word & 0x7FFF_FFFF)) }
    case 6:
      core.log.expect(try session.status().isBusy, "STATUS is not busy during a run")
    case 7:
      let cycles = try session.cyclesRegister()
      core.log.expect(abs(Int(cycles) - session.cycle) < 256, "CYCLES is \(cycles) at cycle \(session.cycle)")
      _ = try session.beatsRegister()
    default: _ = try session.run(maxCycles: random.pick(1...60))
    }
  }

  /// A host that does not read its tokens.
  static let fullTokenFIFO = Bench(
    "full-token-fifo", "tokens left in the FIFO: the core waits for the host, then goes on", isQuick: false
  ) {
    model, configuration, _ in
    let fixture = try BenchFixture.small(configuration)
    let core = try CoreBench(model, fixture)
    let session = core.session
    let capacity = configuration.unreadTokens
    let request = RunRequest(prompt: fixture.prompt(1), budget: capacity + 4)
    let expected = try fixture.expected(request, core.memory)
    try core.start(request)
    session.setRecording(false)
    _ = try session.run(maxCycles: expected.tokenCycles[capacity - 1] + 100)
    _ = try session.run(maxCycles: 4000)
    core.log.expect(session.tokenCount == capacity, "\(session.tokenCount) tokens went into a FIFO of \(capacity)")
    core.log.expect(try session.status().isBusy, "the core did not wait for the host")
    var tokens: [Int] = []
    // One place at a time.
    for _ in 0..<2 {
      tokens.append(Int(try session.read(.token) & 0xFFFF))
      _ = try session.run(maxCycles: 4000)
      core.log.expect(
        session.tokenCount == capacity + tokens.count, "a free place did not let exactly one token through")
    }
    tokens += try session.drainTokenFIFO()
    try core.finish("tokens read late", [.budgetReached], within: core.runBound(request))
    tokens += try session.drainTokenFIFO()
    core.log.expect(tokens == expected.generated, "tokens read late: \(tokens), not \(expected.generated)")
    session.setRecording(true)

    // A run that cannot begin for want of a place, and one that waits in the middle, are stopped as any other.
    for budget in [capacity + 1, 1] {
      if budget > 1 { session.setRecording(false) }
      try core.start(RunRequest(prompt: request.prompt, budget: budget))
      _ = try session.run(maxCycles: budget > 1 ? expected.tokenCycles[capacity - 1] + 2000 : 3000)
      core.log.expect(try session.status().isBusy, "budget \(budget): the core did not wait for the host")
      try session.abort()
      try core.finish("ABORT of a core that waits for the host", [.abort], within: core.bound.stop)
      session.setRecording(true)
    }
    // The FIFO is full: a run begins when the host reads the first of its tokens.
    let late = RunRequest(prompt: request.prompt, budget: 1)
    try core.start(late)
    _ = try session.run(maxCycles: 3000)
    core.log.expect(try session.status().isBusy && session.tokenCount == 0, "a full FIFO: the run did not wait")
    _ = try session.read(.token)
    try core.finish("a run that began late", [.budgetReached], within: core.runBound(late))
    core.log.expect(
      try session.drainTokenFIFO().last == expected.generated.first, "a run that began late: another token")
    try core.compare("after full token FIFO", RunRequest(prompt: request.prompt, budget: 2))
    return core.log
  }

  /// A receiver of logits that is slow, or stops.
  static let logitsBackpressure = Bench(
    "logits-backpressure", "LOGITS_TREADY at random and never: same logits and tokens; ABORT while it is low"
  ) {
    model, configuration, seed in
    var log = BenchLog()
    // More logits than the core has places for, whether the receiver is slow or stops.
    let shape = ModelConfiguration(
      hiddenSize: 24, intermediateSize: 40, layerCount: 1, vocabularySize: 151 * configuration.rowLanes - 1)
    let fixture = try BenchFixture(configuration, shape, seed: seed)
    let places = MachineTiming(configuration).logitPlaces * configuration.rowLanes
    for memory in [MemoryModel.ideal, .random(seed: seed)] {
      let core = try CoreBench(model, fixture, memory)
      let session = core.session
      let request = RunRequest(prompt: fixture.prompt(2), budget: 3)
      let expected = try fixture.expected(request, memory)
      let rows = try fixture.expectedLogits(request, memory)
      for receiver in [LogitsReceiver.always, .random(seed: seed), .random(seed: seed &+ 1)] {
        session.setLogitsReceiver(receiver)
        try core.start(request, logits: true)
        try core.finish("logits, \(receiver)", [.budgetReached], within: core.runBound(request))
        _ = try session.run(maxCycles: 40 * fixture.vocabulary)
        let found = session.takeLogitRows()
        core.log.expect(
          found == rows, "logits, \(receiver): \(found.count) rows differ from the \(rows.count) simulated ones")
        let tokens = session.tokens.map(\.id)
        core.log.expect(
          tokens == expected.generated, "logits, \(receiver): tokens \(tokens), not \(expected.generated)")
        if receiver == .always { try core.check("logits, always ready", request, expected) }
        _ = try session.drainTokenFIFO()
      }
      // Not at all: the core waits, and can be stopped; what was under way comes out before the next run's logits.
      session.setLogitsReceiver(.never)
      try core.start(request, logits: true)
      _ = try session.run(maxCycles: expected.cycles + 2000)
      core.log.expect(try session.status().isBusy && session.tokenCount == 0, "logits never taken: the core went on")
      try session.abort()
      try core.finish("ABORT while logits wait", [.abort], within: core.bound.stop)
      session.setLogitsReceiver(.always)
      _ = try session.run(maxCycles: 100)
      core.log.expect(
        session.logitCount == places, "logits never taken: the core held \(session.logitCount), not \(places)")
      try core.compare("after ABORT while logits waited", request)
      log.merge(core.log)
    }
    return log
  }
}
