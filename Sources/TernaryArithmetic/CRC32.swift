/// The cyclic redundancy check of IEEE 802.3: polynomial 0x04C11DB7 reflected, initial value and final inversion all
/// ones, as in zlib.
public struct CRC32: Hashable, Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  /// The check of no bytes yet.
  public init() {}

  /// The check of the bytes so far.
  public var value: UInt32 { ~state }

  /// The check of `bytes`.
  public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var check = CRC32()
    check.update(bytes)
    return check.value
  }

  /// Continues over `bytes`.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if isContiguous == nil { for byte in bytes { step(byte) } }
  }

  /// Continues over `bytes`, eight at a time.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    var position = 0
    Self.tables.withUnsafeBufferPointer { table in
      while position + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(crc)
        crc = 0
        for k in 0..<8 { crc ^= table[(7 - k) << 8 | Int(word >> UInt64(8 * k) & 0xFF)] }
        position += 8
      }
    }
    state = crc
    while position < bytes.count {
      step(bytes[position])
      position += 1
    }
  }

  private mutating func step(_ byte: UInt8) {
    state = state >> 8 ^ Self.tables[Int((state ^ UInt32(byte)) & 0xFF)]
  }

  /// The definition: one bit at a time.
  public static func definition(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }

  /// `tables[256 * k + b]`: the check state after byte b and k zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
      tables[byte] = crc
    }
    for index in 256..<tables.count {
      let previous = tables[index - 256]
      tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
    }
    return tables
  }()
}
