/// Five trits in a byte: `sum of (trit_r + 1) * 3^r`, r = 0...4 the row within its group. Bytes above 242 are no
/// code.
public enum TernaryCode {
  /// Rows of a group, trits of a byte.
  public static let rows = 5
  /// The number of codes, 3^5; a byte at or above it is invalid.
  public static let count = 243
  /// Five zero trits, the padding.
  public static let zero: UInt8 = 121

  /// Packs five trits, each -1, 0 or 1, row 0 first.
  @inlinable
  public static func encode(_ t0: Int8, _ t1: Int8, _ t2: Int8, _ t3: Int8, _ t4: Int8) -> UInt8 {
    let value = Int(t0) + 3 * (Int(t1) + 3 * (Int(t2) + 3 * (Int(t3) + 3 * Int(t4)))) + 121
    return UInt8(truncatingIfNeeded: value)
  }

  /// The trit of `row` in `code`, by division; `code` below 243.
  @inlinable
  public static func trit(_ code: UInt8, row: Int) -> Int8 {
    var rest = Int(code)
    for _ in 0..<row { rest /= 3 }
    return Int8(rest % 3) - 1
  }

  /// Trits by code and row, `table[5 * code + row]`; the invalid codes hold five zeros.
  public static let table: [Int8] = (0..<256).flatMap { code in
    (0..<rows).map { code < count ? trit(UInt8(code), row: $0) : 0 }
  }
}
