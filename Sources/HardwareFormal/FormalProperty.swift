/// One thing that is assumed, proved or reached, with a sentence for a name.
///
/// Conditions are SystemVerilog expressions over the names of the emitted module: ports, registers (`head_q`), wires,
/// memories, enumeration values and module constants; registers of instances as `u_fifo.head_q`; and what a harness
/// declares. They are looked at in each clock cycle, before the edge; `$past(x)` is the value one cycle before.
/// Every `$past` is a register of its own, of which induction does not know that another holds the same: where assertions
/// build on each other, declare one register for both.
///
/// Useful in conditions: `formal_continues` is 1 when neither this cycle nor the one before was in reset.
public struct FormalProperty: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    /// What the surroundings promise.
    case assumption
    /// What the module guarantees.
    case assertion
    /// What must be possible, so that a proof does not hold only because nothing happens.
    case cover
  }

  public let kind: Kind
  /// A sentence that says what holds.
  public let name: String
  /// When it has to hold; nil means in every cycle, reset included.
  public let guardCondition: String?
  public let condition: String

  private init(_ kind: Kind, _ name: String, _ guardCondition: String?, _ condition: String) {
    self.kind = kind
    self.name = name
    self.guardCondition = guardCondition
    self.condition = condition
  }

  /// Whenever `guardCondition` is 1 the surroundings keep `condition` at 1.
  public static func assume(_ name: String, when guardCondition: String? = nil, _ condition: String) -> Self {
    Self(.assumption, name, guardCondition, condition)
  }

  /// Whenever `guardCondition` is 1 `condition` is 1. That the guard can be 1 is checked as well.
  public static func assert(_ name: String, when guardCondition: String? = nil, _ condition: String) -> Self {
    Self(.assertion, name, guardCondition, condition)
  }

  /// There are inputs with which `condition` becomes 1.
  public static func cover(_ name: String, _ condition: String) -> Self {
    Self(.cover, name, nil, condition)
  }

  /// Every expression of the property.
  var expressions: [String] { [guardCondition, condition].compactMap { $0 } }
}

/// No path leads from an input to an output within a cycle, whatever the values: seen in the netlist, not by a solver.
public struct Independence: Hashable, Sendable {
  /// A sentence that says what holds.
  public let name: String
  /// Emitted names, `out_valid_o` and `out_ready_i`.
  public let output: String
  public let input: String

  public init(_ name: String, _ output: String, of input: String) {
    self.name = name
    self.output = output
    self.input = input
  }
}

/// What a harness is put together from: declarations and the properties over them.
public struct FormalPart: Sendable {
  /// SystemVerilog declarations and processes of the harness itself; names begin with `formal_`.
  public var declarations: String
  public var properties: [FormalProperty]
  public var independences: [Independence]

  public init(declarations: String = "", properties: [FormalProperty] = [], independences: [Independence] = []) {
    self.declarations = declarations
    self.properties = properties
    self.independences = independences
  }
}
