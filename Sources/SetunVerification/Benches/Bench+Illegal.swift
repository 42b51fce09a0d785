import SetunMachine
import SetunSimulator
import VerilatorBridge

/// A program with one thing wrong in it.
private struct IllegalCase {
  var what: String
  var change: (inout HandBody) -> Void
  var prompt = 1
  var budget = 1
}

extension Bench {
  private static func run(
    _ cases: [IllegalCase], _ core: CoreBench, causes: Set<StopCause> = [.illegalInstruction]
  ) throws {
    let again = RunRequest(prompt: core.fixture.prompt(1), budget: 1)
    for (number, item) in cases.enumerated() {
      var body = HandBody(core.fixture)
      item.change(&body)
      var edit = ImageEdit(core.fixture)
      edit.setBody(body)
      core.present(edit)
      let request = RunRequest(prompt: core.fixture.prompt(item.prompt), budget: item.budget)
      let beats = body.total(core.configuration)
      let limit =
        core.bound.run(positions: item.prompt + item.budget - 1, beats: beats, instructions: body.items.count)
        + core.bound.stop
      try core.start(request)
      try core.finish(item.what, causes, within: limit)
      core.session.clearFaults()
      _ = try core.session.drainTokenFIFO()
      if number % 8 == 7 || number == cases.count - 1 { try core.compare(item.what, again) }
    }
  }

  /// Single instructions that the machine cannot execute.
  static let illegalInstructions = Bench(
    "illegal-instructions", "unknown operation codes, reserved bits, fields out of range: cause 7"
  ) {
    model, configuration, seed in
    let core = try CoreBench(model, try .small(configuration))
    var cases: [IllegalCase] = []
    let entries = HandBody(core.fixture).items
    let kinds = Opcode.allCases.filter { opcode in entries.contains { $0.opcode == opcode } }

    for code in [0x00, 0x09, 0x10, 0x80, 0x81, 0xFF] as [UInt32] {
      for opcode in [Opcode.load, .rmsNorm, .matvec] {
        cases.append(
          IllegalCase(what: "operation code \(code) in place of \(opcode)") {
            $0.items[$0.index(opcode)].word[0, 8] = code
          })
      }
    }
    for opcode in kinds {
      var used = Set(0..<8)
      for field in InstructionSet[opcode].fields { used.formUnion(field.lsb..<field.lsb + field.width) }
      for bit in 0..<InstructionSet.wordBits where !used.contains(bit) {
        cases.append(IllegalCase(what: "\(opcode) with bit \(bit)") { $0.items[$0.index(opcode)].word[bit, 1] = 1 })
      }
    }
    func field(
      _ opcode: Opcode, _ name: String, _ values: [Int], _ also: @escaping (inout HandBody.Item) -> Void = { _ in }
    ) {
      for value in values {
        cases.append(
          IllegalCase(what: "\(opcode) with \(name) \(value)") { body in
            let index = body.index(opcode)
            also(&body.items[index])
            body.items[index][name] = UInt32(value)
          })
      }
    }
    let c = configuration
    let fixture = core.fixture
    field(.load, "count", [0, c.hiddenCapacity + 1, 65535])
    field(.load, "count", [c.intermediateCapacity + 1]) { $0["slot"] = 7 }
    let rowBeats = fixture.compiled.header.embeddingBeats
    let perRow = c.channels * c.halvesPerBeat
    field(
      .embed, "count",
      [0, (rowBeats - 1) * perRow, rowBeats * perRow + 1, c.hiddenCapacity + 1, 65535])
    field(.embed, "outputs", [0])
    field(.rmsNorm, "count", [0, c.hiddenCapacity + 1, 65535])
    field(.rmsNorm, "count", [c.vectorCapacity + 1]) { $0["matrices"] = 1 }
    field(.rmsNorm, "matrices", [0])
    field(.mlgru, "count", [0, c.hiddenCapacity + 1, 65535])
    let lastState = (c.stateCapacity - fixture.compiled.header.hiddenSize) / c.rowLanes
    field(.mlgru, "state", [c.stateCapacity, lastState + 1, 0xFF_FFFF])
    field(.glu, "count", [0, c.intermediateCapacity + 1, 65535])
    field(.residual, "count", [0, c.hiddenCapacity + 1, 65535])
    field(.residual, "outputs", [0])
    field(.argmax, "count", [0, c.vocabularyCapacity + 1, 65535])
    let rows = fixture.compiled.header.hiddenSize
    field(.matvec, "rows", [0, rows - 1, rows + 1, 65535])
    field(.matvec, "matrices", [0, 1, 2])
    field(.matvec, "beats", [0, c.words(of: rows) + 1, c.activationWords + 1, 65535])
    field(.matvec, "shared", [1])
    // With some capacities the largest value that a field can hold is legal, or differs in nothing.
    try run(cases, core)
    return core.log
  }

