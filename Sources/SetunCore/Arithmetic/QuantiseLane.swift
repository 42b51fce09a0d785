import HardwareDescription
import HardwareLibrary
import SetunMachine
import TernaryArithmetic

/// `result = z * k` as an 8-bit integer, as `FloatFormat.quantise`.
public struct QuantiseLane: FixedLatencyModule {
  public let format: FloatFormat

  public init(format: FloatFormat) { self.format = format }
  public init(configuration: Configuration) { self.init(format: configuration.format) }

  public var moduleName: String { "quantise_lane_\(format.suffix)" }
  public var documentation: String {
    """
    Product of two machine floats (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits) as an
    integer: exact significand product, rounded half away from zero, limited to -127...127.
    A result each cycle, \(latency) cycles after its operands.
    """
  }
  public var latency: Int { OperatorLatency.quantise }

  public func build(_ m: ModuleBuilder) {
    let fractionBits = format.fractionBits
    let z = FloatFields(m.floatInput("z", format), format)
    let k = FloatFields(m.floatInput("k", format), format)

    m.comment("Multiply significands, add exponents; that an operand is zero is remembered beside the product.")
    let product = m.registered("product", z.significandUnlessZero * k.significandUnlessZero)
    let hasZero = m.registered("has_zero", z.isZero || k.isZero)
    let exponentSum = m.registered("exponent_sum", z.exponent + k.exponent)
    let productSign = m.registered("product_sign", z.sign ^ k.sign)

    m.comment("The product is at least 2^scale and below 2^(scale + 2); nine bits down to the one worth a half.")
    let bits = 9
    let scale = m.wire(
      "scale",
      (exponentSum.signedValue &- Signed(2 * format.bias, width: format.wideExponentBits)))
    let isLarge = m.registered("is_large", scale > Signed(6) && !hasZero)
    let isSmall = hasZero || scale < Signed(-2)
    let amount = m.wire("amount", Unsigned(6, width: 4) &- scale.slice(at: 0, width: 4))
    m.unused(product.slice(at: 0, width: 2 * fractionBits - 7))
    let upper = product.slice(at: 2 * fractionBits - 7, width: bits)
    let halves = m.registered("halves", isSmall.select(Unsigned(0, width: bits), upper >> amount))
    let halvesSign = m.registered("halves_sign", productSign)

    m.comment("Round and limit.")
    let raised = m.wire("raised", halves + Unsigned(1, width: 1))
    m.unused(raised[0])
    let rounded = m.wire("rounded", raised >> 1)
    let magnitude = m.registered(
      "magnitude",
      (isLarge || rounded > Unsigned(127)).select(Unsigned(127, width: 7), rounded.truncated(to: 7)))
    let magnitudeSign = m.registered("magnitude_sign", halvesSign)

    m.comment("Apply the sign.")
    let value = magnitude.signedValue
    let result = m.registered("result", magnitudeSign.select(Signed(0) &- value, value))
    m.output("result", result)
  }
}
