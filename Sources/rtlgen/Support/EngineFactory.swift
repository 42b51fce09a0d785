import Checkpoint
import SetunCompiler
import SetunMachine

/// Makes the engine that a command asks for.
enum EngineFactory {
  /// The configuration when none is named.
  static let defaultConfiguration = "tiny"

  /// - Parameter configurationName: a named configuration of the machine or a file of one; nil for the default.
  static func make(
    _ kind: EngineKind, checkpoint: Checkpoint, configurationName: String?
  ) throws -> any LanguageEngine {
    switch kind {
    case .reference:
      var progress = Progress("Ternarising")
      let model = try ReferenceModel(checkpoint) { progress.update($0) }
      progress.finish()
      return ReferenceEngine(model)
    case .simulator:
      let model = try compile(checkpoint, configurationName)
      return MachineEngine(machine: SimulatedMachine(model), promptCapacity: model.configuration.promptCapacity)
    case .rtl:
      let model = try compile(checkpoint, configurationName)
      return MachineEngine(machine: try RTLMachine(model), promptCapacity: model.configuration.promptCapacity)
    }
  }

  /// The checkpoint compiled for a configuration.
  static func compile(_ checkpoint: Checkpoint, _ configurationName: String?) throws -> CompiledModel {
    try CompiledModel(checkpoint, for: try Configuration.load(configurationName ?? defaultConfiguration))
  }
}
