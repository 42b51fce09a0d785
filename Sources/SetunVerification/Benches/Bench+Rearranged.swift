import Checkpoint
import SeededRandom
import SetunCompiler
import SetunMachine
import SetunSimulator
import TernaryArithmetic
import VerilatorBridge

extension Bench {
  /// Programs that no compiler writes, but that the machine can execute.
  static let rearranged = Bench(
    "rearranged",
    "LOADs anywhere, of any numbers and counts, numbers in all padding, GLU with two activation vectors, one norm instead of two: as simulated"
  ) {
    model, configuration, seed in
    var random = SeededGenerator(seed: seed)
    let fixture = try BenchFixture.small(configuration)
    let core = try CoreBench(model, fixture, .random(seed: seed))
    let loads = HandBody(fixture).items.filter { $0.opcode == .load }
    for number in 0..<16 {
      var body = HandBody(fixture)
      if number % 2 == 1 { separateGLU(&body) }
      if number >= 8 { changeNumbers(&body, &random) }
      // Behind every LOAD and MATVEC something may be loaded; behind a MATVEC its unit is still armed. But a position
      // ends with its last unit: from when that is free the time of the next position counts.
      for place in stride(from: body.items.count, to: 0, by: -1)
      where place != body.headStart && place != body.items.count
        && [.matvec, .load].contains(body.items[place - 1].opcode) && random.oneIn(number < 4 ? 2 : 4)
      {
        body.insert(loads[random.pick(0...loads.count - 1)], at: place)
      }
      var edit = ImageEdit(fixture)
      let room = edit.bodyCapacity - body.longest(configuration)
      guard room >= 0 else { continue }
      edit.setBody(body, later: number % 4 == 3 ? min(room, random.pick(0...2 * configuration.burstBeats)) : 0)
      try compare("rearranged program \(number), seed \(seed)", core, edit, body)
    }
    for number in 0..<4 {
      var body = HandBody(fixture)
      fillPadding(&body, &random, configuration)
      var edit = ImageEdit(fixture)
      edit.setBody(body)
      let header = fixture.compiled.header
      let rowBytes = header.embeddingBeats * configuration.beatBytes
      let places = configuration.beatBytes / 2
      let unused = unusedHalves(header.hiddenSize, configuration)
      for token in 0..<fixture.vocabulary {
        let row = header.embeddingOffset + token * rowBytes
        for half in unused {
          let (beat, channel) = (half / places).quotientAndRemainder(dividingBy: configuration.channels)
          let first = channel * edit.channelBytes + row + beat * configuration.beatBytes
          edit[first + 2 * (half % places) + 1] = UInt8(random.pick(0x3E...0x42))
        }
      }
      try compare("numbers in the padding \(number), seed \(seed)", core, edit, body)
    }
    for (slot, most) in [(0, configuration.hiddenCapacity), (7, configuration.intermediateCapacity)] {
      for count in (0..<16).map({ 1 << $0 }).filter({ $0 < most }) + [most] {
        var body = HandBody(fixture)
        var load = loads[0]
        load["slot"] = UInt32(slot)
        load["count"] = UInt32(count)
        let beats = configuration.channels * configuration.vectorBeats(of: count)
        load.operand = (0..<beats * configuration.beatBytes).map { _ in UInt8(random.pick(0...255)) }
        body.insert(load, at: 0)
        var edit = ImageEdit(fixture)
        guard body.longest(configuration) <= edit.bodyCapacity else { continue }
        edit.setBody(body)
        try compare("LOAD of \(count) to slot \(slot)", core, edit, body)
      }
    }
    core.log.merge(try oneBeatGroups(model, configuration, seed: seed))
    core.log.merge(try wholeBursts(model, configuration, seed: seed))
    for rows in [1, 2, 4, 8, 16, 32] {
      var body = HandBody(fixture)
      body.setRows(rows, of: .argmax, configuration)
      var edit = ImageEdit(fixture)
      edit.setBody(body)
      try compare("ARGMAX over \(rows) rows", core, edit, body)
    }
    return core.log
  }

