import HardwareDescription

/// A tool that gives a module a meaning.
public enum SimulationTool: String, CaseIterable, Sendable, Comparable {
  case swift
  case verilator
  case icarus
  /// Yosys' netlist, run by Verilator.
  case yosys

  public static func < (a: SimulationTool, b: SimulationTool) -> Bool { a.rawValue < b.rawValue }
}

/// What a tool made of a module.
public enum Outcome: Hashable, Sendable {
  /// One line for each cycle: the outputs in hexadecimal, in the order of the ports.
  case trace([String])
  /// The tool does not accept the module, or has something to remark on it.
  case refused(String)
  /// The tool stops at a fault or limit of its own that is known and that no author meets.
  case unable(String)
}

/// An elaborated module with its text and its inputs.
public struct PreparedModule: Sendable {
  public let recipe: ModuleRecipe
  let elaboration: Elaboration
  public var design: Design { elaboration.design }
  public let files: [SystemVerilogEmitter.File]
  public let stimulus: Stimulus

  /// - Parameter seed: draws the inputs.
  public init(_ recipe: ModuleRecipe, seed: UInt64) throws(RandomModulesError) {
    let elaboration = Elaborator().run(recipe)
    // A warning is a finding too: the generator makes nothing worth one.
    guard elaboration.diagnostics.isEmpty else { throw .illegal(elaboration.diagnostics) }
    self.recipe = recipe
    self.elaboration = elaboration
    files = SystemVerilogEmitter(configuration: "random modules").files(elaboration.design)
    stimulus = Stimulus(seed: seed, inputs: recipe.inputs)
  }

  var outputs: [ModulePort] { design.top?.ports.filter { $0.direction == .output } ?? [] }
}
