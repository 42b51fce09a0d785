extension TernaryMatrix {
  /// The floor of the scale, so that a matrix of zeros has one.
  static let minimumScale = 1e-5

  /// Ternarises a weight tensor of shape [rows, columns]: T = sign(W) where |W| > m/2, else 0 (|W/m| of exactly one
  /// half rounds to the even 0), m = max(mean|W|, 1e-5).
  ///
  /// Reads the mapped file twice, row by row; nothing but the planes is kept. Throws when the tensor's shape or type
  /// is wrong or a weight is not finite.
  public init(_ tensor: SafetensorsTensor, rows: Int, columns: Int) throws(CheckpointError) {
    try tensor.require(shape: [rows, columns])
    guard let format = WeightFormat(tensor.elementType) else {
      throw tensor.problem("has type \(tensor.elementType.rawValue) where F32, F16 or BF16 is needed")
    }
    guard let base = UnsafeRawBufferPointer(rebasing: tensor.file.bytes[tensor.range]).baseAddress else {
      throw tensor.problem("is empty")
    }
    nonisolated(unsafe) let source = base
    let rowBytes = columns * tensor.elementType.byteCount
    let grain = max(1, 65536 / columns)

    // One sum a row, added up in order, so that the result does not depend on the number of cores.
    let sums = [Double](unsafeUninitializedCapacity: rows) { buffer, count in
      nonisolated(unsafe) let sums = buffer
      concurrently(rows, grain: grain) { range in
        for row in range { sums[row] = format.magnitudeSum(source + row * rowBytes, count: columns) }
      }
      count = rows
    }
    guard let row = sums.firstIndex(where: { !$0.isFinite }) else {
      let scale = max(sums.reduce(0, +) / Double(rows * columns), Self.minimumScale)
      let threshold = format.threshold(scale / 2)
      let wordsPerRow = (columns + 63) / 64
      let words = [UInt64](unsafeUninitializedCapacity: 2 * rows * wordsPerRow) { buffer, count in
        nonisolated(unsafe) let words = buffer
        concurrently(rows, grain: grain) { range in
          for row in range {
            format.ternarise(
              source + row * rowBytes, count: columns, threshold: threshold,
              into: UnsafeMutableBufferPointer(rebasing: words[2 * row * wordsPerRow..<2 * (row + 1) * wordsPerRow]))
          }
        }
        count = 2 * rows * wordsPerRow
      }
      self.init(rows: rows, columns: columns, scale: scale, words: words)
      return
    }
    throw tensor.problem("has a weight that is not finite in row \(row)")
  }
}

/// How a weight's bits give its sign and magnitude: all three types order like their magnitude bits.
private enum WeightFormat {
  case f32, f16, bf16

  init?(_ type: ElementType) {
    switch type {
    case .f32: self = .f32
    case .f16: self = .f16
    case .bf16: self = .bf16
    default: return nil
    }
  }

  /// The sum of magnitudes in Float64; infinite or NaN when a weight is not finite.
  func magnitudeSum(_ source: UnsafeRawPointer, count: Int) -> Double {
    switch self {
    case .f32: sum(source, count) { (bits: UInt32) in Double(Float(bitPattern: bits & 0x7FFF_FFFF)) }
    case .f16: sum(source, count) { (bits: UInt16) in Double(Float16(bitPattern: bits & 0x7FFF)) }
    case .bf16: sum(source, count) { (bits: UInt16) in Double(Float(bitPattern: UInt32(bits & 0x7FFF) << 16)) }
    }
  }

  /// The magnitude bits of the largest value of the format that does not exceed `value` (positive), so that
  /// "magnitude bits > threshold" decides "|W| > value" exactly.
  func threshold(_ value: Double) -> UInt32 {
    var single = Float(value)
    if Double(single) > value { single = single.nextDown }
    switch self {
    case .f32: return single.bitPattern
    case .bf16: return single.bitPattern >> 16
    case .f16:
      // Bit patterns are monotonic in the value: search the last one that does not exceed it.
      var low: UInt16 = 0
      var high: UInt16 = 0x7C00
      while high - low > 1 {
        let middle = (low + high) / 2
        if float(half: middle) <= single { low = middle } else { high = middle }
      }
      return UInt32(low)
    }
  }

