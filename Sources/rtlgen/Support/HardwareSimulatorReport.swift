import Foundation
import HardwareDescription
import HardwareSimulator
import SetunCompiler
import SetunCore
import SetunMachine
import SetunVerification
import VerilatorBridge

/// What `rtlgen bench --hardware-simulator` measured: how fast the emitted core runs as a design in Swift, beside its
/// Verilator build, and how fast a smaller design runs beside Amaranth's simulator in Python.
struct HardwareSimulatorReport: Encodable {
  var configuration = ""
  /// Cycles of a running program that were timed.
  var cycles = 0
  /// Cycles in which every output was compared with Verilator's.
  var compared = 0
  var instructions = 0
  /// From elaborated design to instructions.
  var compilingSeconds = 0.0
  var cyclesPerSecond = 0.0
  var cyclesPerSecondVerilator = 0.0
  var engineInstructions = 0
  var engineCyclesPerSecond = 0.0
  /// Nil without a Python that has Amaranth.
  var engineCyclesPerSecondAmaranth: Double?

  /// - Parameter python: an interpreter with Amaranth.
  static func measure(_ compiled: CompiledModel, prompt: [Int], python: String) throws -> HardwareSimulatorReport {
    var report = HardwareSimulatorReport()
    report.configuration = compiled.configuration.name
    let model = try RTLMachine.model(compiled.configuration)
    let agreement = try CoreAgreement.measured(
      model, compiled, memory: .random(seed: 1), prompt: prompt, budget: 1, cycles: 20_000)
    if let cycle = agreement.firstDifference {
      throw Failure("The core in Swift and its Verilator build differ in cycle \(cycle).")
    }
    report.compared = agreement.cycles

    let elaboration = Elaborator().run(SetunCore(configuration: compiled.configuration))
    report.compilingSeconds = try Stopwatch.wall { try Simulation(elaboration) }.1
    let core = try SimulatedCore(compiled.configuration, image: compiled.image.bytes, owner: compiled.image)
    report.instructions = core.simulation.instructionCount
    // A stretch of a running program, behind the header and the first operands.
    let (warmUp, cycles) = (5_000, 100_000)
    report.cycles = cycles
    try core.start(prompt: prompt, budget: 1000)
    try core.run(cycles: warmUp)
    report.cyclesPerSecond =
      Double(cycles) / (try Stopwatch.best(least: 3, seconds: 1) { try core.run(cycles: cycles) })
    let session = try RTLSession(model: model, image: compiled.image.bytes, owner: compiled.image)
    session.setRecording(false)
    try session.start(prompt: prompt, budget: 1000)
    _ = try session.run(maxCycles: warmUp)
    report.cyclesPerSecondVerilator =
      Double(cycles) / (try Stopwatch.best(least: 3, seconds: 1) { _ = try session.run(maxCycles: cycles) })

    try report.measureEngine(python)
    return report
  }

  private mutating func measureEngine(_ python: String) throws {
    let elaboration = Elaborator().run(BenchEngine())
    let (cycles, short) = (100_000, 3000)
    engineInstructions = try Simulation(elaboration).instructionCount
    let seconds = try Stopwatch.best(least: 3, seconds: 1) {
      let sim = try Simulation(elaboration)
      sim.reset()
      _ = try BenchEngine.checksum(sim, cycles: cycles)
    }
    engineCyclesPerSecond = Double(cycles) / seconds
    guard FileManager.default.isExecutableFile(atPath: python) else { return }
    let sim = try Simulation(elaboration)
    sim.reset()
    let checksum = try BenchEngine.checksum(sim, cycles: short)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["Sim/bench_amaranth.py", "\(short)"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let words = output.split(whereSeparator: \.isWhitespace)
    guard process.terminationStatus == 0, words.count == 2, let taken = Double(words[0]) else {
      throw Failure("Sim/bench_amaranth.py failed under \(python).")
    }
    guard UInt64(words[1], radix: 16) == checksum else {
      throw Failure("The engine in Swift and in Amaranth give different outputs.")
    }
    engineCyclesPerSecondAmaranth = Double(short) / taken
  }

  var table: String {
    func number(_ value: Double?, _ digits: Int = 0) -> String {
      value.map { String(format: "%.\(digits)f", $0) } ?? "-"
    }
    var table = Table(["design, simulator", "instructions", "cycles per second", "ratio"])
    table.add(["core \(configuration), Swift", "\(instructions)", number(cyclesPerSecond), "1"])
    table.add([
      "core \(configuration), Verilator", "-", number(cyclesPerSecondVerilator),
      number(cyclesPerSecond / cyclesPerSecondVerilator, 3),
    ])
    table.add(["engine, Swift", "\(engineInstructions)", number(engineCyclesPerSecond), "1"])
    table.add([
      "engine, Amaranth", "-", number(engineCyclesPerSecondAmaranth),
      number(engineCyclesPerSecondAmaranth.map { engineCyclesPerSecond / $0 }, 1),
    ])
    return table.text
      + "Every output of the core agreed with Verilator's in \(compared) cycles; compiled in "
      + "\(number(compilingSeconds, 2)) s.\n"
  }
}
