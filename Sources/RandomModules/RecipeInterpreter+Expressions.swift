import HardwareDescription

extension RecipeInterpreter {
  func build(_ expression: RecipeExpression) -> RecipeValue {
    switch expression {
    case .signal(let name, let shape): return values[name] ?? build(.zero(shape))
    case .constant(let shape, let words): return constant(shape, words)
    case .literal(let value):
      let width = max(1, 64 - abs(value).leadingZeroBitCount) + 1
      return build(
        .constant(value < 0 ? .signed(width) : .unsigned(width), words: [UInt64(bitPattern: Int64(value))]))
    case .loopIndex(let width):
      guard let loop else { return build(.zero(.unsigned(width))) }
      let bits = max(width, indexWidth(loop.count))
      return .unsigned(Term(Unsigned(loop.index, width: bits), "Unsigned(k, width: \(bits))"))
    case .inState(let name, let number):
      guard let state = states[name] else { return build(.zero(.bit)) }
      return .bit(Term(state.isIn(number), "\(name).is(.\(state.label(number)))"))
    case .operation(let op, let operands):
      let value = operation(op, operands)
      switch value {
      case .bit: return value
      case .unsigned(let x): return .unsigned(x.limited(to: Self.widestValue))
      case .signed(let x): return .signed(x.limited(to: Self.widestValue))
      }
    }
  }

  private func constant(_ shape: Shape, _ words: [UInt64]) -> RecipeValue {
    let first = words.first ?? 0
    switch shape.kind {
    case .bit:
      let isSet = first & 1 == 1
      return .bit(Term(Bit(isSet), "Bit(\(isSet))"))
    case .unsigned: return number(Unsigned.self, shape.width, words).recipeValue
    case .signed: return number(Signed.self, shape.width, words).recipeValue
    }
  }

  private func number<T: HardwareNumber>(_ type: T.Type, _ width: Int, _ words: [UInt64]) -> Term<T> {
    let first = words.first ?? 0
    if width <= 32 {
      let pattern = Int(first & ((1 << UInt64(width)) - 1))
      let value = T.isSigned && pattern >> (width - 1) == 1 ? pattern - (1 << width) : pattern
      return Term(T(value, width: width), "\(T.self)(\(value), width: \(width))")
    }
    let count = (width + 63) / 64
    let all = (0..<count).map { $0 < words.count ? words[$0] : 0 }
    let text = all.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
    return Term(T(words: all, width: width), "\(T.self)(words: [\(text)], width: \(width))")
  }

  private func operand(_ operands: [RecipeExpression], _ position: Int) -> RecipeExpression {
    operands.indices.contains(position) ? operands[position] : .zero(.bit)
  }

  /// An operand as a number of a type; literals stay without a width.
  private func number<T: HardwareNumber>(_ expression: RecipeExpression, _ type: T.Type) -> Term<T> {
    guard case .literal(let value) = expression else { return build(expression).number(T.self) }
    let fitting = T.isSigned ? value : abs(value)
    return Term(T(fitting), "\(fitting)")
  }

