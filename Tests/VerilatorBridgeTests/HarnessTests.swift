import Foundation
import SetunMachine
import Testing
import VerilatorBridge

/// What the stand-in must do under a memory, computed from the rules of the architecture and the stand-in's own.
struct Expectation {
  /// The clock of the stand-in, which a DRAM's times depend on.
  static let clockMHz = 300

  var records: [RetireRecord] = []
  var tokens: [RTLSession.Token] = []
  /// What the host reads.
  var readTokens: [RTLSession.ReadToken] = []
  /// The rows of each stream.
  var logits: [[[Float]]] = []
  var cycles = 0

  /// A beat that a channel's memory delivered.
  private struct Beat {
    var arrival: Int
    var burst: Int
    /// The last of its burst.
    var ends: Bool
    var words: [UInt64]
    var halves: [UInt32] { words.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] } }
  }

  init(image: Data, base: UInt64, beatBits: Int, channels: Int = 1, streams count: Int = 1, memory: MemoryModel) {
    var log = RetireLog(channels: channels)
    let streams = (0..<channels).map { channel in
      let first = channel * StandInCore.channelBytes
      return Self.beats(
        of: channel, image: image[first..<first + StandInCore.channelBytes], base: base + UInt64(first),
        bytes: beatBits / 8, memory: memory, &log)
    }
    // The lanes show beats a cycle after they arrive.
    var sums: [(cycle: Int, channel: Int, beat: Int, halves: [UInt32])] = []
    for (channel, stream) in streams.enumerated() {
      for (number, beat) in stream.enumerated() where number % 2 == 0 {
        sums.append((beat.arrival + 1, channel, number, beat.halves))
      }
      cycles = max(cycles, (stream.last?.arrival ?? 0) + 2)
    }
    sums.sort { ($0.cycle, $0.channel) < ($1.cycle, $1.channel) }
    for (index, item) in sums.enumerated() {
      let values = (0..<UInt32(count)).flatMap { stream in
        (item.halves[0..<4] + [~item.halves[0]]).map { Int32(bitPattern: $0 ^ stream) }
      }
      if index == 0 || sums[index - 1].cycle != item.cycle {
        log.foldSums(cycle: item.cycle, values)
      } else {
        for value in values { log.fold(.sums, UInt64(bitPattern: Int64(value))) }
      }
      // With channel 0's the record ends, after those of the others in the same cycle.
      let isLastOfCycle = index + 1 == sums.count || sums[index + 1].cycle != item.cycle
      let own = sums[...index].last { $0.cycle == item.cycle && $0.channel == 0 }
      if isLastOfCycle, let own, own.beat & 2 != 0 {
        log.close(.sums, cycle: item.cycle, tag: Self.tag(own.beat, 8, own.beat))
      }
    }
    var newest = Array(repeating: -1, count: channels)
    var rows = Array(repeating: [Float](), count: count)
    logits = Array(repeating: [], count: count)
    for (number, beat) in streams[0].enumerated() {
      let cycle = beat.arrival + 1
      let halves = beat.halves
      for (channel, stream) in streams.enumerated() {
        while newest[channel] + 1 < stream.count, stream[newest[channel] + 1].arrival < cycle { newest[channel] += 1 }
        for index in beat.words.indices {
          log.fold(.load, newest[channel] < 0 ? 0 : stream[newest[channel]].words[index])
        }
      }
      if beat.ends { log.close(.load, cycle: cycle, tag: Self.tag(beat.burst, 1, beat.burst)) }
      if number % 3 == 0 {
        for stream in 0..<UInt32(count) {
          log.foldElement(halves[0] ^ stream, halves[1] ^ stream, halves[2] ^ stream, halves[3] ^ stream)
        }
        if number & 1 != 0 { log.close(.element, cycle: cycle, tag: Self.tag(0, 4, number)) }
      }
      if beat.ends {
        for stream in 0..<UInt64(count) {
          for word in beat.words { log.fold(.quantise, ~word ^ (stream | stream << 32)) }
        }
        if beat.burst & 1 != 0 { log.close(.quantise, cycle: cycle, tag: Self.tag(1, 3, beat.burst)) }
      }
      for stream in 0..<UInt32(count) { log.fold(.scale, UInt64(halves[1] ^ stream)) }
      if number % 5 == 4 { log.close(.scale, cycle: cycle, tag: Self.tag(2, 3, number)) }
      for stream in 0..<count { rows[stream].append(Float(bitPattern: halves[0] ^ UInt32(stream))) }
      guard beat.ends else { continue }
      readTokens.append(.init(id: Int(halves[0] & 0x7FFF), stream: beat.burst % count))
      for stream in 0..<count {
        logits[stream].append(rows[stream])
        rows[stream] = []
        guard stream == 0 || halves[0] >> (16 + UInt32(stream)) & 1 == 1 else { continue }
        let id = Int(halves[0] & 0x7FFF) ^ stream
        log.recordToken(cycle: cycle, id: id, stream: stream)
        tokens.append(.init(cycle: cycle, id: id, stream: stream))
      }
    }
    records = log.records.sorted(by: RetireRecord.precedes)
  }

  private static func tag(_ destination: Int, _ opcode: UInt8, _ sequence: Int) -> RetireTag {
    RetireTag(sequence: sequence, opcode: opcode, destination: UInt8(truncatingIfNeeded: destination))
  }

  /// What a channel asks for, and what it gets from its part of the image.
  private static func beats(
    of channel: Int, image: Data, base: UInt64, bytes: Int, memory: MemoryModel, _ log: inout RetireLog
  ) -> [Beat] {
    // A DRAM has no formula: its channel has tests of its own.
    var dram: MemoryChannel?
    if case .dram = memory.mode {
      dram = MemoryChannel(memory, beatBytes: bytes, clockMHz: Self.clockMHz, port: channel)
    }
    // Requests: ARVALID is seen in the cycle after START or the last handshake, after an odd burst three later.
    var accepted: [Int] = []
    var seen = 1
    for burst in 0..<StandInCore.bursts {
      let address = base + UInt64(burst * StandInCore.stride)
      let count = StandInCore.beats(burst, channel: channel)
      let cycle =
        dram?.accept(visible: seen, address: Int(address), beats: count)
        ?? seen + memory.addressStall(UInt64(burst), port: channel)
      accepted.append(cycle)
      log.recordAddress(
        cycle: cycle, address: address, beats: count, id: StandInCore.id(burst, channel: channel), channel: channel)
      seen = cycle + (burst % 2 == 1 ? 4 : 1)
    }
    var result: [Beat] = []
    var last = Int.min / 2
    for burst in 0..<StandInCore.bursts {
      let count = StandInCore.beats(burst, channel: channel)
      for index in 0..<count {
        last =
          dram?.nextBeat()
          ?? max(accepted[burst] + memory.latency, last + 1) + memory.dataStall(UInt64(result.count), port: channel)
        let start = image.startIndex + burst * StandInCore.stride + index * bytes
        let data = [UInt8](image[start..<start + bytes])
        let words = stride(from: 0, to: bytes, by: 8).map { word in
          (0..<8).reduce(UInt64(0)) { $0 | UInt64(data[word + $1]) << UInt64(8 * $1) }
        }
        log.foldData(cycle: last, words, channel: channel)
        if index + 1 == count { log.recordData(cycle: last, channel: channel) }
        result.append(Beat(arrival: last, burst: burst, ends: index + 1 == count, words: words))
      }
    }
    return result
  }
}

