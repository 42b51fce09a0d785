// Reciprocal, reciprocal square root and sigmoid: tables of straight segments and small products, as in the hardware.
// The significand products are at most 16 x 16 bits (18 x 18 in the sigmoid), the sums 25 bits.

extension FloatFormat {
  /// The segment index (8 bits) and the offset within the segment of a fraction of F bits.
  @inline(__always)
  private func segment(_ fraction: UInt32) -> (index: Int, offset: UInt64, offsetBits: Int) {
    let offsetBits = Swift.max(fractionBits - 8, 0)
    let index = fractionBits < 8 ? Int(fraction << UInt32(8 - fractionBits)) : Int(fraction >> UInt32(offsetBits))
    return (index, UInt64(fraction) & ((1 << UInt64(offsetBits)) - 1), offsetBits)
  }

  /// Packs `value * 2^-24 * 2^(field + 1 - bias)`, value in 2^23...2^24, rounded half up to F fraction bits.
  ///
  /// `value = 2^24` carries into the exponent. Results below the smallest number become zero; none can be too large.
  @inline(__always)
  private func pack(value: UInt32, field: Int) -> SmallFloat {
    let shift = UInt32(23 - fractionBits)
    let fraction = Int((value + ((1 << shift) >> 1)) >> shift) - (1 << fractionBits)
    let bits = (field << fractionBits) + fraction
    return bits < 1 << fractionBits ? .zero : SmallFloat(bits: UInt32(bits))
  }

  /// `1 / a`, and 0 for 0.
  ///
  /// 256 segments over the significand. Error over all of 8/15: at most 0.63 units of the last place, relative error
  /// at most 1.57e-5 (rounding alone costs 2^-16 = 1.53e-5); with other F at most 2^-(F+1) + 2^-18. Exact for powers
  /// of two in every format; zero below the smallest number (|a| > 2^126 when E is 8).
  public func reciprocal(_ a: SmallFloat) -> SmallFloat {
    let field = exponentField(a)
    if field == 0 { return .zero }
    let (index, offset, offsetBits) = segment(a.bits & fractionMask)
    let value = InterpolationTable.reciprocal.value(index: index, offset: offset, offsetBits: offsetBits)
    let result = pack(value: value, field: 2 * bias - 1 - field)
    return SmallFloat(bits: result.bits == 0 ? 0 : result.bits | (a.bits & signMask))
  }

  /// `1 / sqrt(a)`, and 0 for 0 and for negative numbers.
  ///
  /// 2 x 256 segments over the significand, chosen by the parity of the exponent. Error over all of 8/15: at most
  /// 0.55 units of the last place, relative error at most 1.56e-5; with other F at most 2^-(F+1) + 2^-18. Exact for
  /// even powers of two in every format.
  public func reciprocalSquareRoot(_ a: SmallFloat) -> SmallFloat {
    let field = exponentField(a)
    if field == 0 || isNegative(a) { return .zero }
    let (index, offset, offsetBits) = segment(a.bits & fractionMask)
    // The bias is odd, so an odd field is an even power of two.
    let half = (1 - field & 1) * InterpolationTable.segments
    let value = InterpolationTable.reciprocalSquareRoot.value(
      index: half + index, offset: offset, offsetBits: offsetBits)
    return pack(value: value, field: bias - 1 + (bias + 1) / 2 - (field + 1) >> 1)
  }

  /// `log2(e) * 2^23`, rounded; wrong by 1.3e-8 of its value.
  public static let logarithmFactor: UInt32 = 12_102_203

  /// `(sigmoid(a), sigmoid(-a))`, both with a small relative error.
  ///
  /// With t = |a| log2(e) in fixed point (8 integer, 22 fraction bits, truncated) and e = 2^-t from the exponential
  /// table: s = 1 / (1 + e) from the reciprocal table is the larger result and e * s = e - e * (1 - s) the smaller
  /// one. From |a| = 128 on, e counts as 0. The smaller result becomes zero below the smallest number (|a| > 87.3
  /// when E is 8).
  ///
  /// Errors over all of 8/15: the larger result at most 0.68 units of the last place, 1.64e-5 relative, 1.04e-5
  /// absolute; the smaller one 0.74 units, 1.84e-5 relative, 5.4e-6 absolute. With other F, relative to 2^-(F+1):
  /// 2^-18 and 2^-16.95 more.
  public func sigmoidPair(_ a: SmallFloat) -> (positive: SmallFloat, negative: SmallFloat) {
    let parts = sigmoidParts(a)
    let (large, small) = (pack(value: parts.larger, field: bias - 1), smallerSigmoid(parts))
    return isNegative(a) ? (small, large) : (large, small)
  }

  /// `sigmoidPair(a).positive`, without the other one.
  public func sigmoid(_ a: SmallFloat) -> SmallFloat {
    let parts = sigmoidParts(a)
    return isNegative(a) ? smallerSigmoid(parts) : pack(value: parts.larger, field: bias - 1)
  }

  /// s and the exponential e = exponential * 2^-24 * 2^-whole of `sigmoidPair`.
  @inline(__always)
  private func sigmoidParts(_ a: SmallFloat) -> (larger: UInt32, exponential: UInt32, whole: Int) {
    let one: UInt32 = 1 << 24
    let power = exponentField(a) - bias

    // t: the product of F + 25 bits, aligned for the largest power, 6, and then by the rest.
    let product = UInt64(significand(a)) * UInt64(Self.logarithmFactor)
    let aligned = product >> UInt64(fractionBits - 5)
    let t = power > 6 ? 0 : aligned >> UInt64(Swift.min(6 - power, 63))
    let whole = power > 6 ? 255 : Int(t >> 22)

    // e = exponential * 2^-24 * 2^-whole.
    let exponential = InterpolationTable.exponential.value(
      index: Int(t >> 14 & 0xFF), offset: t & 0x3FFF, offsetBits: 14)

    // s = larger * 2^-24, for 1 + e just below 2 when e is 1.
    let e = Swift.min(exponential >> UInt32(Swift.min(whole, 31)), one - 1)
    let larger = InterpolationTable.reciprocal.value(index: Int(e >> 16), offset: UInt64(e & 0xFFFF), offsetBits: 16)

    return (larger, exponential, whole)
  }

  /// e * (1 - s) from 18-bit factors.
  @inline(__always)
  private func smallerSigmoid(_ parts: (larger: UInt32, exponential: UInt32, whole: Int)) -> SmallFloat {
    let one: UInt32 = 1 << 24
    let limit: UInt32 = 1 << 18 - 1
    let left = UInt64(Swift.min((parts.exponential + 32) >> 6, limit))
    let right = UInt64(Swift.min((one - parts.larger + 16) >> 5, limit))
    let smaller = parts.exponential - UInt32((left * right) >> 13)
    let isNormal = smaller >= one / 2
    return pack(
      value: isNormal ? smaller : smaller << 1, field: bias - (isNormal ? 1 : 2) - parts.whole)
  }
}
