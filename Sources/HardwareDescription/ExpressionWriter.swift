/// Writes expressions as SystemVerilog.
///
/// Every expression is written so that its self-determined width and signedness are the node's own. An operator is
/// never the direct operand of a widening cast: the tools differ from the standard there and let the cast widen the
/// operator.
struct ExpressionWriter {
  let module: ModuleDefinition

  /// Binding strength of SystemVerilog's operators; larger binds tighter.
  enum Strength: Int {
    case conditional = 1
    case logicalOr, logicalAnd, or, xor, and, equality, relation, shift, sum, product, unary
    /// A size cast: some tools read `-3'(x)` as a cast to -3 bits.
    case cast
    case primary
  }

  struct Text {
    var text: String
    var strength: Strength
  }

  func text(_ expression: ExpressionNode) -> String { write(expression).text }

  /// A part of a concatenation, where signedness does not matter.
  private func part(_ expression: ExpressionNode) -> String {
    if case .reinterpret(let inner) = expression.kind { return part(inner) }
    return text(expression)
  }

  func name(_ id: SignalID, _ selector: Selector?) -> String {
    let signal = module[id]
    if signal.isDelay, case .index(let index)? = selector, let step = index.value,
      !signal.usesShiftArray
    {
      return signal.stageName(step)
    }
    return signal.emittedName + element(selector)
  }

  func element(_ selector: Selector?) -> String {
    switch selector {
    case nil: ""
    case .index(let index): "[\(index.text())]"
    case .dynamic(let expression): "[\(position(expression))]"
    }
  }

  /// `[7:4]`, `[3]` or `[k*8 +: 8]`.
  func range(low: Selector, width: Int) -> String {
    switch low {
    case .index(let index):
      if width == 1 { return "[\(index.text())]" }
      if case .literal(let low) = index.form { return "[\(low + width - 1):\(low)]" }
      return "[\(index.text()) +: \(width)]"
    case .dynamic(let expression):
      return width == 1 ? "[\(position(expression))]" : "[\(position(expression)) +: \(width)]"
    }
  }

  /// A computed position, or a plain number. Icarus 11 works out arithmetic there without regard to its width, except in
  /// braces, and fails on some constants of a width.
  func position(_ expression: ExpressionNode) -> String {
    if let number = expression.constant?.integer(signed: false), number < 1 << 31 { return "\(number)" }
    let text = text(expression)
    return expression.growsWhenUnbounded && !isLeaf(expression) ? "{\(text)}" : text
  }

  func constant(_ bits: BitPattern, isSigned: Bool) -> Text {
    let prefix = "\(bits.width)'\(isSigned ? "s" : "")"
    if bits.width == 1, isSigned { return Text(text: "1'sb\(bits[0] ? 1 : 0)", strength: .primary) }
    if bits.width == 1 { return Text(text: "1'b\(bits[0] ? 1 : 0)", strength: .primary) }
    if isSigned, let value = bits.integer(signed: true), value.magnitude < 100_000 {
      if value >= 0 { return Text(text: "\(prefix)d\(value)", strength: .primary) }
      if bits.slice(low: 0, count: max(1, bits.width - 1)).isZero {
        return Text(text: "\(prefix)h\(bits.hexadecimal)", strength: .primary)
      }
      return Text(text: "-\(prefix)d\(-value)", strength: .unary)
    }
    if !isSigned, let value = bits.integer(signed: false), value < 100_000 {
      return Text(text: "\(prefix)d\(value)", strength: .primary)
    }
    if !isSigned, bits.isZero { return Text(text: "\(prefix)d0", strength: .primary) }
    return Text(text: "\(prefix)h\(bits.hexadecimal)", strength: .primary)
  }

  private func write(_ expression: ExpressionNode) -> Text {
    switch expression.kind {
    case .constant(let bits): return constant(bits, isSigned: expression.isSigned)
    case .enumeration(let value): return Text(text: value.enumeration.label(value.number), strength: .primary)
    case .signal(let id, let selector):
      let name = name(id, selector)
      // A bit of a shift register is unsigned, whatever it is a stage of.
      let isPacked = module[id].isDelay && module[id].usesShiftArray && expression.width == 1
      return Text(text: isPacked && expression.isSigned ? "$signed(\(name))" : name, strength: .primary)
    case .memoryRead(let id, let address):
      return Text(text: "\(module[id].name)[\(position(address))]", strength: .primary)
    case .index(let index):
      if expression.width == 32 { return Text(text: "$unsigned(\(index.text()))", strength: .primary) }
      return Text(text: "\(expression.width)'(\(index.text()))", strength: .cast)
    case .unary(let op, let a):
      return Text(text: op.rawValue + operand(a, atLeast: .primary), strength: .unary)
    case .binary(let op, let a, let b): return binary(op, a, b)
    case .select(let condition, let a, let b):
      let text =
        "\(operand(condition, atLeast: .logicalOr)) ? \(operand(a, atLeast: .logicalOr)) : \(operand(b, atLeast: .conditional))"
      return Text(text: text, strength: .conditional)
    case .concatenation(let parts):
      return Text(text: "{\(parts.map(part).joined(separator: ", "))}", strength: .primary)
    case .replication(let count, let a): return Text(text: "{\(count){\(part(a))}}", strength: .primary)
    case .slice(let base, let low): return slice(base, low, expression.width)
    case .resize(let a): return resize(a, to: expression.width)
    case .reinterpret(let a):
      return Text(text: "\(expression.isSigned ? "$signed" : "$unsigned")(\(text(a)))", strength: .primary)
    case .invalid(let message): return Text(text: "/* \(message) */", strength: .primary)
    }
  }

