import SeededRandom
import TernaryArithmetic
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The largest errors met, relative and in units of the last place of the exact value.
struct ErrorBound: CustomStringConvertible {
  let format: FloatFormat
  var relative = 0.0
  var unitsOfLastPlace = 0.0
  var absolute = 0.0

  init(_ format: FloatFormat) { self.format = format }

  mutating func record(_ result: SmallFloat, exact: Double) {
    let error = (format.toDouble(result) - exact).magnitude
    let unit = Double(sign: .plus, exponent: exact.exponent - format.fractionBits, significand: 1)
    absolute = max(absolute, error)
    relative = max(relative, error / exact.magnitude)
    unitsOfLastPlace = max(unitsOfLastPlace, error / unit)
  }

  var description: String {
    "relative 2^\(log2(relative)), \(unitsOfLastPlace) units of the last place, absolute 2^\(log2(absolute))"
  }
}

@Suite("Reciprocal, reciprocal square root, sigmoid")
struct ApproximationTests {
  let format = FloatFormat.product

  @Test("the reciprocal of every number of 8/15 keeps its error bound")
  func reciprocal() {
    var bound = ErrorBound(format)
    var flushed = Disagreement()
    for bits in format.smallest.bits...format.largest.bits {
      let result = format.reciprocal(SmallFloat(bits: bits))
      let exact = 1 / format.toDouble(SmallFloat(bits: bits))
      if exact < 0x1p-126 {
        flushed.check(result == .zero, "\(bits)")
      } else {
        bound.record(result, exact: exact)
        flushed.check(format.reciprocal(SmallFloat(bits: bits | format.signMask)) == format.negate(result), "-\(bits)")
      }
    }
    #expect(bound.unitsOfLastPlace <= 0.63, "\(bound)")
    #expect(bound.relative <= 1.57e-5, "\(bound)")
    #expect(flushed.count == 0, "\(flushed)")
    #expect(format.reciprocal(.zero) == .zero)
  }

  @Test("the reciprocal square root of every number of 8/15 keeps its error bound")
  func reciprocalSquareRoot() {
    var bound = ErrorBound(format)
    for bits in format.smallest.bits...format.largest.bits {
      let exact = 1 / format.toDouble(SmallFloat(bits: bits)).squareRoot()
      bound.record(format.reciprocalSquareRoot(SmallFloat(bits: bits)), exact: exact)
    }
    #expect(bound.unitsOfLastPlace <= 0.55, "\(bound)")
    #expect(bound.relative <= 1.56e-5, "\(bound)")
    #expect(format.reciprocalSquareRoot(.zero) == .zero)
    #expect(format.reciprocalSquareRoot(format.negate(format.one)) == .zero)
  }

  @Test("powers of two stay exact in every format", arguments: 7...23)
  func powersOfTwo(fractionBits: Int) {
    let format = FloatFormat(exponentBits: 8, fractionBits: fractionBits)
    for power in -126...126 {
      let x = format.fromDouble(Double(sign: .plus, exponent: power, significand: 1))
      #expect(format.toDouble(format.reciprocal(x)) == Double(sign: .plus, exponent: -power, significand: 1))
      #expect(format.reciprocal(format.negate(x)) == format.negate(format.reciprocal(x)))
      if power % 2 == 0 {
        let root = Double(sign: .plus, exponent: -power / 2, significand: 1)
        #expect(format.toDouble(format.reciprocalSquareRoot(x)) == root)
      }
    }
    #expect(format.reciprocal(format.largest) == .zero)
  }

