import HardwareDescription

/// A two's complement number with a binary point: `bits / 2^fractionBits`.
///
/// Operators are exact; widths grow as needed:
///
/// | result | integer bits | fraction bits |
/// |---|---|---|
/// | `a + b`, `a - b` | the larger of both, and 1 | the larger of both |
/// | `-a` | one more | the same |
/// | `a * b` | sum | sum |
///
/// `rounded`, `saturated` and `wrapped` make numbers narrower again. A fixed-point number is a bundle of one field, and so
/// fits ports, wires, registers, delays and streams: `m.input("gain", FixedPoint(integerBits: 2, fractionBits: 14))`.
public struct FixedPoint: HardwareBundle {
  /// What is done with the bits behind the last one that is kept.
  public enum Rounding: String, CaseIterable, Hashable, Sendable {
    /// Towards minus infinity: the bits are dropped.
    case floor
    /// To the nearest number; halves go up, towards plus infinity.
    case halfUp
    /// To the nearest number; halves go to the even one.
    case nearestEven
  }

  /// What happens to numbers outside the range.
  public enum Overflow: String, CaseIterable, Hashable, Sendable {
    /// The nearest end of the range.
    case saturate
    /// The high bits are dropped.
    case wrap
  }

  /// The number times `2^fractionBits`.
  public private(set) var bits: Signed
  /// Bits behind the binary point, at least 0.
  public let fractionBits: Int

  /// Bits before the binary point, the sign included; may be negative for small numbers.
  public var integerBits: Int { bits.width - fractionBits }

  public init(bits: Signed, fractionBits: Int) {
    self.bits = bits
    self.fractionBits = fractionBits
  }

  /// The shape of a number, as bundles have it. `integerBits` counts the sign.
  public init(integerBits: Int, fractionBits: Int) {
    self.init(bits: .field(width: integerBits + fractionBits), fractionBits: fractionBits)
  }

  /// The constant nearest to `value`, halves to even; it must lie in the range of the bits.
  public init(_ value: Double, integerBits: Int, fractionBits: Int) {
    let scaled = (value * Double(sign: .plus, exponent: fractionBits, significand: 1)).rounded(.toNearestOrEven)
    // What is too large for an integer of Swift is too large for the bits, too, and is reported as such.
    let limit = Double(sign: .plus, exponent: 62, significand: 1)
    let number = scaled.isNaN ? Int(limit) : Int(min(max(scaled, -limit), limit))
    self.init(bits: Signed(number, width: integerBits + fractionBits), fractionBits: fractionBits)
  }

  public mutating func forEachField(_ field: FieldVisitor) { field("", &bits) }

  // MARK: Exact arithmetic

  public static func + (a: FixedPoint, b: FixedPoint) -> FixedPoint {
    let (x, y, fractionBits) = aligned(a, b)
    return FixedPoint(bits: x + y, fractionBits: fractionBits)
  }

  public static func - (a: FixedPoint, b: FixedPoint) -> FixedPoint {
    let (x, y, fractionBits) = aligned(a, b)
    return FixedPoint(bits: x - y, fractionBits: fractionBits)
  }

  public static func * (a: FixedPoint, b: FixedPoint) -> FixedPoint {
    FixedPoint(bits: a.bits * b.bits, fractionBits: a.fractionBits + b.fractionBits)
  }

  public static prefix func - (a: FixedPoint) -> FixedPoint {
    FixedPoint(bits: -a.bits, fractionBits: a.fractionBits)
  }

  public static func == (a: FixedPoint, b: FixedPoint) -> Bit { compared(a, b) { $0 == $1 } }
  public static func != (a: FixedPoint, b: FixedPoint) -> Bit { compared(a, b) { $0 != $1 } }
  public static func < (a: FixedPoint, b: FixedPoint) -> Bit { compared(a, b) { $0 < $1 } }
  public static func <= (a: FixedPoint, b: FixedPoint) -> Bit { compared(a, b) { $0 <= $1 } }
  public static func > (a: FixedPoint, b: FixedPoint) -> Bit { compared(a, b) { $0 > $1 } }
  public static func >= (a: FixedPoint, b: FixedPoint) -> Bit { compared(a, b) { $0 >= $1 } }

  /// 1 when the number is less than 0.
  public var isNegative: Bit { bits.isNegative }

  private static func compared(_ a: FixedPoint, _ b: FixedPoint, _ compare: (Signed, Signed) -> Bit) -> Bit {
    let (x, y, _) = aligned(a, b)
    return compare(x, y)
  }

  /// Both with the same number of fraction bits.
  private static func aligned(_ a: FixedPoint, _ b: FixedPoint) -> (Signed, Signed, fractionBits: Int) {
    let fractionBits = max(a.fractionBits, b.fractionBits)
    return (a.bits << (fractionBits - a.fractionBits), b.bits << (fractionBits - b.fractionBits), fractionBits)
  }
}

extension FixedPoint {
  // MARK: Narrower numbers

  /// The number with `fractionBits` bits behind the point. Rounding to nearest can carry, and grows by an integer bit; with
  /// as many bits as before, or more, nothing is lost and nothing grows.
  public func rounded(toFractionBits fractionBits: Int, _ rounding: Rounding) -> FixedPoint {
    let dropped = self.fractionBits - fractionBits
    if dropped <= 0 { return FixedPoint(bits: bits << -dropped, fractionBits: fractionBits) }
    // At least the sign is kept.
    let all = bits.extended(to: max(bits.width, dropped + 1))
    let kept = all >> dropped
    let half = all[dropped - 1]
    let increment: Bit
    switch rounding {
    case .floor: return FixedPoint(bits: kept, fractionBits: fractionBits)
    case .halfUp: increment = half
    case .nearestEven:
      increment = dropped == 1 ? half && kept[0] : half && (all[0..<dropped - 1].reducedOr || kept[0])
    }
    return FixedPoint(bits: kept + increment.asUnsigned.signedValue, fractionBits: fractionBits)
  }

  /// The number, or the nearest end of the range, with `integerBits` bits before the point.
  public func saturated(toIntegerBits integerBits: Int) -> FixedPoint {
    FixedPoint(bits: bits.saturated(to: integerBits + fractionBits), fractionBits: fractionBits)
  }

  /// The number modulo `2^integerBits`, between minus and plus half of it.
  public func wrapped(toIntegerBits integerBits: Int) -> FixedPoint {
    FixedPoint(bits: bits.resized(to: integerBits + fractionBits), fractionBits: fractionBits)
  }

  /// The number rounded and then brought into the range of a format.
  public func converted(
    integerBits: Int, fractionBits: Int, _ rounding: Rounding, _ overflow: Overflow
  ) -> FixedPoint {
    let rounded = rounded(toFractionBits: fractionBits, rounding)
    switch overflow {
    case .saturate: return rounded.saturated(toIntegerBits: integerBits)
    case .wrap: return rounded.wrapped(toIntegerBits: integerBits)
    }
  }
}
