import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import Testing

/// A number in every format that its width allows, converted in every way.
private struct FixedPointTour: HardwareModule {
  let integerBits: Int
  let fractionBits: Int
  let targetIntegerBits: Int
  let targetFractionBits: Int
  var moduleName: String { "fixed_point_tour" }

  func build(_ m: ModuleBuilder) {
    let a = m.input("a", FixedPoint(integerBits: integerBits, fractionBits: fractionBits))
    for rounding in FixedPoint.Rounding.allCases {
      for overflow in FixedPoint.Overflow.allCases {
        m.output(
          "\(rounding)_\(overflow)".lowercased(),
          a.converted(
            integerBits: targetIntegerBits, fractionBits: targetFractionBits, rounding, overflow))
      }
      m.output("\(rounding)".lowercased(), a.rounded(toFractionBits: targetFractionBits, rounding))
    }
  }
}

/// Exact operators on two formats.
private struct FixedPointOperators: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let a = m.input("a", FixedPoint(integerBits: 2, fractionBits: 3))
    let b = m.input("b", FixedPoint(integerBits: 4, fractionBits: 1))
    m.output("sum", a + b)
    m.output("difference", a - b)
    m.output("product", a * b)
    m.output("negated", -a)
    m.output("less", a < b)
    m.output("equal", a == b)
    m.output("at_least", a >= b)
    m.output("scaled", a * FixedPoint(-1.3, integerBits: 2, fractionBits: 6))
  }
}

@Suite struct FixedPointTests {
  struct Shape: Sendable {
    let integerBits, fractionBits, targetIntegerBits, targetFractionBits: Int
  }

  /// Fewer, as many and more bits on both sides; nothing but a fraction; less than the sign kept.
  static let shapes = [
    Shape(integerBits: 4, fractionBits: 4, targetIntegerBits: 3, targetFractionBits: 2),
    Shape(integerBits: 4, fractionBits: 4, targetIntegerBits: 2, targetFractionBits: 3),
    Shape(integerBits: 4, fractionBits: 4, targetIntegerBits: 4, targetFractionBits: 4),
    Shape(integerBits: 3, fractionBits: 3, targetIntegerBits: 5, targetFractionBits: 6),
    Shape(integerBits: 4, fractionBits: 4, targetIntegerBits: 1, targetFractionBits: 0),
    Shape(integerBits: 1, fractionBits: 7, targetIntegerBits: 1, targetFractionBits: 0),
    Shape(integerBits: -2, fractionBits: 6, targetIntegerBits: 1, targetFractionBits: 1),
    Shape(integerBits: -3, fractionBits: 8, targetIntegerBits: 2, targetFractionBits: 0),
  ]

