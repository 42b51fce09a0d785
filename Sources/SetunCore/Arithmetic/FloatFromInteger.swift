import HardwareDescription
import SetunMachine
import TernaryArithmetic

/// A signed integer as a machine float, as `FloatDefinition.fromInteger`.
public struct FloatFromInteger: FixedLatencyModule {
  public let format: FloatFormat
  /// Bits of the integer, at most 32; E must be 8.
  public let width: Int

  public init(format: FloatFormat, width: Int) {
    self.format = format
    self.width = width
  }

  /// For the row sums of a configuration.
  public init(configuration: Configuration) {
    self.init(format: configuration.format, width: configuration.sumBits)
  }

  public var moduleName: String { "float_from_integer\(width)_\(format.suffix)" }
  public var documentation: String {
    """
    A signed integer of \(width) bits as a machine float (1 sign, \(format.exponentBits) exponent, \
    \(format.fractionBits) fraction bits), rounded to nearest even.
    A result each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { OperatorLatency.fromInteger }

  public func build(_ m: ModuleBuilder) {
    let value = m.input("a", Signed.self, width: width)
    m.comment("Magnitude.")
    let absolute = value.isNegative.select(Signed(0) &- value, value)
    let magnitude = m.registered("absolute", absolute.asUnsigned)
    let sign = m.registered("absolute_sign", value.isNegative)
    let topField = Signed(format.bias + width - 1, width: format.wideExponentBits)
    let result = m.normalisedFloat(
      format, sign: sign, topField: topField, value: magnitude, flushes: false, saturates: false)
    m.output("result", result)
  }
}
