import SeededRandom
import TernaryArithmetic
import Testing

/// The first operands for which two functions differ, and how many there are.
struct Disagreement: CustomStringConvertible {
  var count = 0
  var first = "none"

  mutating func check(_ isEqual: Bool, _ context: @autoclosure () -> String) {
    if isEqual { return }
    if count == 0 { first = context() }
    count += 1
  }

  var description: String { "\(count) differences, first: \(first)" }
}

private let formats = [
  FloatFormat(exponentBits: 8, fractionBits: 7), FloatFormat(exponentBits: 8, fractionBits: 10),
  FloatFormat(exponentBits: 8, fractionBits: 15), FloatFormat(exponentBits: 8, fractionBits: 16),
  FloatFormat(exponentBits: 8, fractionBits: 23), FloatFormat(exponentBits: 5, fractionBits: 10),
  FloatFormat(exponentBits: 4, fractionBits: 7),
]

@Suite("Float arithmetic")
struct FloatArithmeticTests {
  @Test("the operations through Double equal the definition in integers", arguments: formats)
  func equalsDefinition(format: FloatFormat) {
    let definition = format.definition
    var differences = Disagreement()
    format.forEachPair(count: 300_000, seed: 0xA1) { a, b in
      let context = "\(a) \(b)"
      differences.check(format.multiply(a, b) == definition.multiply(a, b), "multiply \(context)")
      differences.check(format.add(a, b) == definition.add(a, b), "add \(context)")
      differences.check(format.subtract(a, b) == definition.subtract(a, b), "subtract \(context)")
      differences.check(format.isCanonical(format.add(a, b)), "canonical sum \(context)")
      differences.check(format.isCanonical(format.multiply(a, b)), "canonical product \(context)")
    }
    #expect(differences.count == 0, "\(differences)")
  }

  @Test("at 8/23 every operation agrees with binary32 on normal operands and results")
  func agreesWithBinary32() {
    let format = FloatFormat.binary32
    var differences = Disagreement()
    format.forEachPair(count: 2_000_000, seed: 0xA2) { a, b in
      let x = format.toFloat(a)
      let y = format.toFloat(b)
      let product = x * y
      let sum = x + y
      if product.isNormal || (product == 0 && (x == 0 || y == 0)) {
        differences.check(format.toFloat(format.multiply(a, b)) == product, "\(x) * \(y)")
      }
      if sum.isNormal || sum == 0 {
        differences.check(format.toFloat(format.add(a, b)) == sum, "\(x) + \(y)")
      }
      let difference = x - y
      if difference.isNormal || difference == 0 {
        differences.check(format.toFloat(format.subtract(a, b)) == difference, "\(x) - \(y)")
      }
      differences.check(format.isGreater(a, b) == (x > y), "\(x) > \(y)")
      differences.check(format.toFloat(format.negate(a)) == -x, "-\(x)")
      differences.check(format.toFloat(format.magnitude(a)) == x.magnitude, "|\(x)|")
      differences.check(format.fromFloat(x) == a, "\(x) there and back")
    }
    #expect(differences.count == 0, "\(differences)")
  }

