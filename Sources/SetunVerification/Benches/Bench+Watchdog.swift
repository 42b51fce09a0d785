import SeededRandom
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// Random programs, prompts, budgets, faults and stops, under random stalls on every port.
  public static func watchdog(count: Int) -> Bench {
    Bench(
      "watchdog",
      "\(count) random programs with random faults, stops and stalls on every port: each ends in time, with a cause, drained",
      isQuick: false
    ) {
      model, configuration, seed in
      var log = BenchLog()
      // A session's memory keeps its stalls, so there are several.
      let sessions = max(1, min(count / 25, 40))
      for session in 0..<sessions {
        let sessionSeed = seed &* 1_000_003 &+ UInt64(session)
        // Every other session has a model of its own shape.
        let fixture =
          try session % 2 == 0 ? .small(configuration) : BenchFixture.random(configuration, seed: sessionSeed)
        var dog = Watchdog(
          core: try CoreBench(model, fixture, .init(.random(seed: sessionSeed), latency: 8 + Int(sessionSeed % 80))),
          random: SeededGenerator(seed: sessionSeed))
        let share = count / sessions + (session < count % sessions ? 1 : 0)
        for program in 0..<share {
          let before = dog.core.log.findings.count
          try dog.runOne("watchdog seed \(seed), session \(session), \(fixture.shapeText), program \(program)")
          // After a hang everything later is of no use.
          if dog.core.log.findings.count > before + 4 { break }
        }
        log.merge(dog.core.log)
        if log.findings.count > 20 { break }
      }
      return log
    }
  }
}

/// One session of random runs.
private struct Watchdog {
  let core: CoreBench
  var random: SeededGenerator

  mutating func runOne(_ name: String) throws {
    let session = core.session
    let fixture = core.fixture
    session.setHost(stalls: random.oneIn(2) ? random.next() : nil)
    session.setLogitsReceiver(random.oneIn(3) ? .always : .random(seed: random.next()))
    var causes: Set<StopCause> = [.budgetReached, .endOfSequence]

    // The image.
    var instructions = core.bodyInstructions
    var beats = core.bodyBeats
    var what = name
    if !random.oneIn(4) {
      var edit = ImageEdit(fixture)
      let (body, changes) = randomBody()
      if body.longest(core.configuration) <= edit.bodyCapacity {
        edit.setBody(body)
        what += changes
        // A body without a beat is refused with its header.
        let hasNone = edit.headers.indices.contains { channel in
          [5, 6].contains { edit.headerWord($0, channel: channel) == 0 }
        }
        if hasNone { causes.insert(.headerFormat) }
      }
      if random.oneIn(8) {
        let word = random.pick(0...15)
        let channel = pickChannel()
        let value =
          random.oneIn(2)
          ? edit.headerWord(word, channel: channel) ^ 1 << UInt32(random.pick(0...31)) : UInt32(random.pick(0...4000))
        edit.setHeaderWord(word, value, channel: channel)
        if !random.oneIn(4) { edit.seal(channel: channel) }
        what += ", header word \(word) of channel \(channel) = \(value)"
        causes.formUnion([.headerFormat, .headerHash, .headerCRC])
      }
      core.present(edit)
      // Beats outside the memory end a run, so no more than all of it is ever read in a position.
      beats = edit.bytes.count / core.configuration.beatBytes
      instructions = beats
      causes.formUnion([.badTritCode, .illegalInstruction, .memoryError, .badStart])
    }
    if random.oneIn(10) {
      let beat = random.pick(0...3 * core.bodyBeats)
      let channel = pickChannel()
      session.failBeat(beat, channel: channel, response: UInt32(random.pick(2...3)))
      what += ", beat \(beat) of channel \(channel) fails"
      causes.insert(.memoryError)
    }

    // The run.
    var prompt = fixture.prompt(random.pick(1...3), seed: random.next())
    if random.oneIn(12) {
      prompt[random.pick(0...prompt.count - 1)] = random.pick(0...2 * fixture.vocabulary)
      causes.insert(.badStart)
    }
    let request = RunRequest(
      prompt: prompt, budget: random.pick(1...3), clear: random.oneIn(2), score: random.oneIn(4),
      endToken: random.oneIn(3) ? random.pick(0...fixture.vocabulary - 1) : nil)
    what += ", \(request)"
    try core.start(request, logits: random.oneIn(3))
    let limit = core.bound.run(
      positions: prompt.count + request.budget - 1, beats: beats, instructions: instructions)

    // Perhaps its end.
    switch random.pick(0...5) {
    case 0, 1:
      let time = random.oneIn(3) ? random.pick(0...250) : random.pick(0...4000)
      if time > 0 { _ = try session.run(maxCycles: time) }
      let isReset = random.oneIn(2)
      what += ", \(isReset ? "soft reset" : "abort") after \(time)"
      if isReset { try session.softReset() } else { try session.abort() }
      try core.finish(what, causes.union([isReset ? .softReset : .abort]), within: core.bound.stop)
    case 2 where random.oneIn(3):
      _ = try session.run(maxCycles: random.pick(1...3000))
      session.reset(cycles: random.pick(1...3))
      try core.finish("\(what), reset", [.none], within: 4)
    default:
      try core.finish(what, causes, within: limit + core.bound.stop)
    }
    session.clearFaults()
    session.setHost()
    session.setLogitsReceiver(.always)
    _ = try session.run(maxCycles: 40)
    _ = session.takeLogitRows()
    if random.oneIn(3) {
      try core.compare(what, RunRequest(prompt: fixture.prompt(random.pick(1...2)), budget: random.pick(1...2)))
    } else {
      _ = try session.drainTokenFIFO()
    }
  }

