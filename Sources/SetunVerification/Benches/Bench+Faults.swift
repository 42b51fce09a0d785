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
    let limit = core.runBound(request) + core.bound.stop
    for (channel, body) in program.bodies.enumerated() {
      let total = body.beats + body.beatsWithHead + header + 2 * program.embeddingBeats
      // The first position's body comes first, then its embedding row.
      var places = [
        ("first header beat", 0), ("last header beat", header - 1), ("first embedding beat", header + body.beats),
        ("last embedding beat of the first position", header + body.beats + program.embeddingBeats - 1),
        ("last beat", total - 1),
      ]
      var seen: Set<Opcode> = []
      for entry in program.entries where entry.beats[channel] < body.beats {
        let name = InstructionSet[entry.instruction.opcode].mnemonic
        guard seen.insert(entry.instruction.opcode).inserted else { continue }
        let beat = header + entry.beats[channel]
        places.append(("\(name) instruction", beat))
        let operands = entry.operandBeats(on: channel, configuration)
        if operands > 0 {
          places.append(("first operand of \(name)", beat + 1))
          places.append(("last operand of \(name)", beat + operands))
        }
      }
      for (name, beat) in places {
        for response in [UInt32(2), 3] {
          let what = "\(name), channel \(channel), answered with \(response == 2 ? "SLVERR" : "DECERR")"
          core.session.failBeat(beat, channel: channel, response: response)
          try core.start(request)
          try core.finish(what, [.memoryError], within: limit)
          try core.compare(what, request)
        }
      }
    }
    // EXOKAY is no error.
    for (channel, body) in program.bodies.enumerated() {
      let total = body.beats + body.beatsWithHead + header + 2 * program.embeddingBeats
      for beat in [0, header, header + 1, total - 1] { core.session.failBeat(beat, channel: channel, response: 1) }
    }
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
    let headers = core.fixture.compiled.headers
    let channelBytes = core.fixture.image.count / configuration.channels
    let matrices = core.fixture.compiled.program.entries.filter { $0.instruction.opcode == .matvec }

    func attempt(_ what: String, _ offset: Int, _ code: UInt8) throws {
      core.session.flip(offset: offset, mask: core.fixture.image[offset] ^ code)
      try core.start(request)
      try core.finish("\(what) is \(code)", [.badTritCode], within: limit)
      core.session.clearFaults()
    }
    for channel in headers.indices {
      let start = channel * channelBytes + headers[channel].bodyOffset
      func offset(_ beat: Int, _ lane: Int) -> Int { start + beat * configuration.beatBytes + lane }
      let own = matrices.filter { $0.operandBeats(on: channel, configuration) > 0 }
      for lane in 0..<configuration.lanes {
        let entry = own[random.pick(0...own.count - 1)]
        let beat = entry.beats[channel] + random.pick(1...entry.operandBeats(on: channel, configuration))
        try attempt("lane \(lane) of beat \(beat), channel \(channel)", offset(beat, lane), UInt8(243 + lane % 13))
      }
      for entry in [own.first, own.last].compactMap({ $0 }) {
        let first = entry.beats[channel] + 1
        let last = entry.beats[channel] + entry.operandBeats(on: channel, configuration)
        for code in UInt8(243)...255 {
          let lane = random.pick(0...configuration.lanes - 1)
          try attempt("first weights of \(entry.label), channel \(channel)", offset(first, lane), code)
          try attempt("last weights of \(entry.label), channel \(channel)", offset(last, lane), code)
        }
      }
    }
    try core.compare("after bad trits", request)
    return core.log
  }
}

extension ProgramEntry {
  /// Operand beats that follow on a channel.
  fileprivate func operandBeats(on channel: Int, _ configuration: Configuration) -> Int {
    instruction.operandBeats(configuration, firstChannel: firstChannel).beats[channel]
  }
}
