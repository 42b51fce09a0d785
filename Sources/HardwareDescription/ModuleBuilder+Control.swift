extension HardwareValue {
  /// Drives a wire, an output, or a slice or element of one. The value may be narrower (it is extended), never wider.
  ///
  /// Inside `when` or `switchOn` the assignment is conditional; the last assignment that applies wins.
  public func drive(_ value: Self, file: StaticString = #fileID, line: Int = #line, column: Int = #column) {
    assign(value.expression, isNext: false, SourceLocation(file, line, column), fallback: value.builder)
  }

  /// Sets the value a register takes at the next clock edge. Without an assignment a register keeps its value.
  public func next(_ value: Self, file: StaticString = #fileID, line: Int = #line, column: Int = #column) {
    assign(value.expression, isNext: true, SourceLocation(file, line, column), fallback: value.builder)
  }

  /// Drives without regard to signedness.
  func driveBits(_ value: some HardwareValue, _ location: SourceLocation) {
    assign(value.expression.reinterpreted(isSigned: expression.isSigned), isNext: false, location)
  }

  func assign(_ value: ExpressionNode, isNext: Bool, _ location: SourceLocation, fallback: ModuleBuilder? = nil) {
    // A constant on both sides belongs to no module; nothing was meant, and nothing is lost.
    guard let builder = builder ?? fallback else { return }
    guard let target = Target(expression) else {
      if case .invalid(let message) = expression.kind {
        return builder.report(.invalidExpression, message, name: "target", location)
      }
      return builder.report(
        .notDrivable, "the value is an expression, not a signal", suggestion: "drive a wire, output or register",
        name: "value", location)
    }
    let signal = builder.definition[target.signal]
    let isRegister = signal.isRegister
    switch signal.role {
    case .wire, .output, .register: break
    default:
      return builder.report(
        .notDrivable, "the signal is not a wire, output or register of this module", name: signal.name, location)
    }
    if isNext != isRegister {
      let message = isRegister ? "a register is driven" : "`next` of a signal that is not a register"
      return builder.report(
        .notDrivable, message, suggestion: isRegister ? "use next(_:)" : "use drive(_:)", name: signal.name, location)
    }
    let fitted = value.isFlexible || value.width < target.width ? value.fitted(to: target.width) : value
    // A slice is unsigned in SystemVerilog, whatever it is read as here.
    let isSigned = target.low == nil && signal.isSigned
    let written = fitted.isFlexible ? fitted : fitted.reinterpreted(isSigned: isSigned)
    builder.record(.assign(Assignment(target: target, value: written, location: location)))
  }
}

extension ExpressionNode {
  /// Extended, or a literal narrowed where its value allows; otherwise unchanged, for the width check to find.
  func fitted(to target: Int) -> ExpressionNode {
    if isFlexible, width > target { return self }
    return resized(to: target)
  }
}

extension Target {
  /// The target an expression stands for, when it is a signal, an element, or a slice of one.
  init?(_ expression: ExpressionNode) {
    switch expression.kind {
    case .signal(let id, let selector):
      self.init(signal: id, element: selector, low: nil, width: expression.width, isSigned: expression.isSigned)
    case .slice(let base, let low):
      guard case .signal(let id, let selector) = base.kind else { return nil }
      self.init(signal: id, element: selector, low: low, width: expression.width, isSigned: false)
    case .reinterpret(let base):
      guard let target = Target(base) else { return nil }
      self.init(
        signal: target.signal, element: target.element, low: target.low, width: target.width,
        isSigned: expression.isSigned)
    default: return nil
    }
  }
}

/// A conditional under construction; continue it with `elseWhen` and `otherwise`.
public struct WhenChain {
  let builder: ModuleBuilder

  @discardableResult
  public func elseWhen(
    _ condition: Bit, file: StaticString = #fileID, line: Int = #line, column: Int = #column, _ build: () -> Void
  ) -> WhenChain {
    let body = builder.body(build)
    builder.extendConditional(SourceLocation(file, line, column)) {
      $0.branches.append(Conditional.Branch(condition: condition.expression, body: body))
    }
    return self
  }

  public func otherwise(file: StaticString = #fileID, line: Int = #line, column: Int = #column, _ build: () -> Void) {
    let body = builder.body(build)
    builder.extendConditional(SourceLocation(file, line, column)) { $0.otherwise = body }
  }
}

