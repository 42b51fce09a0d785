import HardwareDescription

/// A group of a module's ports that tools connect as one.
public struct BusInterface: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case clock
    case reset
    /// AXI4-Lite subordinate.
    case control
    /// AXI4 manager.
    case memory
    /// AXI4-Stream transmitter.
    case stream
  }

  /// A port, by what it is in the protocol.
  public struct Signal: Hashable, Sendable {
    /// As the protocol names it, in small letters: `araddr`, `tvalid`.
    public var role: String
    /// As the module's text names it.
    public var port: String
    public var isOutput: Bool
    public var width: Int
  }

  public var name: String
  public var kind: Kind
  public var signals: [Signal]

  /// The width of a signal; 0 when there is none of that role.
  func width(_ role: String) -> Int { signals.first { $0.role == role }?.width ?? 0 }

  /// The interfaces of a module whose ports are named `<interface>_<role>`, clock and reset first.
  ///
  /// - Throws: when a port belongs to no interface that is known.
  public static func all(of module: ModuleDefinition) throws(PackageError) -> [BusInterface] {
    guard module.usesClock, module.usesReset, module.domains.count == 1 else {
      throw PackageError("The module '\(module.name)' must have one clock and one reset.")
    }
    func single(_ name: String, _ kind: Kind, _ role: String, _ port: String) -> BusInterface {
      BusInterface(
        name: name, kind: kind, signals: [Signal(role: role, port: port, isOutput: false, width: 1)])
    }
    var interfaces = [
      single("clock", .clock, "clk", ClockDomain.main.clockName),
      single("reset", .reset, "rst", ClockDomain.main.resetName),
    ]
    for port in module.ports {
      guard let end = port.name.firstIndex(of: "_") else {
        throw PackageError("The port '\(port.emittedName)' of '\(module.name)' belongs to no interface.")
      }
      let name = String(port.name[..<end])
      let kind: Kind
      switch name.prefix(while: { !$0.isNumber }) {
      case "axil": kind = .control
      case "axi": kind = .memory
      case "logits": kind = .stream
      default: throw PackageError("The port '\(port.emittedName)' of '\(module.name)' belongs to no interface.")
      }
      let signal = Signal(
        role: String(port.name[port.name.index(after: end)...]), port: port.emittedName,
        isOutput: port.direction == .output, width: port.width)
      if let position = interfaces.firstIndex(where: { $0.name == name }) {
        interfaces[position].signals.append(signal)
      } else {
        interfaces.append(BusInterface(name: name, kind: kind, signals: [signal]))
      }
    }
    return interfaces
  }
}