  /// Orders of legal instructions that the machine cannot execute, or that would never end.
  static let illegalBodies = Bench("illegal-bodies", "instructions in an impossible order, bodies cut short: cause 7") {
    model, configuration, seed in
    let core = try CoreBench(model, try .small(configuration))
    let fixture = core.fixture
    let whole = HandBody(fixture)
    func item(_ opcode: Opcode, _ number: Int = 0) -> HandBody.Item { whole.items[whole.index(opcode, number)] }
    var cases: [IllegalCase] = []
    func add(_ what: String, prompt: Int = 1, budget: Int = 1, _ change: @escaping (inout HandBody) -> Void) {
      cases.append(IllegalCase(what: what, change: change, prompt: prompt, budget: budget))
    }

    for unit in [Opcode.mlgru, .glu, .residual, .argmax] {
      add("\(unit) and its MATVEC of no rows") { $0.setRows(0, of: unit, configuration) }
    }
    for slot in [UInt32(0), 7] {
      add("LOAD of nothing to slot \(slot)") { body in
        var load = item(.load)
        load["slot"] = slot
        load["count"] = 0
        load.operand = Array(load.operand.prefix(configuration.beatBytes))
        body.insert(load, at: 0)
      }
    }
    add("MATVEC first") { $0.insert(item(.matvec), at: 0) }
    add("MATVEC after EMBED") { $0.insert(item(.matvec), at: $0.index(.embed) + 1) }
    add("MATVEC twice") { $0.insert(item(.matvec), at: $0.index(.matvec) + 1) }
    add("MATVEC without its unit") { $0.remove($0.index(.mlgru)) }
    for unit in [Opcode.mlgru, .glu, .residual, .argmax] {
      for second in [Opcode.mlgru, .glu, .residual, .argmax, .embed, .load, .rmsNorm] {
        add("\(second) between \(unit) and its MATVEC") { $0.insert(item(second), at: $0.index(unit) + 1) }
      }
      add("\(unit) without its MATVEC") { $0.remove($0.index(unit) + 1) }
      add("body that ends at \(unit)", prompt: unit == .argmax ? 1 : 2) { body in
        body.items.removeSubrange((body.index(unit) + 1)...)
        body.headStart = unit == .argmax ? body.headStart : body.items.count
      }
    }
    add("RMSNORM first") { $0.insert(item(.rmsNorm), at: 0) }
    let early = cases.count
    add("MATVEC without RMSNORM", prompt: 1) { body in
      let embed = body.index(.embed)
      body.items = Array(body.items[...embed]) + [item(.mlgru), item(.matvec)]
      body.headStart = 1
    }
    add("no EMBED", prompt: 1) { $0.remove($0.index(.embed)) }
    add("no EMBED, several positions", prompt: 3) { $0.remove($0.index(.embed)) }
    add("nothing but LOAD", prompt: 2) { body in
      body.items = [item(.load)]
      body.headStart = 1
    }
    add("EMBED twice") { $0.insert(item(.embed), at: $0.index(.embed)) }
    add("EMBED again at the end") { $0.insert(item(.embed), at: $0.headStart) }
    add("ARGMAX where there is no head", prompt: 2) { $0.headStart = $0.items.count }
    add("head without ARGMAX") { body in
      body.items.removeSubrange(body.headStart...)
    }
    // The first one's token must not be the run's last.
    add("ARGMAX twice", budget: 2) { body in
      let tail = body.items[body.headStart...]
      body.items += tail
    }
    for (opcode, name) in [(Opcode.load, "LOAD"), (.matvec, "MATVEC")] {
      add("body that ends at \(name)", prompt: 2) { body in
        body.plainEnd = (body.index(opcode), 1)
      }
      add("body that ends in the operand of \(name)", prompt: 2) { body in
        body.plainEnd = (body.index(opcode), 2)
      }
      add("last operand of \(name) missing", prompt: 2) { body in
        let index = body.index(opcode, 99)
        if index >= body.headStart {
          body.beatsOff = -1
        } else {
          body.plainEnd = (index + 1, -1)
        }
      }
    }
    add("body that reaches into the head", prompt: 2) { $0.plainBeatsOff = 2 }
    // The run before has ended with the head's RMSNORM, whose activations would do.
    add("MATVEC without RMSNORM in this run") { body in
      for opcode in [Opcode.rmsNorm, .mlgru, .matvec, .rmsNorm] { body.remove(body.index(opcode)) }
    }
    for extra in [1, 2] {
      add("RMSNORM of another number of vectors, \(extra)") { $0.items[$0.index(.rmsNorm)]["matrices"] = UInt32(extra) }
    }
    try run(cases, core)

    // Weights where instructions should be, and the other way round: no code, or no instruction.
    let mixed: [IllegalCase] = [
      IllegalCase(what: "body that begins at an operand") { body in
        let operand = body.items[0].operand
        func word(_ first: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(operand[first + $1]) << UInt64(8 * $1) } }
        body.items[0] = HandBody.Item(
          word: InstructionWord(low: word(0), high: word(8)), operand: Array(operand[configuration.beatBytes...]))
      },
      IllegalCase(what: "operands of the first MATVEC missing") { body in
        let index = body.index(.matvec)
        body.items[index].operand.removeLast(configuration.beatBytes)
      },
      IllegalCase(what: "one beat of zeros in front") { body in
        body.items.insert(HandBody.Item(word: InstructionWord(low: 0, high: 0), operand: []), at: 0)
        body.headStart += 1
      },
    ]
    try run(mixed, core, causes: [.illegalInstruction, .badTritCode])

    // What they find in place of an earlier instruction's results, right out of reset.
    var log = core.log
    for number in 0..<12 {
      let fresh = try CoreBench(model, fixture, stateSeed: UInt32(truncatingIfNeeded: seed) &* 64 &+ UInt32(number))
      try run([cases[early - number % 2]], fresh)
      log.merge(fresh.log)
    }
    return log
  }
}
