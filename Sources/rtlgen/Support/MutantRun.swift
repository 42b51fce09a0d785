import BuiltInModel
import Checkpoint
import Foundation
import MutationTesting
import SetunCompiler
import SetunMachine
import SetunVerification
import VerilatorBridge

/// The checks that a fault has to pass unnoticed to survive, the cheapest first.
enum MutantChecks {
  /// Programs of the watchdog.
  static let watchdogPrograms = 60

  static func all(_ configuration: Configuration) -> [Bench] {
    // Opened when it comes to it: most faults are caught before.
    let large = Bench.agreement(named: "tales-1m") {
      try CompiledModel(try Checkpoint(directory: BuiltInModel.directory), for: configuration)
    }
    return [Bench.agreement, large] + Bench.directed + [Bench.watchdog(count: watchdogPrograms)]
  }

  /// Runs the checks on a design up to the first that notices something, and tells on standard output how far it is.
  ///
  /// In a process of its own: a model whose logic never settles ends its process.
  static func run(_ directory: String, _ configuration: Configuration, seed: UInt64) throws {
    let model = try MutantBuild.model(directory, configuration)
    for check in all(configuration) {
      Console.write("check \(check.id)\n")
      let log = try check.run(on: model, configuration: configuration, seed: seed)
      if let finding = log.findings.first {
        Console.write("caught \(finding.split(separator: "\n").first.map(String.init) ?? "")\n")
        return
      }
    }
    Console.write("survived\n")
  }
}

/// The build of a design with faults.
enum MutantBuild {
  static func model(_ directory: String, _ configuration: Configuration) throws -> VerilatorModel {
    // Registers start at random values, so that a reset that is not there shows.
    try VerilatorModel.build(
      rtlDirectory: URL(fileURLWithPath: directory, isDirectory: true), beatBits: configuration.beatBits,
      options: .init(randomInitialState: true, isLenient: true))
  }
}

/// What became of a fault.
struct MutantOutcome: Sendable {
  /// The check that noticed it; nil when none did.
  var caughtBy: String?
  /// What the check said.
  var finding = ""
  var seconds = 0.0
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
