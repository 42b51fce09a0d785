import SetunCompiler
import SetunMachine
import SetunSimulator

/// How often each unit took something.
public struct UnitActivity: Codable, Hashable, Sendable {
  public struct Unit: Codable, Hashable, Sendable {
    public var name: String
    /// What it takes at most once a cycle.
    public var takes: String
    /// Cycles of all the tokens in which it did, or for channels the mean over them, by part of the work.
    public var cycles: [Double]
    /// Of all cycles.
    public var fraction: Double
  }

  public var evidence = Evidence.simulated
  /// The order of the cycles of a unit.
  public var parts = LayerPart.allCases
  public var units: [Unit]
  /// Mean beats in a channel's stream FIFO, and its places.
  public var fifoOccupancy: Double
  public var fifoPlaces: Int

  init(_ program: Program, _ positions: [PositionAccount]) {
    let configuration = program.configuration
    let parts = LayerPart.parts(of: program)
    let total = Double(positions.reduce(0) { $0 + $1.cycles })
    func unit(
      _ name: String, _ takes: String, _ count: (InstructionAccount, ProgramEntry) -> Double
    ) -> Unit {
      var cycles = [Double](repeating: 0, count: LayerPart.allCases.count)
      for position in positions {
        for (index, entry) in position.instructions.enumerated() {
          guard let place = LayerPart.allCases.firstIndex(of: parts[index]) else { continue }
          cycles[place] += count(entry, program.entries[index])
        }
      }
      return Unit(name: name, takes: takes, cycles: cycles, fraction: cycles.reduce(0, +) / total)
    }
    /// The unit that a matrix' rows go to is armed by the instruction before it.
    var armed: [Opcode?] = []
    var newest: Opcode?
    for entry in program.entries {
      if [.mlgru, .glu, .residual, .argmax].contains(entry.instruction.opcode) { newest = entry.instruction.opcode }
      armed.append(entry.instruction.opcode == .matvec ? newest : nil)
    }
    func rows(_ name: String, _ opcode: Opcode) -> Unit {
      var cycles = [Double](repeating: 0, count: LayerPart.allCases.count)
      for position in positions {
        for (index, entry) in position.instructions.enumerated() where armed[index] == opcode {
          guard let place = LayerPart.allCases.firstIndex(of: parts[index]) else { continue }
          cycles[place] += Double(entry.rowSteps)
        }
      }
      return Unit(
        name: name, takes: "a step of rows, all matrices of its instruction counted", cycles: cycles,
        fraction: cycles.reduce(0, +) / total)
    }
    let channels = Double(configuration.channels)
    let lanes = configuration.rowLanes == 1 ? "a row" : "\(configuration.rowLanes) rows"
    units = [
      unit("Weight channels", "a beat from each channel's FIFO") { entry, _ in Double(entry.beats) / channels },
      unit("Ternary engine", "a step of weight beats") { entry, program in
        program.instruction.opcode == .matvec ? Double(entry.steps - 1) : 0
      },
      unit("Row scale", "\(lanes) from the row-sum queue") { entry, program in
        program.instruction.opcode == .matvec ? Double(entry.rowSteps) : 0
      },
      rows("MLGRU unit", .mlgru), rows("GLU unit", .glu), rows("Residual unit", .residual),
      rows("Argmax unit", .argmax),
      unit("Embedding unit", "\(configuration.rowLanes == 1 ? "an element" : "\(configuration.rowLanes) elements")") {
        entry, program in
        program.instruction.opcode == .embed ? Double(entry.rowSteps) : 0
      },
      unit("Quantiser", "a word of \(configuration.lanes) activations") { entry, _ in Double(entry.quantisedWords) },
      unit("Norm unit", "a norm, from its start to its retirement") { entry, _ in Double(entry.normCycles) },
    ]
    fifoOccupancy = Double(positions.reduce(0) { $0 + $1.fifoBeatCycles }) / (total * channels)
    fifoPlaces = configuration.fifoBeats
  }
}
