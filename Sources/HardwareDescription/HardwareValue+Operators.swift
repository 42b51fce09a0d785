// Operators. Widths: `+` and `-` grow by one bit, `*` has the sum of the widths, so none of them can overflow; `&+`,
// `&-` and `&*` keep the larger operand's width and wrap. Bitwise operators and `select` extend the shorter operand.

// MARK: Bit

extension Bit {
  public static prefix func ! (a: Bit) -> Bit { Bit(expression: .unary(.logicalNot, a.expression)) }
  public static prefix func ~ (a: Bit) -> Bit { Bit(expression: .unary(.not, a.expression)) }
  public static func && (a: Bit, b: Bit) -> Bit { Bit(expression: .uniform(.logicalAnd, a.expression, b.expression)) }
  public static func || (a: Bit, b: Bit) -> Bit { Bit(expression: .uniform(.logicalOr, a.expression, b.expression)) }
  public static func & (a: Bit, b: Bit) -> Bit { Bit(expression: .uniform(.and, a.expression, b.expression)) }
  public static func | (a: Bit, b: Bit) -> Bit { Bit(expression: .uniform(.or, a.expression, b.expression)) }
  public static func ^ (a: Bit, b: Bit) -> Bit { Bit(expression: .uniform(.xor, a.expression, b.expression)) }
  public static func == (a: Bit, b: Bit) -> Bit { Bit(expression: .comparison(.equal, a.expression, b.expression)) }
  public static func != (a: Bit, b: Bit) -> Bit { Bit(expression: .comparison(.notEqual, a.expression, b.expression)) }

  /// `then` when the bit is 1, else `otherwise`; numbers of different width are extended to the wider.
  public func select<T: HardwareValue>(_ then: T, _ otherwise: T) -> T {
    T(expression: .select(expression, then.expression, otherwise.expression), builder: builder)
  }

  /// The bit as a number of one bit.
  public var asUnsigned: Unsigned { Unsigned(expression: expression, builder: builder) }

  /// `count` copies of the bit.
  public func replicated(_ count: Int) -> Unsigned { asUnsigned.replicated(count) }
}

// MARK: Numbers

extension HardwareNumber {
  /// Exact: one bit wider than the wider operand.
  public static func + (a: Self, b: Self) -> Self {
    Self(expression: .growing(.add, a.expression, b.expression), builder: a.builder)
  }

  /// Exact: as wide as both operands together.
  public static func * (a: Self, b: Self) -> Self {
    Self(expression: .growing(.multiply, a.expression, b.expression), builder: a.builder)
  }

  /// Wraps at the width of the wider operand.
  public static func &+ (a: Self, b: Self) -> Self {
    Self(expression: .uniform(.add, a.expression, b.expression), builder: a.builder)
  }

  /// Wraps at the width of the wider operand.
  public static func &- (a: Self, b: Self) -> Self {
    Self(expression: .uniform(.subtract, a.expression, b.expression), builder: a.builder)
  }

  /// Wraps at the width of the wider operand.
  public static func &* (a: Self, b: Self) -> Self {
    Self(expression: .uniform(.multiply, a.expression, b.expression), builder: a.builder)
  }

  public static func & (a: Self, b: Self) -> Self {
    Self(expression: .uniform(.and, a.expression, b.expression), builder: a.builder)
  }
  public static func | (a: Self, b: Self) -> Self {
    Self(expression: .uniform(.or, a.expression, b.expression), builder: a.builder)
  }
  public static func ^ (a: Self, b: Self) -> Self {
    Self(expression: .uniform(.xor, a.expression, b.expression), builder: a.builder)
  }
  public static prefix func ~ (a: Self) -> Self { Self(expression: .unary(.not, a.expression), builder: a.builder) }

  public static func == (a: Self, b: Self) -> Bit { Bit(expression: .comparison(.equal, a.expression, b.expression)) }
  public static func != (a: Self, b: Self) -> Bit {
    Bit(expression: .comparison(.notEqual, a.expression, b.expression))
  }
  public static func < (a: Self, b: Self) -> Bit { Bit(expression: .comparison(.less, a.expression, b.expression)) }
  public static func <= (a: Self, b: Self) -> Bit {
    Bit(expression: .comparison(.lessOrEqual, a.expression, b.expression))
  }
  public static func > (a: Self, b: Self) -> Bit { Bit(expression: .comparison(.greater, a.expression, b.expression)) }
  public static func >= (a: Self, b: Self) -> Bit {
    Bit(expression: .comparison(.greaterOrEqual, a.expression, b.expression))
  }

  /// Multiplies by 2^count; grows by `count` bits, so nothing is lost.
  public static func << (a: Self, count: Int) -> Self {
    guard count >= 0 else {
      return Self(expression: .invalid("a shift by \(count)", isSigned: isSigned), builder: a.builder)
    }
    if count == 0 { return a }
    let zeros = ExpressionNode.constant(BitPattern(0, width: count), isSigned: false)
    let bits = ExpressionNode(
      .concatenation([a.expression.reinterpreted(isSigned: false), zeros]), width: a.width + count, isSigned: false)
    return Self(expression: bits.reinterpreted(isSigned: isSigned), builder: a.builder)
  }