extension ModuleBuilder {
  /// What follows in `build` happens only while `condition` is 1.
  @discardableResult
  public func when(
    _ condition: Bit, file: StaticString = #fileID, line: Int = #line, column: Int = #column, _ build: () -> Void
  ) -> WhenChain {
    let body = self.body(build)
    record(
      .conditional(
        Conditional(
          branches: [Conditional.Branch(condition: condition.expression, body: body)], otherwise: nil,
          location: SourceLocation(file, line, column))))
    return WhenChain(builder: self)
  }

  /// Changes the conditional that was recorded last and moves it behind what its new branch declared.
  func extendConditional(_ location: SourceLocation, _ change: (inout Conditional) -> Void) {
    if let last = openBodies.indices.last {
      if let position = openBodies[last].lastIndex(where: { $0.openConditional != nil }),
        var conditional = openBodies[last].remove(at: position).openConditional
      {
        change(&conditional)
        openBodies[last].append(.conditional(conditional))
        return
      }
    } else {
      let last = openItems.count - 1
      let position = openItems[last].lastIndex { item in
        if case .statement(let statement) = item { statement.openConditional != nil } else { false }
      }
      if let position, case .statement(let statement) = openItems[last].remove(at: position),
        var conditional = statement.openConditional
      {
        change(&conditional)
        append(.statement(.conditional(conditional)))
        return
      }
    }
    report(.invalidExpression, "elseWhen or otherwise without a `when` before it", name: "when", location)
  }

  /// Chooses by the case of an enumeration; the closure is run once for each case.
  ///
  ///     m.switchOn(state) { state in
  ///       switch state {
  ///       case .idle: ...
  ///       case .busy: ...
  ///       }
  ///     }
  public func switchOn<E: HardwareEnum>(
    _ subject: Enumerated<E>, file: StaticString = #fileID, line: Int = #line, column: Int = #column,
    _ build: (E) -> Void
  ) {
    var arms: [CaseSelection.Arm] = []
    for value in E.allCases {
      let body = self.body { build(value) }
      if !body.isEmpty { arms.append(CaseSelection.Arm(labels: [Enumerated(value).expression], body: body)) }
    }
    let isFull = arms.count == 1 << E.width
    record(
      .selection(
        CaseSelection(
          subject: subject.expression, arms: arms, otherwise: isFull ? nil : [],
          location: SourceLocation(file, line, column))))
  }

  /// Chooses by the value of a number.
  ///
  ///     m.switchOn(opcode) { choose in
  ///       choose.when(0) { ... }
  ///       choose.when(1, 2) { ... }
  ///       choose.otherwise { ... }
  ///     }
  public func switchOn(
    _ subject: Unsigned, file: StaticString = #fileID, line: Int = #line, column: Int = #column,
    _ build: (CaseBuilder) -> Void
  ) {
    let cases = CaseBuilder(builder: self, width: subject.width)
    build(cases)
    record(
      .selection(
        CaseSelection(
          subject: subject.expression, arms: cases.arms, otherwise: cases.fallback ?? [],
          location: SourceLocation(file, line, column))))
  }
}

/// Collects the arms of a `switchOn` over a number.
public final class CaseBuilder {
  let builder: ModuleBuilder
  let width: Int
  var arms: [CaseSelection.Arm] = []
  var fallback: [Statement]?

  init(builder: ModuleBuilder, width: Int) {
    self.builder = builder
    self.width = width
  }

  public func when(
    _ values: Int..., file: StaticString = #fileID, line: Int = #line, column: Int = #column, _ build: () -> Void
  ) {
    when(values, file: file, line: line, column: column, build)
  }

  public func when(
    _ values: [Int], file: StaticString = #fileID, line: Int = #line, column: Int = #column, _ build: () -> Void
  ) {
    for value in values where value < 0 || BitPattern.width(of: value, signed: false) > width {
      builder.report(
        .invalidExpression, "the case \(value) does not fit \(width) bits", name: "case",
        SourceLocation(file, line, column))
    }
    let labels = values.map { ExpressionNode.constant(BitPattern($0, width: width), isSigned: false) }
    arms.append(CaseSelection.Arm(labels: labels, body: builder.body(build)))
  }

  public func otherwise(_ build: () -> Void) {
    fallback = builder.body(build)
  }
}

extension Statement {
  /// The conditional, when another branch may follow.
  var openConditional: Conditional? {
    if case .conditional(let conditional) = self, conditional.otherwise == nil { conditional } else { nil }
  }
}
