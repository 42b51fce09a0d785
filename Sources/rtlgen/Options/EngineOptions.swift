import ArgumentParser

/// What runs the model.
enum EngineKind: String, ExpressibleByArgument, CaseIterable {
  /// The float32 reference.
  case reference
  /// The cycle-accurate machine in Swift.
  case simulator
  /// The emitted SystemVerilog, built by Verilator.
  case rtl
}

struct EngineOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "What runs the model: reference, simulator or rtl; reference when absent (simulator with --image).")
  var engine: EngineKind?

  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file (simulator and rtl).")
  var config: String?

  var machine: MachineChoice { MachineChoice(config: config) }

  func kind(for source: ModelSource) -> EngineKind { engine ?? (source.isImage ? .simulator : .reference) }
}