  private func operation(_ op: RecipeOperator, _ operands: [RecipeExpression]) -> RecipeValue {
    let first = operand(operands, 0)
    switch op {
    case .add, .multiply, .subtract, .wrappingAdd, .wrappingSubtract, .wrappingMultiply, .and, .or, .xor, .equal,
      .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      return binary(op, build(first), operand(operands, 1))
    case .not, .negate, .truncate, .extend, .saturate, .shiftLeft, .shiftRight, .shiftLeftBy, .shiftRightBy:
      let value = build(first)
      if case .signed(let x) = value { return unary(op, x, operands) }
      return unary(op, value.asUnsigned, operands)
    case .logicalAnd, .logicalOr, .logicalNot, .reduceAnd, .reduceOr, .reduceXor, .isNegative, .bit, .dynamicBit,
      .asBit:
      return .bit(bit(op, operands))
    case .select:
      let condition = build(first).asBit
      return select(condition, build(operand(operands, 1)), operand(operands, 2))
    case .concatenate:
      let parts = operands.map(build)
      guard !parts.isEmpty else { return build(.zero(.bit)) }
      let list = parts.map(\.text).joined(separator: ", ")
      return .unsigned(Term(HardwareDescription.concatenate(parts.map(\.hardware)), "concatenate(\(list))"))
    case .replicate(let count):
      let value = build(first)
      let copies = max(1, min(count, Self.widestValue / value.width))
      let text = "\(value.primary).replicated(\(copies))"
      switch value {
      case .bit(let x): return .unsigned(Term(x.value.replicated(copies), text))
      case .unsigned(let x): return .unsigned(Term(x.value.replicated(copies), text))
      case .signed(let x): return .unsigned(Term(x.value.replicated(copies), text))
      }
    case .slice, .dynamicSlice, .lane:
      let value = build(first)
      if case .signed(let x) = value { return .unsigned(slice(op, x, operands)) }
      return .unsigned(slice(op, value.asUnsigned, operands))
    case .asUnsigned: return .unsigned(build(first).asUnsigned)
    case .asSigned: return .signed(build(first).asSigned)
    case .signedValue:
      let value = build(first)
      if case .signed = value { return value }
      let x = value.asUnsigned
      return .signed(Term(x.value.signedValue, "\(x.primary).signedValue"))
    case .element(let name, let shape):
      guard let vector = vectors[name] else { return build(.zero(shape)) }
      let index = position(first, below: vector.count)
      let text = "\(name)[\(index.text)]"
      switch vector {
      case .unsigned(let vector): return .unsigned(Term(vector[index.value], text))
      case .signed(let vector): return .signed(Term(vector[index.value], text))
      }
    case .laneElement(let name, let shape):
      guard let vector = vectors[name] else { return build(.zero(shape)) }
      guard let loop, loop.count <= vector.count else { return element(vector, name, 0) }
      switch vector {
      case .unsigned(let vector): return .unsigned(Term(vector[loop.index], "\(name)[k]"))
      case .signed(let vector): return .signed(Term(vector[loop.index], "\(name)[k]"))
      }
    case .fixedElement(let name, let number, let shape):
      guard let vector = vectors[name] else { return build(.zero(shape)) }
      return element(vector, name, number % vector.count)
    case .word(let name, let shape):
      guard let memory = memories[name], !registeredMemories.contains(name) else { return build(.zero(shape)) }
      let address = position(first, below: memory.depth)
      let text = "\(name).read(\(address.text))"
      switch memory {
      case .unsigned(let memory): return .unsigned(Term(memory.read(address.value), text))
      case .signed(let memory): return .signed(Term(memory.read(address.value), text))
      }
    }
  }

  private func element(_ vector: VectorHandle, _ name: String, _ number: Int) -> RecipeValue {
    switch vector {
    case .unsigned(let vector): .unsigned(Term(vector[number], "\(name)[\(number)]"))
    case .signed(let vector): .signed(Term(vector[number], "\(name)[\(number)]"))
    }
  }

  /// A number below `count`, no wider than that needs.
  func position(_ expression: RecipeExpression, below count: Int) -> Term<Unsigned> {
    if case .constant(_, let words) = expression {
      let value = Int((words.first ?? 0) % UInt64(count))
      return Term(Unsigned(value, width: indexWidth(count)), "Unsigned(\(value), width: \(indexWidth(count)))")
    }
    let number = build(expression).asUnsigned.limited(to: indexWidth(count))
    // Tools look at places they can work out themselves as an author would write them: without a computation.
    var isFixed = expression.names.isEmpty
    if case .constant = number.value.expression.kind { isFixed = true }
    if isFixed { return Term(Unsigned(0, width: indexWidth(count)), "Unsigned(0, width: \(indexWidth(count)))") }
    guard 1 << number.value.width > count else { return number }
    let fits = number.value < Unsigned(count)
    return Term(
      fits.select(number.value, Unsigned(0, width: number.value.width)),
      "(\(number.primary) < \(count)).select(\(number.text), Unsigned(0, width: \(number.value.width)))")
  }

