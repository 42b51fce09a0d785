import HardwareDescription
import HardwareSimulator
import SeededRandom

/// Arithmetic on bits, the way it is done by hand: slow, plain, and shared with nothing.
struct ReferenceNumber: Equatable {
  /// Lowest first.
  var bits: [Bool]
  var isSigned: Bool

  init(bits: [Bool], isSigned: Bool) {
    self.bits = bits
    self.isSigned = isSigned
  }

  init(_ pattern: BitPattern, isSigned: Bool) {
    self.init(bits: (0..<pattern.width).map { pattern[$0] }, isSigned: isSigned)
  }

  var width: Int { bits.count }
  var sign: Bool { isSigned && bits[width - 1] }

  var pattern: BitPattern {
    var words = [UInt64](repeating: 0, count: (width + 63) / 64)
    for (index, bit) in bits.enumerated() where bit { words[index / 64] |= 1 << UInt64(index % 64) }
    return BitPattern(words: words, width: width)
  }

  func resized(_ width: Int) -> ReferenceNumber {
    var result = Array(bits.prefix(width))
    while result.count < width { result.append(sign) }
    return ReferenceNumber(bits: result, isSigned: isSigned)
  }

  func read(signed: Bool) -> ReferenceNumber { ReferenceNumber(bits: bits, isSigned: signed) }

  func slice(_ low: Int, _ count: Int) -> ReferenceNumber {
    let part = (low..<low + count).map { $0 < width ? bits[$0] : false }
    return ReferenceNumber(bits: part, isSigned: false)
  }

  func plus(_ other: ReferenceNumber, carry: Bool = false) -> ReferenceNumber {
    var carry = carry
    let sum = zip(bits, other.bits).map { a, b -> Bool in
      defer { carry = (a && b) || (carry && (a != b)) }
      return (a != b) != carry
    }
    return ReferenceNumber(bits: sum, isSigned: isSigned)
  }

  var inverted: ReferenceNumber { ReferenceNumber(bits: bits.map { !$0 }, isSigned: isSigned) }
  func minus(_ other: ReferenceNumber) -> ReferenceNumber { plus(other.inverted, carry: true) }

  /// Modulo 2^width; the operands have equal widths.
  func times(_ other: ReferenceNumber) -> ReferenceNumber {
    var sum = ReferenceNumber(bits: Array(repeating: false, count: width), isSigned: isSigned)
    for (position, bit) in other.bits.enumerated() where bit { sum = sum.plus(shiftedLeft(position)) }
    return sum
  }

  func shiftedLeft(_ count: Int) -> ReferenceNumber {
    let moved = Array(repeating: false, count: min(count, width)) + bits
    return ReferenceNumber(bits: Array(moved.prefix(width)), isSigned: isSigned)
  }

  func shiftedRight(_ count: Int) -> ReferenceNumber {
    var moved = Array(bits.dropFirst(count))
    while moved.count < width { moved.append(sign) }
    return ReferenceNumber(bits: moved, isSigned: isSigned)
  }

  func isLess(than other: ReferenceNumber) -> Bool {
    if sign != other.sign { return sign }
    for (a, b) in zip(bits.reversed(), other.bits.reversed()) where a != b { return b }
    return false
  }

  func combined(_ other: ReferenceNumber, _ operation: (Bool, Bool) -> Bool) -> ReferenceNumber {
    ReferenceNumber(bits: zip(bits, other.bits).map { operation($0, $1) }, isSigned: isSigned)
  }

  static func bit(_ value: Bool) -> ReferenceNumber { ReferenceNumber(bits: [value], isSigned: false) }
}

extension BitPattern {
  static func random(width: Int, using generator: inout SeededGenerator) -> BitPattern {
    BitPattern(words: (0..<(width + 63) / 64).map { _ in generator.next() }, width: width)
  }
}
