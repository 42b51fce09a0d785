import ArgumentParser
import Foundation
import SetunMachine
import SetunVerification
import VerilatorBridge

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hold a core to its specification: errors, stops, resets, illegal programs, stalls on every port.",
    discussion:
      "Prints which bench reached which stop cause how often. Exits with status 1 when anything is not as specified.")

  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file.")
  var config = EngineFactory.defaultConfiguration

  @Option(
    name: .long, help: "Build the SystemVerilog of this directory instead of emitting it.", completion: .directory)
  var rtl: String?

  @Option(name: .long, help: "Only these benches, with commas between; --list names them.")
  var only: String?

  @Option(name: .long, help: "Programs of the watchdog bench.")
  var watchdog = 300

  @Option(name: .long, help: "Seed of everything random.")
  var seed: UInt64 = 1

  @Option(
    name: .long, help: "Write the page of stop causes into this file, when all benches have run clean.",
    completion: .file(extensions: ["md"]))
  var page: String?

  @Flag(name: .long, help: "List the benches.")
  var list = false

  func validate() throws {
    if page != nil, only != nil { throw ValidationError("--page needs every bench; give it without --only.") }
    guard watchdog >= 1 else { throw ValidationError("--watchdog must be at least 1.") }
    if let name = names.first(where: { name in !benches.contains { $0.id == name } }) {
      throw ValidationError("There is no bench called '\(name)'; --list names them.")
    }
  }

  private var benches: [Bench] { Bench.directed + [Bench.watchdog(count: watchdog)] }
  private var names: [String] { only?.split(separator: ",").map(String.init) ?? [] }

  func run() throws {
    if list {
      for bench in benches { Console.write("\(bench.id): \(bench.summary)\n") }
      return
    }
    let machine = try Configuration.load(config)
    let model = try RTLMachine.model(machine, rtl: rtl)
    var coverage = CauseCoverage()
    var isClean = true
    for bench in benches where names.isEmpty || names.contains(bench.id) {
      let start = Date()
      let log = try bench.run(on: model, configuration: machine, seed: seed)
      coverage.add(bench, log)
      let seconds = String(format: "%.1f s", Date().timeIntervalSince(start))
      Console.write("\(bench.id): \(log.runs) runs, \(log.findings.count) findings, \(seconds)\n")
      for finding in log.findings.prefix(20) { Console.write("  \(finding)\n") }
      isClean = isClean && log.findings.isEmpty
    }
    Console.write("\nconfiguration \(machine.name), seed \(seed)\n\n\(coverage.markdown)")
    guard isClean else { throw ExitCode.failure }
    if let page {
      do {
        try Data(coverage.page(machine, seed: seed).utf8).write(to: URL(fileURLWithPath: page))
      } catch {
        throw Failure("\(page): cannot be written (\(error.localizedDescription)).")
      }
    }
  }
}