  /// Any channel; where there is one it is not a matter of chance.
  private mutating func pickChannel() -> Int {
    let channels = core.configuration.channels
    return channels == 1 ? 0 : random.pick(0...channels - 1)
  }

  /// The fixture's body with some changes, and what they are.
  private mutating func randomBody() -> (HandBody, String) {
    var body = HandBody(core.fixture)
    var changes = ""
    if random.oneIn(6) { return (madeUp(), ", made up") }
    for _ in 0..<random.pick(1...2) {
      guard !body.items.isEmpty else { break }
      let index = random.pick(0...body.items.count - 1)
      switch random.pick(0...7) {
      case 0:
        let bit = random.pick(0...127)
        body.items[index].word[bit, 1] ^= 1
        changes += ", bit \(bit) of instruction \(index)"
      case 1:
        let fields = body.items[index].opcode.map { InstructionSet[$0].fields } ?? []
        guard !fields.isEmpty else { break }
        let field = fields[random.pick(0...fields.count - 1)]
        let value =
          UInt32(truncatingIfNeeded: random.next())
          & UInt32((UInt64(1) << UInt64(min(field.width, random.pick(1...24)))) - 1)
        body.items[index][field.name] = value
        changes += ", \(field.name) of instruction \(index) = \(value)"
      case 2:
        body.remove(index)
        changes += ", without instruction \(index)"
      case 3:
        body.insert(body.items[index], at: random.pick(0...body.items.count))
        changes += ", instruction \(index) again"
      case 4:
        let other = random.pick(0...body.items.count - 1)
        body.items.swapAt(index, other)
        changes += ", instructions \(index) and \(other) swapped"
      case 5:
        body.plainBeatsOff = random.pick(-20...5)
        changes += ", body \(body.plainBeatsOff) beats longer"
      case 6:
        body.beatsOff = random.pick(-20...5)
        changes += ", head \(body.beatsOff) beats longer"
      default:
        // Weights more often than vectors.
        let index = random.oneIn(2) ? index : body.items.lastIndex { $0.opcode == .matvec } ?? index
        guard !body.items[index].operand.isEmpty else { break }
        let place = random.pick(0...body.items[index].operand.count - 1)
        body.items[index].operand[place] = UInt8(random.oneIn(2) ? random.pick(243...255) : random.pick(0...255))
        changes += ", operand byte \(place) of instruction \(index)"
      }
    }
    return (body, changes)
  }

  /// Instructions in no order, most of them possible by themselves.
  private mutating func madeUp() -> HandBody {
    var body = HandBody(core.fixture)
    let pool = body.items
    body.items = (0..<random.pick(1...20)).map { _ in pool[random.pick(0...pool.count - 1)] }
    if random.oneIn(2) { body.items.insert(pool[0], at: 0) }
    body.headStart = random.pick(0...body.items.count)
    return body
  }
}
