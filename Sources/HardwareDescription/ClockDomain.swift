/// A clock with its reset: rising edge, and an asynchronous reset that is active low.
///
/// The ports are `clk_i` and `rst_ni` for `main`, `clk_<name>_i` and `rst_<name>_ni` for the others; they appear on the modules
/// that need them. A reset must be released in step with its clock.
public struct ClockDomain: Hashable, Sendable, CustomStringConvertible {
  /// A part of an identifier; empty for `main`.
  public let name: String

  public init(_ name: String) { self.name = name }

  /// What everything belongs to that is not built inside `clocked(by:)`.
  public static let main = ClockDomain("")

  /// For inputs that follow no clock, such as a pin or a button. Nothing can be clocked by it.
  public static let asynchronous = ClockDomain("asynchronous")

  /// The port of the clock.
  public var clockName: String { self == .main ? "clk_i" : "clk_\(name)_i" }
  /// The port of the reset.
  public var resetName: String { self == .main ? "rst_ni" : "rst_\(name)_ni" }

  /// As named in messages.
  public var description: String { self == .asynchronous ? "no clock" : clockName }
}

/// Why a value may enter another clock domain.
public enum ClockCrossing: Hashable, Sendable {
  /// Registers that take in one bit.
  case synchroniser
  /// Registers that take in a number of which at most one bit changes between two edges of its clock.
  case gray
  /// A wire of which the author promises, in these words, that it is stable whenever it is used.
  case promised(String)
}

/// A clock domain of a module, and whether its reset is used.
public struct ClockUse: Hashable, Sendable {
  public let domain: ClockDomain
  public internal(set) var hasReset: Bool
}

/// A clock that a module makes, and its reset: see `ModuleBuilder.derive(_:clock:reset:)`.
public struct DerivedClock: Sendable {
  public let domain: ClockDomain
  public let clock: SignalID
  public let reset: SignalID
  /// Whether anything is clocked by it, and whether anything is reset with it.
  public internal(set) var isUsed = false
  public internal(set) var usesReset = false
  public let location: SourceLocation
}

extension ModuleDefinition {
  /// The domains of which the module has a clock port, `main` first, the others in order of use.
  public var domains: [ClockDomain] { clocks.map(\.domain) }
  /// The module has the port `clk_i`.
  public var usesClock: Bool { clocks.contains { $0.domain == .main } }
  /// The module has the port `rst_ni`.
  public var usesReset: Bool { clocks.contains { $0.domain == .main && $0.hasReset } }

  /// The clock of a domain that is made here.
  func derivedClock(of domain: ClockDomain) -> DerivedClock? { derivedClocks.first { $0.domain == domain } }
  /// What the clock of a domain is called in the module: a port, or a wire.
  func clockName(of domain: ClockDomain) -> String {
    derivedClock(of: domain).map { self[$0.clock].name } ?? domain.clockName
  }
  func resetName(of domain: ClockDomain) -> String {
    derivedClock(of: domain).map { self[$0.reset].name } ?? domain.resetName
  }

  /// Notes that something is clocked by `domain`.
  mutating func use(_ domain: ClockDomain, withReset: Bool) {
    if let position = derivedClocks.firstIndex(where: { $0.domain == domain }) {
      derivedClocks[position].isUsed = true
      if withReset { derivedClocks[position].usesReset = true }
    } else if let position = clocks.firstIndex(where: { $0.domain == domain }) {
      if withReset { clocks[position].hasReset = true }
    } else {
      clocks.insert(
        ClockUse(domain: domain, hasReset: withReset), at: domain == .main ? 0 : clocks.count)
    }
  }
}

extension ModuleBuilder {
  // MARK: Clock domains

  /// What `build` declares belongs to `domain`: registers, delays, ports, memory writes, registered reads, and what
  /// instances have in their main domain. Returns the closure's value.
  ///
  ///     let request = m.clocked(by: ClockDomain("bus")) { m.input("request", Bit.self) }
  ///     let seen = m.synchronised("seen", request)
  @discardableResult
  public func clocked<Value>(by domain: ClockDomain, _ build: () throws -> Value) rethrows -> Value {
    let outer = self.domain
    self.domain = domain
    defer { self.domain = outer }
    return try build()
  }

  /// `bit` of another domain through `stages` registers of the domain that is open, at least two. Together with
  /// `synchronised(_:gray:)` the only way in for a bit: it must come straight from a register or a port, because a glitch of
  /// logic before the first register could be taken for a value.
  public func synchronised(
    _ name: String, _ bit: Bit, stages: Int = 2, reset: Bool = false, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Bit {
    Bit(
      expression: synchroniser(
        name, bit.expression, stages, BitPattern(reset ? 1 : 0, width: 1), .synchroniser,
        SourceLocation(file, line, column)),
      builder: nil)
  }

  /// A number of another domain through `stages` registers of the domain that is open, at least two. The caller promises
  /// that at most one of its bits changes between two edges of its clock, as in a Gray code; then what arrives is the old
  /// number or the new one. It must come straight from registers or ports.
  public func synchronised(
    _ name: String, gray value: Unsigned, stages: Int = 2, reset: Int = 0, file: StaticString = #fileID,
    line: Int = #line, column: Int = #column
  ) -> Unsigned {
    let location = SourceLocation(file, line, column)
    let reset = resetBits(reset, value.width, false, name, location) ?? BitPattern(0, width: value.width)
    return Unsigned(
      expression: synchroniser(name, value.expression, stages, reset, .gray, location), builder: nil)
  }

  /// A wire that carries `value` into any domain. The caller promises, in the words of `reason`, that it does not change while
  /// the other side uses it; the words stand above the wire in the emitted text.
  ///
  ///     let word = m.crossing("word", held, because: "held until the acknowledge has returned")
  public func crossing<T: HardwareNumber>(
    _ name: String, _ value: T, because reason: String, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> T {
    T(expression: promised(name, value.expression, reason, SourceLocation(file, line, column)), builder: nil)
  }

  /// A wire that carries a bit into any domain; see `crossing(_:_:because:)` for numbers.
  public func crossing(
    _ name: String, _ value: Bit, because reason: String, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Bit {
    Bit(expression: promised(name, value.expression, reason, SourceLocation(file, line, column)), builder: nil)
  }

  private func synchroniser(
    _ name: String, _ source: ExpressionNode, _ stages: Int, _ reset: BitPattern, _ crossing: ClockCrossing,
    _ location: SourceLocation
  ) -> ExpressionNode {
    if stages < 2 {
      report(
        .invalidExpression, "a synchroniser of \(stages) stages", suggestion: "use at least two", name: name, location)
    }
    let stages = max(2, stages)
    let signal = declare(
      name, .delay(source: source.resized(to: source.width), firstStage: 1, reset: reset), width: source.width,
      isSigned: false, count: Index(stages), crossing: crossing, location)
    append(.declaration(signal.id))
    return expression(signal, .index(Index(stages - 1)))
  }

  private func promised(
    _ name: String, _ value: ExpressionNode, _ reason: String, _ location: SourceLocation
  ) -> ExpressionNode {
    append(.comment("Crosses clock domains: \(reason)"))
    let signal = declare(
      name, .wire, width: value.width, isSigned: value.isSigned, crossing: .promised(reason), location)
    append(.declaration(signal.id))
    let wire = expression(signal)
    let target = Target(signal: signal.id, element: nil, low: nil, width: signal.width, isSigned: signal.isSigned)
    append(
      .statement(
        .assign(Assignment(target: target, value: value.resized(to: signal.width), location: location))))
    return wire
  }
}
