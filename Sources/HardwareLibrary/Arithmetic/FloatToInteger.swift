import HardwareDescription

/// A machine float as a signed integer.
///
/// Guarantees: rounded to nearest, ties to even; what is out of range becomes the nearest end of the range. A result each
/// cycle, 4 cycles after its operand.
public struct FloatToInteger: FixedLatencyModule {
  public let format: FloatEncoding
  /// Bits of the integer, at least 2.
  public let width: Int

  public init(format: FloatEncoding, width: Int) {
    self.format = format
    self.width = width
  }

  public var moduleName: String { "float_to_integer\(width)_\(format.suffix)" }
  public var documentation: String {
    """
    A machine float (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits) \
    as a signed integer of \(width) bits,
    rounded to nearest even and saturated. A result each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { 4 }

  public func build(_ m: ModuleBuilder) {
    guard m.accepts(format), m.accepts(width, in: 2..., named: "width") else { return }
    let a = FloatFields(m.floatInput("a", format), format)

    m.comment(
      "How far the significand's highest bit is below that of an integer of one bit more than there is room for.")
    let top = format.bias + width - 1
    let distanceBits = max(format.exponentBits, indexWidth(top + 1)) + 1
    let distance = m.wire("distance", Signed(top, width: distanceBits) &- a.exponent.signedValue)
    let isTooLarge = m.registered("is_too_large", distance.isNegative)
    // From here on not even the rounding bit is set.
    let farthest = width + 1
    let amountBits = indexWidth(farthest + 1)
    let amount = m.registered("amount", distance.asUnsigned.saturated(to: amountBits))
    let significand = m.registered("significand", a.significand)
    let sign = m.delayed("sign", a.sign, by: 3)

    m.comment("Down to its place: the integer, the bits behind the point below it.")
    let shiftWidth = width + format.fractionBits + 1
    let placed = concatenate(significand, Unsigned(0, width: width))
    let shifted = m.registered("shifted", placed >> amount)
    let isTooLargeShifted = m.registered("is_too_large_shifted", isTooLarge)

    m.comment("Round the magnitude.")
    let magnitude = shifted.slice(at: shiftWidth - width, width: width)
    let below = shiftWidth - width
    let half = shifted[below - 1]
    let isRoundedUp = half && (shifted.slice(at: 0, width: below - 1).reducedOr || magnitude[0])
    let rounded = m.registered("rounded", magnitude + isRoundedUp.asUnsigned)
    let isTooLargeRounded = m.registered("is_too_large_rounded", isTooLargeShifted)

    m.comment("Give it the sign, and keep it in range.")
    let value = sign.select(-rounded.signedValue, rounded.signedValue.extended(to: width + 3))
    let end = concatenate(sign, (~sign).replicated(width - 1)).asSigned
    let result = isTooLargeRounded.select(end, value.saturated(to: width))
    m.output("result", m.registered("result", m.wire("in_range", result)))
  }
}