  private static func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }

  private static func round(_ value: Double, _ rounding: FixedPoint.Rounding) -> Double {
    switch rounding {
    case .floor: value.rounded(.down)
    case .halfUp: (value + 0.5).rounded(.down)
    case .nearestEven: value.rounded(.toNearestOrEven)
    }
  }

  @Test(arguments: shapes.indices) func everyNumberIsRoundedAndBroughtIntoRange(_ index: Int) throws {
    let shape = Self.shapes[index]
    let design = FixedPointTour(
      integerBits: shape.integerBits, fractionBits: shape.fractionBits, targetIntegerBits: shape.targetIntegerBits,
      targetFractionBits: shape.targetFractionBits)
    let elaboration = Elaborator().run(design)
    #expect(elaboration.errors.isEmpty)
    let sim = try Simulation(elaboration)
    let width = shape.integerBits + shape.fractionBits
    let targetWidth = shape.targetIntegerBits + shape.targetFractionBits
    for bits in -(1 << (width - 1))..<(1 << (width - 1)) {
      try sim.poke("a", bits)
      let value = Double(bits) / Self.power(shape.fractionBits)
      for rounding in FixedPoint.Rounding.allCases {
        let exact = Int(Self.round(value * Self.power(shape.targetFractionBits), rounding))
        #expect(try sim.peekSigned("\(rounding)".lowercased()) == exact, "\(value) \(rounding)")
        let limit = 1 << (targetWidth - 1)
        let saturated = min(max(exact, -limit), limit - 1)
        let wrapped = ((exact + limit) % (2 * limit) + 2 * limit) % (2 * limit) - limit
        #expect(try sim.peekSigned("\(rounding)_saturate".lowercased()) == saturated, "\(value) \(rounding)")
        #expect(try sim.peekSigned("\(rounding)_wrap".lowercased()) == wrapped, "\(value) \(rounding)")
      }
    }
  }

  @Test func operatorsAreExact() throws {
    let elaboration = Elaborator().run(FixedPointOperators())
    #expect(elaboration.diagnostics == [])
    let sim = try Simulation(elaboration)
    for x in -16..<16 {
      for y in -16..<16 {
        try sim.poke("a", x)
        try sim.poke("b", y)
        let (a, b) = (Double(x) / 8, Double(y) / 2)
        #expect(try Double(sim.peekSigned("sum")) / 8 == a + b)
        #expect(try Double(sim.peekSigned("difference")) / 8 == a - b)
        #expect(try Double(sim.peekSigned("product")) / 16 == a * b)
        #expect(try Double(sim.peekSigned("negated")) / 8 == -a)
        #expect(try sim.peek("less") == (a < b ? 1 : 0))
        #expect(try sim.peek("equal") == (a == b ? 1 : 0))
        #expect(try sim.peek("at_least") == (a >= b ? 1 : 0))
        // -1.3 * 64 is -83.2.
        #expect(try Double(sim.peekSigned("scaled")) / 512 == a * -83 / 64)
      }
    }
  }

  @Test(arguments: [(3.0, 2, 4), (-2.1, 2, 4), (.nan, 2, 4), (.infinity, 40, 23), (1e300, 4, 4)])
  func aConstantThatDoesNotFitIsReported(_ value: Double, _ integerBits: Int, _ fractionBits: Int) {
    struct Module: HardwareModule {
      let value: Double
      let integerBits, fractionBits: Int
      var moduleName: String { "constant" }
      func build(_ m: ModuleBuilder) {
        m.output("y", FixedPoint(value, integerBits: integerBits, fractionBits: fractionBits))
      }
    }
    let diagnostics = Elaborator().run(
      Module(value: value, integerBits: integerBits, fractionBits: fractionBits)
    ).errors
    #expect(diagnostics.contains { $0.kind == .invalidExpression && $0.message.contains("does not fit") })
  }

  /// The ends of a range of 64 bits and more do not fit an integer of Swift.
  @Test(arguments: [1, 2, 63, 64, 65, 130]) func wideNumbersSaturate(_ width: Int) throws {
    struct Module: HardwareModule {
      let width: Int
      var moduleName: String { "saturated_\(width)" }
      func build(_ m: ModuleBuilder) {
        m.output("y", m.input("a", Signed.self, width: width + 3).saturated(to: width))
      }
    }
    let sim = try Simulation(Module(width: width))
    let ones = [UInt64](repeating: .max, count: 3)
    // The largest number, the smallest one and -1.
    var low = [UInt64](repeating: 0, count: 3)
    low[(width + 2) / 64] = 1 << UInt64((width + 2) % 64)
    var smallest = [UInt64](repeating: 0, count: 3)
    smallest[(width - 1) / 64] = 1 << UInt64((width - 1) % 64)
    try sim.poke("a", BitPattern(words: low, width: width + 3))
    #expect(try sim.peekBits("y") == BitPattern(words: smallest, width: width))
    try sim.poke("a", BitPattern(words: low.map { ~$0 }, width: width + 3))
    #expect(try sim.peekBits("y") == BitPattern(words: smallest.map { ~$0 }, width: width))
    try sim.poke("a", BitPattern(words: ones, width: width + 3))
    #expect(try sim.peekBits("y") == BitPattern(words: ones, width: width))
  }
}
