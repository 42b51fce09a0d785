import Checkpoint

/// Makes the engine that a command asks for.
enum EngineFactory {
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
    case .simulator, .rtl:
      throw Failure("The engine \(kind.rawValue) is not available yet.")
    }
  }
}
