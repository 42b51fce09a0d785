import HardwareDescription
import HardwareLibrary
import SetunMachine
import TernaryArithmetic

/// `result = 1 / a`, and 0 for 0, as `FloatFormat.reciprocal`.
public struct FloatReciprocal: FixedLatencyModule {
  public let format: FloatFormat

  public init(format: FloatFormat) { self.format = format }
  public init(configuration: Configuration) { self.init(format: configuration.format) }

  public var moduleName: String { "float_reciprocal_\(format.suffix)" }
  public var documentation: String {
    """
    Reciprocal of a machine float (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits),
    0 for 0: 256 straight segments over the significand, rounded half up.
    A result each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { OperatorLatency.reciprocal }

  public func build(_ m: ModuleBuilder) {
    let a = FloatFields(m.floatInput("a", format), format)
    let (index, offset) = a.segment
    let (_, value) = m.interpolated("reciprocal", .reciprocal, index: index, offset: offset)
    let sign = m.delayed("sign", a.sign, by: SegmentTable.valueCycles)
    let isZero = m.delayed("is_zero", a.exponent == 0, by: SegmentTable.valueCycles)
    let exponent = m.delayed("exponent", a.exponent, by: SegmentTable.valueCycles - 1)
    let previousField = m.registered(
      "previous_field", Signed(2 * format.bias - 2, width: format.wideExponentBits) &- exponent.signedValue)
    let result = m.registered(
      "result",
      m.packedValue("result", format, sign: sign, value: value, previousField: previousField, isZero: isZero))
    m.output("result", result)
  }
}

/// `result = 1 / sqrt(a)`, and 0 for 0 and negative numbers, as `FloatFormat.reciprocalSquareRoot`.
public struct FloatReciprocalSquareRoot: FixedLatencyModule {
  public let format: FloatFormat

  public init(format: FloatFormat) { self.format = format }
  public init(configuration: Configuration) { self.init(format: configuration.format) }

  public var moduleName: String { "float_reciprocal_square_root_\(format.suffix)" }
  public var sourceFile: String { "FloatReciprocal.swift" }
  public var documentation: String {
    """
    Reciprocal square root of a machine float (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) \
    fraction bits), 0 for 0 and negative numbers: 2 x 256 straight segments over the significand, rounded half up.
    A result each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { OperatorLatency.reciprocalSquareRoot }

  public func build(_ m: ModuleBuilder) {
    let a = FloatFields(m.floatInput("a", format), format)
    let (index, offset) = a.segment
    m.comment("The bias is odd, so an even exponent field is an odd power of two.")
    let (_, value) = m.interpolated(
      "root", .reciprocalSquareRoot, index: concatenate(!a.exponent[0], index), offset: offset)
    let isZero = m.delayed("is_zero", a.sign || a.exponent == 0, by: SegmentTable.valueCycles)
    let exponent = m.delayed("exponent", a.exponent, by: SegmentTable.valueCycles - 1)
    let half = (exponent >> 1) + exponent[0].asUnsigned
    let top = format.bias - 2 + (format.bias + 1) / 2
    let previousField = m.registered(
      "previous_field", Signed(top, width: format.wideExponentBits) &- half.signedValue)
    let result = m.registered(
      "result",
      m.packedValue(
        "result", format, sign: false, value: value, previousField: previousField, isZero: isZero, flushes: false))
    m.output("result", result)
  }
}

extension FloatFields {
  /// The segment's index (8 bits) and the offset in it; with 8 fraction bits or fewer the offset is a constant 0.
  var segment: (index: Unsigned, offset: Unsigned) {
    let offsetBits = fraction.width - 8
    if offsetBits > 0 {
      return (fraction.slice(at: offsetBits, width: 8), fraction.slice(at: 0, width: offsetBits))
    }
    let index = offsetBits == 0 ? fraction : concatenate(fraction, Unsigned(0, width: 1))
    return (index, Unsigned(0, width: 1))
  }
}