  @Test("both sigmoids of every number of 8/15 keep their error bounds")
  func sigmoid() {
    var larger = ErrorBound(format)
    var smaller = ErrorBound(format)
    var differences = Disagreement()
    for bits in 0...format.largest.bits {
      let a = SmallFloat(bits: bits)
      if bits != 0 && format.exponentField(a) == 0 { continue }
      let (positive, negative) = format.sigmoidPair(a)
      differences.check(format.sigmoid(a) == positive, "sigmoid alone of \(a.bits)")
      let x = format.toDouble(a)
      let e = exp(-x)
      larger.record(positive, exact: 1 / (1 + e))
      let exact = e / (1 + e)
      if exact >= 0x1p-126 {
        smaller.record(negative, exact: exact)
      } else {
        differences.check(negative == .zero || negative == format.smallest, "\(x): \(negative)")
      }
      if bits != 0 {
        let mirrored = format.sigmoidPair(format.negate(a))
        differences.check(mirrored.positive == negative && mirrored.negative == positive, "mirror of \(x)")
      }
    }
    #expect(differences.count == 0, "\(differences)")
    #expect(larger.unitsOfLastPlace <= 0.68, "\(larger)")
    #expect(larger.relative <= 1.64e-5, "\(larger)")
    #expect(larger.absolute <= 1.04e-5, "\(larger)")
    #expect(smaller.unitsOfLastPlace <= 0.74, "\(smaller)")
    #expect(smaller.relative <= 1.84e-5, "\(smaller)")
    #expect(smaller.absolute <= 5.4e-6, "\(smaller)")
    #expect(format.toDouble(format.sigmoidPair(.zero).positive) == 0.5)
    #expect(format.toDouble(format.sigmoidPair(.zero).negative) == 0.5)
    #expect(format.sigmoidPair(format.largest) == (format.one, .zero))
  }

  @Test("other fraction widths are as good as their last place and the tables allow", arguments: 7...23)
  func otherWidths(fractionBits: Int) {
    let format = FloatFormat(exponentBits: 8, fractionBits: fractionBits)
    var bounds = [ErrorBound](repeating: ErrorBound(format), count: 4)
    var canonical = Disagreement()
    var generator = SeededGenerator(seed: UInt64(fractionBits))
    for _ in 0..<100_000 {
      let field = 64 + UInt32(truncatingIfNeeded: generator.next() % 70)
      let fraction = UInt32(truncatingIfNeeded: generator.next()) & format.fractionMask
      let a = SmallFloat(bits: field << UInt32(fractionBits) | fraction)
      let x = format.toDouble(a)
      let pair = format.sigmoidPair(a)
      bounds[0].record(format.reciprocal(a), exact: 1 / x)
      bounds[1].record(format.reciprocalSquareRoot(a), exact: 1 / x.squareRoot())
      bounds[2].record(pair.positive, exact: 1 / (1 + exp(-x)))
      let negative = exp(-x) / (1 + exp(-x))
      if negative >= 0x1p-126 { bounds[3].record(pair.negative, exact: negative) }
      for result in [format.reciprocal(a), format.reciprocalSquareRoot(a), pair.positive, pair.negative] {
        canonical.check(format.isCanonical(result), "\(a)")
      }
    }
    #expect(canonical.count == 0, "\(canonical)")
    let rounding = Double(sign: .plus, exponent: -fractionBits - 1, significand: 1)
    #expect(bounds[0].relative <= rounding + 0x1p-18, "\(bounds[0])")
    #expect(bounds[1].relative <= rounding + 0x1p-18, "\(bounds[1])")
    #expect(bounds[2].relative <= rounding + 0x1p-18, "\(bounds[2])")
    #expect(bounds[3].relative <= rounding + 0x1.08p-17, "\(bounds[3])")
  }