  // MARK: Operators

  private func binary(_ op: RecipeOperator, _ a: RecipeValue, _ b: RecipeExpression) -> RecipeValue {
    if case .signed(let x) = a {
      let y = number(b, Signed.self)
      if op == .subtract { return .signed(Term(x.value - y.value, "\(x.primary) - \(y.primary)", isPrimary: false)) }
      return binary(op, x, y)
    }
    let x = a.asUnsigned
    let y = number(b, Unsigned.self)
    if op == .subtract { return .signed(Term(x.value - y.value, "\(x.primary) - \(y.primary)", isPrimary: false)) }
    return binary(op, x, y)
  }

  private func binary<T: HardwareNumber>(_ op: RecipeOperator, _ x: Term<T>, _ y: Term<T>) -> RecipeValue {
    let (a, b) = (x.value, y.value)
    func number(_ value: T, _ symbol: String) -> RecipeValue {
      Term(value, "\(x.primary) \(symbol) \(y.primary)", isPrimary: false).recipeValue
    }
    func bit(_ value: Bit, _ symbol: String) -> RecipeValue {
      .bit(Term(value, "\(x.primary) \(symbol) \(y.primary)", isPrimary: false))
    }
    switch op {
    case .add: return number(a + b, "+")
    case .multiply: return number(a * b, "*")
    case .wrappingAdd: return number(a &+ b, "&+")
    case .wrappingSubtract: return number(a &- b, "&-")
    case .wrappingMultiply: return number(a &* b, "&*")
    case .and: return number(a & b, "&")
    case .or: return number(a | b, "|")
    case .xor: return number(a ^ b, "^")
    case .equal: return bit(a == b, "==")
    case .notEqual: return bit(a != b, "!=")
    case .less: return bit(a < b, "<")
    case .lessOrEqual: return bit(a <= b, "<=")
    case .greater: return bit(a > b, ">")
    case .greaterOrEqual: return bit(a >= b, ">=")
    default: return x.recipeValue
    }
  }

  private func unary<T: HardwareNumber>(
    _ op: RecipeOperator, _ x: Term<T>, _ operands: [RecipeExpression]
  ) -> RecipeValue {
    let a = x.value
    switch op {
    case .not: return Term(~a, "~\(x.primary)", isPrimary: false).recipeValue
    case .negate:
      let signed = x.recipeValue.asSigned
      return .signed(Term(-signed.value, "-\(signed.primary)", isPrimary: false))
    case .truncate(let width):
      let kept = max(1, min(width, a.width))
      return Term(a.truncated(to: kept), "\(x.primary).truncated(to: \(kept))").recipeValue
    case .extend(let width):
      let wide = max(a.width, min(width, Self.widestValue))
      return Term(a.extended(to: wide), "\(x.primary).extended(to: \(wide))").recipeValue
    case .saturate(let width):
      let kept = max(1, min(width, Self.widestValue))
      let text = "\(x.primary).saturated(to: \(kept))"
      switch x.recipeValue {
      case .unsigned(let x): return .unsigned(Term(x.value.saturated(to: kept), text))
      case .signed(let x): return .signed(Term(x.value.saturated(to: kept), text))
      case .bit: return x.recipeValue
      }
    case .shiftLeft(let count): return Term(a << count, "\(x.primary) << \(count)", isPrimary: false).recipeValue
    case .shiftRight(let count): return Term(a >> count, "\(x.primary) >> \(count)", isPrimary: false).recipeValue
    case .shiftLeftBy:
      let amount = build(operand(operands, 1)).asUnsigned
      return Term(a << amount.value, "\(x.primary) << \(amount.primary)", isPrimary: false).recipeValue
    case .shiftRightBy:
      let amount = build(operand(operands, 1)).asUnsigned
      return Term(a >> amount.value, "\(x.primary) >> \(amount.primary)", isPrimary: false).recipeValue
    default: return x.recipeValue
    }
  }

