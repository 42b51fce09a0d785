import HardwareDescription

/// The ports of a stream in the emitted module.
public struct StreamPorts: Hashable, Sendable {
  public enum Direction: Hashable, Sendable {
    /// Words enter the module.
    case input
    /// Words leave the module.
    case output
  }

  /// As in the source, `in`.
  public var name: String
  public var direction: Direction
  /// Emitted names.
  public var valid: String
  public var ready: String
  public var payload: [String]

  public init(name: String, direction: Direction, valid: String, ready: String, payload: [String]) {
    self.name = name
    self.direction = direction
    self.valid = valid
    self.ready = ready
    self.payload = payload
  }

  /// 1 in the cycles in which a word passes.
  public var transfers: String { "(\(valid) && \(ready))" }

  /// The streams among a module's ports: `name_valid` against `name_ready`, with `name_data` or `name_data_field`.
  public static func all(of module: ModuleDefinition) -> [StreamPorts] {
    module.ports.compactMap { valid in
      guard valid.width == 1, valid.name.hasSuffix("_valid") else { return nil }
      let name = String(valid.name.dropLast("_valid".count))
      guard let ready = module.port("\(name)_ready"), ready.width == 1, ready.direction != valid.direction else {
        return nil
      }
      let payload = module.ports.filter { port in
        port.direction == valid.direction && (port.name == "\(name)_data" || port.name.hasPrefix("\(name)_data_"))
      }
      return StreamPorts(
        name: name, direction: valid.direction == .input ? .input : .output, valid: valid.emittedName,
        ready: ready.emittedName, payload: payload.map(\.emittedName))
    }
  }
}

/// The rules of `StreamRule`: assumed of the streams that enter a module, proved of those that leave it.
///
/// Rule 1 defines when a word passes; ``WordTracker`` counts on it.
public struct StreamProperties: Sendable {
  public var streams: [StreamPorts]
  /// Whether the streams that enter are taken to keep the rules; a module may keep them at its outputs without.
  public var assumesInputs: Bool
  /// Names of the streams at which words cannot pass in two cycles in a row.
  public var slow: Set<String> = []

  /// The rules of every stream among a module's ports.
  public init(for module: ModuleDefinition, assumesInputs: Bool = true) {
    self.init(StreamPorts.all(of: module), assumesInputs: assumesInputs)
  }

  public init(_ streams: [StreamPorts], assumesInputs: Bool = true) {
    self.streams = streams
    self.assumesInputs = assumesInputs
  }

  public var part: FormalPart {
    var part = FormalPart()
    for stream in streams {
      func name(_ rule: StreamRule) -> String { "\(stream.name), \(rule)" }
      let make = stream.direction == .input ? FormalProperty.assume : FormalProperty.assert
      let same = [stream.valid] + stream.payload.map { "\($0) == $past(\($0))" }
      if stream.direction == .output || assumesInputs {
        part.properties += [
          make(
            name(.stability), "formal_continues && $past(\(stream.valid) && !\(stream.ready))",
            same.joined(separator: " && ")),
          make(name(.reset), "!rst_ni", "!\(stream.valid)"),
        ]
      }
      if !slow.contains(stream.name) {
        part.properties.append(
          .cover(
            "\(stream.name): words pass in two cycles in a row.",
            "formal_continues && \(stream.transfers) && $past(\(stream.transfers))"))
      }
      if stream.direction == .output {
        part.independences += ([stream.valid] + stream.payload).map {
          Independence("\(name(.independence)) [\($0)]", $0, of: stream.ready)
        }
      }
    }
    return part
  }
}