  /// Drops the low `count` bits (floor of the quotient by 2^count); narrower by `count`, at least one bit.
  public static func >> (a: Self, count: Int) -> Self {
    guard count >= 0 else {
      return Self(expression: .invalid("a shift by \(count)", isSigned: isSigned), builder: a.builder)
    }
    if count == 0 { return a }
    if count >= a.width {
      let sign =
        isSigned
        ? a.expression.slice(low: Index(a.width - 1), count: 1) : .constant(BitPattern(0, width: 1), isSigned: false)
      return Self(expression: sign.reinterpreted(isSigned: isSigned), builder: a.builder)
    }
    let bits = a.expression.slice(low: Index(count), count: a.width - count)
    return Self(expression: bits.reinterpreted(isSigned: isSigned), builder: a.builder)
  }

  /// Keeps the width: bits shifted out at the top are lost. Extend first when they matter.
  public static func << (a: Self, amount: Unsigned) -> Self {
    Self(
      expression: ExpressionNode(
        .binary(.shiftLeft, a.expression.resized(to: a.width), amount.shiftAmount(of: a.width)),
        width: a.width,
        isSigned: isSigned), builder: a.builder)
  }

  /// Keeps the width; a signed number is filled with its sign.
  public static func >> (a: Self, amount: Unsigned) -> Self {
    Self(
      expression: ExpressionNode(
        .binary(.shiftRight, a.expression.resized(to: a.width), amount.shiftAmount(of: a.width)),
        width: a.width,
        isSigned: isSigned), builder: a.builder)
  }

  /// The low `width` bits. `width` must not exceed the number's own.
  public func truncated(to width: Int) -> Self {
    guard width <= self.width || expression.isFlexible else {
      return Self(
        expression: .invalid("truncated(to: \(width)) of \(self.width) bits", width: width, isSigned: Self.isSigned),
        builder: builder)
    }
    return Self(expression: expression.resized(to: width), builder: builder)
  }

  /// Zero- or sign-extended to `width`, which must not be less than the number's own.
  public func extended(to width: Int) -> Self {
    guard width >= self.width else {
      return Self(
        expression: .invalid("extended(to: \(width)) of \(self.width) bits", width: width, isSigned: Self.isSigned),
        builder: builder)
    }
    return Self(expression: expression.resized(to: width), builder: builder)
  }

  /// Extended or truncated, whichever it takes.
  public func resized(to width: Int) -> Self { Self(expression: expression.resized(to: width), builder: builder) }

  /// The bit at `position`.
  public subscript(position: Int) -> Bit {
    Bit(expression: expression.slice(low: Index(position), count: 1), builder: builder)
  }

  /// The bit at a position that depends on a loop variable.
  public subscript(position: Index) -> Bit {
    Bit(expression: expression.slice(low: position, count: 1), builder: builder)
  }

  /// The bit at a position computed by the circuit; must be below the width.
  public subscript(position: Unsigned) -> Bit {
    Bit(expression: expression.slice(at: position.expression, count: 1), builder: builder)
  }

  /// Bits `high` down to `low`, both included, as in `x[7, 0]`.
  public subscript(high: Int, low: Int) -> Unsigned {
    Unsigned(expression: expression.slice(low: Index(low), count: high - low + 1), builder: builder)
  }

  /// The bits of a range of positions, as in `x[0..<8]`.
  public subscript(bits: Range<Int>) -> Unsigned {
    Unsigned(expression: expression.slice(low: Index(bits.lowerBound), count: bits.count), builder: builder)
  }

  /// `width` bits upward from bit `at`, known at elaboration.
  public func slice(at low: some IndexConvertible, width: Int) -> Unsigned {
    Unsigned(expression: expression.slice(low: low.index, count: width), builder: builder)
  }

  /// `width` bits upward from a bit computed by the circuit (`x[at +: width]`).
  public func slice(at low: Unsigned, width: Int) -> Unsigned {
    Unsigned(expression: expression.slice(at: low.expression, count: width), builder: builder)
  }

  /// The highest bit.
  public var mostSignificantBit: Bit { self[width - 1] }

  /// All bits are 1.
  public var reducedAnd: Bit { Bit(expression: .unary(.reduceAnd, expression)) }
  /// At least one bit is 1.
  public var reducedOr: Bit { Bit(expression: .unary(.reduceOr, expression)) }
  /// The number of ones is odd.
  public var reducedXor: Bit { Bit(expression: .unary(.reduceXor, expression)) }

