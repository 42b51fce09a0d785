import HardwareDescription
import HardwareLibrary
import SetunMachine
import TernaryArithmetic

/// `positive = sigmoid(a)`, `negative = sigmoid(-a)`, as `FloatFormat.sigmoidPair`.
public struct FloatSigmoidPair: FixedLatencyModule {
  public let format: FloatFormat

  public init(format: FloatFormat) { self.format = format }
  public init(configuration: Configuration) { self.init(format: configuration.format) }

  public var moduleName: String { "float_sigmoid_pair_\(format.suffix)" }
  public var documentation: String {
    """
    Sigmoid of a machine float (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits) \
    and of its negation.
    With t = |a| log2(e) and e = 2^-t: the larger is s = 1 / (1 + e), the smaller e s = e - e (1 - s).
    A pair each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { OperatorLatency.sigmoid }

  public func build(_ m: ModuleBuilder) {
    m.comment("The operand comes through multiplexers, and meets multipliers here.")
    let a = FloatFields(m.registered("operand", m.floatInput("a", format)), format)
    let sign = m.delayed("sign", a.sign, by: latency - 2)

    let (exponential, whole, amount) = buildExponential(m, a)

    m.comment("e: the exponential without its whole powers of two, below 1 even when t is 0.")
    let one = 1 << InterpolationTable.fractionBits
    let bits = InterpolationTable.fractionBits
    let coarse = m.registered(
      "coarse", exponential >> concatenate(amount.slice(at: 2, width: 3), Unsigned(0, width: 2)))
    let shifted = m.wire("shifted", coarse >> m.registered("fine_amount", amount.slice(at: 0, width: 2)))
    let e = m.wire("e", shifted.truncated(to: bits) | shifted[bits].replicated(bits))

    m.comment("s = 1 / (1 + e).")
    let (segment, larger) = m.interpolated(
      "reciprocal", .reciprocal, index: e.slice(at: 16, width: 8), offset: e.slice(at: 0, width: 16))

    m.comment("Factors of 18 bits: e without its powers of two, and 1 - s, each rounded and below its power of two.")
    let lateExponential = m.delayed("late_exponential", exponential, by: SegmentTable.valueCycles)
    let leftSum = m.wire("left_sum", lateExponential &+ Unsigned(32))
    m.unused(leftSum.slice(at: 0, width: 6))
    let left = m.registered("left", leftSum.slice(at: 6, width: 18) | leftSum[bits].replicated(18))
    let rest = m.registered("rest", Unsigned(one + 16, width: bits + 1) &- segment.base)
    let rightSum = m.wire("right_sum", rest &+ segment.fall)
    m.unused(rightSum[bits])
    m.unused(rightSum.slice(at: 0, width: 5))
    let right = m.registered("right", rightSum.slice(at: 5, width: 18) | rightSum[bits - 1].replicated(18))
    let product = m.registered("product", left * right)

    m.comment("e s = e - e (1 - s), in [1/3, 1], and normalised.")
    m.unused(product.slice(at: 0, width: 13))
    let smaller = m.wire(
      "smaller", m.delayed("product_exponential", lateExponential, by: 2) &- product.slice(at: 13, width: 23))
    let isNormal = m.wire("is_normal", smaller[bits] || smaller[bits - 1])
    let normal = m.registered("normal", isNormal.select(smaller, (smaller << 1).truncated(to: bits + 1)))
    let lateWhole = m.delayed("late_whole", whole, by: SegmentTable.valueCycles + 1)
    let normalField = m.registered(
      "normal_field", Signed(format.bias - 2, width: format.wideExponentBits) &- lateWhole.signedValue)
    let doubledField = m.registered(
      "doubled_field", Signed(format.bias - 3, width: format.wideExponentBits) &- lateWhole.signedValue)
    let previousField = m.registered("previous_field", isNormal.select(normalField, doubledField))

    m.comment("Round and pack both; the sign of the operand tells which is which.")
    let small = m.wire(
      "smaller_packed",
      m.packedValue("smaller", format, sign: false, value: normal, previousField: previousField))
    let large = m.wire(
      "larger_packed",
      m.packedValue(
        "larger", format, sign: false, value: m.delayed("late_larger", larger, by: 2),
        previousField: Signed(format.bias - 2, width: format.wideExponentBits), flushes: false))
    m.output("positive", m.registered("positive", sign.select(small, large)))
    m.output("negative", m.registered("negative", sign.select(large, small)))
  }

  /// Three stages and an interpolation: `2^-fraction(t)` in units of 2^-24, and the whole part of t, 255 when |a| is
  /// 128 or more, and the places that the one is to be shifted by.
  private func buildExponential(_ m: ModuleBuilder, _ a: FloatFields) -> (
    exponential: Unsigned, whole: Unsigned, amount: Unsigned
  ) {
    let factor = Int(FloatFormat.logarithmFactor)
    m.comment("t = |a| log2(e): the constant in two halves of 12 bits. The exponent of zero shifts everything out.")
    let significand = a.significandUnlessZero
    let upperProduct = m.registered("upper_product", significand * Unsigned(factor >> 12, width: 12))
    let lowerProduct = m.registered("lower_product", significand * Unsigned(factor & 0xFFF, width: 12))
    let power = m.wire(
      "power", Signed(format.bias + 6, width: format.wideExponentBits) &- a.exponent.signedValue)
    let isBeyond = m.registered("is_beyond", power.isNegative)
    let shift = m.registered("shift", power.asUnsigned.truncated(to: format.wideExponentBits - 1))

    m.comment("Aligned for the largest power, 6, with 8 whole and 22 fraction bits.")
    let product = m.wire("logarithm", (upperProduct << 12) + lowerProduct.extended(to: upperProduct.width + 12))
    let drop = format.fractionBits - 5
    m.unused(product[product.width - 1])
    m.unused(product.slice(at: 0, width: drop))
    let aligned = m.registered("aligned", product.slice(at: drop, width: 30))
    let alignedShift = m.registered("aligned_shift", shift.saturated(to: 5))
    let isBeyondQ = m.registered("is_beyond_late", isBeyond)

    m.comment("Down to the operand's power.")
    let t = m.registered("t", aligned >> alignedShift)
    let isBeyondT = m.registered("is_beyond_t", isBeyondQ)

    m.comment("2^-fraction(t).")
    let (_, exponential) = m.interpolated(
      "exponential", .exponential, index: t.slice(at: 14, width: 8), offset: t.slice(at: 0, width: 14))
    let early = m.delayed(
      "whole", m.wire("whole", t.slice(at: 22, width: 8) | isBeyondT.replicated(8)),
      by: SegmentTable.valueCycles - 1)
    return (exponential, m.registered("exponential_whole", early), m.registered("amount", early.saturated(to: 5)))
  }
}
