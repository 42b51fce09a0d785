import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import SeededRandom
import Testing

/// The arithmetic of a float format in `Double`, written from `FloatEncoding`'s description. Sums and products of formats
/// with at most 23 fraction bits are exact in `Double`, or rounded twice without a difference.
private struct FloatReference {
  let format: FloatEncoding

  private func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
  private var smallest: Double { power(1 - format.bias) }
  private var largest: Double { (2 - power(-format.fractionBits)) * power(format.bias) }

  func value(_ bits: Int) -> Double {
    if bits == 0 { return 0 }
    let field = bits >> format.fractionBits & (1 << format.exponentBits - 1)
    let fraction = Double(bits & (1 << format.fractionBits - 1)) / power(format.fractionBits)
    return (bits >> (format.width - 1) == 1 ? -1 : 1) * (1 + fraction) * power(field - format.bias)
  }

  func bits(_ value: Double) -> Int {
    let magnitude = abs(value)
    if magnitude == 0 { return 0 }
    let unit = power(Int(magnitude.exponent) - format.fractionBits)
    var rounded = (magnitude / unit).rounded(.toNearestOrEven) * unit
    if rounded < smallest {
      if magnitude < smallest * (1 - power(-format.fractionBits - 1)) { return 0 }
      rounded = smallest
    }
    rounded = min(rounded, largest)
    let exponent = Int(rounded.exponent)
    let fraction = Int((rounded / power(exponent) - 1) * power(format.fractionBits))
    return (value < 0 ? 1 : 0) << (format.width - 1) | (exponent + format.bias) << format.fractionBits | fraction
  }

  /// A random number: zero now and then, the ends of the range often, and exponents near `other`.
  func random(near other: Int, _ random: inout SeededGenerator) -> Int {
    let bits = Int(random.next() & ((1 << UInt64(format.width)) - 1))
    let fraction = random.next() % 4 == 0 ? [0, -1, 1][Int(random.next() % 3)] : bits
    let field: Int
    switch random.next() % 8 {
    case 0: return 0
    case 1: field = 1
    case 2: field = format.largestExponentField
    case 3, 4: field = (other >> format.fractionBits & (1 << format.exponentBits - 1)) + Int(random.next() % 5) - 2
    default: field = bits >> format.fractionBits & (1 << format.exponentBits - 1)
    }
    let legal = min(max(field, 1), format.largestExponentField)
    return (bits >> (format.width - 1)) << (format.width - 1) | legal << format.fractionBits
      | fraction & (1 << format.fractionBits - 1)
  }

  /// Every number of the format.
  var all: [Int] { (0..<1 << format.width).filter { bits in bits == 0 || isNumber(bits) } }

  private func isNumber(_ bits: Int) -> Bool {
    (1...format.largestExponentField).contains(bits >> format.fractionBits & (1 << format.exponentBits - 1))
  }
}

@Suite struct FloatTests {
  static let formats = [(3, 2), (4, 3), (5, 2), (5, 10), (6, 9), (8, 7), (8, 15), (8, 23)].map {
    FloatEncoding(exponentBits: $0.0, fractionBits: $0.1)
  }

  /// Feeds a vector each cycle; a result belongs to the operands of `latency` cycles before.
  private func compare(
    _ module: some FixedLatencyModule, _ vectors: [[String: Int]], expected: ([String: Int]) -> Int
  ) throws {
    let elaboration = Elaborator().run(module)
    #expect(elaboration.diagnostics == [])
    let sim = try Simulation(elaboration)
    var differences: [String] = []
    for cycle in 0..<vectors.count + module.latency {
      if cycle >= module.latency {
        let vector = vectors[cycle - module.latency]
        let (found, wanted) = (try sim.peekSigned("result"), expected(vector))
        if found != wanted { differences.append("\(vector): \(found), not \(wanted)") }
      }
      for (port, bits) in vectors[min(cycle, vectors.count - 1)] { try sim.poke(port, bits) }
      sim.step()
    }
    #expect(differences.isEmpty, "\(differences.count) differences, first \(differences.first ?? "")")
  }

  private func pairs(_ reference: FloatReference) -> [[String: Int]] {
    if reference.format.width <= 8 {
      return reference.all.flatMap { a in reference.all.map { ["a": a, "b": $0] } }
    }
    var random = SeededGenerator(seed: 1)
    return (0..<20_000).map { _ in
      let a = reference.random(near: 0, &random)
      return ["a": a, "b": reference.random(near: a, &random)]
    }
  }

  @Test(arguments: formats) func productsAreRoundedOnce(_ format: FloatEncoding) throws {
    let reference = FloatReference(format: format)
    try compare(FloatMultiply(format: format), pairs(reference)) { vector in
      reference.bits(reference.value(vector["a"] ?? 0) * reference.value(vector["b"] ?? 0))
    }
  }

  @Test(arguments: formats) func sumsAreRoundedOnce(_ format: FloatEncoding) throws {
    let reference = FloatReference(format: format)
    try compare(FloatAdd(format: format), pairs(reference)) { vector in
      reference.bits(reference.value(vector["a"] ?? 0) + reference.value(vector["b"] ?? 0))
    }
  }

  @Test(arguments: formats, [1, 2, 8, 18, 40]) func integersAreRoundedOnce(_ format: FloatEncoding, _ width: Int) throws
  {
    let reference = FloatReference(format: format)
    var random = SeededGenerator(seed: 1)
    let limit = 1 << (width - 1)
    let vectors =
      [0, -1, limit - 1, -limit]
      + (0..<2000).map { _ in
        Int(truncatingIfNeeded: random.next()) >> Int(random.next() % 40) & (2 * limit - 1)
      }.map { $0 >= limit ? $0 - 2 * limit : $0 }
    try compare(FloatFromInteger(format: format, width: width), vectors.map { ["a": $0] }) { vector in
      reference.bits(Double(vector["a"] ?? 0))
    }
  }

  @Test(arguments: formats, [2, 8, 18, 40]) func floatsBecomeTheNearestInteger(_ format: FloatEncoding, _ width: Int)
    throws
  {
    let reference = FloatReference(format: format)
    var random = SeededGenerator(seed: 1)
    // Around 1/2, where rounding begins, and around the ends of the range.
    let near = [0.25, 0.5, 0.75, 1.5, 2.5, Double(1 << (width - 1)), Double(1 << (width - 1)) - 0.5].map(reference.bits)
    let vectors =
      near.flatMap { [$0, $0 | 1 << (format.width - 1)] }
      + (0..<4000).map { _ in reference.random(near: near[Int(random.next() % UInt64(near.count))], &random) }
    try compare(FloatToInteger(format: format, width: width), vectors.map { ["a": $0] }) { vector in
      let limit = Double(sign: .plus, exponent: width - 1, significand: 1)
      let value = reference.value(vector["a"] ?? 0).rounded(.toNearestOrEven)
      return Int(min(max(value, -limit), limit - 1))
    }
  }

  @Test(arguments: [(2, 10), (12, 10), (8, 1), (8, 41)])
  func formatsOutOfRangeAreReported(_ exponentBits: Int, _ fractionBits: Int) {
    let format = FloatEncoding(exponentBits: exponentBits, fractionBits: fractionBits)
    for module in [FloatMultiply(format: format), FloatAdd(format: format)] as [any HardwareModule] {
      let errors = Elaborator().run(module).errors
      #expect(errors.contains { $0.message.contains("a float with \(exponentBits) exponent") })
    }
  }
}
