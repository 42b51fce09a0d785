/// A constant of any width: bits in words of 64, low word first, bits above `width` zero.
public struct BitPattern: Hashable, Sendable {
  public let width: Int
  public let words: [UInt64]

  /// Keeps the low `width` bits; missing words are zero.
  public init(words: [UInt64], width: Int) {
    let count = (max(width, 1) + 63) / 64
    var kept = Array(words.prefix(count))
    kept += Array(repeating: 0, count: count - kept.count)
    if width % 64 != 0, let last = kept.indices.last { kept[last] &= (1 << UInt64(width % 64)) - 1 }
    self.width = max(width, 1)
    self.words = kept
  }

  /// Two's complement of `value`, sign-extended to `width`.
  public init(_ value: Int, width: Int) {
    let fill: UInt64 = value < 0 ? .max : 0
    self.init(
      words: [UInt64(bitPattern: Int64(value))] + Array(repeating: fill, count: max(0, (width - 1) / 64)), width: width)
  }

  public subscript(bit: Int) -> Bool {
    bit < width && words[bit / 64] >> UInt64(bit % 64) & 1 == 1
  }

  public var isZero: Bool { words.allSatisfy { $0 == 0 } }
  public var isAllOnes: Bool { (0..<width).allSatisfy { self[$0] } }

  /// Zero- or sign-extended, or truncated.
  public func resized(to newWidth: Int, signed: Bool) -> BitPattern {
    guard newWidth > width, signed, self[width - 1] else { return BitPattern(words: words, width: newWidth) }
    var bits = BitPattern(-1, width: newWidth).words
    for index in words.indices {
      if index == words.count - 1, width % 64 != 0 {
        bits[index] = words[index] | (UInt64.max << UInt64(width % 64))
      } else {
        bits[index] = words[index]
      }
    }
    return BitPattern(words: bits, width: newWidth)
  }

  /// Bits `low` to `low + count - 1`.
  public func slice(low: Int, count: Int) -> BitPattern {
    var result = [UInt64](repeating: 0, count: (count + 63) / 64)
    for bit in 0..<count where self[low + bit] { result[bit / 64] |= 1 << UInt64(bit % 64) }
    return BitPattern(words: result, width: count)
  }

  /// The value as `Int` when it fits.
  public func integer(signed: Bool) -> Int? {
    if width <= 64, signed {
      let unused = 64 - width
      return Int(Int64(bitPattern: words[0] << UInt64(unused)) >> Int64(unused))
    }
    guard words.dropFirst().allSatisfy({ $0 == 0 }) else { return nil }
    return Int(exactly: words[0])
  }

  var hexadecimal: String {
    let digits = (width + 3) / 4
    var text = ""
    for word in words.reversed() {
      let part = String(word, radix: 16)
      text += String(repeating: "0", count: 16 - part.count) + part
    }
    return String(text.suffix(digits))
  }

  /// Bits needed for `value`: at least 1; signed counts the sign bit.
  static func width(of value: Int, signed: Bool) -> Int {
    if signed {
      return 65 - (value < 0 ? (~value).leadingZeroBitCount : value.leadingZeroBitCount)
    }
    return max(1, 64 - value.leadingZeroBitCount)
  }
}

/// The bits needed to number `count` things: ceil(log2(count)), and 1 when there is only one.
public func indexWidth(_ count: Int) -> Int {
  count <= 2 ? 1 : 64 - (count - 1).leadingZeroBitCount
}
