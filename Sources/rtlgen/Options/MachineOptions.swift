import ArgumentParser
import SetunMachine

/// The machine of a command that can have several streams.
struct MachineOptions: ParsableArguments {
  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file; tiny when absent.")
  var config: String?

  @Option(
    name: .long,
    help: "Streams of tokens that share each weight: 1, 2, 4, 8 or 16; those of the configuration when absent.")
  var streams: Int?

  func validate() throws {
    if let streams, ![1, 2, 4, 8, 16].contains(streams) {
      throw ValidationError("--streams must be 1, 2, 4, 8 or 16.")
    }
  }

  var choice: MachineChoice { MachineChoice(config: config, streams: streams) }
}

/// A machine as a command line names it.
struct MachineChoice {
  /// A named configuration or a file of one; nil for the default.
  var config: String?
  /// Instead of the configuration's own; nil for those.
  var streams: Int?

  /// Nil when nothing was chosen.
  func configurationIfChosen() throws -> Configuration? { config == nil && streams == nil ? nil : try configuration() }

  /// The configuration. One with other streams has another name, so that what is kept for it is not taken for the other's.
  func configuration() throws -> Configuration {
    var result = try Configuration.load(config ?? EngineFactory.defaultConfiguration)
    guard let streams, streams != result.streams else { return result }
    result.name += "-\(streams)-streams"
    result.streams = streams
    try result.validate()
    return result
  }
}
