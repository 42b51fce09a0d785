import TernaryKernels

extension FloatFormat {
  /// The integer `value`, `|value| < 2^31`, rounded to the format.
  @inlinable @inline(__always)
  public func fromInteger(_ value: Int) -> SmallFloat {
    fromDouble(Double(value))
  }

  /// The bfloat16 number with these bits. Exact when E is 8; subnormals become zero, infinities and NaN the largest
  /// number with their sign.
  @inlinable @inline(__always)
  public func fromBFloat16(_ bits: UInt16) -> SmallFloat {
    guard exponentBits == 8 else { return fromFloat(Float(bitPattern: UInt32(bits) << 16)) }
    let magnitude = UInt32(bits & 0x7FFF)
    if magnitude < 0x80 { return .zero }
    let sign = bits >> 15 == 0 ? 0 : signMask
    return SmallFloat(
      bits: sign | Swift.min(magnitude << UInt32(truncatingIfNeeded: fractionBits &- 7), largest.bits))
  }

  /// A binary32 number rounded to the format; subnormals become zero, infinities and NaN the largest number with
  /// their sign.
  @inlinable @inline(__always)
  public func fromFloat(_ value: Float) -> SmallFloat {
    // Assembled from bits: the conversion instruction would normalise subnormals, which are zero here.
    let pattern = value.bitPattern
    let magnitude = UInt64(pattern & 0x7FFF_FFFF)
    if magnitude < 0x80_0000 { return SmallFloat(bits: 0) }
    let sign = UInt64(pattern >> 31) << 63
    return fromDouble(Double(bitPattern: sign | ((magnitude << 29) &+ (896 << 52))))
  }

  /// The value as binary32, exact.
  @inlinable @inline(__always)
  public func toFloat(_ a: SmallFloat) -> Float {
    let magnitude = a.bits & magnitudeMask
    let sign = (a.bits >> UInt32(truncatingIfNeeded: exponentBits &+ fractionBits)) << 31
    let shifted = magnitude << UInt32(truncatingIfNeeded: 23 &- fractionBits)
    let rebias = UInt32(truncatingIfNeeded: 127 &- bias) << 23
    return Float(bitPattern: magnitude == 0 ? 0 : sign | (shifted &+ rebias))
  }

  /// `z * k` as an 8-bit integer: the exact significand product, rounded half away from zero, limited to -127...127.
  @inlinable @inline(__always)
  public func quantise(_ z: SmallFloat, by k: SmallFloat) -> Int8 {
    // z * k = product * 2^(scale - 2F), product in [2^2F, 2^(2F+2)).
    let scale = exponentField(z) &+ exponentField(k) &- 2 &* bias
    let product = UInt64(significand(z)) &* UInt64(significand(k))
    if product == 0 || scale < -2 { return 0 }
    let isNegative = (z.bits ^ k.bits) & signMask != 0
    if scale > 6 { return isNegative ? -127 : 127 }
    let halves = product >> UInt64(truncatingIfNeeded: 2 &* fractionBits &- scale &- 1)
    let magnitude = Int8(truncatingIfNeeded: Swift.min((halves &+ 1) >> 1, 127))
    return isNegative ? 0 &- magnitude : magnitude
  }

  /// Every element as `quantise(_:by:)` gives it, eight at a time; `result` has as many elements.
  public func quantise(
    _ elements: UnsafeBufferPointer<SmallFloat>, by k: SmallFloat, into result: UnsafeMutableBufferPointer<Int8>
  ) {
    precondition(elements.count == result.count)
    var index = 0
    // Products of 16-bit significands fit in 32 bits.
    if fractionBits <= 15, k.bits & magnitudeMask != 0, let base = result.baseAddress {
      index = elements.count & ~7
      elements.withMemoryRebound(to: UInt32.self) { bits in
        setun_quantise(
          bits.baseAddress, base, index, UInt32(fractionBits), UInt32(exponentBits), k.bits & magnitudeMask,
          k.bits & signMask)
      }
    }
    while index < elements.count {
      result[index] = quantise(elements[index], by: k)
      index += 1
    }
  }
}
