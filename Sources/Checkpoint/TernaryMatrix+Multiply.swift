/// A vector of 8-bit integers cut into bit planes, the form in which a ternary matrix multiplies it fastest.
public struct BitSlicedVector: Sendable {
  public let count: Int
  /// `words[8 * k + b]` holds bit b of elements 64k ..< 64k+64; elements beyond the last are 0.
  fileprivate var words: [UInt64]

  public init(_ elements: [Int8]) {
    count = elements.count
    words = [UInt64](repeating: 0, count: 8 * ((elements.count + 63) / 64))
    elements.withUnsafeBytes { bytes in
      for group in 0..<(bytes.count + 7) / 8 {
        var block: UInt64 = 0
        if 8 * group + 8 <= bytes.count {
          block = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * group, as: UInt64.self))
        } else {
          for place in 8 * group..<bytes.count { block |= UInt64(bytes[place]) << UInt64(8 * (place & 7)) }
        }
        for bit in 0..<8 {
          // The multiplication gathers the lowest bits of eight bytes in the top byte, first byte lowest.
          let lowest = block >> UInt64(bit) & 0x0101_0101_0101_0101
          words[8 * (group >> 3) + bit] |= ((lowest &* 0x0102_0408_1020_4080) >> 56) << UInt64(8 * (group & 7))
        }
      }
    }
  }
}

extension TernaryMatrix {
  /// T q, exactly, for all rows or a range of them: `result[r]` is the sum of row `range.lowerBound + r`.
  ///
  /// The sums fit Int32 for up to 2^24 columns. On several cores when the matrix is large.
  ///
  /// For a weight -1, -q is the sum over its bits of weight * (complement of the bit), plus 1 (two's complement), so
  /// one XOR with the "negative" plane, one AND and one population count serve both signs.
  public func multiply(_ vector: BitSlicedVector, rows range: Range<Int>? = nil, parallel: Bool = true) -> [Int32] {
    let range = range ?? 0..<rows
    precondition(vector.count == columns && range.lowerBound >= 0 && range.upperBound <= rows)
    let wordsPerRow = wordsPerRow
    return [Int32](unsafeUninitializedCapacity: range.count) { buffer, count in
      count = range.count
      words.withUnsafeBufferPointer { planes in
        vector.words.withUnsafeBufferPointer { slices in
          guard let planes = planes.baseAddress, let slices = slices.baseAddress else { return }
          nonisolated(unsafe) let result = buffer
          nonisolated(unsafe) let first = planes + 2 * wordsPerRow * range.lowerBound
          nonisolated(unsafe) let bits = slices
          let grain = parallel ? max(1, (1 << 18) / max(columns, 1)) : Int.max
          concurrently(range.count, grain: grain) { rows in
            for row in rows {
              result[row] = dotProduct(first + 2 * wordsPerRow * row, bits, wordCount: wordsPerRow)
            }
          }
        }
      }
    }
  }
}

@inline(__always)
private func dotProduct(_ planes: UnsafePointer<UInt64>, _ slices: UnsafePointer<UInt64>, wordCount: Int) -> Int32 {
  // Named one by one, so that all of them stay in registers.
  var c0 = 0
  var c1 = 0
  var c2 = 0
  var c3 = 0
  var c4 = 0
  var c5 = 0
  var c6 = 0
  var c7 = 0
  var negatives = 0
  for word in 0..<wordCount {
    let nonzero = planes[2 * word]
    let negative = planes[2 * word + 1]
    let bits = slices + 8 * word
    c0 &+= (nonzero & (bits[0] ^ negative)).nonzeroBitCount
    c1 &+= (nonzero & (bits[1] ^ negative)).nonzeroBitCount
    c2 &+= (nonzero & (bits[2] ^ negative)).nonzeroBitCount
    c3 &+= (nonzero & (bits[3] ^ negative)).nonzeroBitCount
    c4 &+= (nonzero & (bits[4] ^ negative)).nonzeroBitCount
    c5 &+= (nonzero & (bits[5] ^ negative)).nonzeroBitCount
    c6 &+= (nonzero & (bits[6] ^ negative)).nonzeroBitCount
    c7 &+= (nonzero & (bits[7] ^ negative)).nonzeroBitCount
    negatives &+= negative.nonzeroBitCount
  }
  let low = c0 &+ c1 << 1 &+ c2 << 2 &+ c3 << 3
  let high = c4 << 4 &+ c5 << 5 &+ c6 << 6 &- c7 << 7
  return Int32(truncatingIfNeeded: low &+ high &+ negatives)
}
