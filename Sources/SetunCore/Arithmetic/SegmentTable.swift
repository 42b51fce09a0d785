import HardwareDescription
import TernaryArithmetic

/// The constants of an interpolation table behind two registers, the first of which a block RAM may absorb.
struct SegmentTable: FixedLatencyModule {
  enum Function: String {
    case reciprocal
    case reciprocalSquareRoot = "reciprocal_square_root"
    case exponential
  }

  let function: Function

  var table: InterpolationTable {
    switch function {
    case .reciprocal: .reciprocal
    case .reciprocalSquareRoot: .reciprocalSquareRoot
    case .exponential: .exponential
    }
  }
  var indexWidth: Int { HardwareDescription.indexWidth(table.base.count) }
  static var baseWidth: Int { InterpolationTable.fractionBits + 1 }
  static var slopeWidth: Int { 16 }

  var moduleName: String { "\(function.rawValue)_segments" }
  var documentation: String {
    let meaning =
      switch function {
      case .reciprocal: "1 / (1 + x), segment i at x = i / 256"
      case .reciprocalSquareRoot: "1 / sqrt(1 + x), segment i at x = i / 256; from 256 on 1 / sqrt(2 + 2 x)"
      case .exponential: "2^-x, segment i at x = i / 256"
      }
    return """
      Straight segments of \(meaning):
      value at the left end and fall over the segment, both in units of 2^-\(InterpolationTable.fractionBits).
      The segment of an index appears \(latency) cycles later.
      """
  }
  var latency: Int { Self.cycles }
  /// Cycles from an index to its segment.
  static let cycles = 2
  /// Cycles from an index to the interpolated value.
  static let valueCycles = cycles + 2

  func build(_ m: ModuleBuilder) {
    let index = m.input("index", Unsigned.self, width: indexWidth)
    let slope = m.register("slope", Unsigned.self, width: Self.slopeWidth)
    m.switchOn(index) { choose in
      for (number, fall) in table.slope.enumerated() {
        choose.when(number) { slope.next(Unsigned(Int(fall), width: Self.slopeWidth)) }
      }
    }
    m.comment(
      "A cycle later, so that an index has half the loads. The slope is the one that meets a multiplier at once.")
    let lateIndex = m.registered("late_index", index)
    let base = m.register("base", Unsigned.self, width: Self.baseWidth)
    m.switchOn(lateIndex) { choose in
      for (number, left) in table.base.enumerated() {
        choose.when(number) { base.next(Unsigned(Int(left), width: Self.baseWidth)) }
      }
    }
    m.output("base", base)
    m.output("slope", m.registered("late_slope", slope))
  }
}

extension ModuleBuilder {
  /// `SegmentTable.valueCycles` stages: the table's segment, the product of slope and offset, the value in units of
  /// 2^-24.
  func interpolated(
    _ name: String, _ function: SegmentTable.Function, index: Unsigned, offset: Unsigned
  ) -> (segment: InterpolatedSegment, value: Unsigned) {
    let table = instance("u_\(name)_segments", SegmentTable(function: function))
    table.connect("index", index)
    let slope = table.output("slope", Unsigned.self, name: "\(name)_slope")
    let base = table.output("base", Unsigned.self, name: "\(name)_base")
    let offsetQ = delayed("\(name)_offset", offset, by: SegmentTable.cycles)
    let fall = registered("\(name)_fall", (slope * offsetQ) >> offset.width)
    let baseQ = registered("\(name)_base", base)
    let value = registered("\(name)_value", baseQ &- fall)
    return (InterpolatedSegment(base: base, baseQ: baseQ, fall: fall), value)
  }

  /// The last stage of a function in (1/2, 1]: `value * 2^-24 * 2^(field + 1 - bias)` rounded half up to F fraction
  /// bits, as `FloatFormat.pack(value:field:)`. `previousField` is `field - 1`. Results that cannot be too small need no
  /// flushing.
  func packedValue(
    _ name: String, _ format: FloatFormat, sign: Bit, value: Unsigned, previousField: Signed, isZero: Bit? = nil,
    flushes: Bool = true
  ) -> Unsigned {
    let drop = 23 - format.fractionBits
    // The hidden bit of the value adds the 1 to the exponent.
    let half = Unsigned(drop == 0 ? 0 : 1 << (drop - 1), width: 23)
    let sum = wire("\(name)_rounded", concatenate(previousField, half) &+ value)
    if drop > 0 { unused(sum.slice(at: 0, width: drop)) }
    let packed = concatenate(sign, sum.slice(at: drop, width: format.width - 1))
    let fieldStart = 23
    if !flushes {
      unused(sum.slice(at: fieldStart + format.exponentBits, width: previousField.width - format.exponentBits))
    }
    let isTooSmall = flushes ? sum.slice(at: fieldStart, width: previousField.width).asSigned <= Signed(0) : nil
    let reasons = [isZero, isTooSmall].compactMap { $0 }
    guard let first = reasons.first else { return packed }
    return reasons.dropFirst().reduce(first) { $0 || $1 }.select(Unsigned(0, width: format.width), packed)
  }
}

/// Parts of an interpolation that other stages use: the base two stages and one stage before the value, and the fall.
struct InterpolatedSegment {
  let base: Unsigned
  let baseQ: Unsigned
  let fall: Unsigned
}
