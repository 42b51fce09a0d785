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
  }

  public let kind: Kind
  public let severity: Severity
  public let message: String
  /// What the author may do; that of the kind when none is given.
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
    self.suggestion = suggestion.isEmpty ? kind.fix : suggestion
    self.location = location
    self.path = path
    self.signalPath = signalPath
  }

  public var number: String { kind.rawValue }

  public var description: String {
    "\(place): \(severity.rawValue) \(number): \(path): \(message); \(suggestion)"
  }
}
