import Foundation
import SetunBoard
import SetunCompiler
import SetunExploration
import SetunMachine
import VerilatorBridge

/// A model on a board's chip: the top module, and what it takes.
struct BoardDesign {
  let board: Board
  let model: CompiledModel
  let budget: OnChipBudget
  let top: BoardTop
  /// The SystemVerilog, and what the memories hold.
  let files: [(name: String, text: String)]

  /// - Throws: when the model does not fit the chip.
  init(_ board: Board, source: ModelSource, baud: Int) throws {
    // Before anything that takes long.
    try board.link(baud: baud).validate()
    self.board = board
    model = try source.compiled(for: MachineChoice(config: board.configuration.name))
    budget = try OnChipBudget(model, device: try ResourceBudget.named(board.device))
    try budget.check()
    let memory = OnChipMemory(
      image: try OnChipImage(model), banks: budget.banks, configuration: board.configuration)
    top = try BoardTop(
      board: board, system: OnChipSystem(configuration: board.configuration, memory: memory), baud: baud)
    files = try Emission.files(of: top, named: board.name, board.configuration)
  }

  /// The emitted modules by name.
  var texts: [String: String] {
    Dictionary(files.map { (String($0.name.dropLast(3)), $0.text) }, uniquingKeysWith: { first, _ in first })
  }

  /// The Verilator build of exactly these files.
  func simulation() throws -> BoardModel {
    let place = FileManager.default.temporaryDirectory.appending(path: "setun-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    try Emission.write(files, to: place.path)
    var activity: Activity?
    let clock = ContinuousClock.now
    defer { activity?.finish() }
    let key = "verilator-\(board.topName)"
    let model = try BoardModel.build(rtlDirectory: place, top: board.topName, cells: BoardTop.cells) { _ in
      if activity == nil { activity = Activity("Building the board with Verilator", key: key) }
    }
    if activity != nil { Activity.remember((ContinuousClock.now - clock) / .seconds(1), key: key) }
    return model
  }
}
