/// What is wrong with a design, where, and what to do about it.
public struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  public enum Severity: String, Hashable, Sendable {
    case warning
    case error
  }

  /// The numbered kinds; the raw value is the number that is printed.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    case widthLoss = "HD001"
    case undriven = "HD002"
    case multipleDrivers = "HD003"
    case combinationalLoop = "HD004"
    case incompleteAssignment = "HD005"
    case clockDomainCrossing = "HD006"
    case unused = "HD007"
    case name = "HD008"
    case notDrivable = "HD009"
    case outOfScope = "HD010"
    case connection = "HD011"
    case moduleClash = "HD012"
    case invalidExpression = "HD013"

    /// One line on the kind.
    public var summary: String {
      switch self {
      case .widthLoss: "a value is wider than what it is assigned to"
      case .undriven: "a signal, or some of its bits, has no driver"
      case .multipleDrivers: "a signal is driven from more than one place"
      case .combinationalLoop: "a signal depends on itself without a register between"
      case .incompleteAssignment: "a combinational signal keeps its value on some path, which infers a latch"
      case .clockDomainCrossing: "a value crosses clock domains without a synchroniser"
      case .unused: "a signal, or some of its bits, is never read"
      case .name: "a name is taken or not usable in SystemVerilog"
      case .notDrivable: "the value is not a signal that this method may drive"
      case .outOfScope: "a signal is used outside the module or loop it belongs to"
      case .connection: "an instance port is unknown, unconnected, or connected to another type"
      case .moduleClash: "two different modules have the same module name"
      case .invalidExpression: "an expression is not meaningful"
      }
    }
  }

  public let kind: Kind
  public let severity: Severity
  public let message: String
  /// What the author may do.
  public let suggestion: String
  public let location: SourceLocation
  /// Dotted instance path of the signal.
  public let path: String
  /// The way of the value through the design, instances included, its source first; empty when `path` says all.
  public let signalPath: [Step]

  /// A signal on the way of a value.
  public struct Step: Hashable, Sendable, CustomStringConvertible {
    /// Dotted instance path, with the bit or element where it matters.
    public let path: String
    /// What it is, for example `register of clk_i`; empty for logic.
    public let role: String
    /// Where it gets its value, or is declared.
    public let location: SourceLocation

    public var description: String { "\(path) (\(role.isEmpty ? "" : "\(role), ")\(location))" }
  }

  public init(
    _ kind: Kind, severity: Severity = .error, _ message: String, suggestion: String = "", location: SourceLocation,
    path: String, signalPath: [Step] = []
  ) {
    self.kind = kind
    self.severity = severity
    self.message = message
    self.suggestion = suggestion
    self.location = location
    self.path = path
    self.signalPath = signalPath
  }

  public var number: String { kind.rawValue }

  public var description: String {
    let hint = suggestion.isEmpty ? "" : "; \(suggestion)"
    return "\(place): \(severity.rawValue) \(number): \(path): \(message)\(hint)"
  }
}
