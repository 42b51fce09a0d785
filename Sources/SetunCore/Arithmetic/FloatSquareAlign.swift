import HardwareDescription
import HardwareLibrary
import SetunMachine
import TernaryArithmetic

/// The square of a machine float in the window of the wide accumulator, as `WideAccumulator.square(of:_:)`.
public struct FloatSquareAlign: FixedLatencyModule {
  public let format: FloatFormat

  public init(format: FloatFormat) { self.format = format }
  public init(configuration: Configuration) { self.init(format: configuration.format) }

  public var moduleName: String { "float_square_align_\(format.suffix)" }
  public var documentation: String {
    """
    Square of a machine float (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits) \
    as unsigned fixed point:
    \(WideAccumulator.width) bits, lowest bit 2^-\(WideAccumulator.fractionBits), truncated; \
    all ones when it does not fit.
    A result each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { OperatorLatency.squareAlign }

  public func build(_ m: ModuleBuilder) {
    let width = WideAccumulator.width
    let squareBits = 2 * format.fractionBits + 2
    let a = FloatFields(m.floatInput("a", format), format)
    m.unused(a.sign)

    m.comment("The exponent of zero puts what is squared below the window.")
    m.comment("Square; the end of its bits in the window, from 0 (below it) to its width, in steps of two.")
    let square = m.registered("product", a.significandUnlessZero * a.significandUnlessZero)
    // end = 2 (exponent - bias - F) + 56 + 2 F + 2 = 2 (exponent - lowest)
    let lowest = format.bias - WideAccumulator.fractionBits / 2 - 1
    let pairs = m.wire(
      "pairs",
      a.exponent.signedValue &- Signed(lowest, width: format.wideExponentBits))
    let isBelow = pairs <= Signed(0)
    let isOverflow = m.wire("is_overflow", pairs > Signed(width / 2))
    let end = m.registered("end", isBelow.select(Unsigned(0, width: 6), pairs.slice(at: 0, width: 6)))
    let isOverflowQ = m.registered("is_overflow", isOverflow)

    m.comment("Place by multiples of 16 bits.")
    let coarse = m.registered(
      "coarse",
      square.extended(to: width + squareBits) << concatenate(end.slice(at: 3, width: 3), Unsigned(0, width: 4)))
    let fineAmount = m.registered("fine_amount", end.slice(at: 0, width: 3))
    let isOverflowFine = m.registered("is_overflow_fine", isOverflowQ)

    m.comment("Place by the last 14 bits.")
    let fine = m.wire("fine", coarse << concatenate(fineAmount, Unsigned(0, width: 1)))
    m.unused(fine.slice(at: 0, width: squareBits))
    let result = m.registered("square", fine.slice(at: squareBits, width: width) | isOverflowFine.replicated(width))
    m.output("square", result)
  }
}
