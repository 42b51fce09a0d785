import BuiltInModel
import Checkpoint
import SetunCompiler
import SetunMachine
import SetunReport
import SetunSimulator
import Testing

/// The built-in model on a machine, with what a run of it gave.
struct ReportFixture: Sendable, CustomTestStringConvertible {
  var configuration = Configuration.tiny
  var channels = 1
  var rowLanes = 1
  var registers = 0
  var memory = MemoryModel.ideal

  static let all: [ReportFixture] =
    [.ideal, .random(seed: 3), .dram(.ddr4), .dram(.hbm2)].flatMap { memory in
      [
        ReportFixture(memory: memory), ReportFixture(configuration: .wide, memory: memory),
        ReportFixture(channels: 4, memory: memory),
        ReportFixture(channels: 2, rowLanes: 5, registers: 3, memory: memory),
      ]
    }

  var testDescription: String {
    "\(configuration.name), \(channels) channels, \(rowLanes) row lanes, \(registers) registers, \(memory)"
  }

  static let request = RunRequest(prompt: [1, 338, 25], budget: 4)

  func compiled() throws -> CompiledModel {
    var machine = configuration
    machine.channels = channels
    machine.rowLanes = rowLanes
    machine.channelRegisters = registers
    if rowLanes > 1 { machine.stateCapacity = 4096 }
    return try CompiledModel(Checkpoint(directory: BuiltInModel.directory), for: machine)
  }

  func run(_ model: CompiledModel, accounts: Bool = true) throws -> RunResult {
    var simulator = MachineSimulator(model)
    var observer = NoObserver()
    return try simulator.run(
      Self.request, memory: memory, records: true, accounts: accounts, observer: &observer)
  }

  func measured() throws -> MeasuredRun {
    let model = try compiled()
    return MeasuredRun(
      model: model, name: "tales <1m> & \"more\"", memory: memory, request: Self.request, result: try run(model),
      command: "rtlgen report")
  }
}
