import HardwareDescription

extension RecipeGenerator {
  /// A condition: a comparison, a bit, or a combination of those.
  mutating func condition() -> RecipeExpression { expression(1 + random.below(2), .bit) }

  /// An expression of the kind, with at most `depth` operators above each other.
  mutating func expression(_ depth: Int, _ kind: Shape.Kind) -> RecipeExpression {
    if depth <= 0 { return leaf(kind) }
    switch kind {
    case .bit: return bit(depth - 1)
    case .unsigned: return random.chance(75) ? number(depth, kind) : unsigned(depth - 1)
    case .signed: return random.chance(80) ? number(depth, kind) : signed(depth - 1)
    }
  }

  private mutating func leaf(_ kind: Shape.Kind) -> RecipeExpression {
    if isInLoop, kind != .bit, random.chance(25) {
      if random.chance(40) { return .loopIndex(width: 1 + random.below(6)) }
      if let vector = vectors.filter({ $0.shape.kind == kind }).randomElement(using: &random) {
        return .operation(.laneElement(vector.name, vector.shape), [])
      }
    }
    if random.chance(9) || readable.isEmpty { return constant(kind) }
    let same = readable.filter { $0.shape.kind == kind }
    let signal = random.pick(same.isEmpty || random.chance(10) ? readable : same)
    return .signal(signal.name, signal.shape)
  }

  private mutating func constant(_ kind: Shape.Kind) -> RecipeExpression {
    let width = kind == .bit ? 1 : random.width()
    return .constant(Shape(kind, width: width), words: random.words(width: width))
  }

  private mutating func anyNumber(_ depth: Int) -> RecipeExpression {
    expression(depth, random.chance(50) ? .signed : .unsigned)
  }

  /// The second operand, sometimes a literal.
  private mutating func second(_ depth: Int, _ kind: Shape.Kind) -> RecipeExpression {
    random.chance(8) ? .literal(random.below(40) - (kind == .signed ? 20 : 0)) : expression(depth, kind)
  }

  /// An amount to shift by, in few bits or many, so that it is often as large as the width or larger.
  private mutating func amount(_ depth: Int) -> RecipeExpression {
    let amount = expression(depth, .unsigned)
    // Verilator 5.006 accepts no constant of more than 32 bits, not even one it has found itself.
    if case .signal(let name, _) = amount, name.hasPrefix("x") || name.hasPrefix("r"), random.chance(50) {
      return amount
    }
    return .operation(.truncate(random.chance(80) ? 1 + random.below(8) : 9 + random.below(23)), [amount])
  }

  /// Operators that signed and unsigned numbers share.
  private mutating func number(_ depth: Int, _ kind: Shape.Kind) -> RecipeExpression {
    let inner = depth - 1
    let a = expression(inner, kind)
    switch random.below(27) {
    case 0: return .operation(.add, [a, second(inner, kind)])
    case 1: return .operation(kind == .signed ? .subtract : .add, [a, second(inner, kind)])
    case 2: return .operation(.multiply, [a, second(inner, kind)])
    case 3: return .operation(.wrappingAdd, [a, second(inner, kind)])
    case 4: return .operation(.wrappingSubtract, [a, second(inner, kind)])
    case 5: return .operation(.wrappingMultiply, [a, second(inner, kind)])
    case 6: return .operation(.and, [a, second(inner, kind)])
    case 7: return .operation(.or, [a, second(inner, kind)])
    case 8: return .operation(.xor, [a, second(inner, kind)])
    case 9: return .operation(.not, [a])
    case 10, 11, 12: return .operation(.select, [condition(inner), a, second(inner, kind)])
    case 13: return .operation(.truncate(random.width()), [a])
    case 14: return .operation(.extend(random.width()), [a])
    case 15: return .operation(.saturate(random.width()), [a])
    case 16: return .operation(.shiftLeft(random.below(random.chance(80) ? 9 : 70)), [a])
    case 17: return .operation(.shiftRight(random.below(random.chance(80) ? 9 : 70)), [a])
    case 18, 19: return .operation(.shiftLeftBy, [a, amount(inner)])
    case 20, 21, 22: return .operation(.shiftRightBy, [a, amount(inner)])
    case 23:
      if let vector = vectors.filter({ $0.shape.kind == kind }).randomElement(using: &random) {
        if random.chance(50) { return .operation(.fixedElement(vector.name, random.below(5), vector.shape), []) }
        return .operation(.element(vector.name, vector.shape), [expression(inner, .unsigned)])
      }
      return .operation(.extend(a.isConstant ? 8 : random.width()), [a])
    case 24:
      if let memory = memories.filter({ $0.shape.kind == kind }).randomElement(using: &random) {
        return .operation(.word(memory.name, memory.shape), [expression(inner, .unsigned)])
      }
      return .operation(.truncate(random.width()), [a])
    default: return a
    }
  }

