import Checkpoint
import Foundation
import SeededRandom
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing
import VerilatorBridge

@Suite("Stops: the core drains, names the cause, and starts again as if nothing had been")
struct StopTests {
  static let model = RandomCheckpoint(d: 30, intermediate: 44, layers: 2, vocabulary: 50, seed: 61)
  static let request = RunRequest(prompt: [4, 7], budget: 3)

  /// A core with the model in memory, and what the simulator says of one request.
  struct Bench {
    let compiled: CompiledModel
    let session: RTLSession
    let expected: RunResult

    init(_ memory: MemoryModel = .random(seed: 8)) throws {
      compiled = try StopTests.model.withCheckpoint { try CompiledModel($0, for: .small) }
      session = try RTLSession(
        model: Chain.model(.small), image: Data(compiled.image), memory: memory,
        clockMHz: compiled.configuration.clockMHz)
      var simulator = MachineSimulator(compiled)
      var observer = NoObserver()
      expected = try simulator.run(StopTests.request, memory: memory, records: true, observer: &observer)
    }

    func start() throws {
      try session.start(prompt: StopTests.request.prompt, budget: StopTests.request.budget, options: [.clear])
    }

    /// Waits for idle; a core that hangs fails here.
    func finish(_ label: Comment, sourceLocation: Testing.SourceLocation = #_sourceLocation) throws -> CoreStatus {
      let status = try session.finish(maxCycles: 200_000)
      #expect(session.protocolErrors == [], label, sourceLocation: sourceLocation)
      _ = try session.drainTokenFIFO()
      return status
    }

    /// Nothing of what was before may be seen in the next run.
    func expectCleanRun(_ label: Comment, sourceLocation: Testing.SourceLocation = #_sourceLocation) throws {
      session.clearFaults()
      let measured: Chain.Measurement
      do {
        measured = try Chain.run(session, StopTests.request, streamsLogits: false, maxCycles: 200_000)
      } catch {
        Issue.record(error, label, sourceLocation: sourceLocation)
        throw error
      }
      #expect(measured.cause == .budgetReached, label, sourceLocation: sourceLocation)
      #expect(measured.tokens.map(\.id) == expected.generated, label, sourceLocation: sourceLocation)
      let comparison = RecordComparison(simulator: expected.records, rtl: measured.records)
      #expect(comparison.firstDifference == nil, label, sourceLocation: sourceLocation)
      #expect(measured.protocolErrors == [], label, sourceLocation: sourceLocation)
    }
  }

  @Test(
    "abort and soft reset at any cycle", arguments: [StopCause.abort, .softReset],
    [MemoryModel.random(seed: 8), .dram(.ddr4), .dram(AgreementTests.slowDRAM)])
  func stopAtAnyCycle(cause: StopCause, memory: MemoryModel) throws {
    let bench = try Bench(memory)
    let seed: UInt64 = 0xAB027
    var generator = SeededGenerator(seed: seed)
    var moments = Array(stride(from: 0, to: 160, by: 3))
    // Near the end nothing is left to drain, so the core is idle within a few cycles.
    moments += stride(from: bench.expected.cycles - 300, to: bench.expected.cycles, by: 7)
    moments += (0..<40).map { _ in Int.random(in: 0..<bench.expected.cycles, using: &generator) }
    for cycle in moments {
      let label: Comment = "\(cause.explanation) about cycle \(cycle), seed \(seed)"
      try bench.start()
      _ = try bench.session.run(maxCycles: cycle)
      if cause == .abort { try bench.session.abort() } else { try bench.session.softReset() }
      let status = try bench.finish(label)
      #expect(status.cause == cause, label)
      // Every beat that was asked for has been taken.
      let asked = bench.session.addressCount
      _ = try bench.session.run(maxCycles: 400)
      #expect(bench.session.addressCount == asked, label)
      try bench.expectCleanRun(label)
    }
  }

  @Test("a memory error on any beat stops the core", arguments: [2, 3] as [UInt32])
  func memoryErrors(response: UInt32) throws {
    let bench = try Bench()
    try bench.start()
    _ = try bench.finish("a run without errors")
    let beats = bench.session.beatCount
    for beat in [0, 1, 3, 4, 5, 20, beats / 3, beats / 2] + (beats - 20..<beats) {
      let label: Comment = "response \(response) on beat \(beat) of \(beats)"
      bench.session.failBeat(beat, response: response)
      try bench.start()
      let status = try bench.finish(label)
      #expect(status.cause == .memoryError, label)
      try bench.expectCleanRun(label)
    }
  }

