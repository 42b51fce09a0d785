/// A function in (1/2, 1] as straight segments: what the hardware holds as constants.
///
/// A value is `base[i] - floor(slope[i] * offset / 2^offsetBits)`, in units of 2^-24, where `offset` of `offsetBits`
/// bits is the position within segment i.
///
/// The functions are falling and convex, so a chord lies above them by at most C, reached near its middle. Each
/// segment is the chord lowered by C/2, which halves the error to ±C/2, with two exceptions: the first segment of a
/// table that begins at 1 keeps that 1 exact (its far end is lowered by 11/16 C, which balances the error), so that
/// powers of two stay exact; and the segment that ends at 1/2 keeps both ends, so that no value falls below 1/2.
public struct InterpolationTable: Hashable, Sendable {
  /// The value at the left end of each segment, in units of 2^-24; 2^23...2^24.
  public let base: [UInt32]
  /// The fall over each segment, in units of 2^-24; below 2^16.
  public let slope: [UInt32]

  /// The scale of ``base`` and ``slope``: one is 2^24.
  public static let fractionBits = 24
  /// Segments of a unit interval.
  public static let segments = 256

  /// The value in segment `index` at `offset / 2^offsetBits` of its length, in units of 2^-24.
  @inlinable
  public func value(index: Int, offset: UInt64, offsetBits: Int) -> UInt32 {
    let product = UInt64(slope[index]) &* offset
    return base[index] &- UInt32(truncatingIfNeeded: product >> UInt64(truncatingIfNeeded: offsetBits))
  }

  /// Builds the segments from function values at the ends and middles of segments, `knots[2 * i]` being the left end
  /// of segment i, in units of 2^-62.
  init(knots: [UInt64]) {
    let one: UInt64 = 1 << 62
    var base: [UInt32] = []
    var slope: [UInt32] = []
    for i in 0..<(knots.count - 1) / 2 {
      let left = knots[2 * i]
      let middle = knots[2 * i + 1]
      let right = knots[2 * i + 2]
      let sag = (left + right) / 2 - middle
      var start = left - sag / 2
      var end = right - sag / 2
      if left == one {
        start = left
        end = right - sag / 16 * 11
      } else if right == one / 2 {
        start = left
        end = right
      }
      base.append(Self.rounded(start))
      slope.append(Self.rounded(start) - Self.rounded(end))
    }
    self.base = base
    self.slope = slope
  }

  private init(_ first: InterpolationTable, _ second: InterpolationTable) {
    base = first.base + second.base
    slope = first.slope + second.slope
  }

  /// 2^-62 units to 2^-24 units, to nearest.
  private static func rounded(_ value: UInt64) -> UInt32 {
    UInt32((value + (1 << 37)) >> 38)
  }

  /// `1 / m` for m in [1, 2): segment i covers `1 + i/256 ..< 1 + (i+1)/256`.
  public static let reciprocal = InterpolationTable(knots: (0...512).map { reciprocal(of: $0) })

  /// `1 / sqrt(m)` for m in [1, 4): segments 0 to 255 cover [1, 2) as in ``reciprocal``, segments 256 to 511 cover
  /// [2, 4) in steps of 1/128.
  public static let reciprocalSquareRoot = InterpolationTable(
    InterpolationTable(knots: (0...512).map { squareRoot(reciprocal(of: $0)) }),
    InterpolationTable(knots: (0...512).map { squareRoot(reciprocal(of: $0) / 2) }))

  /// `2^-f` for f in [0, 1): segment i covers `i/256 ..< (i+1)/256`.
  public static let exponential = InterpolationTable(
    knots: (0...512).map { position in
      // The product of the constants 2^(-2^-k) chosen by the bits of the position; each is the root of the one
      // before.
      var value: UInt64 = 1 << 62
      var factor: UInt64 = 1 << 61
      if position == 512 { return factor }
      for bit in (0..<9).reversed() {
        factor = squareRoot(factor)
        if position >> bit & 1 == 1 { value = multiply(value, factor) }
      }
      return value
    })

  /// `2^62 * 512 / (512 + position)`, truncated to a multiple of 512.
  private static func reciprocal(of position: Int) -> UInt64 {
    (1 << 62) / UInt64(512 + position) * 512
  }

  /// The product of two 2^-62 fixed-point numbers, truncated.
  private static func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high << 2 | product.low >> 62
  }

  /// The square root of a 2^-62 fixed-point number, truncated, bit by bit.
  private static func squareRoot(_ value: UInt64) -> UInt64 {
    // The largest r with r * r <= value * 2^62.
    let limit = value.multipliedFullWidth(by: 1 << 62)
    var root: UInt64 = 0
    for bit in (0...62).reversed() {
      let trial = root | 1 << UInt64(bit)
      let square = trial.multipliedFullWidth(by: trial)
      if square.high < limit.high || (square.high == limit.high && square.low <= limit.low) { root = trial }
    }
    return root
  }
}
