import TernaryKernels

/// The five dot products of one group of rows with one vector of activations.
public enum TernaryGroup {
  /// Sums of the five rows of a group, and whether a byte was no code (its column then counts as unspecified).
  public struct Sums: Hashable, Sendable {
    /// Row sums, row 0 first.
    public var rows: (Int32, Int32, Int32, Int32, Int32)
    /// Whether a byte above 242 occurred.
    public var hasInvalidCode: Bool

    @inlinable
    public init(rows: (Int32, Int32, Int32, Int32, Int32), hasInvalidCode: Bool) {
      self.rows = rows
      self.hasInvalidCode = hasInvalidCode
    }

    public static func == (a: Sums, b: Sums) -> Bool {
      a.rows == b.rows && a.hasInvalidCode == b.hasInvalidCode
    }

    public func hash(into hasher: inout Hasher) {
      for row in [rows.0, rows.1, rows.2, rows.3, rows.4] { hasher.combine(row) }
      hasher.combine(hasInvalidCode)
    }

    /// The sum of `row`, 0...4.
    @inlinable
    public subscript(row: Int) -> Int32 {
      switch row {
      case 0: rows.0
      case 1: rows.1
      case 2: rows.2
      case 3: rows.3
      default: rows.4
      }
    }
  }

  /// The definition: trit by trit. Invalid codes count as five zero trits.
  ///
  /// - Parameters:
  ///   - bytes: `count` codes, one per column.
  ///   - activations: `count` activations, one per column.
  public static func definition(
    bytes: UnsafePointer<UInt8>, activations: UnsafePointer<Int8>, count: Int
  ) -> Sums {
    var sums: [Int32] = [0, 0, 0, 0, 0]
    var hasInvalidCode = false
    for column in 0..<count {
      let code = bytes[column]
      if code >= TernaryCode.count {
        hasInvalidCode = true
        continue
      }
      for row in 0..<TernaryCode.rows {
        sums[row] += Int32(TernaryCode.trit(code, row: row)) * Int32(activations[column])
      }
    }
    return Sums(rows: (sums[0], sums[1], sums[2], sums[3], sums[4]), hasInvalidCode: hasInvalidCode)
  }

