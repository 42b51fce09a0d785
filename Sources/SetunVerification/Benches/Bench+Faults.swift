import SeededRandom
import SetunCompiler
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// RRESP errors on beats of every kind.
  static let memoryErrors = Bench(
    "memory-errors", "SLVERR and DECERR on header, instruction, operand, embedding and last beats: cause 5"
  ) {
    model, configuration, seed in
    let core = try CoreBench(model, try .small(configuration), .random(seed: seed))
    let program = core.fixture.compiled.program
    let header = max(1, 64 * 8 / configuration.beatBits)
    let request = RunRequest(prompt: core.fixture.prompt(2), budget: 1)
    let total = (try core.fixture.expected(request, core.memory)).beats + header + 2 * program.embeddingBeats
    // The first position's body comes first, then its embedding row.
    var places = [
      ("first header beat", 0), ("last header beat", header - 1), ("first embedding beat", header + program.bodyBeats),
      ("last embedding beat of the first position", header + program.bodyBeats + program.embeddingBeats - 1),
      ("last beat", total - 1),
    ]
    var seen: Set<Opcode> = []
    for entry in program.entries where entry.beat < program.bodyBeats {
      let name = InstructionSet[entry.instruction.opcode].mnemonic
      guard seen.insert(entry.instruction.opcode).inserted else { continue }
      places.append(("\(name) instruction", header + entry.beat))
      if entry.operandBeats > 0 {
        places.append(("first operand of \(name)", header + entry.beat + 1))
        places.append(("last operand of \(name)", header + entry.beat + entry.operandBeats))
      }
    }
    let limit = core.runBound(request) + core.bound.stop
    for (name, beat) in places {
      for response in [UInt32(2), 3] {
        let what = "\(name) answered with \(response == 2 ? "SLVERR" : "DECERR")"
        core.session.failBeat(beat, response: response)
        try core.start(request)
        try core.finish(what, [.memoryError], within: limit)
        try core.compare(what, request)
      }
    }
    // EXOKAY is no error.
    for beat in [0, header, header + 1, total - 1] { core.session.failBeat(beat, response: 1) }
    try core.start(request)
    try core.finish("EXOKAY", [.budgetReached], within: limit)
    try core.check("EXOKAY", request, try core.fixture.expected(request, core.memory))
    return core.log
  }

  /// Bytes that are no trit codes.
  static let badTrits = Bench("bad-trits", "weight bytes 243 to 255 in every lane: cause 6") {
    model, configuration, seed in
    let core = try CoreBench(model, try .small(configuration))
    var random = SeededGenerator(seed: seed)
    let request = RunRequest(prompt: core.fixture.prompt(1), budget: 1)
    let limit = core.runBound(request) + core.bound.stop
    let start = core.fixture.compiled.header.bodyOffset
    let matrices = core.fixture.compiled.program.entries.filter { $0.instruction.opcode == .matvec }

    func attempt(_ what: String, _ offset: Int, _ code: UInt8) throws {
      core.session.flip(offset: offset, mask: core.fixture.image[offset] ^ code)
      try core.start(request)
      try core.finish("\(what) is \(code)", [.badTritCode], within: limit)
      core.session.clearFaults()
    }
    for lane in 0..<configuration.lanes {
      let entry = matrices[random.pick(0...matrices.count - 1)]
      let beat = entry.beat + random.pick(1...entry.operandBeats)
      try attempt("lane \(lane) of beat \(beat)", start + beat * configuration.beatBytes + lane, UInt8(243 + lane % 13))
    }
    for entry in [matrices.first, matrices.last].compactMap({ $0 }) {
      for code in UInt8(243)...255 {
        let lane = random.pick(0...configuration.lanes - 1)
        try attempt("first weights of \(entry.label)", start + (entry.beat + 1) * configuration.beatBytes + lane, code)
        try attempt(
          "last weights of \(entry.label)", start + (entry.beat + entry.operandBeats) * configuration.beatBytes + lane,
          code)
      }
    }
    try core.compare("after bad trits", request)
    return core.log
  }
}
