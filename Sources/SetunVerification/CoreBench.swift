import Foundation
import SetunMachine
import SetunSimulator
import VerilatorBridge

/// A bench ended early because it had found enough.
struct BenchGivenUp: Error {
  var log: BenchLog
}

/// A core in a bench: a session with the fixture's image, and the checks that follow every run.
final class CoreBench {
  let fixture: BenchFixture
  let memory: MemoryModel
  let session: RTLSession
  let bound: CycleBound
  var log = BenchLog()
  private var hangs = 0
  private var protocolErrorsSeen = 0

  var configuration: Configuration { fixture.configuration }

  /// - Parameter stateSeed: of what registers hold at power-up, in models in which that is random.
  init(
    _ model: VerilatorModel, _ fixture: BenchFixture, _ memory: MemoryModel = .ideal, stateSeed: UInt32 = 1
  ) throws {
    self.fixture = fixture
    self.memory = memory
    session = try RTLSession(
      model: model, image: Data(fixture.image), base: UInt64(fixture.imageBase), memory: memory,
      clockMHz: fixture.configuration.clockMHz, stateSeed: stateSeed)
    bound = CycleBound(fixture.configuration, memory: memory)
  }

  /// The beats, on all channels together, and instructions of the fixture's own body.
  var bodyBeats: Int { fixture.compiled.program.bodyBeatsWithHead }
  var bodyInstructions: Int { fixture.compiled.program.entries.count }

  /// The bound of a run of the fixture's own program.
  func runBound(_ request: RunRequest) -> Int {
    let steps = request.schedule(streams: configuration.streams).steps
    return bound.run(positions: steps, beats: bodyBeats, instructions: bodyInstructions)
  }

  /// Makes the core read this image instead of the fixture's, until the faults are cleared.
  func present(_ edit: ImageEdit) {
    for (offset, pair) in zip(fixture.image, edit.bytes).enumerated() where pair.0 != pair.1 {
      session.flip(offset: offset, mask: pair.0 ^ pair.1)
    }
  }

  func start(_ request: RunRequest, logits: Bool = false) throws {
    // A core that is wrong in one case is often wrong in all, and every hang takes its time.
    if hangs >= 3 || log.findings.count >= 20 { throw BenchGivenUp(log: log) }
    log.countRun()
    try session.start(request, logits: logits)
  }

  /// Waits until the core is idle, and checks that it is so in time, with a cause that may be, and with nothing left
  /// under way. After a hang the reset pin brings the core back.
  @discardableResult
  func finish(_ what: @autoclosure () -> String, _ causes: Set<StopCause>, within limit: Int) throws -> StopCause? {
    // A look at STATUS takes some cycles of its own.
    let slack = 128
    let before = session.totalCycles
    guard try session.run(maxCycles: limit + slack, untilIdle: true, pollInterval: 16) == .idle else {
      log.add("\(what()): still busy after \(limit) cycles")
      session.reset()
      hangs += 1
      return nil
    }
    log.took(session.totalCycles - before, of: limit + slack)
    let status = try session.status()
    let outstanding = session.outstandingBeats
    log.expect(outstanding == 0, "\(what()): idle with \(outstanding) beats outstanding")
    guard let cause = status.cause else {
      log.add("\(what()): cause \(status.causeCode) is none")
      return nil
    }
    log.count(cause)
    log.expect(causes.contains(cause), "\(what()): ended with '\(cause.explanation)'")
    // What was accepted before the stop may still retire; nothing is accepted after it.
    let timing = MachineTiming(configuration)
    let stopped = Int(try session.cyclesRegister())
    let late = session.records.last { record in
      switch record.kind {
      case .load: record.cycle > stopped + timing.load
      case .sums: record.cycle > stopped + timing.engine
      default: false
      }
    }
    if let late { log.add("\(what()): stopped in cycle \(stopped), but then: \(late)") }
    let errors = session.protocolErrorCount
    if errors > protocolErrorsSeen {
      log.add("\(what()): \(session.protocolErrors.last ?? "a protocol error")")
      protocolErrorsSeen = errors
    }
    return cause
  }

  /// A run from a cleared state equals the simulator's in every record, and so does what the host can read.
  func compare(_ what: @autoclosure () -> String, _ request: RunRequest, logits: Bool = false) throws {
    session.clearFaults()
    _ = try session.drainTokenFIFO()
    let expected = try fixture.expected(request, memory)
    try start(request, logits: logits)
    guard try finish("\(what()), run again", [expected.cause], within: runBound(request)) != nil else { return }
    try check("\(what()), run again", request, expected)
  }

  /// What the newest run left equals the simulator's.
  func check(_ what: @autoclosure () -> String, _ request: RunRequest, _ expected: RunResult) throws {
    // With an end token the core may have asked for beats of a position that never came.
    let onlyRetired = request.endToken != nil
    func relevant(_ records: [RetireRecord]) -> [RetireRecord] {
      onlyRetired ? records.filter { $0.kind != .address && $0.kind != .data } : records
    }
    let comparison = RecordComparison(simulator: relevant(expected.records), rtl: relevant(session.records), context: 1)
    if let difference = comparison.firstDifference {
      log.add("\(what()): not as simulated, \(comparison.mismatches) records differ; \(difference)")
    }
    let tokens = try session.readTokens()
    for (stream, sequence) in expected.sequences.enumerated() {
      let read = tokens.filter { request.isOneSequence || $0.stream == stream }.map(\.id)
      log.expect(
        read.suffix(sequence.count) == sequence[...], "\(what()): TOKEN read \(read), not \(sequence)")
    }
    let cycles = try session.cyclesRegister()
    log.expect(cycles == UInt64(expected.cycles), "\(what()): CYCLES is \(cycles), not \(expected.cycles)")
    let beats = try session.beatsRegister()
    log.expect(beats == UInt64(expected.beats), "\(what()): BEATS is \(beats), not \(expected.beats)")
  }
}
