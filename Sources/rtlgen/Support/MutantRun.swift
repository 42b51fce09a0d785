import BuiltInModel
import Checkpoint
import Foundation
import MutationTesting
import SetunCompiler
import SetunMachine
import SetunVerification
import VerilatorBridge

/// A check that may notice a fault.
struct MutantCheck {
  let id: String
  /// What is not as specified; nil when all is.
  let finding: (MutantBuild) throws -> String?
}

/// The checks that a fault has to pass unnoticed to survive, the cheapest first.
enum MutantChecks {
  /// Programs of the watchdog.
  static let watchdogPrograms = 200

  static func all(_ configuration: Configuration, seed: UInt64) -> [MutantCheck] {
    func check(_ bench: Bench) -> MutantCheck {
      MutantCheck(id: bench.id) { try bench.run(on: $0.core, configuration: configuration, seed: seed).findings.first }
    }
    let operators = MutantCheck(id: "operators") {
      OperatorCheck.findings(of: OperatorCheck.all(configuration), on: try $0.operators(), seed: seed).first
    }
    // Opened when it comes to it: most faults are caught before.
    let large = Bench.agreement(named: "tales-1m") {
      try CompiledModel(try Checkpoint(directory: BuiltInModel.directory), for: configuration)
    }
    let registers = MutantCheck(id: "registers") {
      RegisterCheck.finding(on: try $0.registers(), configuration, seed: seed)
    }
    return [check(.agreement), operators, registers] + Bench.directed.map(check)
      + [large, Bench.agreementOfMany, Bench.watchdog(count: watchdogPrograms)].map(check)
  }

  /// Runs the checks on a design up to the first that notices something, and tells on standard output how far it is.
  ///
  /// In a process of its own: a model whose logic never settles ends its process.
  static func run(_ directory: String, _ configuration: Configuration, seed: UInt64) throws {
    let build = try MutantBuild(directory, configuration)
    for check in all(configuration, seed: seed) {
      Console.write("check \(check.id)\n")
      if let finding = try check.finding(build) {
        Console.write("caught \(finding.split(separator: "\n").first.map(String.init) ?? "")\n")
        return
      }
    }
    Console.write("survived\n")
  }
}

/// The models of a design with faults: the core, and its operators by themselves.
struct MutantBuild {
  let core: VerilatorModel
  private let directory: URL
  private let configuration: Configuration
  // Registers start at random values, so that a reset that is not there shows.
  private let options = VerilatorModel.Options(randomInitialState: true, isLenient: true)

  init(_ directory: String, _ configuration: Configuration) throws(BridgeError) {
    self.directory = URL(fileURLWithPath: directory, isDirectory: true)
    self.configuration = configuration
    core = try VerilatorModel.build(
      rtlDirectory: self.directory, beatBits: configuration.beatBits, channels: configuration.channels,
      streams: configuration.streams,
      options: options)
  }

  /// Built when it comes to it.
  func operators() throws(BridgeError) -> OperatorModel {
    try OperatorModel.build(
      rtlDirectory: directory, operators: OperatorCheck.all(configuration).map(\.ports), options: options)
  }

  /// Built when it comes to it.
  func registers() throws(BridgeError) -> OperatorModel {
    try OperatorModel.build(
      rtlDirectory: directory, operators: [RegisterCheck.ports(configuration)], options: options)
  }

  /// Deletes what was built.
  func remove() {
    let libraries = [core.library] + [try? operators(), try? registers()].compactMap { $0?.library }
    for entry in libraries.map({ $0.deletingLastPathComponent() }) {
      try? FileManager.default.removeItem(at: entry)
      try? FileManager.default.removeItem(at: entry.appendingPathExtension("lock"))
    }
  }
}

/// What became of a fault.
struct MutantOutcome: Sendable {
  /// The check that noticed it; nil when none did.
  var caughtBy: String?
  /// What the check said.
  var finding = ""
  var seconds = 0.0
  /// Of one that nothing noticed: why it changes nothing, as far as known.
  var equivalence: String?
}

/// A process that runs the checks on one fault.
struct MutantWorker {
  let directory: String
  let config: String
  let seed: UInt64
  /// After so many seconds the design hangs.
  let limit: Double

  func run(fault: Int) throws -> MutantOutcome {
    let start = ContinuousClock.now
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["mutants", "--worker", directory, "--config", config, "--seed", "\(seed)"]
    var environment = ProcessInfo.processInfo.environment
    environment[FaultPlanter.selector] = "\(fault)"
    process.environment = environment
    let log = directory + "-\(fault).log"
    guard FileManager.default.createFile(atPath: log, contents: nil) else {
      throw Failure("\(log): cannot be written.")
    }
    defer { try? FileManager.default.removeItem(atPath: log) }
    guard let handle = FileHandle(forWritingAtPath: log) else { throw Failure("\(log): cannot be written.") }
    defer { try? handle.close() }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    let done = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in done.signal() }
    try process.run()
    let isLate = done.wait(timeout: .now() + limit) == .timedOut
    if isLate {
      kill(process.processIdentifier, SIGKILL)
      done.wait()
    }
    let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    let lines = text.split(separator: "\n").map(String.init)
    var outcome = MutantOutcome(seconds: (ContinuousClock.now - start) / .seconds(1))
    let check = lines.last { $0.hasPrefix("check ") }.map { String($0.dropFirst(6)) }
    guard let check else { throw Failure("The checks could not be started: \(lines.last ?? "no output").") }
    if isLate {
      (outcome.caughtBy, outcome.finding) = (check, "no end within \(Int(limit)) s")
    } else if let caught = lines.last(where: { $0.hasPrefix("caught ") }) {
      (outcome.caughtBy, outcome.finding) = (check, String(caught.dropFirst(7)))
    } else if process.terminationReason == .uncaughtSignal {
      // Verilator's run time gives up on logic that does not settle.
      (outcome.caughtBy, outcome.finding) = (check, lines.last { $0.hasPrefix("%Error") } ?? "the model crashed")
    } else if process.terminationStatus != 0 || lines.last != "survived" {
      throw Failure("The check \(check) failed by itself: \(lines.last ?? "no output").")
    }
    return outcome
  }
}
