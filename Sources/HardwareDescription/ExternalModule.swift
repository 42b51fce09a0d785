/// A module whose text comes from elsewhere: a cell of a chip's vendor, or SystemVerilog that is there already.
///
/// The emitted text has its instance alone; who builds the design brings the rest. Only the ports that are named here are
/// connected, under exactly these names, so a clock of the module is an input like any other. The checks see its ports and
/// nothing inside: no combinational path is taken to lead through it, and the Swift simulator refuses a design that has one.
public struct ExternalModule: Hashable, Sendable {
  /// What a parameter is set to.
  public enum Value: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case integer(Int)
    /// Printable ASCII without quotes and backslashes.
    case text(String)

    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .text(value) }

    /// As it stands in SystemVerilog; nil when it cannot.
    var emitted: String? {
      switch self {
      case .integer(let value): Int(Int32(truncatingIfNeeded: value)) == value ? "\(value)" : nil
      case .text(let text):
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C } ? "\"\(text)\"" : nil
      }
    }
  }

  /// A port that is connected.
  public struct Port: Hashable, Sendable {
    public let name: String
    public let direction: ModulePort.Direction
    /// In bits.
    public let width: Int
    /// The domain its values belong to; a clock, a lock or a reset follows none.
    public let domain: ClockDomain

    public static func input(_ name: String, width: Int = 1, domain: ClockDomain = .asynchronous) -> Port {
      Port(name: name, direction: .input, width: width, domain: domain)
    }

    public static func output(_ name: String, width: Int = 1, domain: ClockDomain = .asynchronous) -> Port {
      Port(name: name, direction: .output, width: width, domain: domain)
    }
  }

  /// The module's own name, the same in every instance.
  public let name: String
  /// Notes to the tools, which stand before the instance.
  public let attributes: [Parameter]
  /// Those of this instance, in the order of the text; the others keep the values the module gives them.
  public let parameters: [Parameter]
  /// The same in every instance of the module.
  public let ports: [Port]

  /// A parameter or attribute and its value.
  public struct Parameter: Hashable, Sendable {
    public let name: String
    public let value: Value
  }

  public init(
    _ name: String, attributes: KeyValuePairs<String, Value> = [:], parameters: KeyValuePairs<String, Value> = [:],
    ports: [Port]
  ) {
    self.name = name
    self.attributes = attributes.map { Parameter(name: $0.key, value: $0.value) }
    self.parameters = parameters.map { Parameter(name: $0.key, value: $0.value) }
    self.ports = ports
  }
}

extension ModuleBuilder {
  /// An instance of a module whose text comes from elsewhere, with a comment above it.
  public func instance(
    _ name: String, external module: ExternalModule, comment: String? = nil, file: StaticString = #fileID,
    line: Int = #line, column: Int = #column
  ) -> InstanceHandle {
    let location = SourceLocation(file, line, column)
    let (child, clashes) = context.external(module, path: definition.path(of: name, in: scope), location)
    if clashes {
      report(
        .moduleClash, "the module name `\(module.name)` stands for other ports already",
        suggestion: "give every instance of an external module the same ports", name: name, location)
    }
    func emitted(_ values: [ExternalModule.Parameter]) -> [Instance.Parameter] {
      values.compactMap { value in
        if let text = value.value.emitted { return Instance.Parameter(name: value.name, text: text) }
        report(
          .invalidExpression, "`\(value.name)` has a value that SystemVerilog cannot take",
          suggestion: "use printable ASCII without quotes and backslashes, or an integer of 32 bits", name: name,
          location)
        return nil
      }
    }
    return instance(
      name, of: child, clocks: [:], attributes: emitted(module.attributes), parameters: emitted(module.parameters),
      comment: comment, location)
  }

  // MARK: Clocks made here

  /// Makes `domain` a clock domain of this module's own, such as one behind a PLL: its clock and its reset (active low, released in
  /// step with the clock) are these signals, `clk_<name>` and `rst_<name>_n`, instead of ports. To be said before anything is
  /// clocked by the domain.
  public func derive(
    _ domain: ClockDomain, clock: Bit, reset: Bit, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) {
    let location = SourceLocation(file, line, column)
    if domain == .asynchronous || definition.domains.contains(domain) || definition.derivedClock(of: domain) != nil {
      report(
        .multipleDrivers, "the domain `\(domain.clockName)` has a clock already",
        suggestion: "derive a domain once, before anything uses it, or give it another name", name: domain.name,
        location)
      return
    }
    let suffix = domain == .main ? "" : "_\(domain.name)"
    func wire(_ name: String, _ value: Bit) -> SignalID {
      let signal = declare(name, .wire, width: 1, isSigned: false, location)
      append(.declaration(signal.id))
      let target = Target(signal: signal.id, element: nil, low: nil, width: 1, isSigned: false)
      append(.statement(.assign(Assignment(target: target, value: value.expression, location: location))))
      return signal.id
    }
    definition.derivedClocks.append(
      DerivedClock(
        domain: domain, clock: wire("clk\(suffix)", clock), reset: wire("rst\(suffix)_n", reset), location: location))
  }
}

extension ElaborationContext {
  /// The ports of an external module as those of a definition that has nothing else.
  func external(
    _ module: ExternalModule, path: String, _ location: SourceLocation
  ) -> (definition: ModuleDefinition, clashes: Bool) {
    if let known = externals[module.name] { return (known.definition, known.ports != module.ports) }
    let number = nextModuleNumber()
    var definition = ModuleDefinition(
      name: module.name, number: number, documentation: "", location: location, path: path)
    for port in module.ports {
      let signal = Signal(
        id: SignalID(number: definition.signals.count, module: number), name: port.name,
        role: port.direction == .input ? .input : .output, width: max(1, port.width), isSigned: false, enumeration: nil,
        count: nil, scope: ScopeID(number: 0), location: location, domain: port.domain, crossing: nil)
      definition.signals.append(signal)
      definition.append(
        ModulePort(
          name: port.name, direction: port.direction, width: signal.width, isSigned: false, signal: signal.id,
          elements: nil, comment: nil, isExternal: true))
    }
    externals[module.name] = (definition, module.ports)
    return (definition, false)
  }
}
