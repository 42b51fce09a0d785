import ArgumentParser
import Files
import Foundation
import SetunBoard
import SetunCompiler
import SetunMachine
import SetunSimulator

struct BitstreamCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bitstream",
    abstract: "Make a board's bitstream of a model and the core that runs it, with open tools alone.",
    discussion: """
      Compiles the model, puts its image into block RAM, emits core, memory, serial host, PLL and pins, and runs Yosys, nextpnr \
      and ecppack in OUT, where their logs and a summary, report.txt, stay. A model that does not fit the chip is refused with \
      what it takes. Seeds are tried in order until one reaches the clock.
      """)

  @Option(name: .long, help: "The board: \(Board.all.map(\.name).joined(separator: ", ")).")
  var board = Board.ulx3s.name

  @Option(
    name: .long, help: "Directory of a checkpoint; the built-in tales-1m when absent.", completion: .directory)
  var model: String?

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out: String

  @Option(name: .long, help: "Bits a second on the serial line.")
  var baud = Board.baud

  @Option(name: .long, help: "Seeds for nextpnr, separated by commas; the first that reaches the clock is taken.")
  var seeds = "1"

  @Flag(name: .long, help: "Only write the SystemVerilog, the contents of the memory and the pins.")
  var emitOnly = false

  @Flag(name: .long, help: "Take the synthesis that is in OUT already.")
  var keepSynthesis = false

  func validate() throws {
    guard seeds.split(separator: ",").allSatisfy({ Int($0) != nil }), !seeds.isEmpty else {
      throw ValidationError("--seeds must be numbers separated by commas.")
    }
  }

  func run() throws {
    let board = try Board.named(board)
    // Before anything that takes long.
    if !emitOnly { for tool in PlaceAndRoute.tools { _ = try SynthesisTools.required(tool) } }
    let design = try BoardDesign(board, source: try SourceOptions.source(model), baud: baud)
    let clock = Double(board.configuration.clockMHz)
    let speed = try speed(design.model, clockMHz: clock)
    Console.write(design.budget.table.text + "\n\(speed)\n\n")
    try Emission.write(design.files, to: out)
    let pins = board.name + ".lpf"
    try OutputDirectory.write([(pins, Data(board.pinConstraints.utf8))], to: out)
    if emitOnly { return }

    let flow = PlaceAndRoute(
      directory: URL(fileURLWithPath: out, isDirectory: true), top: board.topName, device: board.placement,
      targetMHz: board.configuration.clockMHz, constraints: pins)
    if !keepSynthesis { try flow.synthesise() }
    var tried: [(seed: Int, timing: TimingReport)] = []
    for seed in seeds.split(separator: ",").compactMap({ Int($0) }) {
      let timing = try flow.route(seed: seed, clockMHz: clock)
      Console.write(String(format: "seed %d: %.2f MHz\n", seed, timing.achievedMHz))
      tried.append((seed, timing))
      if timing.achievedMHz >= clock { break }
    }
    guard let best = tried.max(by: { $0.timing.achievedMHz < $1.timing.achievedMHz }) else { return }
    try flow.pack(seed: best.seed)
    let report = try self.report(design, tried, best.seed, best.timing, speed)
    Console.write("\n" + report)
    try OutputDirectory.write([("report.txt", Data(report.utf8))], to: out)
    guard best.timing.achievedMHz >= clock else {
      throw Failure(
        String(format: "The clock reaches %.2f MHz, less than the board's %.0f.", best.timing.achievedMHz, clock))
    }
  }

  /// What the chip holds, how fast it is, and how many tokens a second that makes.
  private func report(
    _ design: BoardDesign, _ tried: [(seed: Int, timing: TimingReport)], _ seed: Int, _ timing: TimingReport,
    _ speed: String
  ) throws -> String {
    let board = design.board
    var used = Table(["cells", "used", "of"])
    for (kind, use) in timing.utilisation.sorted(by: { $0.key < $1.key }) where use.used > 0 {
      used.add([kind, "\(use.used)", "\(use.available)"])
    }
    var seeds = Table(["seed", "MHz"])
    for (seed, timing) in tried { seeds.add(["\(seed)", String(format: "%.2f", timing.achievedMHz)]) }
    let versions = try PlaceAndRoute.tools.map { try SynthesisTools.version($0) }
    let clock = Double(board.configuration.clockMHz)
    return """
      \(board.topName): \(model ?? "the built-in tales-1m") on \(board.title)
      \(versions.joined(separator: "\n"))

      \(used.text)
      Clock \(timing.clock), \(String(format: "%.0f", clock)) MHz wanted, by seed of nextpnr:

      \(seeds.text)
      Longest path of seed \(seed), \(String(format: "%.2f ns, %.2f ns", timing.delay, timing.routing)) of it in wires:

      \(timing.table(top: board.topName, texts: design.texts))
      \(String(format: "%.2f MHz reached.", timing.achievedMHz)) \(speed)
      Serial line: \(baud) baud, 8N1.
      Bitstream: \(out)/\(board.topName).bit

      """
  }

  /// Cycles of tokens that follow each other, from the simulator with the chip's memory.
  private func speed(_ model: CompiledModel, clockMHz: Double) throws -> String {
    var simulator = MachineSimulator(model)
    var observer = NoObserver()
    let result = try simulator.run(RunRequest(prompt: [0], budget: 8), memory: .onChip, observer: &observer)
    let cycles = CompareCommand.Report.steadyState(result.tokenCycles)
    return String(
      format: "%.1f cycles a token, simulated: %.0f tokens/s at %.0f MHz.", cycles, clockMHz * 1e6 / cycles, clockMHz)
  }
}
