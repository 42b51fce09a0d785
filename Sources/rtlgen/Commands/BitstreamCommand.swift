import ArgumentParser
import Checkpoint
import Files
import Foundation
import HardwareDescription
import SetunBoard
import SetunCompiler
import SetunExploration
import SetunMachine
import SetunSimulator

struct BitstreamCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bitstream",
    abstract:
      "Place a model and the core that runs it on a board's chip, and make the bitstream, with open tools alone.",
    discussion: """
      Compiles the model, puts its image into block RAM, emits core and memory, and runs Yosys, nextpnr and ecppack in OUT. \
      A model that does not fit the chip is refused with what it takes.
      """)

  @Option(name: .long, help: "The board: \(Board.all.map(\.name).joined(separator: ", ")).")
  var board = Board.ulx3s.name

  @Option(
    name: .long, help: "Directory of a checkpoint; the built-in tales-1m when absent.", completion: .directory)
  var model: String?

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out: String

  @Option(name: .long, help: "Seeds for nextpnr, separated by commas; the bitstream is that of the fastest.")
  var seeds = "1"

  @Flag(name: .long, help: "Only write the SystemVerilog and the contents of the memory.")
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
    let source = try SourceOptions.source(model)
    let compiled = try source.compiled(for: MachineChoice(config: board.configuration.name))
    let budget = try OnChipBudget(compiled, device: try ResourceBudget.named(board.device))
    Console.write(budget.table.text + "\n")
    try budget.check()
    let memory = OnChipMemory(
      image: try OnChipImage(compiled), banks: budget.banks, configuration: board.configuration)
    let system = OnChipSystem(configuration: board.configuration, memory: memory)
    var files = try Emission.files(of: system, named: board.name, board.configuration)
    if let module = Elaborator().run(system).design.top {
      files.append((ShiftProbe.name + ".sv", ShiftProbe(module).text))
    }
    try Emission.write(files, to: out)
    if emitOnly { return }

    let flow = PlaceAndRoute(
      directory: URL(fileURLWithPath: out, isDirectory: true), top: ShiftProbe.name, device: board.placement,
      targetMHz: board.targetMHz)
    if !keepSynthesis { try flow.synthesise() }
    var best: (seed: Int, timing: TimingReport)?
    let numbers = seeds.split(separator: ",").compactMap { Int($0) }
    for seed in numbers {
      let timing = try flow.route(seed: seed)
      Console.write(String(format: "seed %d: %.2f MHz\n", seed, timing.achievedMHz))
      if best.map({ timing.achievedMHz > $0.timing.achievedMHz }) ?? true { best = (seed, timing) }
    }
    guard let best else { return }
    if best.seed != numbers.last { _ = try flow.route(seed: best.seed) }
    try flow.pack()
    try report(board, compiled, best.timing, files)
  }

  /// What the chip holds, how fast it is, and how many tokens a second that makes.
  private func report(
    _ board: Board, _ compiled: CompiledModel, _ timing: TimingReport, _ files: [(name: String, text: String)]
  ) throws {
    var used = Table(["cells", "used", "of"])
    for (kind, use) in timing.utilisation.sorted(by: { $0.key < $1.key }) where use.used > 0 {
      used.add([kind, "\(use.used)", "\(use.available)"])
    }
    let texts = Dictionary(
      files.map { (String($0.name.dropLast(3)), $0.text) }, uniquingKeysWith: { first, _ in first })
    Console.write("\n\(used.text)\nLongest path, \(String(format: "%.2f", timing.delay)) ns, ")
    Console.write("\(String(format: "%.2f", timing.routing)) ns of it in wires:\n")
    Console.write(timing.table(top: ShiftProbe.name, texts: texts) + "\n")
    let cycles = Prediction(compiled.program, memoryLatency: MemoryModel.onChipLatency).cyclesPerToken
    let clock = Double(board.configuration.clockMHz)
    Console.write(
      String(
        format: "%.2f MHz reached, %.0f MHz wanted; %d cycles a token predicted: %.0f tokens/s at %.0f MHz.\n",
        timing.achievedMHz, clock, cycles, clock * 1e6 / Double(cycles), clock))
    Console.write("\(out)/\(ShiftProbe.name).bit\n")
    guard timing.achievedMHz >= clock else {
      throw Failure(
        String(format: "The clock reaches %.2f MHz, less than the board's %.0f.", timing.achievedMHz, clock))
    }
  }
}
