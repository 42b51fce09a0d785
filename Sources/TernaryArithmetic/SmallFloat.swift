/// A machine number: the packed bits that travel on a wire.
///
/// The bits are right-aligned, `sign | exponent (E bits) | fraction (F bits)`; the format is not stored with the
/// number, so every operation belongs to ``FloatFormat``. Zero is the only value whose exponent field is 0 and has
/// the bits 0, therefore two numbers of the same format are equal exactly when their bits are.
public struct SmallFloat: Hashable, Sendable {
  /// The packed bits, unused high bits zero.
  public var bits: UInt32

  /// Wraps bits that already have the packed form.
  @inlinable
  public init(bits: UInt32) {
    self.bits = bits
  }

  /// The value 0, the same in every format.
  @inlinable
  public static var zero: SmallFloat { SmallFloat(bits: 0) }
}
