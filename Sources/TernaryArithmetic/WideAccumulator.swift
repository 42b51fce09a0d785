/// A sum of squares in unsigned fixed point: 96 bits, the lowest worth 2^-56.
///
/// Each square is exact, then truncated to the window (below 2^-56) and added; the sum saturates at `2^96 - 1` units,
/// just below 2^40. Because no addition rounds and saturation is final, the order of the squares cannot matter.
public struct WideAccumulator: Hashable, Sendable {
  /// Bits of the window.
  public static let width = 96
  /// The lowest bit is worth 2^-fractionBits.
  public static let fractionBits = 56

  /// Bits 64 to 95.
  public private(set) var high: UInt64
  /// Bits 0 to 63.
  public private(set) var low: UInt64

  /// An empty sum.
  @inlinable
  public init() {
    self.init(high: 0, low: 0)
  }

  /// The sum with the given bits; `high` holds 32 of them.
  public init(high: UInt64, low: UInt64) {
    precondition(high >> 32 == 0, "the window has 96 bits")
    self.high = high
    self.low = low
  }

  /// Makes the sum zero.
  public mutating func reset() {
    self = WideAccumulator()
  }

  /// The square of `a`, truncated to the window; all ones when it does not fit.
  public static func square(of a: SmallFloat, _ format: FloatFormat) -> WideAccumulator {
    let significand = UInt64(format.significand(a))
    let square = significand * significand
    // The lowest bit of the square is worth 2^(shift - 56).
    let shift = 2 * (format.exponentField(a) - format.bias - format.fractionBits) + fractionBits
    if square == 0 || shift <= -64 { return WideAccumulator() }
    if shift <= 0 { return WideAccumulator(high: 0, low: square >> UInt64(-shift)) }
    let top = 64 - square.leadingZeroBitCount + shift
    if top > width { return saturated }
    if shift >= 64 { return WideAccumulator(high: square << UInt64(shift - 64), low: 0) }
    return WideAccumulator(high: square >> UInt64(64 - shift), low: square << UInt64(shift))
  }

  /// Adds another sum, saturating.
  public mutating func add(_ other: WideAccumulator) {
    let (sum, carry) = low.addingReportingOverflow(other.low)
    low = sum
    high = high + other.high + (carry ? 1 : 0)
    if high >> 32 != 0 { self = Self.saturated }
  }

  /// Adds the square of `a`.
  public mutating func addSquare(of a: SmallFloat, _ format: FloatFormat) {
    add(Self.square(of: a, format))
  }

  /// The sum rounded to `format` (to nearest, ties to even; saturating when E is below 8).
  public func toSmallFloat(_ format: FloatFormat) -> SmallFloat {
    if high == 0 {
      return format.definition.rounded(isNegative: false, significand: low, exponent: -Self.fractionBits)
    }
    // 63 bits from the leading one down, and one sticky bit for the rest.
    let zeros = high.leadingZeroBitCount
    let significand = high << UInt64(zeros) | low >> UInt64(64 - zeros)
    let sticky: UInt64 = low << UInt64(zeros) == 0 ? 0 : 1
    return format.definition.rounded(
      isNegative: false, significand: significand | sticky, exponent: 64 - zeros - Self.fractionBits)
  }

  private static let saturated = WideAccumulator(high: 0xFFFF_FFFF, low: .max)
}