  @Test("results beyond the range saturate, results below it become zero")
  func range() {
    let format = FloatFormat.product
    let tiny = format.smallest
    let negativeLargest = format.negate(format.largest)
    #expect(format.multiply(format.largest, format.largest) == format.largest)
    #expect(format.multiply(format.largest, negativeLargest) == negativeLargest)
    #expect(format.add(negativeLargest, negativeLargest) == negativeLargest)
    #expect(format.multiply(tiny, tiny) == .zero)
    #expect(format.multiply(format.negate(tiny), tiny) == .zero)
    let half = format.fromDouble(0.5)
    let nextAboveTiny = SmallFloat(bits: tiny.bits + 1)
    #expect(format.multiply(nextAboveTiny, format.one) == nextAboveTiny)
    #expect(format.multiply(nextAboveTiny, half) == .zero)
    // Gradual underflow would round from (1 - 2^-16) times the smallest number on up to it.
    #expect(format.fromDouble(0x1p-126 * (1 - 0x1p-16)) == tiny)
    #expect(format.fromDouble(0x1p-126 * (1 - 0x1p-16 - 0x1p-40)) == .zero)
    let justBelowOne = SmallFloat(bits: format.one.bits - 1)
    #expect(format.multiply(format.negate(tiny), justBelowOne) == format.negate(tiny))
    #expect(format.multiply(tiny, SmallFloat(bits: format.one.bits - 2)) == .zero)
    #expect(format.subtract(tiny, nextAboveTiny) == .zero)
    #expect(format.add(tiny, format.negate(tiny)).bits == 0)
    #expect(format.negate(.zero).bits == 0)
    #expect(format.toFloat(format.one) == 1)
    #expect(format.toDouble(format.largest) == (2 - 0x1p-15) * 0x1p127)
    #expect(format.width == 24)
  }
}

@Suite("Float conversion")
struct FloatConversionTests {
  @Test("integers round to nearest even", arguments: formats.filter { $0.exponentBits == 8 })
  func integers(format: FloatFormat) {
    var differences = Disagreement()
    func check(_ v: Int) {
      let result = format.fromInteger(v)
      differences.check(result == format.definition.fromInteger(v), "\(v)")
      if format.fractionBits == 23 { differences.check(format.toFloat(result) == Float(v), "\(v) as binary32") }
    }
    var generator = SeededGenerator(seed: 0xB1)
    for v in -70_000...70_000 { check(v) }
    for bit in 7..<31 {
      for delta in -3...3 {
        check(1 << bit + delta)
        check(-(1 << bit) + delta)
      }
    }
    check((1 << 31) - 1)
    check(-(1 << 31) + 1)
    for _ in 0..<300_000 { check(Int(Int32(truncatingIfNeeded: generator.next()) >> Int32(generator.next() & 31))) }
    #expect(differences.count == 0, "\(differences)")
  }

  @Test("binary32 rounds to nearest even, subnormals vanish, infinities saturate", arguments: formats)
  func binary32(format: FloatFormat) {
    var differences = Disagreement()
    var generator = SeededGenerator(seed: 0xB2)
    func check(_ pattern: UInt32) {
      let value = Float(bitPattern: pattern)
      let result = format.fromFloat(value)
      differences.check(result == format.definition.fromFloat(value), "\(value) \(pattern)")
      differences.check(format.isCanonical(result), "\(value) canonical")
      differences.check(format.fromFloat(format.toFloat(result)) == result, "\(value) there and back")
      differences.check(format.toDouble(result) == Double(format.toFloat(result)), "\(value) as Double")
    }
    for _ in 0..<300_000 { check(UInt32(truncatingIfNeeded: generator.next())) }
    for field in UInt32(0)...255 {
      for low in [0, 1, 0x3FFFFF, 0x400000, 0x7FFFFF, 0x7FFFFE, 0x80, 0x7F, 0x81, 0x180] as [UInt32] {
        check(field << 23 | low)
        check(1 << 31 | field << 23 | low)
      }
    }
    #expect(differences.count == 0, "\(differences)")
    #expect(format.fromFloat(.infinity) == format.largest)
    #expect(format.fromDouble(-.infinity) == format.negate(format.largest))
  }

  @Test("every bfloat16 number is exact")
  func bfloat16() {
    var differences = Disagreement()
    for format in formats where format.exponentBits == 8 {
      for bits in UInt16.min...UInt16.max {
        let value = BFloat16.float(bits)
        let expected = value.isNormal ? value : value.isSubnormal || value == 0 ? 0 : nil
        if let expected {
          differences.check(format.toFloat(format.fromBFloat16(bits)) == expected, "\(value) \(format.fractionBits)")
        } else {
          let largest = bits >> 15 == 1 ? format.negate(format.largest) : format.largest
          differences.check(format.fromBFloat16(bits) == largest, "\(value) \(format.fractionBits)")
        }
        if value.isNormal { differences.check(BFloat16.bits(value) == bits, "\(value) there and back") }
      }
    }
    #expect(differences.count == 0, "\(differences)")
  }

