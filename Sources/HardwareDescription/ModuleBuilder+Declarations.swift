extension ModuleBuilder {
  // MARK: Constants and comments

  /// A module constant: `localparam int Name = value`, used by name in loop bounds, counts and indices.
  public func constant(
    _ name: String, _ value: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Index {
    if let known = definition.constants.first(where: { $0.name == name }) {
      if known.value != value {
        report(
          .name, "the constant has the value \(known.value) already", name: name, SourceLocation(file, line, column))
      }
    } else {
      definition.constants.append((name, value))
    }
    return Index(form: .constant(name: name, value: value), range: value...value)
  }

  /// A comment before whatever follows. May have several lines.
  public func comment(_ text: String) {
    if isConditional { record(.comment(text)) } else { append(.comment(text)) }
  }

  // MARK: Ports

  func port(
    _ name: String, _ direction: ModulePort.Direction, width: Int, isSigned: Bool, enumeration: Enumeration? = nil,
    elements: (Int, Int)? = nil, _ location: SourceLocation
  ) -> Signal {
    if loopDepth > 0 || isConditional {
      report(.outOfScope, "a port declared inside a loop or condition", name: name, location)
    }
    let signal = declare(
      name, direction == .input ? .input : .output, width: width, isSigned: isSigned, enumeration: enumeration,
      scope: ScopeID(number: 0), location)
    // A comment right before a port belongs into the port list.
    var comment: String?
    while loopDepth == 0, case .comment(let text)? = openItems[0].last {
      comment = comment.map { "\(text)\n\($0)" } ?? text
      openItems[0].removeLast()
    }
    definition.append(
      ModulePort(
        name: name, direction: direction, width: signal.width, isSigned: isSigned, signal: signal.id,
        elements: elements,
        comment: comment))
    return signal
  }

  public func input(
    _ name: String, _ type: Bit.Type, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bit {
    Bit(
      expression: expression(port(name, .input, width: 1, isSigned: false, SourceLocation(file, line, column))),
      builder: self)
  }

  public func input<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> T {
    let signal = port(name, .input, width: width, isSigned: T.isSigned, SourceLocation(file, line, column))
    return T(expression: expression(signal), builder: self)
  }

  public func output(
    _ name: String, _ type: Bit.Type, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bit {
    Bit(
      expression: expression(port(name, .output, width: 1, isSigned: false, SourceLocation(file, line, column))),
      builder: self)
  }

  public func output<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> T {
    let signal = port(name, .output, width: width, isSigned: T.isSigned, SourceLocation(file, line, column))
    return T(expression: expression(signal), builder: self)
  }

  /// An output driven with `value`, of its width.
  @discardableResult
  public func output<T: HardwareNumber>(
    _ name: String, _ value: T, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> T {
    let port = output(name, T.self, width: value.width, file: file, line: line, column: column)
    port.drive(value, file: file, line: line, column: column)
    return port
  }

  /// An output driven with `value`.
  @discardableResult
  public func output(
    _ name: String, _ value: Bit, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bit {
    let port = output(name, Bit.self, file: file, line: line, column: column)
    port.drive(value, file: file, line: line, column: column)
    return port
  }

  /// A flat input port of `count * width` bits, element 0 lowest, read as a vector.
  public func inputVector<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, count: some IndexConvertible, file: StaticString = #fileID,
    line: Int = #line, column: Int = #column
  ) -> Vector<T> {
    let location = SourceLocation(file, line, column)
    let elements = fixedCount(count.index, name, location)
    let flat = port(
      name, .input, width: width * elements, isSigned: false, elements: (width, elements), location)
    let vector = self.vector(name, type, width: width, count: count, file: file, line: line, column: column)
    let bits = Unsigned(expression: expression(flat), builder: self)
    generate("\(name)_unpack", count: count.index, file: file, line: line, column: column) { k in
      vector.element(.index(k)).driveBits(bits.slice(at: k * width, width: width), location)
    }
    return vector
  }

  /// A flat output port of `count * width` bits, element 0 lowest, driven as a vector.
  public func outputVector<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, count: some IndexConvertible, file: StaticString = #fileID,
    line: Int = #line, column: Int = #column
  ) -> Vector<T> {
    let location = SourceLocation(file, line, column)
    let elements = fixedCount(count.index, name, location)
    let flat = port(
      name, .output, width: width * elements, isSigned: false, elements: (width, elements), location)
    let vector = self.vector(name, type, width: width, count: count, file: file, line: line, column: column)
    let bits = Unsigned(expression: expression(flat), builder: self)
    generate("\(name)_pack", count: count.index, file: file, line: line, column: column) { k in
      bits.slice(at: k * width, width: width).driveBits(vector[k], location)
    }
    return vector
  }

  private func fixedCount(_ count: Index, _ name: String, _ location: SourceLocation) -> Int {
    guard let value = count.value, value >= 1 else {
      report(.invalidExpression, "the number of elements must be known and at least 1", name: name, location)
      return 1
    }
    return value
  }

  // MARK: Wires

  /// A named intermediate: `logic ... name; assign name = value;`.
  public func wire<T: HardwareNumber>(
    _ name: String, _ value: T, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> T {
    let wire: T = self.wire(name, T.self, width: value.width, file: file, line: line, column: column)
    assignInScope(wire, value, SourceLocation(file, line, column))
    return wire
  }

  /// A named intermediate bit.
  public func wire(_ name: String, _ value: Bit, file: StaticString = #fileID, line: Int = #line, column: Int = #column)
    -> Bit
  {
    let wire = self.wire(name, Bit.self, file: file, line: line, column: column)
    assignInScope(wire, value, SourceLocation(file, line, column))
    return wire
  }

  /// A wire that is driven later with `drive`.
  public func wire<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> T {
    let signal = declare(name, .wire, width: width, isSigned: T.isSigned, SourceLocation(file, line, column))
    append(.declaration(signal.id))
    return T(expression: expression(signal), builder: self)
  }

  /// A wire that is driven later with `drive`.
  public func wire(
    _ name: String, _ type: Bit.Type, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bit {
    let signal = declare(name, .wire, width: 1, isSigned: false, SourceLocation(file, line, column))
    append(.declaration(signal.id))
    return Bit(expression: expression(signal), builder: self)
  }

  /// A wire of an enumeration, driven later with `drive`.
  public func wire<E: HardwareEnum>(
    _ name: String, _ type: E.Type, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Enumerated<E> {
    let signal = declare(
      name, .wire, width: E.width, isSigned: false, enumeration: E.enumeration, SourceLocation(file, line, column))
    append(.declaration(signal.id))
    return Enumerated(expression: expression(signal), builder: self)
  }

  /// An assignment that belongs to the scope even when a condition is open.
  func assignInScope(_ wire: some HardwareValue, _ value: some HardwareValue, _ location: SourceLocation) {
    guard case .signal(let id, nil) = wire.expression.kind else { return }
    let target = Target(signal: id, element: nil, low: nil, width: wire.width, isSigned: wire.expression.isSigned)
    append(
      .statement(
        .assign(Assignment(target: target, value: value.expression.resized(to: wire.width), location: location))))
  }

  // MARK: Registers

  /// A register. With `reset` it takes that value while `rst_ni` is low; without, it is a plain data register.
  public func register<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, reset: Int? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> T {
    let location = SourceLocation(file, line, column)
    let signal = declare(
      name, .register(reset: resetBits(reset, width, T.isSigned, name, location)), width: width, isSigned: T.isSigned,
      location)
    append(.declaration(signal.id))
    return T(expression: expression(signal), builder: self)
  }

  /// A register of one bit.
  public func register(
    _ name: String, _ type: Bit.Type, reset: Bool? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Bit {
    let bits = reset.map { BitPattern($0 ? 1 : 0, width: 1) }
    let signal = declare(name, .register(reset: bits), width: 1, isSigned: false, SourceLocation(file, line, column))
    append(.declaration(signal.id))
    return Bit(expression: expression(signal), builder: self)
  }

  /// A state register.
  public func register<E: HardwareEnum>(
    _ name: String, reset: E, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Enumerated<E> {
    let bits = BitPattern(reset.encoding, width: E.width)
    let signal = declare(
      name, .register(reset: bits), width: E.width, isSigned: false, enumeration: E.enumeration,
      SourceLocation(file, line, column))
    append(.declaration(signal.id))
    return Enumerated(expression: expression(signal), builder: self)
  }

  /// A data register that takes `value` every cycle: `value` one cycle later.
  public func registered<T: HardwareNumber>(
    _ name: String, _ value: T, reset: Int? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> T {
    let register: T = self.register(
      name, T.self, width: value.width, reset: reset, file: file, line: line, column: column)
    register.next(value, file: file, line: line, column: column)
    return register
  }

  /// A register of one bit that takes `value` every cycle.
  public func registered(
    _ name: String, _ value: Bit, reset: Bool? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Bit {
    let register = self.register(name, Bit.self, reset: reset, file: file, line: line, column: column)
    register.next(value, file: file, line: line, column: column)
    return register
  }

  /// `count` copies of a register that takes `value` every cycle, side by side, copy 0 lowest. Attributes ask synthesis tools to
  /// keep them apart, so that each carries its own part of the loads. `reset` is that of all copies together.
  public func registeredCopies(
    _ name: String, _ value: Unsigned, count: Int, reset: Int? = nil, file: StaticString = #fileID,
    line: Int = #line, column: Int = #column
  ) -> Unsigned {
    let location = SourceLocation(file, line, column)
    if count < 1 { report(.invalidExpression, "\(count) copies of a register", name: name, location) }
    let copies = registered(name, value.replicated(max(1, count)), reset: reset, file: file, line: line, column: column)
    if case .signal(let id, nil) = copies.expression.kind { definition.signals[id.number].isKept = true }
    return copies
  }

  func resetBits(_ reset: Int?, _ width: Int, _ isSigned: Bool, _ name: String, _ location: SourceLocation)
    -> BitPattern?
  {
    guard let reset else { return nil }
    if (reset < 0 && !isSigned) || BitPattern.width(of: reset, signed: isSigned) > width {
      report(.widthLoss, "the reset value \(reset) does not fit \(width) bits", name: name, location)
    }
    return BitPattern(reset, width: max(1, width))
  }

  // MARK: Vectors

  /// A vector of wires, `logic ... name [count]`, driven element by element.
  public func vector<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, count: some IndexConvertible, file: StaticString = #fileID,
    line: Int = #line, column: Int = #column
  ) -> Vector<T> {
    let signal = declare(
      name, .wire, width: width, isSigned: T.isSigned, count: count.index, SourceLocation(file, line, column))
    append(.declaration(signal.id))
    return Vector(signal: signal, builder: self)
  }

  /// A vector of registers, with one reset value for all.
  public func registerVector<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, count: some IndexConvertible, reset: Int? = nil,
    file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Vector<T> {
    let location = SourceLocation(file, line, column)
    let signal = declare(
      name, .register(reset: resetBits(reset, width, T.isSigned, name, location)), width: width, isSigned: T.isSigned,
      count: count.index, location)
    append(.declaration(signal.id))
    return Vector(signal: signal, builder: self)
  }

  // MARK: Unused values

  /// States for the outputs of an instance that `isUnused` names that they are not used on purpose.
  public func unused(
    outputsOf instance: InstanceHandle, file: StaticString = #fileID, line: Int = #line, column: Int = #column,
    where isUnused: (String) -> Bool
  ) {
    for output in definition[instance.id].outputs where isUnused(output.port) {
      let signal = definition[output.signal]
      unused(Unsigned(expression: expression(signal), builder: self), file: file, line: line, column: column)
    }
  }

  /// States that a value, or the rest of its bits, is not used on purpose; emitted as a sink that lint tools accept.
  public func unused(
    _ value: some HardwareValue, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    let name: String
    switch value.expression.kind {
    case .signal(let id, _): name = definition[id].name
    case .slice(let base, _):
      if case .signal(let id, _) = base.kind { name = "\(definition[id].name)_bits" } else { name = "value" }
    default: name = "value"
    }
    let location = SourceLocation(file, line, column)
    let signal = declare(uniqueName(name, in: nil), .sink, width: 1, isSigned: false, location)
    append(.declaration(signal.id))
    let reduced =
      value.width == 1 ? value.expression.reinterpreted(isSigned: false) : .unary(.reduceXor, value.expression)
    let target = Target(signal: signal.id, element: nil, low: nil, width: 1, isSigned: false)
    append(.statement(.assign(Assignment(target: target, value: reduced, location: location))))
  }
}
