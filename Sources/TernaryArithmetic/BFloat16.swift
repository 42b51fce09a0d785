/// Conversion between binary32 and bfloat16 bits.
public enum BFloat16 {
  /// Rounds to nearest, ties to even. Subnormals, before or after, become +0; a result too large becomes infinity,
  /// and NaN stays NaN, so that the caller can refuse them.
  @inlinable
  public static func bits(_ value: Float) -> UInt16 {
    let pattern = value.bitPattern
    let magnitude = pattern & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 { return UInt16(truncatingIfNeeded: pattern >> 16) | 0x40 }
    let rounded = (pattern &+ 0x7FFF &+ (pattern >> 16 & 1)) >> 16
    // A subnormal that rounds up to the smallest normal number stays.
    return rounded & 0x7F80 == 0 ? 0 : UInt16(truncatingIfNeeded: rounded)
  }

  /// The exact value of the bits.
  @inlinable
  public static func float(_ bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }
}
