import Files
import Foundation
import HardwareDescription
import SetunBoard
import SetunCompiler
import SetunCore
import SetunExploration
import SetunMachine
import SetunSynthesis
import VerilatorBridge

/// `rtlgen synth --verify`: netlists for the ECP5 run beside the RTL that they were made of.
enum NetlistVerification {
  private struct Row: Encodable {
    let unit: String
    let cycles: Int
    let seed: UInt64
    let resources: String
    let synthesisSeconds: Double
    let seconds: Double
    let mismatch: String?
  }

  /// What is verified without a choice: the units in which all kinds of cells are.
  static let usual = [
    "trit_decoder", "ternary_engine", "activation_memory", "state_memory", "vector_slots", "stream_fifo", "row_scale",
    "mlgru_unit", "glu_unit", "residual_unit", "argmax_unit", "statistics", "norm_unit", "quantiser", "sequencer",
    "on_chip_memory",
  ]

  static func run(
    _ configuration: Configuration, units: [String], cycles: Int, seed: UInt64, _ yosys: Yosys, json: Bool
  ) throws {
    let core = Elaborator().run(SetunCore(configuration: configuration)).design
    let files = try Emission.files(configuration)
    var rows: [Row] = []
    for unit in units {
      if unit == "on_chip_memory" {
        let memory = try memory(configuration)
        let files = try Emission.files(of: memory, named: unit, configuration)
        guard let module = Elaborator().run(memory).design.top else { continue }
        rows.append(try verify(module, files, cycles, seed, yosys))
      } else {
        guard let module = core.module(unit) else {
          throw Failure("The core of '\(configuration.name)' has no module '\(unit)'.")
        }
        rows.append(try verify(module, files, cycles, seed, yosys))
      }
      if let mismatch = rows.last?.mismatch, !json { Console.write(mismatch + "\n") }
    }
    if json {
      try Console.write(json: ["netlists": rows])
    } else {
      var table = Table(["unit", "cells", "cycles", "s of synthesis", "s of both", "mismatches"])
      for row in rows {
        table.add([
          row.unit, row.resources, "\(row.cycles)", String(format: "%.0f", row.synthesisSeconds),
          String(format: "%.1f", row.seconds), row.mismatch == nil ? "0" : "yes",
        ])
      }
      Console.write(
        "Netlists of \(configuration.name) for the ECP5 beside their RTL, seed \(seed); \(yosys.version), simulated\n\n"
          + table.text)
    }
    let failed = rows.filter { $0.mismatch != nil }.map(\.unit)
    guard failed.isEmpty else { throw Failure("Netlist and RTL differ in \(failed.joined(separator: ", ")).") }
  }

  /// Writes the flat netlist of a core with the models of its cells, for `compare --rtl`.
  static func write(_ configuration: Configuration, to path: String, _ yosys: Yosys, json: Bool) throws {
    let netlist = Netlist(of: "setun_core")
    try withSynthesisDirectory(try Emission.files(configuration)) { directory in
      let outcome = try yosys.run(
        "Synthesising the core of \(configuration.name)", netlist.script(keepsName: true), in: directory)
      guard outcome.succeeded else { throw Failure("yosys failed: \(outcome.error)") }
      let cells = try netlist.cells(in: directory)
      // What is read while it is written comes out wrong, so that nothing relies on it unnoticed.
      try netlist.replaceDesign(in: directory, spoilsCollisions: true)
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      try OutputDirectory.write(
        try names.map { ($0, try SynthesisTools.contents($0, in: directory)) }, to: path, removing: [])
      if json {
        try Console.write(json: ["netlist": path, "cells": cells, "tool": yosys.version])
      } else {
        Console.write("\(path): \(cells); \(yosys.version), \(String(format: "%.0f", outcome.seconds)) s\n")
      }
    }
  }

  /// The built-in model in block RAM, as a board has it.
  private static func memory(_ configuration: Configuration) throws -> OnChipMemory {
    guard let board = Board.all.first(where: { $0.configuration.name == configuration.name }) else {
      throw Failure("'\(configuration.name)' has no memory on the chip.")
    }
    let compiled = try SourceOptions.source(nil).compiled(for: MachineChoice(config: configuration.name))
    let budget = try OnChipBudget(compiled, device: try ResourceBudget.named(board.device))
    return OnChipMemory(image: try OnChipImage(compiled), banks: budget.banks, configuration: configuration)
  }

  private static func verify(
    _ module: ModuleDefinition, _ files: [(name: String, text: String)], _ cycles: Int, _ seed: UInt64, _ yosys: Yosys
  ) throws -> Row {
    try withSynthesisDirectory(files) { directory in
      let netlist = Netlist(of: module.name)
      let outcome = try yosys.run("Synthesising \(module.name)", netlist.script(), in: directory)
      guard outcome.succeeded else { throw Failure("yosys failed: \(outcome.error)") }
      try netlist.prepare(directory)
      let clock = ContinuousClock.now
      let building = Activity("Building RTL and netlist of \(module.name)", key: "netlist-\(module.name)")
      defer { building.finish() }
      let bench = try NetlistBench(OperatorPorts(module), netlist: netlist, directory: directory)
      building.finish()
      var progress = Progress("Comparing \(module.name)")
      let mismatch = bench.mismatch(cycles: cycles, seed: seed) { progress.update(Double($0) / Double(cycles)) }
      progress.finish()
      return Row(
        unit: module.name, cycles: cycles, seed: seed, resources: try netlist.cells(in: directory),
        synthesisSeconds: outcome.seconds, seconds: (ContinuousClock.now - clock) / .seconds(1),
        mismatch: mismatch?.description)
    }
  }
}
