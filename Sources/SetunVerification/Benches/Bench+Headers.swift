import SeededRandom
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// Headers that are damaged, foreign, or sealed nonsense.
  static let headers = Bench("headers", "damaged, foreign and nonsensical image headers: causes 8, 9, 10, 11, or 7") {
    model, configuration, seed in
    let core = try CoreBench(model, try .small(configuration))
    let request = RunRequest(prompt: core.fixture.prompt(2), budget: 1)
    var random = SeededGenerator(seed: seed)
    let refused: Set<StopCause> = [.headerFormat, .illegalInstruction, .memoryError, .badTritCode, .badStart]

    func attempt(_ what: String, _ causes: Set<StopCause>, _ change: (inout ImageEdit) -> Void) throws {
      var edit = ImageEdit(core.fixture)
      change(&edit)
      core.present(edit)
      try core.start(request)
      // What passes the check may run on into beats that are no instructions.
      let beats = min(edit.bytes.count / configuration.beatBytes, 2 * core.bodyBeats)
      try core.finish(
        "header, \(what)", causes,
        within: core.bound.run(positions: 2, beats: beats, instructions: beats) + core.bound.stop)
      core.session.clearFaults()
      _ = try core.session.drainTokenFIFO()
    }

    let good = ImageEdit(core.fixture)
    let channels = good.headers.indices
    // Of one channel's header each byte, one bit of it: the format goes before the CRC.
    for channel in channels {
      for byte in 0..<ImageHeader.byteCount {
        let bit = random.pick(0...7)
        try attempt("bit \(bit) of byte \(byte), channel \(channel)", byte < 8 ? [.headerFormat] : [.headerCRC]) {
          $0[channel * $0.channelBytes + byte] ^= 1 << UInt8(bit)
        }
      }
      for bit in [0, random.pick(1...30), 31] {
        for (name, word, cause) in [
          ("magic", 0, StopCause.headerFormat), ("version", 1, .headerFormat), ("hash", 2, .headerHash),
          ("upper hash", 3, .headerHash),
        ] {
          try attempt("\(name) bit \(bit), channel \(channel), sealed", [cause]) { edit in
            edit.setHeaderWord(word, good.headerWord(word, channel: channel) ^ 1 << UInt32(bit), channel: channel)
            edit.seal(channel: channel)
          }
        }
      }
    }
    try core.compare("after damaged headers", request)

    /// The same in all headers; and, where there are several, in the last one alone: then all that counts is that it ends.
    func sealed(_ what: String, _ causes: Set<StopCause>, _ word: Int, _ value: (_ channel: Int) -> UInt32) throws {
      try attempt("\(what), sealed", causes) { edit in
        for channel in channels {
          edit.setHeaderWord(word, value(channel), channel: channel)
          edit.seal(channel: channel)
        }
      }
      guard let last = channels.last, last > 0 else { return }
      try attempt("\(what), on the last channel, sealed", causes.union(refused).union([.budgetReached])) { edit in
        edit.setHeaderWord(word, value(last), channel: last)
        edit.seal(channel: last)
      }
    }
    func sealed(_ what: String, _ causes: Set<StopCause>, _ word: Int, _ value: UInt32) throws {
      try sealed(what, causes, word) { _ in value }
    }

    // Right CRC, wrong sizes.
    try sealed("no body beats", [.headerFormat], 5, 0)
    try sealed("no body beats with the head", [.headerFormat], 6, 0)
    try sealed("no embedding beats", [.headerFormat], 8, 0)
    try sealed("one body beat", [.illegalInstruction], 5, 1)
    try sealed("one body beat with the head", refused, 6, 1)
    try sealed("head that ends before the body", refused, 6) { good.headerWord(5, channel: $0) - 1 }
    try sealed("body as long as the one with the head", [.illegalInstruction], 5) {
      good.headerWord(6, channel: $0)
    }
    try sealed("no head", [.illegalInstruction], 6) { good.headerWord(5, channel: $0) }
    try sealed("body longer than the memory", refused, 6, .max)
    try sealed("both bodies longer than the memory", refused, 5, .max)
    try sealed(
      "one embedding beat too few", good.headerWord(8) == 1 ? [.headerFormat] : [.illegalInstruction], 8,
      good.headerWord(8) - 1)
    try sealed("one embedding beat too many", [.illegalInstruction], 8, good.headerWord(8) + 1)
    let rowBeats = configuration.vectorBeats(of: configuration.hiddenCapacity)
    try sealed("embedding rows as long as the buffer", [.illegalInstruction], 8, UInt32(rowBeats))
    for beats in [UInt32(rowBeats) + 1, 0xFFFF, 0x1_0000, 0x1_0000 | good.headerWord(8), .max] {
      try sealed("embedding rows of \(beats) beats", [.headerFormat], 8, beats)
    }
    for vocabulary in [0, UInt32(configuration.vocabularyCapacity) + 1, 0x2_0000 | good.headerWord(10), .max] {
      try sealed("vocabulary of \(vocabulary)", [.headerFormat], 10, vocabulary)
    }
    try sealed("vocabulary of 1", [.badStart], 10, 1)
    try sealed("body at the header", refused, 4, 0)
    try sealed("body beyond the memory", [.memoryError], 4, 0xF000_0000)
    try sealed("embeddings beyond the memory", [.memoryError], 7, 0xF000_0000)
    try sealed("body one beat later", refused, 4, good.headerWord(4) + UInt32(configuration.beatBytes))
    // The low bits of an offset are not part of an address in beats: whatever is done, it must end.
    try sealed("body offset that is no multiple of a beat", refused.union([.budgetReached]), 4, good.headerWord(4) + 4)
    try sealed(
      "embedding offset that is no multiple of a beat", refused.union([.budgetReached]), 7, good.headerWord(7) + 4)
    try core.compare("after nonsensical headers", request)
    return core.log
  }

  /// Starts that cannot run.
  static let badStarts = Bench("bad-starts", "prompt length, budget and tokens out of range: cause 11") {
    model, configuration, _ in
    let core = try CoreBench(model, try .small(configuration))
    let session = core.session
    let good = RunRequest(prompt: core.fixture.prompt(3), budget: 2)

    func attempt(
      _ what: String, _ prompt: [UInt32], length: UInt32? = nil, budget: UInt32 = 1, _ cause: StopCause = .badStart
    ) throws {
      for (index, token) in prompt.enumerated() {
        guard let address = ControlRegister.promptAddress(index) else { continue }
        try session.write(address: address, token)
      }
      try session.write(.promptLength, length ?? UInt32(prompt.count))
      try session.write(.tokenBudget, budget)
      try session.writeImagePlace()
      try session.write(.control, (ControlCommand.start.union(.clear)).rawValue)
      core.log.countRun()
      let limit =
        core.bound.run(positions: 4, beats: core.bodyBeats, instructions: core.bodyInstructions) + core.bound.stop
      try core.finish("bad start, \(what)", [cause], within: limit)
      if length == 0 || budget == 0 || (length ?? 0) > UInt32(configuration.promptCapacity) {
        core.log.expect(session.addressCount == 0, "bad start, \(what): the memory was asked for something")
        let cycles = try session.cyclesRegister()
        core.log.expect(cycles == 0, "bad start, \(what): CYCLES is \(cycles)")
      }
    }

    let vocabulary = UInt32(core.fixture.vocabulary)
    try attempt("no prompt", [1], length: 0)
    try attempt("prompt one token too long", [1], length: UInt32(configuration.promptCapacity) + 1)
    try attempt("prompt of 2^32 - 1 tokens", [1], length: .max)
    try attempt("prompt length with a high bit", [1], length: 0x8000_0001)
    try attempt("no budget", [1], budget: 0)
    try attempt("budget that overflows", [1], budget: .max)
    try attempt("neither", [1], length: 0, budget: 0)
    for (position, prefix) in [[UInt32](), [1], [1, 2, 3]].enumerated() {
      let place = position == 0 ? "first" : "\(prefix.count + 1)th"
      try attempt("\(place) token is the vocabulary", prefix + [vocabulary])
      try attempt("\(place) token is 65535", prefix + [65535])
      try attempt("\(place) token is 65536", prefix + [65536])
      try attempt("\(place) token is 2^32 - 1", prefix + [.max])
      try attempt("\(place) token is 65536 and a good one", prefix + [65536 + 1])
    }
    try attempt("last good token", [vocabulary - 1], .budgetReached)
    try core.compare("after bad starts", good)

    // The largest budget that is none too large, cut short.
    try session.write(.tokenBudget, .max - 3)
    try session.write(.control, ControlCommand.start.rawValue)
    _ = try session.run(maxCycles: 3000)
    core.log.expect(try session.status().isBusy, "a budget of 2^32 - 4: ended by itself")
    try session.abort()
    try core.finish("budget of 2^32 - 4, aborted", [.abort], within: core.bound.stop)
    try core.compare("after the largest budget", good)
    return core.log
  }
}