  /// Writes the two planes of a row; see `TernaryMatrix.words`.
  func ternarise(
    _ source: UnsafeRawPointer, count: Int, threshold: UInt32, into words: UnsafeMutableBufferPointer<UInt64>
  ) {
    // Eight weights become eight bytes of 0 or 1: the difference wraps below zero, and so has its highest bit set,
    // just where the magnitude is larger than the threshold.
    switch self {
    case .f32:
      let limit = SIMD8(repeating: threshold)
      planes(source, count, words) { (bits: SIMD8<UInt32>) in
        let large = (limit &- bits & SIMD8(repeating: 0x7FFF_FFFF)) &>> 31
        return (SIMD8(truncatingIfNeeded: large), SIMD8(truncatingIfNeeded: bits &>> 31))
      }
    case .f16, .bf16:
      let limit = SIMD8(repeating: UInt16(truncatingIfNeeded: threshold))
      planes(source, count, words) { (bits: SIMD8<UInt16>) in
        let large = (limit &- bits & SIMD8(repeating: 0x7FFF)) &>> 15
        return (SIMD8(truncatingIfNeeded: large), SIMD8(truncatingIfNeeded: bits &>> 15))
      }
    }
  }

  @inline(__always)
  private func sum<Bits: FixedWidthInteger>(
    _ source: UnsafeRawPointer, _ count: Int, _ magnitude: (Bits) -> Double
  ) -> Double {
    // Eight independent sums hide the latency of the additions.
    var lanes = SIMD8<Double>.zero
    let size = MemoryLayout<Bits>.size
    var index = 0
    while index + 8 <= count {
      for lane in 0..<8 {
        lanes[lane] += magnitude(source.loadUnaligned(fromByteOffset: (index + lane) * size, as: Bits.self))
      }
      index += 8
    }
    var total = lanes.sum()
    while index < count {
      total += magnitude(source.loadUnaligned(fromByteOffset: index * size, as: Bits.self))
      index += 1
    }
    return total
  }

  @inline(__always)
  private func planes<Bits: FixedWidthInteger & SIMDScalar>(
    _ source: UnsafeRawPointer, _ count: Int, _ words: UnsafeMutableBufferPointer<UInt64>,
    _ classify: (SIMD8<Bits>) -> (SIMD8<UInt8>, SIMD8<UInt8>)
  ) {
    let size = MemoryLayout<Bits>.size
    for word in 0..<words.count / 2 {
      var large: UInt64 = 0
      var negative: UInt64 = 0
      for group in 0..<8 {
        let first = 64 * word + 8 * group
        if first >= count { break }
        var bits = SIMD8<Bits>.zero
        if first + 8 <= count {
          bits = source.loadUnaligned(fromByteOffset: first * size, as: SIMD8<Bits>.self)
        } else {
          for lane in 0..<count - first {
            bits[lane] = source.loadUnaligned(fromByteOffset: (first + lane) * size, as: Bits.self)
          }
        }
        let (isLarge, isNegative) = classify(bits)
        large |= gathered(isLarge) << UInt64(8 * group)
        negative |= gathered(isNegative) << UInt64(8 * group)
      }
      words[2 * word] = large
      words[2 * word + 1] = large & negative
    }
  }
}

/// Eight bytes of 0 or 1 as eight bits, the first byte lowest.
@inline(__always)
private func gathered(_ bytes: SIMD8<UInt8>) -> UInt64 {
  (unsafeBitCast(bytes, to: UInt64.self) &* 0x0102_0408_1020_4080) >> 56
}