  @Test("damage in the image stops the core with its cause")
  func damage() throws {
    let bench = try Bench()
    let header = bench.compiled.header
    let weights = try #require(
      bench.compiled.program.entries.first { if case .weights = $0.operand { true } else { false } })
    let firstWeight = header.bodyOffset + (weights.beat + 1) * Configuration.small.beatBytes
    let head = try #require(bench.compiled.program.entries.last)
    let lastWeight = header.bodyOffset + (head.beat + head.operandBeats + 1) * Configuration.small.beatBytes - 1
    var cases: [(String, Int, UInt8, StopCause)] = [
      ("magic", 0, 1, .headerFormat), ("version", 5, 0x80, .headerFormat),
      // A damaged hash is damage, not another machine's image.
      ("hash", 8, 4, .headerCRC), ("header CRC", 60, 1, .headerCRC), ("epsilon", 44, 0x10, .headerCRC),
      ("body beats", 20, 1, .headerCRC), ("first opcode", header.bodyOffset, 0xF0, .illegalInstruction),
      ("opcode 0", header.bodyOffset, 1, .illegalInstruction),
      ("reserved bits", header.bodyOffset + 15, 0x80, .illegalInstruction),
    ]
    for (name, offset) in [("first weight", firstWeight), ("last weight", lastWeight)] {
      // Whatever the byte was, it becomes 255.
      cases.append((name, offset, ~bench.compiled.image[offset], .badTritCode))
    }
    for (name, offset, mask, cause) in cases {
      bench.session.flip(offset: offset, mask: mask)
      try bench.start()
      let status = try bench.finish("\(name)")
      #expect(status.cause == cause, "\(name)")
      try bench.expectCleanRun("after \(name)")
    }
  }

  @Test("an image of another machine is refused, whole as it is")
  func foreignImage() throws {
    let compiled = try Self.model.withCheckpoint { try CompiledModel($0, for: .medium) }
    let session = try RTLSession(model: Chain.model(.small), image: Data(compiled.image))
    try session.start(prompt: [1], budget: 1)
    #expect(try session.finish(maxCycles: 10_000).cause == .headerHash)
    #expect(session.tokenCount == 0 && session.protocolErrors == [])
  }

  @Test("any single bit of program or header that is flipped: the core stops or finishes, and starts again")
  func anyBit() throws {
    let bench = try Bench(.ideal)
    let seed: UInt64 = 0xF11B
    var generator = SeededGenerator(seed: seed)
    var offsets = (0..<30).map { _ in Int.random(in: 0..<64, using: &generator) }
    for _ in 0..<120 {
      let entries = bench.compiled.program.entries
      let entry = entries[Int.random(in: 0..<entries.count, using: &generator)]
      offsets.append(
        bench.compiled.header.bodyOffset + entry.beat * Configuration.small.beatBytes
          + Int.random(in: 0..<16, using: &generator))
    }
    var causes: [StopCause: Int] = [:]
    for offset in offsets {
      let mask: UInt8 = 1 << UInt8.random(in: 0..<8, using: &generator)
      let label: Comment = "byte \(offset), mask \(mask), seed \(seed)"
      bench.session.flip(offset: offset, mask: mask)
      try bench.start()
      let status = try bench.finish(label)
      let cause = try #require(status.cause, label)
      causes[cause, default: 0] += 1
      if offset < 64 { #expect([.headerFormat, .headerHash, .headerCRC].contains(cause), label) }
      try bench.expectCleanRun(label)
    }
    print("one flipped bit each: \(causes.map { "\($0.key.explanation) \($0.value)" }.sorted())")
  }

  @Test("bad starts are refused with their cause, and nothing is read")
  func badStarts() throws {
    let bench = try Bench()
    let cases: [(String, [Int], Int, UInt32)] = [
      ("no prompt", [], 1, 0), ("prompt too long", [1], 1, 13), ("prompt far too long", [1], 1, .max),
      ("no budget", [1], 0, 1), ("token outside the vocabulary", [50], 1, 1),
      ("second token outside", [1, 60_000], 1, 2), ("last bit of the token", [1 << 16], 1, 1),
    ]
    for (name, prompt, budget, length) in cases {
      // By hand, for the prompt length is a register of its own.
      for (index, token) in prompt.enumerated() {
        try bench.session.write(address: try #require(ControlRegister.promptAddress(index)), UInt32(token))
      }
      try bench.session.write(.promptLength, length)
      try bench.session.write(.tokenBudget, UInt32(budget))
      try bench.session.write(.control, ControlCommand.start.rawValue)
      let status = try bench.finish("\(name)")
      #expect(status.cause == .badStart, "\(name)")
      try bench.expectCleanRun("after \(name)")
    }
  }
}
