import SeededRandom
import TernaryArithmetic

extension FloatFormat {
  /// Any number of the format: zero now and then, otherwise uniform bits.
  func randomNumber(using generator: inout SeededGenerator) -> UInt32 {
    let random = generator.next()
    if random >> 59 == 0 { return 0 }
    let field = 1 + Int(truncatingIfNeeded: random >> 32 & 0xFFFF) % largestExponentField
    let fraction = UInt32(truncatingIfNeeded: random) & fractionMask
    return (random >> 58 & 1 == 1 ? signMask : 0) | UInt32(field << fractionBits) | fraction
  }

  /// A number whose exponent lies near `field`, often with few significant bits: cancellation, ties, range limits.
  func number(near field: Int, fraction other: UInt32, using generator: inout SeededGenerator) -> UInt32 {
    let random = generator.next()
    let distance = Int(random >> 40 & 0x3F) - 32
    let near = field + (random >> 46 & 1 == 0 ? distance / 16 : distance)
    let chosen = Swift.min(Swift.max(near, 1), largestExponentField)
    var fraction = UInt32(truncatingIfNeeded: random) & fractionMask
    switch random >> 50 & 7 {
    case 0: fraction = 0
    case 1: fraction = fractionMask
    case 2: fraction = other & fractionMask
    case 3: fraction = ((other & fractionMask) &+ 1) & fractionMask
    case 4: fraction = 1 << (UInt32(random >> 20 & 31) % UInt32(fractionBits))
    default: break
    }
    return (random >> 59 & 1 == 1 ? signMask : 0) | UInt32(chosen << fractionBits) | fraction
  }

  /// Extremes and neighbours of extremes, both signs.
  var corners: [UInt32] {
    var fields = [1, 2, 3, bias / 2, bias - 1, bias, bias + 1, bias + 6, bias + 7]
    fields += [bias + fractionBits, bias + fractionBits + 1, bias - fractionBits, bias - fractionBits - 2]
    fields += [bias * 3 / 2, largestExponentField - 2, largestExponentField - 1, largestExponentField]
    let fractions: [UInt32] = [0, 1, 2, fractionMask, fractionMask - 1, fractionMask / 2, fractionMask / 2 + 1]
    var corners: [UInt32] = [0]
    for field in Set(fields).sorted() {
      for fraction in fractions {
        let magnitude = UInt32(field << fractionBits) | fraction
        corners += [magnitude, magnitude | signMask]
      }
    }
    return corners
  }
}

extension UInt32 {
  /// The low `width` bits.
  func masked(_ width: Int) -> UInt32 { width >= 32 ? self : self & ((1 << UInt32(width)) - 1) }
}
