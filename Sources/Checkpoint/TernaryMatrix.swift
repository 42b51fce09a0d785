/// A matrix of trits (-1, 0, +1) with one scale: W is approximated by `scale * T`.
///
/// Stored as two bit planes, 2 bits a weight: for each row and each 64 columns one word of "not zero" bits and one
/// of "negative" bits (a subset of the first), column c in bit c % 64. Bits beyond the last column are 0.
public struct TernaryMatrix: Sendable, Hashable {
  public let rows: Int
  public let columns: Int
  /// m = max(mean|W|, 1e-5), the mean summed in Float64.
  public let scale: Double
  /// Words of one plane in a row: ceil(columns / 64).
  public let wordsPerRow: Int
  /// `words[2 * (row * wordsPerRow + k)]` is the "not zero" word of columns 64k ..< 64k+64, the next one "negative".
  public internal(set) var words: [UInt64]

  /// From trits in row-major order, each -1, 0 or 1; a precondition, since no input of a user comes this way.
  public init(rows: Int, columns: Int, scale: Double, trits: [Int8]) {
    precondition(trits.count == rows * columns && trits.allSatisfy { (-1...1).contains($0) })
    self.init(rows: rows, columns: columns, scale: scale)
    for row in 0..<rows {
      for column in 0..<columns {
        let trit = trits[row * columns + column]
        let place = 2 * (row * wordsPerRow + column / 64)
        if trit != 0 { words[place] |= 1 << UInt64(column % 64) }
        if trit < 0 { words[place + 1] |= 1 << UInt64(column % 64) }
      }
    }
  }

  init(rows: Int, columns: Int, scale: Double) {
    self.rows = rows
    self.columns = columns
    self.scale = scale
    wordsPerRow = (columns + 63) / 64
    words = [UInt64](repeating: 0, count: 2 * rows * wordsPerRow)
  }

  init(rows: Int, columns: Int, scale: Double, words: [UInt64]) {
    self.rows = rows
    self.columns = columns
    self.scale = scale
    wordsPerRow = (columns + 63) / 64
    self.words = words
  }

  /// The trit at a place: -1, 0 or 1.
  @inlinable
  public func trit(row: Int, column: Int) -> Int {
    let place = 2 * (row * wordsPerRow + column >> 6)
    let shift = UInt64(truncatingIfNeeded: column & 63)
    let nonzero = Int(truncatingIfNeeded: words[place] >> shift & 1)
    let negative = Int(truncatingIfNeeded: words[place + 1] >> shift & 1)
    return nonzero - 2 * negative
  }

  /// Writes a row's trits to the first `columns` elements of `result`.
  @inlinable
  public func unpack(row: Int, into result: inout [Int8]) {
    precondition(result.count >= columns)
    for word in 0..<wordsPerRow {
      let place = 2 * (row * wordsPerRow + word)
      var nonzero = words[place]
      var negative = words[place + 1]
      for column in 64 * word..<min(64 * word + 64, columns) {
        result[column] = Int8(truncatingIfNeeded: nonzero & 1) &- Int8(truncatingIfNeeded: negative & 1) &* 2
        nonzero >>= 1
        negative >>= 1
      }
    }
  }

  /// The number of weights that are not 0.
  public var nonzeroCount: Int {
    stride(from: 0, to: words.count, by: 2).reduce(0) { $0 + words[$1].nonzeroBitCount }
  }

  /// The largest number of weights in a row that are not 0.
  public var largestRowWeight: Int {
    (0..<rows).map { row in
      let start = 2 * row * wordsPerRow
      return stride(from: start, to: start + 2 * wordsPerRow, by: 2).reduce(0) { $0 + words[$1].nonzeroBitCount }
    }.max() ?? 0
  }

  /// The number of weights that are -1.
  public var negativeCount: Int {
    stride(from: 1, to: words.count, by: 2).reduce(0) { $0 + words[$1].nonzeroBitCount }
  }
}
