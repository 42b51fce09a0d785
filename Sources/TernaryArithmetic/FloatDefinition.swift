extension FloatFormat {
  /// The arithmetic of this format in integers.
  @inlinable
  public var definition: FloatDefinition { FloatDefinition(format: self) }
}

/// The definition of the machine's arithmetic: each operation in integers, as the hardware forms it.
///
/// ``FloatFormat`` offers the same operations faster; tests hold both to equal bits. Rounding is described there.
public struct FloatDefinition: Hashable, Sendable {
  /// The format of operands and results.
  public let format: FloatFormat

  @inlinable
  public init(format: FloatFormat) {
    self.format = format
  }

  /// Rounds `±(significand * 2^exponent)` to the format.
  ///
  /// The lowest bit of `significand` may stand for any non-zero rest below it, provided that it lies below the
  /// rounding position, that is when `significand` has more than F + 2 bits.
  public func rounded(isNegative: Bool, significand: UInt64, exponent: Int) -> SmallFloat {
    guard significand != 0 else { return .zero }
    let fractionBits = format.fractionBits
    let leading = 63 - significand.leadingZeroBitCount
    var field = exponent + leading + format.bias
    let shift = leading - fractionBits
    var kept: UInt64
    if shift < 0 {
      kept = significand << UInt64(-shift)
    } else {
      kept = significand >> UInt64(shift)
      let rest = significand & ((1 << UInt64(shift)) - 1)
      let half: UInt64 = shift == 0 ? 1 : 1 << UInt64(shift - 1)
      let isJustBelowSmallest = field == 0 && kept == (2 << UInt64(fractionBits)) - 1
      if rest > half || (rest == half && kept & 1 == 1) || isJustBelowSmallest { kept += 1 }
      if kept >> UInt64(fractionBits + 1) != 0 {
        kept >>= 1
        field += 1
      }
    }
    let sign = isNegative ? format.signMask : 0
    if field < 1 { return .zero }
    if field > format.largestExponentField { return SmallFloat(bits: sign | format.largest.bits) }
    return SmallFloat(bits: sign | UInt32(field) << UInt32(fractionBits) | UInt32(kept) & format.fractionMask)
  }

  /// The product: an exact significand product of 2F + 2 bits, rounded once.
  public func multiply(_ a: SmallFloat, _ b: SmallFloat) -> SmallFloat {
    rounded(
      isNegative: format.isNegative(a) != format.isNegative(b),
      significand: UInt64(format.significand(a)) * UInt64(format.significand(b)),
      exponent: format.exponentField(a) + format.exponentField(b) - 2 * (format.bias + format.fractionBits))
  }

  /// The sum. The smaller magnitude is aligned with F + 3 bits below the larger one; what falls off those is kept
  /// as one sticky bit, which gives the same rounding as an unbounded sum.
  public func add(_ a: SmallFloat, _ b: SmallFloat) -> SmallFloat {
    let isSwapped = a.bits & format.magnitudeMask < b.bits & format.magnitudeMask
    let (large, small) = isSwapped ? (b, a) : (a, b)
    let extra = format.fractionBits + 3
    let distance = format.exponentField(large) - format.exponentField(small)
    let largeSignificand = UInt64(format.significand(large)) << UInt64(extra)
    let wide = UInt64(format.significand(small)) << UInt64(extra)
    var aligned = distance > 63 ? 0 : wide >> UInt64(distance)
    if distance > 63 ? wide != 0 : aligned << UInt64(distance) != wide { aligned |= 1 }
    let isDifference = format.isNegative(large) != format.isNegative(small)
    return rounded(
      isNegative: format.isNegative(large),
      significand: isDifference ? largeSignificand - aligned : largeSignificand + aligned,
      exponent: format.exponentField(large) - format.bias - format.fractionBits - extra)
  }

  /// The difference, `a + (-b)`.
  public func subtract(_ a: SmallFloat, _ b: SmallFloat) -> SmallFloat {
    add(a, format.negate(b))
  }

  /// The integer `value` rounded to the format.
  public func fromInteger(_ value: Int) -> SmallFloat {
    rounded(isNegative: value < 0, significand: UInt64(value.magnitude), exponent: 0)
  }

  /// A binary32 number rounded to the format; subnormals become zero, infinities and NaN the largest number.
  public func fromFloat(_ value: Float) -> SmallFloat {
    let isNegative = value.bitPattern >> 31 != 0
    let field = Int(value.bitPattern >> 23 & 0xFF)
    if field == 0 { return .zero }
    if field == 0xFF { return SmallFloat(bits: (isNegative ? format.signMask : 0) | format.largest.bits) }
    return rounded(
      isNegative: isNegative, significand: UInt64(value.bitPattern & 0x7F_FFFF | 0x80_0000), exponent: field - 150)
  }
}
