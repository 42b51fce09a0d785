import SeededRandom
import TernaryArithmetic

extension FloatFormat {
  static let binary32 = FloatFormat(exponentBits: 8, fractionBits: 23)
  static let product = FloatFormat(exponentBits: 8, fractionBits: 15)

  /// Any number of the format: zero now and then, otherwise uniform bits.
  func randomNumber(using generator: inout SeededGenerator) -> SmallFloat {
    let random = generator.next()
    if random >> 60 == 0 { return .zero }
    let field = 1 + Int(truncatingIfNeeded: random >> 32 & 0xFFFF) % largestExponentField
    let fraction = UInt32(truncatingIfNeeded: random) & fractionMask
    return SmallFloat(bits: (random >> 59 & 1 == 1 ? signMask : 0) | UInt32(field << fractionBits) | fraction)
  }

  /// A number whose exponent lies near that of `other`, often with few significant bits: cancellation and ties.
  func neighbour(of other: SmallFloat, using generator: inout SeededGenerator) -> SmallFloat {
    let random = generator.next()
    let distance = Int(random >> 40 & 0x3F) - 32
    let near = exponentField(other) + (random >> 46 & 1 == 0 ? distance / 16 : distance)
    let field = Swift.min(Swift.max(near, 1), largestExponentField)
    var fraction = UInt32(truncatingIfNeeded: random) & fractionMask
    switch random >> 50 & 7 {
    case 0: fraction = 0
    case 1: fraction = fractionMask
    case 2: fraction = other.bits & fractionMask
    case 3: fraction = ((other.bits & fractionMask) &+ 1) & fractionMask
    case 4: fraction = 1 << (UInt32(random >> 20 & 31) % UInt32(fractionBits))
    default: break
    }
    return SmallFloat(bits: (random >> 59 & 1 == 1 ? signMask : 0) | UInt32(field << fractionBits) | fraction)
  }

  /// Extremes and neighbours of extremes, both signs.
  var corners: [SmallFloat] {
    var fields = [1, 2, 3, largestExponentField - 1, largestExponentField]
    let around = (-(fractionBits + 3)...(fractionBits + 3)).map { bias + $0 }
    fields += around.filter { $0 >= 1 && $0 <= largestExponentField }
    let fractions: [UInt32] = [0, 1, 2, fractionMask, fractionMask - 1, fractionMask / 2, fractionMask / 2 + 1]
    var corners: [SmallFloat] = [.zero]
    for field in Set(fields).sorted() {
      for fraction in fractions {
        let magnitude = UInt32(field << fractionBits) | fraction
        corners += [SmallFloat(bits: magnitude), SmallFloat(bits: magnitude | signMask)]
      }
    }
    return corners
  }

  /// Calls `body` with every pair of corners, then with `count` random pairs, half of them close to each other.
  func forEachPair(count: Int, seed: UInt64, _ body: (SmallFloat, SmallFloat) -> Void) {
    let corners = corners
    for a in corners {
      for b in corners { body(a, b) }
    }
    var generator = SeededGenerator(seed: seed)
    for n in 0..<count {
      let a = randomNumber(using: &generator)
      body(a, n & 1 == 0 ? randomNumber(using: &generator) : neighbour(of: a, using: &generator))
    }
  }
}