  private func operand(_ expression: ExpressionNode, atLeast strength: Strength) -> String {
    let inner = write(expression)
    return inner.strength.rawValue >= strength.rawValue ? inner.text : "(\(inner.text))"
  }

  private func strength(_ op: ExpressionNode.Binary) -> Strength {
    switch op {
    case .add, .subtract: .sum
    case .multiply: .product
    case .and: .and
    case .or: .or
    case .xor: .xor
    case .logicalAnd: .logicalAnd
    case .logicalOr: .logicalOr
    case .equal, .notEqual: .equality
    case .less, .lessOrEqual, .greater, .greaterOrEqual: .relation
    case .shiftLeft, .shiftRight: .shift
    }
  }

  private func binary(_ op: ExpressionNode.Binary, _ a: ExpressionNode, _ b: ExpressionNode) -> Text {
    let own = strength(op)
    let symbol = op == .shiftRight && a.isSigned ? ">>>" : op.rawValue
    let left = side(a, of: op, isRight: false)
    let right = side(b, of: op, isRight: true)
    return Text(text: "\(left) \(symbol) \(right)", strength: own)
  }

  /// Parentheses where the grammar needs them, and where readers do: around an operator of another kind inside bitwise,
  /// logical and shift operators.
  private func side(_ expression: ExpressionNode, of op: ExpressionNode.Binary, isRight: Bool) -> String {
    let own = strength(op)
    let inner = write(expression)
    if inner.strength.rawValue >= Strength.unary.rawValue { return inner.text }
    if case .binary(let other, _, _) = expression.kind {
      if other == op {
        return isRight && (op == .subtract || op.isShift || op.isComparison) ? "(\(inner.text))" : inner.text
      }
      let isArithmetic = [.add, .subtract, .multiply].contains(op) || op.isComparison
      let isPlain = [.add, .subtract, .multiply].contains(other)
      if isArithmetic, isPlain {
        let binds = inner.strength.rawValue > own.rawValue || (inner.strength == own && !isRight)
        return binds ? inner.text : "(\(inner.text))"
      }
    }
    return "(\(inner.text))"
  }

  /// Whether a bit or part select may follow the text directly.
  private func isSelectable(_ expression: ExpressionNode) -> Bool {
    switch expression.kind {
    case .signal, .memoryRead: true
    default: false
    }
  }

  private func slice(_ base: ExpressionNode, _ low: Selector, _ width: Int) -> Text {
    if isSelectable(base) {
      return Text(text: text(base) + range(low: low, width: width), strength: .primary)
    }
    // The slice pass names every other base before anything is written.
    return Text(text: "{\(text(base))}" + range(low: low, width: width), strength: .primary)
  }

  private func resize(_ a: ExpressionNode, to width: Int) -> Text {
    if isLeaf(a) { return Text(text: "\(width)'(\(text(a)))", strength: .cast) }
    if a.isSigned { return Text(text: "\(width)'($signed({\(text(a))}))", strength: .cast) }
    let zeros = constant(BitPattern(0, width: width - a.width), isSigned: false).text
    return Text(text: "{\(zeros), \(text(a))}", strength: .primary)
  }

  /// Whether a widening cast cannot reach inside.
  private func isLeaf(_ expression: ExpressionNode) -> Bool {
    switch expression.kind {
    case .signal, .memoryRead, .concatenation, .replication, .index, .constant: true
    case .slice(let base, _): isSelectable(base)
    case .reinterpret(let inner): isLeaf(inner)
    default: false
    }
  }
}

extension ExpressionNode {
  /// Whether an operator within has more bits when its width is not held to that of its operands.
  fileprivate var growsWhenUnbounded: Bool {
    var grows = false
    visit { node in
      switch node.kind {
      case .binary(let op, _, _): if (op.isModular && !op.isBitwise) || op == .shiftLeft { grows = true }
      case .unary(.not, _), .unary(.negate, _): grows = true
      default: break
      }
    }
    return grows
  }
}
