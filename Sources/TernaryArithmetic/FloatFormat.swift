/// The machine's floating-point format: 1 sign bit, E exponent bits, F fraction bits, chosen at run time.
///
/// A number is `(-1)^sign * 2^(exponent - bias) * (1 + fraction / 2^F)` with `bias = 2^(E-1) - 1`. The exponent field
/// 0 means zero (always the canonical all-zero bits, there is no negative zero and no subnormal); the all-ones
/// exponent field never occurs (there is no infinity and no NaN).
///
/// Every arithmetic result is formed exactly, rounded to nearest, ties to even, at F fraction bits with an unbounded
/// exponent; then a magnitude below the smallest normal number becomes zero and one above ``largest`` becomes
/// ``largest`` with the sign kept. One exception: an exact magnitude from `(1 - 2^-(F+1)) * smallest` on becomes
/// ``smallest``, as gradual underflow would round it. So with E = 8 and F = 23 this is IEEE 754 binary32 wherever
/// operands and IEEE result are normal numbers.
///
/// ``definition`` is the arithmetic in integers. The operations of this type compute the same bits through `Double`.
public struct FloatFormat: Hashable, Sendable {
  /// E, the number of exponent bits, 4...8.
  public let exponentBits: Int
  /// F, the number of fraction bits, 7...23.
  public let fractionBits: Int

  /// A format with `exponentBits` in 4...8 and `fractionBits` in 7...23.
  @inlinable
  public init(exponentBits: Int, fractionBits: Int) {
    precondition((4...8).contains(exponentBits), "exponent bits must be 4 to 8")
    precondition((7...23).contains(fractionBits), "fraction bits must be 7 to 23")
    self.exponentBits = exponentBits
    self.fractionBits = fractionBits
  }

  /// Bits of a packed number: 1 + E + F.
  @inlinable
  public var width: Int { 1 + exponentBits + fractionBits }

  /// The exponent field of numbers in [1, 2).
  @inlinable @inline(__always)
  public var bias: Int { (1 << (exponentBits - 1)) - 1 }

  /// The largest exponent field that occurs, `2^E - 2`.
  @inlinable
  public var largestExponentField: Int { (1 << exponentBits) - 2 }

  /// 0.
  @inlinable @inline(__always)
  public var zero: SmallFloat { SmallFloat(bits: 0) }

  /// 1.
  @inlinable @inline(__always)
  public var one: SmallFloat { SmallFloat(bits: UInt32(truncatingIfNeeded: bias << fractionBits)) }

  /// The largest finite number, `(2 - 2^-F) * 2^bias`.
  @inlinable @inline(__always)
  public var largest: SmallFloat { SmallFloat(bits: magnitudeMask &- (1 << UInt32(truncatingIfNeeded: fractionBits))) }

  /// The smallest positive number, `2^(1 - bias)`.
  @inlinable @inline(__always)
  public var smallest: SmallFloat { SmallFloat(bits: 1 << UInt32(truncatingIfNeeded: fractionBits)) }

  /// The sign bit of a packed number.
  @inlinable @inline(__always)
  public var signMask: UInt32 { 1 << UInt32(truncatingIfNeeded: exponentBits &+ fractionBits) }

  /// Exponent and fraction bits of a packed number.
  @inlinable @inline(__always)
  public var magnitudeMask: UInt32 { signMask &- 1 }

  /// The fraction bits of a packed number.
  @inlinable @inline(__always)
  public var fractionMask: UInt32 { (1 << UInt32(truncatingIfNeeded: fractionBits)) &- 1 }

  /// Whether the bits are the packed form of a number of this format.
  @inlinable
  public func isCanonical(_ a: SmallFloat) -> Bool {
    guard a.bits != 0 else { return true }
    let field = exponentField(a)
    return a.bits >> UInt32(width - 1) <= 1 && field >= 1 && field <= largestExponentField
  }

  /// The exponent field of `a`, 0 for zero.
  @inlinable @inline(__always)
  public func exponentField(_ a: SmallFloat) -> Int {
    Int((a.bits & magnitudeMask) >> UInt32(truncatingIfNeeded: fractionBits))
  }

  /// The significand of `a` as an integer of F + 1 bits, hidden bit included; 0 for zero.
  @inlinable @inline(__always)
  public func significand(_ a: SmallFloat) -> UInt32 {
    let hidden: UInt32 = exponentField(a) == 0 ? 0 : 1 << UInt32(truncatingIfNeeded: fractionBits)
    return hidden | (a.bits & fractionMask)
  }

  /// Whether the sign bit of `a` is set; never for zero.
  @inlinable @inline(__always)
  public func isNegative(_ a: SmallFloat) -> Bool {
    a.bits & signMask != 0
  }
}