  /// `count` copies side by side.
  public func replicated(_ count: Int) -> Unsigned {
    guard count >= 1 else { return Unsigned(expression: .invalid("\(count) copies")) }
    if count == 1 { return Unsigned(expression: expression.reinterpreted(isSigned: false)) }
    return Unsigned(expression: ExpressionNode(.replication(count, expression), width: width * count, isSigned: false))
  }
}

extension Unsigned {
  /// The amount by which to shift a number of `width` bits. Tools do not accept large constants here, and Verilator 5.006
  /// takes only the low bits of an amount of more than 64; every amount that shifts everything out means the same.
  fileprivate func shiftAmount(of width: Int) -> ExpressionNode {
    let amount = expression.resized(to: self.width)
    guard let bits = amount.constant else {
      guard amount.width > 32 else { return amount }
      let count = indexWidth(width + 1)
      let isBeyond = ExpressionNode.unary(.reduceOr, amount.slice(low: Index(count), count: amount.width - count))
      return ExpressionNode(
        .select(
          condition: isBeyond, then: .constant(BitPattern(width, width: count), isSigned: false),
          otherwise: amount.slice(low: Index(0), count: count)), width: count, isSigned: false)
    }
    let value = min(bits.integer(signed: false) ?? width, width)
    return .constant(BitPattern(value, width: indexWidth(width + 1)), isSigned: false)
  }

  /// Exact, hence signed; one bit wider than the wider operand. `&-` wraps instead.
  public static func - (a: Unsigned, b: Unsigned) -> Signed {
    Signed(
      expression: ExpressionNode.growing(.subtract, a.expression, b.expression).withoutExactness.reinterpreted(
        isSigned: true))
  }

  /// The same bits, read as two's complement.
  public var asSigned: Signed { Signed(expression: expression.reinterpreted(isSigned: true), builder: builder) }

  /// One bit wider, so that the value stays the same.
  public var signedValue: Signed { extended(to: width + 1).asSigned }

  /// The single bit; the number must have one bit.
  public var asBit: Bit {
    width == 1 ? Bit(expression: expression, builder: builder) : Bit(expression: .invalid("asBit of \(width) bits"))
  }

  /// Clamped to the largest value of `width` bits.
  public func saturated(to width: Int) -> Unsigned {
    guard width < self.width else { return extended(to: width) }
    let overflow = self[self.width - 1, width].reducedOr
    return overflow.select(~Unsigned(0, width: width), truncated(to: width))
  }
}

extension Signed {
  /// Exact: one bit wider than the wider operand. `&-` wraps instead.
  public static func - (a: Signed, b: Signed) -> Signed {
    Signed(expression: .growing(.subtract, a.expression, b.expression))
  }

  /// Exact: one bit wider.
  public static prefix func - (a: Signed) -> Signed {
    Signed(expression: .unary(.negate, a.expression.resized(to: a.width + 1)))
  }

  /// The same bits, read as an unsigned number.
  public var asUnsigned: Unsigned { Unsigned(expression: expression.reinterpreted(isSigned: false), builder: builder) }

  /// 1 when the number is negative.
  public var isNegative: Bit { mostSignificantBit }

  /// Clamped to the smallest and largest value of `width` bits.
  public func saturated(to width: Int) -> Signed {
    guard width < self.width else { return extended(to: width) }
    let upper = self[self.width - 1, width - 1]
    let fits = upper == Unsigned(0, width: upper.width) || upper == ~Unsigned(0, width: upper.width)
    // In words, because the ends may not fit an integer of Swift.
    var words = [UInt64](repeating: 0, count: (width + 63) / 64)
    words[(width - 1) / 64] = 1 << UInt64((width - 1) % 64)
    let smallest = Signed(words: words, width: width)
    let largest = ~smallest
    return fits.select(truncated(to: width), isNegative.select(smallest, largest))
  }
}

extension ExpressionNode {
  /// An unsigned difference is exact only once it is read as signed, so it must not be rebuilt wider.
  var withoutExactness: ExpressionNode { ExpressionNode(kind, width: width, isSigned: isSigned) }
}

/// Joins values, the first one in the highest bits.
public func concatenate(_ parts: any HardwareValue...) -> Unsigned { concatenate(parts) }

/// Joins values, the first one in the highest bits.
public func concatenate(_ parts: [any HardwareValue]) -> Unsigned {
  if let literal = parts.first(where: { $0.expression.isFlexible }) {
    return Unsigned(expression: .invalid("a literal without a width in a concatenation", width: literal.width))
  }
  guard let first = parts.first else { return Unsigned(expression: .invalid("an empty concatenation")) }
  if parts.count == 1 { return Unsigned(expression: first.expression.reinterpreted(isSigned: false)) }
  let flat = parts.flatMap { part -> [ExpressionNode] in
    let bits = part.expression.reinterpreted(isSigned: false)
    if case .concatenation(let inner) = bits.kind { return inner }
    return [bits]
  }
  return Unsigned(
    expression: ExpressionNode(.concatenation(flat), width: flat.reduce(0) { $0 + $1.width }, isSigned: false))
}
