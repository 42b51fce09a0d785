import HardwareDescription
import HardwareLibrary
import SetunMachine
import TernaryArithmetic

/// A wide accumulator as a machine float, as `WideAccumulator.toSmallFloat`.
public struct FloatFromWide: FixedLatencyModule {
  public let format: FloatFormat

  public init(format: FloatFormat) { self.format = format }
  public init(configuration: Configuration) { self.init(format: configuration.format) }

  public var moduleName: String { "float_from_wide_\(format.suffix)" }
  public var documentation: String {
    """
    An unsigned fixed-point sum of \(WideAccumulator.width) bits, lowest bit 2^-\(WideAccumulator.fractionBits), as a \
    machine float
    (1 sign, \(format.exponentBits) exponent, \(format.fractionBits) fraction bits), rounded to nearest even.
    A result each cycle, \(latency) cycles after its operand.
    """
  }
  public var latency: Int { OperatorLatency.fromWide }

  public func build(_ m: ModuleBuilder) {
    let group = 16
    let count = WideAccumulator.width / group
    // Up to 15 leading zeros, hidden bit, fraction and guard.
    let windowGroups = (group - 1 + format.fractionBits + 2 + group - 1) / group
    let windowBits = windowGroups * group
    let value = m.input("a", Unsigned.self, width: WideAccumulator.width)

    m.comment("Groups of 16 bits that are not zero, highest first.")
    let flags = (0..<count).map { value.slice(at: WideAccumulator.width - group * ($0 + 1), width: group).reducedOr }
    let isSet = m.registered("is_set", concatenate(flags.map { $0.asUnsigned }))
    let valueQ = m.registered("value", value)

    m.comment("The highest of them and the bits after it; what is lower becomes a sticky bit.")
    var leading = Unsigned(count - 1, width: 3)
    for index in (0..<count - 1).reversed() {
      leading = isSet[count - 1 - index].select(Unsigned(index, width: 3), leading)
    }
    let leadingGroup = m.wire("leading_group", leading)
    let padded = concatenate(valueQ, Unsigned(0, width: windowBits - group))
    var window = padded.slice(at: 0, width: windowBits)
    var sticky = Bit(false)
    for index in (0..<count - 1).reversed() {
      let isLeading = leadingGroup == Unsigned(index, width: 3)
      window = isLeading.select(padded.slice(at: padded.width - windowBits - group * index, width: windowBits), window)
      let lower = count - windowGroups - index
      if lower > 0 { sticky = isLeading.select(isSet.slice(at: 0, width: lower).reducedOr, sticky) }
    }
    let windowQ = m.registered("window", concatenate(window, sticky))
    let top = format.bias + WideAccumulator.width - 1 - WideAccumulator.fractionBits
    let topField = m.registered(
      "top_field",
      Signed(top, width: format.wideExponentBits) &- concatenate(leadingGroup, Unsigned(0, width: 4)).signedValue)

    let result = m.normalisedFloat(
      format.encoding, sign: false, topField: topField, value: windowQ, flushes: false, saturates: false)
    m.output("result", result)
  }
}