  private func bit(_ op: RecipeOperator, _ operands: [RecipeExpression]) -> Term<Bit> {
    let value = build(operand(operands, 0))
    switch op {
    case .logicalNot:
      let x = value.asBit
      return Term(!x.value, "!\(x.primary)", isPrimary: false)
    case .logicalAnd:
      let (x, y) = (value.asBit, build(operand(operands, 1)).asBit)
      return Term(x.value && y.value, "\(x.primary) && \(y.primary)", isPrimary: false)
    case .logicalOr:
      let (x, y) = (value.asBit, build(operand(operands, 1)).asBit)
      return Term(x.value || y.value, "\(x.primary) || \(y.primary)", isPrimary: false)
    default: break
    }
    if case .signed(let x) = value { return bit(op, x, operands) }
    return bit(op, value.asUnsigned, operands)
  }

  private func bit<T: HardwareNumber>(
    _ op: RecipeOperator, _ x: Term<T>, _ operands: [RecipeExpression]
  ) -> Term<Bit> {
    switch op {
    case .reduceAnd: return Term(x.value.reducedAnd, "\(x.primary).reducedAnd")
    case .reduceOr: return Term(x.value.reducedOr, "\(x.primary).reducedOr")
    case .reduceXor: return Term(x.value.reducedXor, "\(x.primary).reducedXor")
    case .isNegative: return Term(x.value.mostSignificantBit, "\(x.primary).mostSignificantBit")
    case .bit(let number):
      let place = number % x.value.width
      return Term(x.value[place], "\(x.primary)[\(place)]")
    case .dynamicBit:
      let place = position(operand(operands, 1), below: x.value.width)
      return Term(x.value[place.value], "\(x.primary)[\(place.text)]")
    default: return x.recipeValue.asBit
    }
  }

  private func select(_ condition: Term<Bit>, _ a: RecipeValue, _ other: RecipeExpression) -> RecipeValue {
    func text(_ a: String, _ b: String) -> String { "\(condition.primary).select(\(a), \(b))" }
    switch a {
    case .bit(let x):
      let y = build(other).asBit
      return .bit(Term(condition.value.select(x.value, y.value), text(x.text, y.text)))
    case .unsigned(let x):
      let y = number(other, Unsigned.self)
      return .unsigned(Term(condition.value.select(x.value, y.value), text(x.text, y.text)))
    case .signed(let x):
      let y = number(other, Signed.self)
      return .signed(Term(condition.value.select(x.value, y.value), text(x.text, y.text)))
    }
  }

  private func slice<T: HardwareNumber>(
    _ op: RecipeOperator, _ x: Term<T>, _ operands: [RecipeExpression]
  ) -> Term<Unsigned> {
    let whole = x.value.width
    switch op {
    case .slice(let low, let width):
      let start = low % whole
      let count = 1 + (max(1, width) - 1) % (whole - start)
      return Term(x.value[start + count - 1, start], "\(x.primary)[\(start + count - 1), \(start)]")
    case .dynamicSlice(let width):
      let count = max(1, min(width, whole))
      let low = position(operand(operands, 1), below: whole - count + 1)
      return Term(x.value.slice(at: low.value, width: count), "\(x.primary).slice(at: \(low.text), width: \(count))")
    case .lane(let width):
      guard let loop, whole >= loop.count else { return Term(x.value[0, 0], "\(x.primary)[0, 0]") }
      let count = max(1, min(width, whole / loop.count))
      return Term(
        x.value.slice(at: loop.index * count, width: count), "\(x.primary).slice(at: k * \(count), width: \(count))")
    default: return x.recipeValue.asUnsigned
    }
  }
}
