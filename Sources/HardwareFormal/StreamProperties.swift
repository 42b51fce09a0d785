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

/// The four rules of `Stream`: assumed of the streams that enter a module, proved of those that leave it.
///
/// Rule 1 defines when a word passes; ``WordTracker`` counts on it.
public struct StreamProperties: Sendable {
  public var streams: [StreamPorts]
  /// Names of the streams at which words cannot pass in two cycles in a row.
  public var slow: Set<String> = []

  /// The rules of every stream among a module's ports.
  public init(for module: ModuleDefinition) { streams = StreamPorts.all(of: module) }

  public init(_ streams: [StreamPorts]) { self.streams = streams }

  public var part: FormalPart {
    var part = FormalPart()
    for stream in streams {
      let waits = "formal_continues && $past(\(stream.valid) && !\(stream.ready))"
      let make = stream.direction == .input ? FormalProperty.assume : FormalProperty.assert
      part.properties.append(make("\(stream.name): during reset valid is 0.", "!rst_ni", "!\(stream.valid)"))
      part.properties.append(make("\(stream.name): valid stays 1 until the word has passed.", waits, stream.valid))
      if !stream.payload.isEmpty {
        let same = stream.payload.map { "\($0) == $past(\($0))" }.joined(separator: " && ")
        part.properties.append(
          make("\(stream.name): the payload stays the same until the word has passed.", waits, same))
      }
      if !slow.contains(stream.name) {
        part.properties.append(
          .cover(
            "\(stream.name): words pass in two cycles in a row.",
            "\(stream.transfers) && $past(\(stream.transfers)) && formal_continues"))
      }
      if stream.direction == .output {
        part.independences.append(
          Independence(
            "\(stream.name): valid does not depend on ready in the same cycle.", stream.valid, of: stream.ready))
        for port in stream.payload {
          part.independences.append(
            Independence("\(stream.name): \(port) does not depend on ready in the same cycle.", port, of: stream.ready))
        }
      }
    }
    return part
  }
}
