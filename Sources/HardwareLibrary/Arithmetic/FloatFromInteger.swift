import HardwareDescription

/// A signed integer as a machine float.
///
/// Guarantees: rounded to nearest, ties to even, and saturated where the format is too small for the integer; a result each
/// cycle, 4 cycles after its operand.
public struct FloatFromInteger: FixedLatencyModule {
  public let format: FloatEncoding
  /// Bits of the integer, at least 1.
  public let width: Int

  public init(format: FloatEncoding, width: Int) {
    self.format = format
    self.width = width
  }

  public var moduleName: String { "float_from_integer\(width)_\(format.suffix)" }
  public var documentation: String {
    """
    A signed integer of \(width) bits as a machine float (1 sign, \(format.exponentBits) exponent, \
    \(format.fractionBits) fraction bits), rounded to nearest even.
    A result each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { 4 }

  public func build(_ m: ModuleBuilder) {
    guard m.accepts(format), m.accepts(width, in: 1..., named: "width") else { return }
    let value = m.input("a", Signed.self, width: width)
    m.comment("Magnitude.")
    let absolute = value.isNegative.select(Signed(0) &- value, value)
    let magnitude = m.registered("absolute", absolute.asUnsigned)
    let sign = m.registered("absolute_sign", value.isNegative)
    let top = format.bias + width - 1
    // One more for the carry of the rounding, one bit more for the sign.
    let topField = Signed(top, width: max(format.wideExponentBits, indexWidth(top + 2) + 1))
    let result = m.normalisedFloat(
      format, sign: sign, topField: topField, value: magnitude, flushes: false,
      saturates: top >= format.largestExponentField)
    m.output("result", result)
  }
}
