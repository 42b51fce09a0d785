import Checkpoint
import SetunCompiler
import SetunMachine

/// Makes the engine that a command asks for.
enum EngineFactory {
  /// The configuration when none is named.
  static let defaultConfiguration = "tiny"

  static func make(
    _ kind: EngineKind, source: ModelSource, machine: MachineChoice
  ) throws -> any LanguageEngine {
    switch kind {
    case .reference:
      guard let checkpoint = source.checkpoint else {
        throw Failure("\(source.directory): the engine reference needs --model; an image runs on simulator and rtl.")
      }
      var progress = Progress("Ternarising")
      let model = try ReferenceModel(checkpoint) { progress.update($0) }
      progress.finish()
      return ReferenceEngine(model)
    case .simulator:
      let model = try source.compiled(for: machine)
      return MachineEngine(machine: SimulatedMachine(model), promptCapacity: model.configuration.promptCapacity)
    case .rtl:
      let model = try source.compiled(for: machine)
      return MachineEngine(machine: try RTLMachine(model), promptCapacity: model.configuration.promptCapacity)
    }
  }
}
