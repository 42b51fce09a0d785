import HardwareDescription

/// `result = a * b` of two machine floats.
///
/// Guarantees: rounded, flushed and saturated as ``FloatEncoding`` says; a result each cycle, 3 cycles after its operands.
public struct FloatMultiply: FixedLatencyModule {
  public let format: FloatEncoding

  public init(format: FloatEncoding) { self.format = format }

  public var moduleName: String { "float_multiply_\(format.suffix)" }
  public var documentation: String {
    """
    Product of two machine floats (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits):
    exact significand product, rounded to nearest even, flushed and saturated.
    A result each cycle, \(latency) cycles after its operands.
    """
  }
  public var latency: Int { 3 }

  public func build(_ m: ModuleBuilder) {
    guard m.accepts(format) else { return }
    let fractionBits = format.fractionBits
    let a = FloatFields(m.floatInput("a", format), format)
    let b = FloatFields(m.floatInput("b", format), format)

    m.comment("Multiply significands, add exponents; that an operand is zero is remembered beside the product.")
    let product = m.registered("product", a.significandUnlessZero * b.significandUnlessZero)
    let hasZero = m.registered("has_zero", a.isZero || b.isZero)
    let exponentSum = m.registered("exponent_sum", a.exponent + b.exponent)
    let productSign = m.registered("product_sign", a.sign ^ b.sign)

    m.comment("Normalise: the product of two significands lies in [1, 4).")
    let top = 2 * fractionBits + 1
    let isAboveTwo = m.wire("is_above_two", product[top])
    // Fraction and the bit below it.
    let normal = m.wire(
      "normal",
      isAboveTwo.select(
        product.slice(at: fractionBits, width: fractionBits + 1),
        product.slice(at: fractionBits - 1, width: fractionBits + 1)))
    let fraction = m.wire("normal_fraction", normal.slice(at: 1, width: fractionBits))
    m.comment("What looks at many bits does so before the shift by one place.")
    let rest = m.wire(
      "rest", product.slice(at: 0, width: fractionBits - 1).reducedOr || isAboveTwo && product[fractionBits - 1])
    let isAllOnes = m.wire(
      "fraction_is_all_ones",
      isAboveTwo.select(
        product.slice(at: fractionBits + 1, width: fractionBits).reducedAnd,
        product.slice(at: fractionBits, width: fractionBits).reducedAnd))
    let exponent = m.wire(
      "normal_exponent",
      (exponentSum.signedValue - Signed(format.bias, width: format.exponentBits + 1))
        .resized(to: format.wideExponentBits) &+ isAboveTwo.asUnsigned.signedValue)
    m.comment("Just below the smallest number, all-ones fractions round up to it, as gradual underflow would.")
    let isJustBelowSmallest = exponent == Signed(0) && isAllOnes
    let roundUp = m.wire("rounds_up", normal[0] && (rest || fraction[0]) || isJustBelowSmallest)
    let result = m.packedFloat(
      format, sign: productSign, exponent: exponent, fraction: fraction, roundUp: roundUp,
      isAllOnes: isAllOnes, isZero: hasZero, flushes: true, saturates: true)
    m.output("result", result)
  }
}
