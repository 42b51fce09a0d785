import Checkpoint
import Files
import Foundation
import HardwareDescription
import SetunCompiler
import SetunCore
import SetunMachine
import SetunSimulator
import SetunVerification
import VerilatorBridge

/// The emitted SystemVerilog of a configuration.
enum Emission {
  /// The files of a core, one a module.
  static func files(_ configuration: Configuration) throws -> [(name: String, text: String)] {
    try configuration.validate()
    return try rendered("core of '\(configuration.name)'") { () throws(ElaborationError) in
      try SetunCore(configuration: configuration).systemVerilog()
    }
  }

  /// The files of a design around a core, those of the core included.
  static func files(
    of module: some HardwareModule, named name: String, _ configuration: Configuration
  ) throws -> [(name: String, text: String)] {
    try configuration.validate()
    return try rendered("design '\(name)'") { () throws(ElaborationError) in
      try Elaborator().run(module).systemVerilog(
        configuration: "\(configuration.name) (\(String(configuration.hash, radix: 16)))", generator: "Setun rtlgen")
    }
  }

  private static func rendered(
    _ what: String, _ emit: () throws(ElaborationError) -> [SystemVerilogEmitter.File]
  ) throws -> [(name: String, text: String)] {
    do { return try emit().map { ($0.name, $0.text) } } catch {
      // Where the sources are at hand, each finding shows its line.
      let findings = error.rendered(source: SourceTree(containing: #filePath))
      throw Failure("The \(what) has faults and is not emitted.\n\n\(findings)")
    }
  }

  /// Writes exactly these files to a directory: .sv and .hex files of earlier emissions that are not among them are removed.
  static func write(_ files: [(name: String, text: String)], to directory: String) throws {
    let wanted = Set(files.map(\.name))
    let present = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    try OutputDirectory.write(
      files.map { ($0.name, Data($0.text.utf8)) }, to: directory,
      removing: present.filter { ($0.hasSuffix(".sv") || $0.hasSuffix(".hex")) && !wanted.contains($0) })
  }
}

/// The Verilator build of a core as a machine.
struct RTLMachine: Machine {
  let checkpoint: ModelConfiguration
  let session: RTLSession
  let model: VerilatorModel

  /// - Parameter rtl: a directory of SystemVerilog to build instead of emitting it.
  init(_ compiled: CompiledModel, rtl: String? = nil, memory: MemoryModel = .ideal, trace: Bool = false) throws {
    checkpoint = compiled.program.shape
    model = try Self.model(compiled.configuration, rtl: rtl, trace: trace)
    session = try RTLSession(
      model: model, image: compiled.image.bytes, owner: compiled.image, memory: memory,
      clockMHz: compiled.configuration.clockMHz)
  }

  /// The Verilator build of a configuration's core.
  ///
  /// - Parameter rtl: a directory of SystemVerilog to build instead of emitting it.
  static func model(_ configuration: Configuration, rtl: String? = nil, trace: Bool = false) throws -> VerilatorModel {
    if let rtl {
      // What others wrote, a netlist too, is compared and not judged by its style.
      return try build(
        URL(fileURLWithPath: rtl, isDirectory: true), configuration,
        VerilatorModel.Options(trace: trace, isLenient: true))
    }
    let place = FileManager.default.temporaryDirectory.appending(path: "setun-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    try Emission.write(try Emission.files(configuration), to: place.path)
    return try build(place, configuration, VerilatorModel.Options(trace: trace))
  }

  /// Verilates and compiles, or takes what the cache has.
  private static func build(
    _ directory: URL, _ configuration: Configuration, _ options: VerilatorModel.Options
  ) throws -> VerilatorModel {
    var activity: Activity?
    let clock = ContinuousClock.now
    defer { activity?.finish() }
    let key = "verilator-\(configuration.name)\(options.trace ? "-trace" : "")"
    let model = try VerilatorModel.build(
      rtlDirectory: directory, beatBits: configuration.beatBits, channels: configuration.channels,
      streams: configuration.streams, options: options,
      progress: { _ in
        if activity == nil { activity = Activity("Building the RTL with Verilator", key: key) }
      })
    if activity != nil { Activity.remember((ContinuousClock.now - clock) / .seconds(1), key: key) }
    return model
  }

  mutating func run(
    _ request: RunRequest, wantsLogits: Bool, deliver: (_ token: Int, _ logits: [Float]) throws -> Void
  ) throws {
    session.setRecording(false)
    try session.start(request, logits: wantsLogits)
    var index = 0
    var waiting = [[[Float]]](repeating: [], count: model.streams)
    while let token = try session.token(index) {
      index += 1
      _ = try session.drainTokenFIFO()
      guard wantsLogits else {
        try deliver(token.id, [])
        continue
      }
      // The last logits of a position may still be on their way through the port's FIFO.
      waiting[token.stream] += session.takeLogitRows(stream: token.stream)
      while waiting[token.stream].isEmpty {
        _ = try session.run(maxCycles: 64)
        waiting[token.stream] += session.takeLogitRows(stream: token.stream)
      }
      try deliver(token.id, waiting[token.stream].removeFirst())
    }
    try finish()
  }

  /// Runs one START to its end; its tokens, as the core decides them.
  @discardableResult
  func run(
    _ request: RunRequest, deliver: (RTLSession.Token) throws -> Void = { _ in }
  ) throws -> [RTLSession.Token] {
    try session.start(request)
    var tokens: [RTLSession.Token] = []
    while let token = try session.token(tokens.count) {
      tokens.append(token)
      _ = try session.drainTokenFIFO()
      try deliver(token)
    }
    return tokens
  }

  /// Waits until the core is idle; throws when it did not end as it was asked to.
  func finish() throws {
    let status = try session.finish()
    guard let cause = status.cause, cause.isSuccess else {
      throw Failure("The core stopped with cause \(status.causeCode) (\(status.cause?.explanation ?? "unknown")).")
    }
  }
}
