import HardwareDescription
import SetunMachine
import TernaryArithmetic

/// A bfloat16 number as a machine float with 8 exponent bits, as `FloatFormat.fromBFloat16`; no register.
public struct FloatFromBFloat16: HardwareModule {
  public let format: FloatFormat

  public init(format: FloatFormat) {
    precondition(format.exponentBits == 8, "bfloat16 has 8 exponent bits")
    self.format = format
  }
  public init(configuration: Configuration) { self.init(format: configuration.format) }

  public var moduleName: String { "float_from_bfloat16_\(format.suffix)" }
  public var documentation: String {
    """
    A bfloat16 number as a machine float (1 sign, 8 exponent, \(format.fractionBits) fraction bits), in the same cycle:
    subnormals become zero, infinities and NaN the largest number with their sign.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let half = m.input("half", Unsigned.self, width: 16)
    let sign = half[15]
    let exponent = half.slice(at: 7, width: 8)
    let padding = format.fractionBits - 7
    let exact = padding == 0 ? half : concatenate(half, Unsigned(0, width: padding))
    let largest = concatenate(sign, Unsigned(Int(format.largest.bits), width: format.width - 1))
    let result = (exponent == 0).select(
      Unsigned(0, width: format.width), exponent.reducedAnd.select(largest, exact))
    m.output("result", result)
  }
}

/// The bfloat16 numbers of a row group as machine floats, a lane each; no register.
struct FloatsFromBFloat16: HardwareModule {
  let configuration: Configuration

  var moduleName: String { "floats_from_bfloat16" }
  var sourceFile: String { "FloatFromBFloat16.swift" }
  var documentation: String {
    "The bfloat16 numbers of a row group as machine floats, in the same cycle, a lane each, lane 0 lowest."
  }

  func build(_ m: ModuleBuilder) {
    let c = configuration
    m.rowLanes(
      FloatFromBFloat16(format: c.format), c, inputs: [("half", 16)], results: [("result", c.floatBits)])
  }
}