  /// A MATVEC of one-beat groups whose activations are ready long before: its first group ends in the cycle after it.
  private static func oneBeatGroups(
    _ model: VerilatorModel, _ configuration: Configuration, seed: UInt64
  ) throws -> BenchLog {
    let fixture = try BenchFixture(
      configuration,
      ModelConfiguration(hiddenSize: 16, intermediateSize: 16, layerCount: 1, vocabularySize: 16), seed: seed)
    let core = try CoreBench(model, fixture)
    var body = HandBody(fixture)
    // The head's norm waits for the last residual only; LOADs take the time until it is done.
    let norm = body.index(.rmsNorm, .max)
    let load = body.items[body.index(.load)]
    let timing = MachineTiming(configuration)
    let wait = timing.engine + timing.rowScale + timing.residual + timing.activationsReady
    for _ in 0..<wait / 2 { body.insert(load, at: norm + 1) }
    var edit = ImageEdit(fixture)
    guard body.longest(configuration) <= edit.bodyCapacity else {
      core.log.expect(false, "groups of one beat: the body is longer than its room")
      return core.log
    }
    edit.setBody(body)
    try compare("groups of one beat", core, edit, body)
    return core.log
  }

  /// Bodies that end, without and with the head, at the end of a burst, one beat before it and one behind it.
  private static func wholeBursts(
    _ model: VerilatorModel, _ configuration: Configuration, seed: UInt64
  ) throws -> BenchLog {
    let fixture = try BenchFixture(
      configuration, ModelConfiguration(hiddenSize: 4, intermediateSize: 5, layerCount: 1, vocabularySize: 5),
      seed: seed)
    let core = try CoreBench(model, fixture, .random(seed: seed))
    let fewest = 1 + (HandBody(fixture).longest(configuration) + 2) / configuration.burstBeats
    for bursts in [fewest, fewest + 1] {
      for more in [-1, 0, 1] {
        for hasHead in [false, true] {
          var body = HandBody(fixture)
          let end = { (body: HandBody) in
            body.beats(upTo: hasHead ? body.items.count : body.headStart, configuration).max() ?? 0
          }
          // A LOAD has two beats at least, and takes up to a slot.
          var missing = bursts * configuration.burstBeats + more - end(body)
          while missing >= 2 {
            var load = body.items[body.index(.load)]
            let perStep = configuration.channels * configuration.halvesPerBeat
            let room = configuration.hiddenCapacity / perStep
            let beats = missing - 1 <= room ? missing - 1 : min(room, missing - 3)
            load["count"] = UInt32(beats * perStep)
            load.operand = Array(repeating: 0, count: beats * configuration.channels * configuration.beatBytes)
            body.insert(load, at: 0)
            missing -= 1 + beats
          }
          var edit = ImageEdit(fixture)
          core.log.expect(missing == 0, "body of \(bursts) bursts and \(more) beats: \(missing) are missing")
          guard body.longest(configuration) <= edit.bodyCapacity else { continue }
          edit.setBody(body)
          try compare("body of \(bursts) bursts and \(more) beats, head \(hasHead)", core, edit, body)
        }
      }
    }
    return core.log
  }

  /// The GLU's matrices take a vector each instead of sharing one.
  private static func separateGLU(_ body: inout HandBody) {
    for index in body.items.indices where body.items[index].opcode == .glu {
      guard let norm = body.items[..<index].lastIndex(where: { $0.opcode == .rmsNorm }),
        let matvec = body.items[index...].firstIndex(where: { $0.opcode == .matvec }),
        let residual = body.items[..<norm].lastIndex(where: { $0.opcode == .residual })
      else { continue }
      body.items[residual]["outputs"] = 2
      body.items[norm]["matrices"] = 2
      body.items[matvec]["shared"] = 0
    }
  }

  /// Norm weights and lower bounds that no model has, and norms that take the other number of sums.
  private static func changeNumbers(_ body: inout HandBody, _ random: inout SeededGenerator) {
    let isWild = random.oneIn(2)
    for index in body.items.indices {
      switch body.items[index].opcode {
      case .load:
        for half in stride(from: 0, to: body.items[index].operand.count, by: 2) {
          let high = body.items[index].operand[half + 1]
          if random.oneIn(isWild ? 4 : 64) {
            // Any number, infinities, NaN and subnormals among them.
            body.items[index].operand[half] = UInt8(random.pick(0...255))
            body.items[index].operand[half + 1] = UInt8(random.pick(0...255))
          } else if random.oneIn(4) {
            // The other sign.
            body.items[index].operand[half + 1] = high ^ 0x80
          }
        }
      case .rmsNorm where random.oneIn(3): body.items[index]["inner"] ^= 1
      default: break
      }
    }
  }

  /// The bf16 places in the beats of a vector of `count` values that hold none of them.
  private static func unusedHalves(_ count: Int, _ configuration: Configuration) -> [Int] {
    let places = configuration.beatBytes / 2
    let perBeat = configuration.halvesPerBeat
    return (0..<configuration.channels * configuration.vectorBeats(of: count) * places).filter { half in
      let place = half % places
      return place >= perBeat || half / places * perBeat + place >= count
    }
  }

