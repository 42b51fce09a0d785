// Sums are formed in Double: rounded twice, to 53 bits and then to F + 1 <= 24, which equals one rounding because
// 53 >= 2 * 24 + 2 (Figueroa, "When is double rounding innocuous?").

extension FloatFormat {
  /// The value as a `Double`, exact.
  @inlinable @inline(__always)
  public func toDouble(_ a: SmallFloat) -> Double {
    let magnitude = UInt64(a.bits & magnitudeMask)
    let sign = UInt64(a.bits >> UInt32(truncatingIfNeeded: exponentBits &+ fractionBits)) << 63
    let shifted = magnitude << UInt64(truncatingIfNeeded: 52 &- fractionBits)
    let rebias = UInt64(truncatingIfNeeded: 1023 &- bias) << 52
    return Double(bitPattern: sign | (magnitude == 0 ? 0 : shifted &+ rebias))
  }

  /// `value` rounded to the format. Infinities and NaN become the largest number with their sign.
  @inlinable @inline(__always)
  public func fromDouble(_ value: Double) -> SmallFloat {
    let pattern = value.bitPattern
    let magnitude = pattern & 0x7FFF_FFFF_FFFF_FFFF
    let shift = UInt64(truncatingIfNeeded: 52 &- fractionBits)
    let odd = (magnitude >> shift) & 1
    let rounded = (magnitude &+ ((1 << (shift &- 1)) &- 1) &+ odd) >> shift
    let sign = UInt32(truncatingIfNeeded: pattern >> 63) << UInt32(truncatingIfNeeded: exponentBits &+ fractionBits)
    let rebias = Int64(truncatingIfNeeded: 1023 &- bias) << Int64(truncatingIfNeeded: fractionBits)
    let packed = Int64(truncatingIfNeeded: rounded) &- rebias
    if packed < Int64(1) << Int64(truncatingIfNeeded: fractionBits) {
      // The double just below the smallest number from which on magnitudes round up to it.
      let threshold = (UInt64(truncatingIfNeeded: 1024 &- bias) << 52) &- (1 << shift)
      return SmallFloat(bits: magnitude < threshold ? 0 : sign | smallest.bits)
    }
    return SmallFloat(bits: sign | Swift.min(UInt32(truncatingIfNeeded: Swift.min(packed, 1 << 31)), largest.bits))
  }

  /// `a * b`.
  @inlinable @inline(__always)
  public func multiply(_ a: SmallFloat, _ b: SmallFloat) -> SmallFloat {
    let magnitudes = (UInt64(a.bits & magnitudeMask), UInt64(b.bits & magnitudeMask))
    if magnitudes.0 == 0 || magnitudes.1 == 0 { return .zero }
    let fraction = UInt64(truncatingIfNeeded: fractionBits)
    let hidden: UInt64 = 1 << fraction
    let mask = hidden &- 1
    // At most 48 bits; one more than 2F when it reaches 2.
    let product = ((magnitudes.0 & mask) | hidden) &* ((magnitudes.1 & mask) | hidden)
    let carry = product >> (2 &* fraction &+ 1)
    let shift = fraction &+ carry
    let kept = product >> shift
    let rounded = (product &+ ((1 << (shift &- 1)) &- 1) &+ (kept & 1)) >> shift
    // Rounding up to 2 carries into the exponent.
    let field =
      Int64(truncatingIfNeeded: (magnitudes.0 >> fraction) &+ (magnitudes.1 >> fraction) &+ carry)
      &- Int64(truncatingIfNeeded: bias)
    let packed = (field << Int64(truncatingIfNeeded: fractionBits)) &+ Int64(truncatingIfNeeded: rounded &- hidden)
    let sign = (a.bits ^ b.bits) & signMask
    if packed < Int64(truncatingIfNeeded: hidden) {
      // From (1 - 2^-(F+1)) * smallest on, gradual underflow would round up to the smallest number.
      return SmallFloat(bits: field == 0 && kept == 2 &* hidden &- 1 ? sign | smallest.bits : 0)
    }
    return SmallFloat(bits: sign | UInt32(truncatingIfNeeded: Swift.min(packed, Int64(largest.bits))))
  }

  /// `a + b`.
  @inlinable @inline(__always)
  public func add(_ a: SmallFloat, _ b: SmallFloat) -> SmallFloat {
    fromDouble(toDouble(a) + toDouble(b))
  }

  /// `a - b`.
  @inlinable @inline(__always)
  public func subtract(_ a: SmallFloat, _ b: SmallFloat) -> SmallFloat {
    fromDouble(toDouble(a) - toDouble(b))
  }

  /// `-a`; zero stays zero.
  @inlinable @inline(__always)
  public func negate(_ a: SmallFloat) -> SmallFloat {
    SmallFloat(bits: a.bits == 0 ? 0 : a.bits ^ signMask)
  }

  /// `|a|`.
  @inlinable @inline(__always)
  public func magnitude(_ a: SmallFloat) -> SmallFloat {
    SmallFloat(bits: a.bits & magnitudeMask)
  }

  /// Whether `a > b`.
  @inlinable @inline(__always)
  public func isGreater(_ a: SmallFloat, _ b: SmallFloat) -> Bool {
    orderedInteger(a) > orderedInteger(b)
  }

  /// The larger of two non-negative numbers; compares bits, as the hardware does.
  @inlinable @inline(__always)
  public func maximumMagnitude(_ a: SmallFloat, _ b: SmallFloat) -> SmallFloat {
    SmallFloat(bits: Swift.max(a.bits & magnitudeMask, b.bits & magnitudeMask))
  }

  /// An integer that orders like the number: plus or minus its magnitude bits.
  @inlinable @inline(__always)
  public func orderedInteger(_ a: SmallFloat) -> Int32 {
    let magnitude = Int32(truncatingIfNeeded: a.bits & magnitudeMask)
    return isNegative(a) ? 0 &- magnitude : magnitude
  }
}
