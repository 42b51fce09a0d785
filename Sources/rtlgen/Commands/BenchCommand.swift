import ArgumentParser
import Checkpoint
import Files
import Foundation
import SetunCompiler
import SetunCore
import SetunMachine
import SetunSimulator
import VerilatorBridge

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast simulator and RTL run the same program, and what comes before.",
    discussion: """
      Simulator and Verilator build run one after the other, each on one thread, without records and without a trace; their \
      speeds count the thread's processor time, the best of several runs. --check compares with a stored baseline, never \
      absolute speeds: the cycles must be the same, and each ratio at least its floor; else it exits with status 1.

      With --hardware-simulator the core runs as a design in the simulator of the hardware description instead: beside its \
      Verilator build, with all outputs compared, and on a smaller design beside Amaranth (see Sim/bench_amaranth.py).
      """)

  @OptionGroup var model: SourceOptions

  @OptionGroup var machine: MachineOptions

  @Option(name: .long, help: "How many tokens to generate; about half a million cycles when absent.")
  var tokens: Int?

  @Option(name: .long, help: "The file of stored cycles and ratios.", completion: .file(extensions: ["json"]))
  var baseline = "Tests/Baselines/bench.json"

  @Flag(name: .long, help: "Compare cycles and ratios with the baseline.")
  var check = false

  @Flag(name: .long, help: "Store cycles and ratios in the baseline.")
  var store = false

  @Flag(
    name: .long, help: "Measure the hardware description instead: designs of 10^3 to 10^6 nodes, and the named cores.")
  var elaboration = false

  @Flag(name: .long, help: "Measure the simulator of the hardware description.")
  var hardwareSimulator = false

  @Option(name: .long, help: "A Python with Amaranth, for --hardware-simulator.", completion: .file())
  var python = ".build/amaranth/bin/python"

  @Flag(name: .long, help: "Print one JSON object instead of the table.")
  var json = false

  func validate() throws {
    if let tokens, tokens < 1 { throw ValidationError("--tokens must be at least 1.") }
    if hardwareSimulator, check || store || tokens != nil {
      throw ValidationError("--hardware-simulator goes with neither --check, --store nor --tokens.")
    }
    if check, store { throw ValidationError("Give either --check or --store, not both.") }
    if elaboration, check || store { throw ValidationError("--elaboration has no baseline.") }
  }

  func run() throws {
    if hardwareSimulator {
      let (source, _) = try Stopwatch.wall { try model.open(for: machine.choice) }
      let report = try HardwareSimulatorReport.measure(
        try source.compiled(for: machine.choice), prompt: [source.shape.beginToken ?? 0], python: python)
      if json { try Console.write(json: report) } else { Console.write(report.table) }
      return
    }
    if elaboration { return try measureElaboration() }
    // Read first, so that a file that cannot be used is said before anything is measured.
    var stored = check || store ? try BenchBaseline(path: baseline, mayBeMissing: store) : nil
    if store { try OutputFile.probe(baseline) }
    let report = try measure()
    if store {
      stored?.store(report)
      try stored?.write(to: baseline)
    }
    if json { try Console.write(json: report) } else { Console.write(report.table) }
    if check, let lines = try stored?.lines(report, path: baseline) {
      let table = BenchBaseline.table(report.key, lines)
      if json { FileHandle.standardError.write(Data(table.utf8)) } else { Console.write("\n" + table) }
      guard lines.allSatisfy(\.holds) else { throw ExitCode.failure }
    }
  }

  private func measureElaboration() throws {
    var rows: [ElaborationBench.Row] = []
    for configuration in Configuration.named {
      rows.append(try ElaborationBench.measure(configuration.name, SetunCore(configuration: configuration)))
    }
    for nodes in [1000, 10_000, 100_000, 1_000_000] { rows += try ElaborationBench.rows(nodes: nodes) }
    if json { try Console.write(json: ["elaboration": rows]) } else { Console.write(ElaborationBench.table(rows)) }
  }

  private func measure() throws -> BenchReport {
    var report = BenchReport()
    let (source, loading) = try Stopwatch.wall { try model.open(for: machine.choice) }
    report.loadingSeconds = loading
    report.model = URL(fileURLWithPath: source.directory).lastPathComponent
    if let checkpoint = source.checkpoint {
      let (reference, ternarising) = try Stopwatch.wall { try ReferenceModel(checkpoint) }
      report.ternarisingSeconds = ternarising
      report.referenceTokensPerSecond = try Self.referenceSpeed(reference)
    }
    let (compiled, compiling) = try Stopwatch.wall { try source.compiled(for: machine.choice) }
    if source.checkpoint != nil { report.compilingSeconds = compiling }
    report.configuration = compiled.configuration.name

    let perToken = max(1, Prediction(compiled.program).cyclesPerToken)
    let budget = tokens ?? max(1, min(16, 500_000 / perToken))
    let streams = compiled.configuration.streams
    let request = RunRequest(
      prompts: Array(repeating: [source.shape.beginToken ?? 0], count: streams),
      budgets: Array(repeating: budget, count: streams))
    report.tokens = budget
    // Built before anything is timed, so that the machine is quiet then.
    let hardware = try RTLMachine(compiled)
    report.tools = hardware.model.tools

    var simulator = MachineSimulator(compiled)
    var observer = NoObserver()
    var cycles = 0
    report.secondsSimulator = try Stopwatch.best(least: 3, seconds: 1) {
      cycles = try simulator.run(request, observer: &observer).cycles
    }
    report.cycles = cycles
    hardware.session.setRecording(false)
    var cyclesRTL = 0
    report.secondsRTL = try Stopwatch.best(least: 2, seconds: 1) {
      cyclesRTL = try hardware.run(request).last?.cycle ?? 0
      try hardware.finish()
    }
    guard cycles == cyclesRTL else {
      throw Failure("Simulator and RTL differ: \(cycles) and \(cyclesRTL) cycles; 'rtlgen compare' says where.")
    }
    return report
  }

  private static func referenceSpeed(_ model: ReferenceModel) throws -> Double {
    var engine = ReferenceEngine(model)
    var token = model.checkpoint.configuration.beginToken ?? 0
    var best = Double.infinity
    var total = 0.0
    // Several cores work here, so the clock on the wall counts; the fastest token is the least disturbed.
    while total < 1 {
      let (next, seconds) = try Stopwatch.wall { firstMaximum(try engine.step(token)) }
      token = next
      best = min(best, seconds)
      total += seconds
    }
    return 1 / best
  }
}