  /// The five sums of a group, as fast as this machine can. Equal to ``definition(bytes:activations:count:)``.
  public static func sums(
    bytes: UnsafePointer<UInt8>, activations: UnsafePointer<Int8>, count: Int
  ) -> Sums {
    guard hasKernel else { return portableSums(bytes: bytes, activations: activations, count: count) }
    let vectorised = count & ~31
    var sums: (Int32, Int32, Int32, Int32, Int32) = (0, 0, 0, 0, 0)
    let largest = withUnsafeMutableBytes(of: &sums) { sums in
      setun_group_sums(bytes, activations, vectorised, sums.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    if largest >= UInt8(TernaryCode.count) {
      return definition(bytes: bytes, activations: activations, count: count)
    }
    guard vectorised < count else { return Sums(rows: sums, hasInvalidCode: false) }
    let rest = definition(bytes: bytes + vectorised, activations: activations + vectorised, count: count - vectorised)
    // An invalid code counts as five zero trits, and only makes the sums unspecified for the hardware.
    return Sums(
      rows: (
        sums.0 + rest.rows.0, sums.1 + rest.rows.1, sums.2 + rest.rows.2, sums.3 + rest.rows.3, sums.4 + rest.rows.4
      ), hasInvalidCode: rest.hasInvalidCode)
  }

  /// The five sums of a group with a vector of activations of each of several streams, which lie `stride` apart. Equal to
  /// ``sums(bytes:activations:count:)`` for each, unless a byte is no code; the codes are decoded once.
  ///
  /// - Parameter result: one for each stream.
  /// - Returns: false when a byte was no code.
  public static func sums(
    bytes: UnsafePointer<UInt8>, activations: UnsafePointer<Int8>, stride: Int, count: Int,
    into result: UnsafeMutableBufferPointer<Sums>
  ) -> Bool {
    let streams = result.count
    let vectorised = count & ~31
    guard streams > 1, hasKernel, vectorised == count else {
      var isValid = true
      for stream in 0..<streams {
        result[stream] = sums(bytes: bytes, activations: activations + stream * stride, count: count)
        isValid = isValid && !result[stream].hasInvalidCode
      }
      return isValid
    }
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 5 * streams) { rows in
      let largest = setun_group_sums_of_streams(bytes, activations, stride, streams, count, rows.baseAddress)
      let hasInvalidCode = largest >= UInt8(TernaryCode.count)
      for stream in 0..<streams {
        let start = 5 * stream
        result[stream] = Sums(
          rows: (rows[start], rows[start + 1], rows[start + 2], rows[start + 3], rows[start + 4]),
          hasInvalidCode: hasInvalidCode)
      }
      return !hasInvalidCode
    }
  }

  private static let hasKernel = setun_has_group_sums()

  /// The five sums of a group, 16 columns at a time, in Swift.
  ///
  /// A code v becomes the fraction `ceil(256 v / 243)` of 256, whose base-3 digits come out as the integer parts of
  /// repeated products by 3, the highest row first. Sums use the digits 0...2; the sum of the activations is taken
  /// off at the end.
  public static func portableSums(
    bytes: UnsafePointer<UInt8>, activations: UnsafePointer<Int8>, count: Int
  ) -> Sums {
    typealias Lanes = SIMD16<UInt16>
    let raw = UnsafeRawPointer(bytes)
    let rawActivations = UnsafeRawPointer(activations)
    var s0: Int32 = 0
    var s1: Int32 = 0
    var s2: Int32 = 0
    var s3: Int32 = 0
    var s4: Int32 = 0
    var offset: Int32 = 0
    var largest = SIMD16<UInt8>(repeating: 0)
    let mask = Lanes(repeating: 0xFF)
    let vectorised = count & ~15
    var column = 0
    while column < vectorised {
      // A lane gains at most 2 * 128 a step; 127 steps fit in 16 bits.
      let end = Swift.min(column + 127 * 16, vectorised)
      var a0 = SIMD16<Int16>(repeating: 0)
      var a1 = a0
      var a2 = a0
      var a3 = a0
      var a4 = a0
      var total = a0
      while column < end {
        let codes = raw.loadUnaligned(fromByteOffset: column, as: SIMD16<UInt8>.self)
        largest.replace(with: codes, where: codes .> largest)
        let x = SIMD16<Int16>(
          truncatingIfNeeded: rawActivations.loadUnaligned(fromByteOffset: column, as: SIMD16<Int8>.self))
        let v = Lanes(truncatingIfNeeded: codes)
        var p = v &+ ((v &* 55 &+ 1003) &>> 10)
        p = p &* 3
        a4 &+= SIMD16<Int16>(truncatingIfNeeded: p &>> 8) &* x
        p = (p & mask) &* 3
        a3 &+= SIMD16<Int16>(truncatingIfNeeded: p &>> 8) &* x
        p = (p & mask) &* 3
        a2 &+= SIMD16<Int16>(truncatingIfNeeded: p &>> 8) &* x
        p = (p & mask) &* 3
        a1 &+= SIMD16<Int16>(truncatingIfNeeded: p &>> 8) &* x
        p = (p & mask) &* 3
        a0 &+= SIMD16<Int16>(truncatingIfNeeded: p &>> 8) &* x
        total &+= x
        column += 16
      }
      s0 += reduce(a0)
      s1 += reduce(a1)
      s2 += reduce(a2)
      s3 += reduce(a3)
      s4 += reduce(a4)
      offset += reduce(total)
    }
    var hasInvalidCode = largest.max() >= UInt8(TernaryCode.count)
    if hasInvalidCode || vectorised < count {
      let first = hasInvalidCode ? 0 : vectorised
      let rest = definition(bytes: bytes + first, activations: activations + first, count: count - first)
      if hasInvalidCode { return rest }
      hasInvalidCode = rest.hasInvalidCode
      s0 += rest.rows.0
      s1 += rest.rows.1
      s2 += rest.rows.2
      s3 += rest.rows.3
      s4 += rest.rows.4
    }
    return Sums(
      rows: (s0 - offset, s1 - offset, s2 - offset, s3 - offset, s4 - offset), hasInvalidCode: hasInvalidCode)
  }

  private static func reduce(_ lanes: SIMD16<Int16>) -> Int32 {
    SIMD16<Int32>(truncatingIfNeeded: lanes).wrappedSum()
  }
}