  @Test("tables fall, stay within (1/2, 1] and fit their widths")
  func tables() {
    for (table, starts) in [
      (InterpolationTable.reciprocal, [0]), (.reciprocalSquareRoot, [0, 256]), (.exponential, [0]),
    ] {
      #expect(table.base.count == 256 * starts.count)
      #expect(table.base[0] == 1 << 24)
      #expect(table.slope.allSatisfy { $0 > 0 && $0 < 1 << 16 })
      for (base, slope) in zip(table.base, table.slope) { #expect(base - slope >= 1 << 23) }
      for i in 1..<table.base.count { #expect(table.base[i] < table.base[i - 1]) }
    }
  }
}

@Suite("Wide accumulator")
struct WideAccumulatorTests {
  @Test("squares are exact down to 2^-56", arguments: [7, 15, 23])
  func squares(fractionBits: Int) {
    let format = FloatFormat(exponentBits: 8, fractionBits: fractionBits)
    var differences = Disagreement()
    var generator = SeededGenerator(seed: 0xD1)
    for n in 0..<200_000 {
      var a = format.randomNumber(using: &generator)
      if n & 3 != 0 {
        let field = UInt32(127 - 60 + Int(generator.next() % 90))
        a = SmallFloat(bits: (a.bits & (format.signMask | format.fractionMask)) | field << UInt32(fractionBits))
      }
      let square = WideAccumulator.square(of: a, format)
      // The exact square is a Double; its parts above and below 2^64 units are exact as well.
      let units = format.toDouble(a) * format.toDouble(a) * 0x1p56
      if units >= 0x1p96 {
        differences.check(square.high == 0xFFFF_FFFF && square.low == .max, "\(units)")
      } else {
        let whole = units.rounded(.towardZero)
        let high = (whole * 0x1p-64).rounded(.towardZero)
        let low = whole - high * 0x1p64
        differences.check(square.high == UInt64(high) && square.low == UInt64(low), "\(units)")
      }
    }
    #expect(differences.count == 0, "\(differences)")
  }

  @Test("sums carry, saturate and do not depend on order")
  func sums() {
    let format = FloatFormat.product
    var generator = SeededGenerator(seed: 0xD2)
    var numbers = (0..<2000).map { _ -> SmallFloat in
      let field = UInt32(105 + generator.next() % 36)
      return SmallFloat(bits: field << 15 | UInt32(truncatingIfNeeded: generator.next()) & 0x7FFF)
    }
    var forward = WideAccumulator()
    for number in numbers { forward.addSquare(of: number, format) }
    numbers.shuffle(using: &generator)
    var shuffled = WideAccumulator()
    for number in numbers { shuffled.addSquare(of: number, format) }
    #expect(forward == shuffled)

    var carry = WideAccumulator(high: 0, low: .max)
    carry.add(WideAccumulator(high: 0, low: 1))
    #expect(carry == WideAccumulator(high: 1, low: 0))
    var full = WideAccumulator(high: 0xFFFF_FFFF, low: .max - 1)
    full.add(WideAccumulator(high: 0, low: 1))
    #expect(full == WideAccumulator(high: 0xFFFF_FFFF, low: .max))
    full.add(WideAccumulator(high: 0, low: 1))
    #expect(full == WideAccumulator(high: 0xFFFF_FFFF, low: .max))
    full.addSquare(of: format.largest, format)
    #expect(full == WideAccumulator(high: 0xFFFF_FFFF, low: .max))
    full.reset()
    #expect(full.toSmallFloat(format) == .zero)
  }

  @Test("a sum rounds to nearest even", arguments: [7, 15, 23])
  func rounding(fractionBits: Int) {
    let format = FloatFormat(exponentBits: 8, fractionBits: fractionBits)
    var differences = Disagreement()
    func check(_ high: UInt64, _ low: UInt64) {
      let sum = WideAccumulator(high: high, low: low)
      // UInt128 to Double would round twice; the definition with a sticky bit is checked against exact halves
      // instead.
      let value = UInt128(high) << 64 | UInt128(low)
      guard value != 0 else { return differences.check(sum.toSmallFloat(format) == .zero, "0") }
      let shift = 127 - value.leadingZeroBitCount - fractionBits
      var kept = shift <= 0 ? value << UInt128(-shift) : value >> UInt128(shift)
      if shift > 0 {
        let rest = value - kept << UInt128(shift)
        let half = UInt128(1) << UInt128(shift - 1)
        if rest > half || rest == half && kept & 1 == 1 { kept += 1 }
      }
      let expected = Double(kept) * Double(sign: .plus, exponent: shift - 56, significand: 1)
      differences.check(format.toDouble(sum.toSmallFloat(format)) == expected, "\(high) \(low)")
    }
    var generator = SeededGenerator(seed: 0xD3)
    for bit in 0..<96 {
      for below in 0..<97 {
        for delta in [-1, 0, 1] {
          var value = UInt128(1) << UInt128(bit)
          if below < bit { value |= UInt128(1) << UInt128(below) }
          if delta < 0 { value &-= 1 } else { value += UInt128(delta) }
          check(UInt64(truncatingIfNeeded: value >> 64) & 0xFFFF_FFFF, UInt64(truncatingIfNeeded: value))
        }
      }
    }
    for _ in 0..<100_000 {
      let zeros = generator.next() % 96
      let value = (UInt128(generator.next() & 0xFFFF_FFFF) << 64 | UInt128(generator.next())) >> UInt128(zeros)
      check(UInt64(value >> 64), UInt64(truncatingIfNeeded: value))
    }
    #expect(differences.count == 0, "\(differences)")
  }
}