  @Test("bfloat16 rounding equals the 8/7 format")
  func bfloat16Rounding() {
    let format = FloatFormat(exponentBits: 8, fractionBits: 7)
    var differences = Disagreement()
    var generator = SeededGenerator(seed: 0xB3)
    for n in 0..<500_000 {
      let random = generator.next()
      let low: UInt32 = n & 1 == 0 ? 0x8000 : UInt32(truncatingIfNeeded: random >> 32) & 0xFFFF
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: random) & 0xFFFF_0000 | low)
      guard value.isNormal, value.magnitude < 0x1.FFp127 else { continue }
      differences.check(format.fromFloat(value).bits == UInt32(BFloat16.bits(value)), "\(value)")
    }
    #expect(differences.count == 0, "\(differences)")
    #expect(BFloat16.bits(0x1p-130) == 0)
    #expect(BFloat16.bits(-0.0) == 0)
    #expect(BFloat16.bits(.infinity) == 0x7F80)
    #expect(BFloat16.float(BFloat16.bits(.nan)).isNaN)
  }

  @Test("quantise is the exact product rounded half away from zero", arguments: formats)
  func quantise(format: FloatFormat) {
    var differences = Disagreement()
    var generator = SeededGenerator(seed: 0xB4)
    func check(_ z: SmallFloat, _ k: SmallFloat) {
      // The product of two significands is exact in a Double.
      let product = format.toDouble(z) * format.toDouble(k)
      let expected = Swift.min(Swift.max(product.rounded(.toNearestOrAwayFromZero), -127), 127)
      differences.check(Double(format.quantise(z, by: k)) == expected, "\(z) \(k) \(product)")
      // Zero, the number itself with both signs, and what comes before and after it in bits.
      let near = [z, format.negate(z), .zero, SmallFloat(bits: z.bits ^ 1), SmallFloat(bits: z.bits ^ 2), z, z, z, z]
      let elements = near.map { format.isCanonical($0) ? $0 : z }
      let many = [Int8](unsafeUninitializedCapacity: elements.count) { buffer, count in
        count = elements.count
        elements.withUnsafeBufferPointer { format.quantise($0, by: k, into: .init(rebasing: buffer[..<count])) }
      }
      differences.check(many == elements.map { format.quantise($0, by: k) }, "many, \(z) \(k)")
    }
    format.forEachPair(count: 200_000, seed: 0xB5, check)
    for _ in 0..<300_000 {
      let z = format.randomNumber(using: &generator)
      guard z.bits != 0 else { continue }
      // A scale that puts the product between 2^-3 and 2^9.
      let field = 2 * format.bias - format.exponentField(z) + Int(generator.next() % 12) - 3
      guard field >= 1, field <= format.largestExponentField else { continue }
      let few = generator.next() & 1 == 0 ? format.fractionMask : 0x7 << UInt32(format.fractionBits - 3)
      let fraction = UInt32(truncatingIfNeeded: generator.next()) & few
      check(z, SmallFloat(bits: UInt32(field << format.fractionBits) | fraction))
    }
    for halves in -300...300 {
      check(format.fromDouble(Double(halves) / 2), format.one)
      check(format.fromDouble(Double(halves) / 8), format.fromInteger(4))
    }
    #expect(differences.count == 0, "\(differences)")
    #expect(format.quantise(format.fromDouble(0.5), by: format.one) == 1)
    #expect(format.quantise(format.fromDouble(-2.5), by: format.one) == -3)
    #expect(format.quantise(format.fromInteger(-200), by: format.one) == -127)
  }
}
