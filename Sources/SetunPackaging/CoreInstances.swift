import HardwareDescription
import SetunMachine

/// The parts of an elaborated core that a floorplan moves, by the paths of their instances below `setun_core`.
public struct CoreInstances: Hashable, Sendable {
  /// Of the channels, channel 0 first.
  public var channels: [String]
  /// Of the streams, stream 0 first.
  public var streams: [String]
  /// Of everything else.
  public var centre: [String]

  /// Finds them in the design by the modules that they are instances of.
  ///
  /// - Throws: when there are not as many as the configuration says.
  public init(of core: ModuleDefinition, _ configuration: Configuration) throws(PackageError) {
    (channels, streams, centre) = ([], [], [])
    collect(core.items, core, prefix: "")
    guard channels.count == configuration.channels, streams.count == configuration.streams else {
      throw PackageError(
        "The core of '\(configuration.name)' has \(channels.count) instances of channels and \(streams.count) of streams, not \(configuration.channels) and \(configuration.streams)."
      )
    }
  }

  private mutating func collect(_ items: [Item], _ module: ModuleDefinition, prefix: String) {
    for item in items {
      switch item {
      case .instance(let id):
        let instance = module[id]
        let path = prefix + instance.name
        switch instance.moduleName {
        case "central_channel", "weight_channel": channels.append(path)
        case "stream_path": streams.append(path)
        default: centre.append(path)
        }
      case .generate(let loop):
        guard let lower = loop.lower.value, let upper = loop.upper.value, lower < upper else { continue }
        for index in lower..<upper { collect(loop.items, module, prefix: "\(prefix)\(loop.name)[\(index)].") }
      case .comment, .declaration, .memory, .statement: continue
      }
    }
  }
}
