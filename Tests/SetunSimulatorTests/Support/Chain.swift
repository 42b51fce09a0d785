import Foundation
import SetunCompiler
import SetunCore
import SetunMachine
import SetunSimulator
import SetunVerification
import Synchronization
import Testing
import VerilatorBridge

/// Emitted SystemVerilog, file by file.
typealias EmittedFiles = [(name: String, text: String)]

/// The way from a configuration to agreement between simulator and RTL.
enum Chain {
  /// Models of this process by configuration; the shared libraries themselves are cached on disk.
  private static let models = Mutex<[String: Result<VerilatorModel, any Error>]>([:])

  static func emit(_ configuration: Configuration) throws -> EmittedFiles {
    try SetunCore(configuration: configuration).systemVerilog().map { ($0.name, $0.text) }
  }

  /// Builds files with Verilator, through the cache.
  static func build(
    _ files: EmittedFiles, for configuration: Configuration, randomInitialState: Bool = false
  ) throws -> VerilatorModel {
    let directory = FileManager.default.temporaryDirectory.appending(path: "setun-chain-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for file in files { try Data(file.text.utf8).write(to: directory.appending(path: file.name)) }
    return try VerilatorModel.build(
      rtlDirectory: directory, beatBits: configuration.beatBits, channels: configuration.channels,
      streams: configuration.streams,
      options: VerilatorModel.Options(randomInitialState: randomInitialState))
  }

  static func model(_ configuration: Configuration, randomInitialState: Bool = false) throws -> VerilatorModel {
    let key = "\(configuration.hash) \(randomInitialState)"
    // Two tests that need the same model at once must not both build it, and the machine has few cores anyway.
    return try models.withLock { models in
      if let known = models[key] { return try known.get() }
      // A failure is kept as well: it would only be repeated.
      let model = Result {
        try build(try emit(configuration), for: configuration, randomInitialState: randomInitialState)
      }
      models[key] = model
      return try model.get()
    }
  }

  /// What one START gave on the RTL.
  struct Measurement {
    var records: [RetireRecord] = []
    var tokens: [RTLSession.Token] = []
    /// Of each stream.
    var logits: [[[Float]]] = []
    var cause: StopCause?
    var beats = 0
    var protocolErrors: [String] = []
  }

  static func run(
    _ session: RTLSession, _ request: RunRequest, streamsLogits: Bool = true, maxCycles: Int = 1 << 32
  ) throws -> Measurement {
    try session.start(request, logits: streamsLogits)
    var result = Measurement()
    while try session.token(result.tokens.count, maxCycles: maxCycles) != nil {
      result.tokens = session.tokens
      _ = try session.drainTokenFIFO()
    }
    let status = try session.finish(maxCycles: maxCycles)
    result.cause = status.cause
    result.records = session.records
    if streamsLogits {
      _ = try session.run(maxCycles: 64)
      result.logits = (0..<session.model.streams).map { session.takeLogitRows(stream: $0) }
    }
    result.beats = Int(try session.beatsRegister())
    result.protocolErrors = session.protocolErrors
    return result
  }

  /// Runs requests one after another on simulator and RTL, and demands that they agree in every record, cycle, token
  /// and logit.
  ///
  /// - Returns: the number of records compared, and tokens and cycles of the last request.
  @discardableResult
  static func expectAgreement(
    _ compiled: CompiledModel, _ requests: [RunRequest], memory: MemoryModel = .ideal, base: UInt64 = 0,
    randomInitialState: Bool = false, streamsLogits: Bool = true, stateSeed: UInt32 = 0, _ label: String = "",
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws -> (records: Int, generated: Int, cycles: Int) {
    let model = try model(compiled.configuration, randomInitialState: randomInitialState)
    let session = try RTLSession(
      model: model, image: Data(compiled.image), base: base, memory: memory,
      clockMHz: compiled.configuration.clockMHz, stateSeed: stateSeed)
    var simulator = MachineSimulator(compiled, imageBase: Int(base))
    var records = 0
    var last = (generated: 0, cycles: 0)
    for (number, request) in requests.enumerated() {
      let place: Comment = "\(label), \(memory) latency \(memory.latency), request \(number)"
      var transcript = RunTranscript()
      let simulated = try simulator.run(request, memory: memory, records: true, observer: &transcript)
      let measured = try run(session, request, streamsLogits: streamsLogits)
      let comparison = RecordComparison(simulator: simulated.records, rtl: measured.records)
      #expect(comparison.mismatches == 0, place, sourceLocation: sourceLocation)
      #expect(comparison.firstDifference == nil, place, sourceLocation: sourceLocation)
      #expect(comparison.rtlCount > 0, place, sourceLocation: sourceLocation)
      #expect(measured.tokens.map(\.id) == transcript.tokens, place, sourceLocation: sourceLocation)
      #expect(measured.tokens.map(\.stream) == transcript.streams, place, sourceLocation: sourceLocation)
      #expect(measured.tokens.map(\.cycle) == transcript.cycles, place, sourceLocation: sourceLocation)
      #expect(measured.tokens.last?.cycle == simulated.cycles, place, sourceLocation: sourceLocation)
      #expect(measured.beats == simulated.beats, place, sourceLocation: sourceLocation)
      #expect(measured.protocolErrors == [], place, sourceLocation: sourceLocation)
      #expect(measured.cause == simulated.cause, place, sourceLocation: sourceLocation)
      if streamsLogits {
        // Bit for bit, so that -0 is not 0.
        for (stream, rows) in measured.logits.enumerated() {
          let ours = transcript.rows(stream: stream).map { $0.map(\.bitPattern) }
          #expect(rows.map { $0.map(\.bitPattern) } == ours, place, sourceLocation: sourceLocation)
        }
      }
      records += comparison.rtlCount
      last = (simulated.generated.count, simulated.cycles)
    }
    return (records, last.generated, last.cycles)
  }
}