  /// Numbers where vectors and matrices leave room: they belong to nothing.
  private static func fillPadding(
    _ body: inout HandBody, _ random: inout SeededGenerator, _ configuration: Configuration
  ) {
    for index in body.items.indices {
      let item = body.items[index]
      switch item.opcode {
      case .load:
        for half in unusedHalves(Int(item["count"]), configuration) {
          body.items[index].operand[2 * half + 1] = UInt8(random.pick(0x3E...0x42))
        }
      case .matvec:
        let rows = Int(item["rows"]) % TernaryCode.rows
        guard rows > 0 else { continue }
        let first = (0..<rows).reduce(1) { weight, _ in 3 * weight }
        let group = Int(item["matrices"]) * Int(item["beats"]) * configuration.beatBytes
        for byte in item.operand.count - group..<item.operand.count {
          let code = Int(item.operand[byte]) % first + first * random.pick(0...243 / first - 1)
          body.items[index].operand[byte] = UInt8(code)
        }
      default: break
      }
    }
  }

  /// Runs an image in both.
  private static func compare(_ what: String, _ core: CoreBench, _ edit: ImageEdit, _ body: HandBody) throws {
    let request = RunRequest(prompt: core.fixture.prompt(2), budget: 2)
    var simulator = MachineSimulator(
      headers: try edit.headers.indices.map { channel in
        try ImageHeader(bytes: edit.bytes[(channel * edit.channelBytes)...], configuration: core.configuration)
      },
      instructions: body.items.compactMap { Instruction($0.word) }, image: MemoryImage(edit.bytes),
      for: core.configuration, imageBase: core.fixture.imageBase)
    var observer = NoObserver()
    let expected = try simulator.run(request, memory: core.memory, records: true, observer: &observer)
    core.session.clearFaults()
    core.present(edit)
    try core.start(request)
    let limit = core.bound.run(
      positions: 3, beats: body.total(core.configuration), instructions: body.items.count)
    guard try core.finish(what, [.budgetReached], within: limit) != nil else { return }
    try core.check(what, request, expected)
  }

  /// What the host can read is 0 after reset.
  static func checkRegistersAfterReset(_ what: String, _ core: CoreBench) throws {
    let readable: [ControlRegister] = [
      .status, .imageBaseLow, .imageBaseHigh, .promptLength, .tokenBudget, .eosID, .token, .cyclesLow, .cyclesHigh,
      .beatsLow, .beatsHigh, .channelStride,
    ]
    for register in readable where register.isPresent(in: core.configuration) {
      let value = try core.session.read(register)
      core.log.expect(value == 0, "\(what): \(register.name) is \(value) after reset")
    }
  }

  /// Whatever registers hold at first, reset makes the core silent and ready.
  static let powerUp = Bench(
    "power-up", "registers that start at random: nothing retires before START, then a run as simulated"
  ) {
    model, configuration, seed in
    var log = BenchLog()
    // The least model's body is one burst, so its embedding row is requested at once.
    let least = ModelConfiguration(hiddenSize: 2, intermediateSize: 1, layerCount: 1, vocabularySize: 3)
    // The last one's head fills the row-sum queue.
    let headed = ModelConfiguration(hiddenSize: 24, intermediateSize: 40, layerCount: 1, vocabularySize: 150)
    let fixtures = [
      try BenchFixture.small(configuration), try BenchFixture(configuration, least),
      try BenchFixture(configuration, headed),
    ]
    for number in 1...16 {
      let fixture = fixtures[number / 2 % 3]
      let core = try CoreBench(model, fixture, stateSeed: UInt32(truncatingIfNeeded: seed) &* 64 &+ UInt32(number))
      // One cycle of reset is enough.
      if number % 2 == 0 { core.session.reset(cycles: 1) }
      _ = try core.session.run(maxCycles: 100)
      try checkRegistersAfterReset("power-up \(number)", core)
      core.log.expect(core.session.protocolErrorCount == 0, "power-up \(number): \(core.session.protocolErrors)")
      try core.compare("power-up \(number)", RunRequest(prompt: fixture.prompt(1), budget: 1), logits: true)
      try core.compare("power-up \(number), second run", RunRequest(prompt: fixture.prompt(2, seed: 9), budget: 1))
      log.merge(core.log)
    }
    return log
  }
}
