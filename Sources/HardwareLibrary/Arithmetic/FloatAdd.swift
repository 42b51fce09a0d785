import HardwareDescription

/// `result = a + b` of two machine floats; a difference is the sum with a flipped sign.
///
/// Guarantees: rounded, flushed and saturated as ``FloatEncoding`` says; a result each cycle, 6 cycles after its operands.
public struct FloatAdd: FixedLatencyModule {
  public let format: FloatEncoding

  public init(format: FloatEncoding) { self.format = format }

  public var moduleName: String { "float_add_\(format.suffix)" }
  public var documentation: String {
    """
    Sum of two machine floats (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits):
    formed exactly, rounded to nearest even, flushed and saturated.
    A result each cycle, \(latency) cycles after its operands.
    """
  }
  public var latency: Int { 6 }

  public func build(_ m: ModuleBuilder) {
    guard m.accepts(format) else { return }
    let fractionBits = format.fractionBits
    let a = FloatFields(m.floatInput("a", format), format)
    let b = FloatFields(m.floatInput("b", format), format)

    m.comment("Order by magnitude.")
    let isSwapped = m.wire("is_swapped", a.magnitude < b.magnitude)
    let large = m.registered("large", isSwapped.select(b.significand, a.significand))
    let small = m.registered("small", isSwapped.select(a.significand, b.significand))
    let largeExponent = m.registered("large_exponent", isSwapped.select(b.exponent, a.exponent))
    let distance = m.registered(
      "distance", isSwapped.select(b.exponent &- a.exponent, a.exponent &- b.exponent))
    let sign = m.registered("large_sign", isSwapped.select(b.sign, a.sign))
    let isDifference = m.registered("is_difference", a.sign ^ b.sign)

    m.comment("Align the smaller one, with two bits below the larger one's last and a sticky bit.")
    let wide = m.wire("wide", small << 2)
    let amountBits = max(5, indexWidth(wide.width + 1))
    let amount = distance.slice(at: 0, width: min(amountBits, distance.width))
    let isFar =
      distance.width > amountBits
      ? m.wire("is_far", distance.slice(at: amountBits, width: distance.width - amountBits).reducedOr) : Bit(false)
    let kept = m.wire("kept", (~Unsigned(0, width: wide.width)) << amount)
    m.comment("What is shifted out is collected from parts of it a cycle later.")
    let lost = m.wire("lost", isFar.select(wide, wide & ~kept))
    let partBits = 5
    let parts = stride(from: 0, to: wide.width, by: partBits).map { low in
      lost.slice(at: low, width: min(partBits, wide.width - low)).reducedOr
    }
    let isLost = m.registered("is_lost", concatenate(parts.reversed()))
    let shifted = m.registered("shifted", isFar.select(Unsigned(0, width: wide.width), wide >> amount))
    let aligned = m.wire("aligned", concatenate(shifted, isLost.reducedOr))
    let alignedLarge = m.registered("aligned_large", large)
    let alignedExponent = m.registered("aligned_exponent", largeExponent)
    let alignedSign = m.registered("aligned_sign", sign)
    let alignedIsDifference = m.registered("aligned_is_difference", isDifference)

    m.comment("Add or subtract; the lowest bit carries in the two's complement's 1.")
    let width = fractionBits + 5
    let complemented = aligned.extended(to: width) ^ alignedIsDifference.replicated(width)
    let first = concatenate((alignedLarge << 3).extended(to: width), Bit(true))
    let total = m.wire("total", first &+ concatenate(complemented, alignedIsDifference))
    let sum = m.registered("sum", total.slice(at: 1, width: width))
    m.unused(total[0])
    let sumExponent = m.registered("sum_exponent", alignedExponent + Unsigned(1, width: 1))
    let sumSign = m.registered("sum_sign", alignedSign)

    let result = m.normalisedFloat(
      format, sign: sumSign, topField: sumExponent.signedValue, value: sum, flushes: true, saturates: true)
    m.output("result", result)
  }
}