  private mutating func condition(_ depth: Int) -> RecipeExpression { expression(max(0, depth), .bit) }

  private mutating func unsigned(_ inner: Int) -> RecipeExpression {
    switch random.below(10) {
    case 0, 1:
      let parts = (0..<(2 + random.below(2))).map { _ in expression(inner, random.pick(Shape.Kind.allCases)) }
      return .operation(.concatenate, parts)
    case 2: return .operation(.replicate(1 + random.below(5)), [expression(inner, random.pick(Shape.Kind.allCases))])
    case 3, 4: return .operation(.slice(low: random.below(130), width: random.width()), [anyNumber(inner)])
    case 5, 6:
      return .operation(
        .dynamicSlice(width: random.width()), [anyNumber(inner), expression(min(1, inner), .unsigned)])
    case 7: return .operation(.asUnsigned, [expression(inner, .signed)])
    case 8:
      if isInLoop { return .operation(.lane(width: 1 + random.below(12)), [anyNumber(inner)]) }
      return .operation(.asUnsigned, [expression(inner, .bit)])
    default: return .operation(.asUnsigned, [expression(inner, .signed)])
    }
  }

  private mutating func signed(_ inner: Int) -> RecipeExpression {
    switch random.below(5) {
    case 0: return .operation(.negate, [expression(inner, .signed)])
    case 1: return .operation(.asSigned, [expression(inner, .unsigned)])
    case 2: return .operation(.signedValue, [expression(inner, .unsigned)])
    default: return .operation(.subtract, [expression(inner, .unsigned), second(inner, .unsigned)])
    }
  }

  private mutating func bit(_ inner: Int) -> RecipeExpression {
    switch random.below(16) {
    case 0: return .operation(.logicalNot, [expression(inner, .bit)])
    case 1: return .operation(.logicalAnd, [expression(inner, .bit), expression(inner, .bit)])
    case 2: return .operation(.logicalOr, [expression(inner, .bit), expression(inner, .bit)])
    case 3: return .operation(.reduceAnd, [anyNumber(inner)])
    case 4: return .operation(.reduceOr, [anyNumber(inner)])
    case 5: return .operation(.reduceXor, [anyNumber(inner)])
    case 6: return .operation(.isNegative, [anyNumber(inner)])
    case 7: return .operation(.bit(random.below(130)), [anyNumber(inner)])
    case 8: return .operation(.dynamicBit, [anyNumber(inner), expression(min(1, inner), .unsigned)])
    case 9:
      if let state = states.randomElement(using: &random) {
        return .inState(state.name, random.below(state.kind.rawValue))
      }
      return .operation(.select, [expression(inner, .bit), expression(inner, .bit), expression(inner, .bit)])
    default:
      let op = random.pick([
        RecipeOperator.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
      ])
      return comparison(op, inner)
    }
  }

  /// Numbers of one kind, or of both through a conversion.
  private mutating func comparison(_ op: RecipeOperator, _ inner: Int) -> RecipeExpression {
    let kind: Shape.Kind = random.chance(60) ? .signed : .unsigned
    if random.chance(70) { return .operation(op, [expression(inner, kind), second(inner, kind)]) }
    let conversion: RecipeOperator = kind == .unsigned ? .asUnsigned : random.pick([.asSigned, .signedValue])
    let other = expression(inner, kind == .signed ? .unsigned : .signed)
    return .operation(op, [expression(inner, kind), .operation(conversion, [other])])
  }
}

extension RecipeExpression {
  var isConstant: Bool {
    switch self {
    case .constant, .literal: true
    default: false
    }
  }
}