@Suite(.serialized)
struct HarnessTests {
  static let memories: [MemoryModel] = [
    .ideal, .random(seed: 1), .random(seed: 0xDEAD_BEEF_0000_0001), MemoryModel(.ideal, latency: 1),
    MemoryModel(.random(seed: 7), latency: 3), MemoryModel(.random(seed: 99), latency: 200),
    .dram(.ddr4), .dram(.hbm2), .dram(DRAMTiming.ddr4Shared(ports: 4) ?? .ddr4),
  ]

  /// Ports that are integers of each size and arrays of words, with fields that lie across two words.
  static let shapes = [
    Shape(128), Shape(512), Shape(128, channels: 2), Shape(256, channels: 8), Shape(128, channels: 32),
    Shape(128, streams: 2), Shape(512, streams: 4), Shape(128, channels: 2, streams: 16),
  ]

  struct Shape: Sendable, CustomTestStringConvertible {
    let beatBits: Int
    let channels: Int
    let streams: Int

    init(_ beatBits: Int, channels: Int = 1, streams: Int = 1) {
      (self.beatBits, self.channels, self.streams) = (beatBits, channels, streams)
    }

    var testDescription: String { "\(channels) x \(beatBits) bits, \(streams) streams" }
  }

  @Test("records, tokens, logits and counters are those of the rules", arguments: shapes, memories)
  func agreement(_ shape: Shape, memory: MemoryModel) throws {
    let (beatBits, channels) = (shape.beatBits, shape.channels)
    let model = try StandInCore.model(beatBits: beatBits, channels: channels, streams: shape.streams)
    #expect(model.streams == shape.streams)
    let image = StandInCore.image(seed: 42, channels: channels)
    let base: UInt64 = 0x12_3456_7000
    let expected = Expectation(
      image: image, base: base, beatBits: beatBits, channels: channels, streams: shape.streams, memory: memory)
    let session = try RTLSession(
      model: model, image: image, base: base, memory: memory, clockMHz: Expectation.clockMHz)
    #expect(try session.read(.identity) == ControlRegister.identityValue)
    // Twice: every count and digest starts again at START, and only there.
    for _ in 0..<2 {
      try session.start(prompt: [1], budget: 12)
      #expect(session.hasStarted)
      for (index, token) in expected.tokens.enumerated() { #expect(try session.token(index) == token) }
      let status = try session.finish()
      #expect(status.cause == .budgetReached)
      #expect(session.records.sorted(by: RetireRecord.precedes) == expected.records)
      #expect(session.tokens == expected.tokens)
      #expect(try session.readTokens() == expected.readTokens)
      for (stream, rows) in expected.logits.enumerated() {
        let found = session.takeLogitRows(stream: stream)
        #expect(found.map { $0.map(\.bitPattern) } == rows.map { $0.map(\.bitPattern) })
        #expect(session.takeLogitRows(stream: stream).isEmpty)
      }
      #expect(session.beatCount == channels * StandInCore.totalBeats)
      #expect(session.addressCount == channels * StandInCore.bursts)
      #expect(session.outstandingBeats == 0)
      #expect(try session.cyclesRegister() == UInt64(expected.cycles))
      #expect(session.protocolErrors == [])
    }
  }

  @Test("a start writes every stream's prompt and budget; that of one sequence the first stream's alone")
  func start() throws {
    let session = try RTLSession(
      model: try StandInCore.model(beatBits: 512, streams: 4), image: StandInCore.image(seed: 6))
    func settings(_ stream: Int) throws -> [UInt32] {
      try session.write(.stream, UInt32(stream))
      let window = try session.read(address: try #require(ControlRegister.promptAddress(0)))
      return [try session.read(.promptLength), try session.read(.tokenBudget), window]
    }
    try session.start(prompts: [[7], [8, 9], [], [6]], budgets: [1, 2, 3, 4], options: [.clear])
    _ = try session.finish()
    #expect(try settings(0) == [1, 1, 7])
    #expect(try settings(1) == [2, 2, 8])
    #expect(try settings(2)[0] == 0)
    #expect(try settings(3) == [1, 4, 6])
    #expect(try session.read(.control) == (ControlCommand([.start, .clear])).rawValue)
    try session.start(prompts: [[5, 4, 3]], budgets: [9], options: [.oneSequence])
    _ = try session.finish()
    #expect(try settings(0) == [3, 9, 5])
    #expect(try settings(3) == [1, 4, 6])
    #expect(try session.read(.control) == (ControlCommand([.start, .oneSequence])).rawValue)
    // Streams that are not given take no part.
    try session.start(prompt: [2], budget: 1)
    _ = try session.finish()
    #expect(try settings(3)[0] == 0)
    #expect(throws: BridgeError.badStart("5 prompts and 5 budgets for 4 streams")) {
      try session.start(prompts: Array(repeating: [1], count: 5), budgets: Array(repeating: 1, count: 5))
    }
  }

  @Test("sessions of one model run side by side")
  func parallel() async throws {
    let model = try StandInCore.model(beatBits: 128)
    let image = StandInCore.image(seed: 8)
    try await withThrowingTaskGroup(of: (Bool, UInt64).self) { group in
      for seed in UInt64(1)...8 {
        group.addTask {
          let memory = MemoryModel.random(seed: seed)
          let session = try RTLSession(model: model, image: image, memory: memory)
          var isEqual = true
          let expected = Expectation(image: image, base: 0, beatBits: 128, memory: memory)
          for _ in 0..<20 {
            try session.start(prompt: [1], budget: 12)
            _ = try session.finish()
            isEqual = isEqual && session.records.sorted(by: RetireRecord.precedes) == expected.records
            _ = try session.drainTokenFIFO()
          }
          return (isEqual, seed)
        }
      }
      for try await (isEqual, seed) in group { #expect(isEqual, "seed \(seed)") }
    }
  }

  @Test("the digest and the stalls of C++ and Swift are the same")
  func functions() throws {
    let model = try StandInCore.model(beatBits: 128)
    var generator = SystemRandomNumberGenerator()
    let seed = generator.next()
    var digest = Digest()
    var other: UInt64 = 0
    for index in UInt64(0)..<20_000 {
      let word = MemoryModel.hash(seed: seed, channel: .data, index: index)
      digest.fold(word)
      other = model.fold(other, word)
      for memory in [MemoryModel.ideal, .random(seed: seed), .random(seed: index)] {
        #expect(model.stall(memory, .address, index) == memory.addressStall(index), "seed \(seed)")
        #expect(model.stall(memory, .data, index) == memory.dataStall(index), "seed \(seed)")
        let port = Int(index % 32)
        #expect(model.stall(memory, .data(port: port), index) == memory.dataStall(index, port: port), "seed \(seed)")
      }
    }
    #expect(other == digest.value, "seed \(seed)")
  }

  @Test("a DRAM without the core's clock is refused")
  func clockMissing() throws {
    let model = try StandInCore.model(beatBits: 128)
    #expect(throws: BridgeError.clockMissing(memory: "ddr4")) {
      try RTLSession(model: model, image: StandInCore.image(seed: 1), memory: .dram(.ddr4))
    }
  }

  @Test("broken rules are noticed, on the last channel too", arguments: StandInCore.Misbehaviour.allCases, [1, 2])
  func protocolErrors(_ defect: StandInCore.Misbehaviour, channels: Int) throws {
    let model = try StandInCore.model(beatBits: 128, channels: channels)
    // Stalls let a request wait long enough to be seen changing.
    let session = try RTLSession(
      model: model, image: StandInCore.image(seed: 1, channels: channels),
      memory: .random(seed: stallingSeed(port: channels - 1)))
    try session.start(prompt: [1], budget: defect.rawValue)
    _ = try session.run(maxCycles: 1_000, untilIdle: true)
    #expect(session.protocolErrorCount > 0)
    let place = channels == 1 ? "" : "channel \(channels - 1): "
    for error in session.protocolErrors { #expect(error.contains(": \(place)")) }
    #expect(session.protocolErrors.contains { $0.contains(defect.complaint) }, "\(session.protocolErrors)")
  }

  /// A seed under which a port's first request waits at least three cycles.
  private func stallingSeed(port: Int) -> UInt64 {
    (UInt64(0)..<10_000).first { MemoryModel.random(seed: $0).addressStall(0, port: port) >= 3 } ?? 0
  }

  @Test("a failed beat, a read outside the image and flipped bits reach the core")
  func faults() throws {
    let model = try StandInCore.model(beatBits: 128)
    let image = StandInCore.image(seed: 3)
    let session = try RTLSession(model: model, image: image)
    session.failBeat(5)
    try session.start(prompt: [1], budget: 12)
    #expect(try session.finish().causeCode == 2)
    session.clearFaults()

    let clean = Expectation(image: image, base: 0, beatBits: 128, memory: .ideal)
    try session.start(prompt: [1], budget: 12)
    #expect(try session.finish().causeCode == 1)
    #expect(session.tokens == clean.tokens)

    var changed = image
    // The first byte of the last beat of burst 2.
    let offset = 2 * StandInCore.stride + 6 * 16
    changed[offset] ^= 0x55
    session.flip(offset: offset, mask: 0x55)
    try session.start(prompt: [1], budget: 12)
    _ = try session.finish()
    let flipped = Expectation(image: changed, base: 0, beatBits: 128, memory: .ideal)
    #expect(session.records.sorted(by: RetireRecord.precedes) == flipped.records)
    #expect(session.tokens != clean.tokens)

    let short = try RTLSession(model: model, image: image.prefix(StandInCore.stride))
    try short.start(prompt: [1], budget: 12)
    #expect(try short.finish().causeCode == 2)
  }

  @Test("faults strike one channel; each has its part of the image and no other")
  func channelFaults() throws {
    let model = try StandInCore.model(beatBits: 128, channels: 2)
    let image = StandInCore.image(seed: 5, channels: 2)
    let session = try RTLSession(model: model, image: image)
    for channel in 0..<2 {
      session.failBeat(StandInCore.totalBeats, channel: channel)
      try session.start(prompt: [1], budget: 12)
      #expect(try session.finish().causeCode == 1)
      #expect(session.beatCount(channel: channel) == StandInCore.totalBeats)
      session.failBeat(StandInCore.totalBeats - 1, channel: channel)
      try session.start(prompt: [1], budget: 12)
      #expect(try session.finish().causeCode == 2)
      session.clearFaults()

      let offset = channel * StandInCore.channelBytes + 3 * StandInCore.stride + 7
      session.flip(offset: offset, mask: 0x81)
      var changed = image
      changed[offset] ^= 0x81
      try session.start(prompt: [1], budget: 12)
      #expect(try session.finish().causeCode == 1)
      let expected = Expectation(image: changed, base: 0, beatBits: 128, channels: 2, memory: .ideal)
      #expect(session.records.sorted(by: RetireRecord.precedes) == expected.records)
      session.clearFaults()
    }
    #expect(session.channelBytes == StandInCore.channelBytes)
    // Channel 0's part is not in channel 1's memory, and behind its own there is nothing.
    for stride in [0, 2 * StandInCore.channelBytes] {
      try session.write(.channelStride, UInt32(stride))
      try session.write(.control, ControlCommand.start.rawValue)
      #expect(try session.finish().causeCode == 2)
    }
    for count in [0, ImageHeader.regionAlignment, image.count - 1] {
      #expect(throws: BridgeError.imageParts(bytes: count, channels: 2)) {
        try RTLSession(model: model, image: image.prefix(count))
      }
    }
  }

  @Test("the traced build writes VCD and records the same; random initial state changes nothing after reset")
  func variants() throws {
    let image = StandInCore.image(seed: 4)
    let expected = Expectation(image: image, base: 0, beatBits: 128, memory: .random(seed: 5))
    let options = VerilatorModel.Options(trace: true, randomInitialState: true)
    let model = try StandInCore.model(beatBits: 128, options: options)
    for stateSeed: UInt32 in [0, 1, 12345] {
      let session = try RTLSession(model: model, image: image, memory: .random(seed: 5), stateSeed: stateSeed)
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("setun-\(UUID().uuidString).vcd")
      defer { try? FileManager.default.removeItem(at: file) }
      try session.openTrace(file)
      try session.start(prompt: [1], budget: 12)
      _ = try session.finish()
      try session.closeTrace()
      #expect(session.records.sorted(by: RetireRecord.precedes) == expected.records)
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains("$enddefinitions") && text.contains("axi_arvalid_o"))
    }
    let plain = try StandInCore.model(beatBits: 128)
    let session = try RTLSession(model: plain, image: image)
    #expect(throws: BridgeError.trace("the model was built without tracing")) {
      try session.openTrace(URL(fileURLWithPath: "/dev/null"))
    }
  }

  @Test("built models are found again, and any change of the design makes another")
  func cache() throws {
    let first = try StandInCore.model(beatBits: 128)
    let again = try StandInCore.model(beatBits: 128)
    #expect(again.wasCached)
    #expect(again.library == first.library)
    let changed = try StandInCore.write(beatBits: 128, defect: "// one comment more")
    defer { try? FileManager.default.removeItem(at: changed) }
    let other = try VerilatorModel.build(rtlDirectory: changed, beatBits: 128, cacheDirectory: StandInCore.cache)
    #expect(other.library != first.library)
  }

  @Test("errors of the design are told, not simulated")
  func refusals() throws {
    let wide = try StandInCore.write(beatBits: 128)
    let broken = try StandInCore.write(beatBits: 128, defect: "assign retire_start_o = not_declared;")
    let sloppy = try StandInCore.write(beatBits: 128, defect: "logic [3:0] narrow; assign narrow = 5'd3;")
    let empty = FileManager.default.temporaryDirectory.appendingPathComponent("setun-nothing-\(UUID().uuidString)")
    defer { for url in [wide, broken, sloppy] { try? FileManager.default.removeItem(at: url) } }
    #expect(throws: BridgeError.beatWidth(expected: 512, found: 128)) {
      try VerilatorModel.build(rtlDirectory: wide, beatBits: 512, cacheDirectory: StandInCore.cache)
    }
    #expect(throws: BridgeError.channels(expected: 2, found: 1)) {
      try VerilatorModel.build(rtlDirectory: wide, beatBits: 128, channels: 2, cacheDirectory: StandInCore.cache)
    }
    #expect(throws: BridgeError.streams(expected: 4, found: 1)) {
      try VerilatorModel.build(rtlDirectory: wide, beatBits: 128, streams: 4, cacheDirectory: StandInCore.cache)
    }
    for directory in [broken, sloppy] {
      let error = #expect(throws: BridgeError.self) {
        try VerilatorModel.build(rtlDirectory: directory, beatBits: 128, cacheDirectory: StandInCore.cache)
      }
      guard case .verilation(let log) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(log.contains("setun_core.sv"))
    }
    #expect(throws: BridgeError.noSources(empty.path)) {
      try VerilatorModel.build(rtlDirectory: empty, beatBits: 128, cacheDirectory: StandInCore.cache)
    }
  }
}
