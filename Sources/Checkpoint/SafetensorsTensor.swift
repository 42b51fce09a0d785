/// Element types of the safetensors format; the first five kinds can be read here, the others only be skipped.
public enum ElementType: String, Sendable, Hashable {
  case f16 = "F16"
  case bf16 = "BF16"
  case f32 = "F32"
  case f64 = "F64"
  case i32 = "I32"
  case i64 = "I64"
  case u8 = "U8"
  case i8 = "I8"
  case u16 = "U16"
  case i16 = "I16"
  case u32 = "U32"
  case u64 = "U64"
  case bool = "BOOL"
  case f8E4M3 = "F8_E4M3"
  case f8E5M2 = "F8_E5M2"

  public var byteCount: Int {
    switch self {
    case .u8, .i8, .bool, .f8E4M3, .f8E5M2: 1
    case .f16, .bf16, .u16, .i16: 2
    case .f32, .i32, .u32: 4
    case .f64, .i64, .u64: 8
    }
  }
}

/// A tensor in a mapped file: a view, converted element by element when it is read.
public struct SafetensorsTensor: Sendable {
  public let name: String
  public let elementType: ElementType
  /// Extents, outermost first; the data is row-major. Empty for a scalar.
  public let shape: [Int]
  let range: Range<Int>
  let file: MappedFile

  public var path: String { file.path }
  /// The number of elements.
  public var count: Int { range.count / elementType.byteCount }

  func problem(_ text: String) -> CheckpointError { .tensor(path: path, name: name, problem: text) }

  /// Throws unless the tensor has exactly this shape.
  public func require(shape expected: [Int]) throws(CheckpointError) {
    guard shape == expected else { throw problem("has shape \(shape) where \(expected) is needed") }
  }

  /// The elements at `indices` (row-major) as `Float`; F16, BF16 and F32 exactly, F64 rounded to nearest even.
  /// Throws when the type is not a floating-point type or `indices` lies outside the tensor.
  public func floats(_ indices: Range<Int>? = nil) throws(CheckpointError) -> [Float] {
    let indices = indices ?? 0..<count
    var result = [Float](repeating: 0, count: indices.count)
    try read(indices, into: &result)
    return result
  }

  /// As `floats`, into the first elements of an array that exists already.
  public func read(_ indices: Range<Int>, into result: inout [Float]) throws(CheckpointError) {
    guard indices.lowerBound >= 0, indices.upperBound <= count, indices.count <= result.count else {
      throw problem("is read outside its \(count) elements")
    }
    switch elementType {
    case .f32: convert(indices, &result) { (bits: UInt32) in Float(bitPattern: bits) }
    case .f16: convert(indices, &result) { (bits: UInt16) in float(half: bits) }
    case .bf16: convert(indices, &result) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .f64: convert(indices, &result) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    default: throw problem("has type \(elementType.rawValue) where F32, F16 or BF16 is needed")
    }
  }

  /// All elements as `Double`; throws unless the type is F64, F32, F16 or BF16.
  public func doubles() throws(CheckpointError) -> [Double] {
    guard elementType == .f64 else { return try floats().map(Double.init) }
    var result = [Double](repeating: 0, count: count)
    convert(0..<count, &result) { (bits: UInt64) in Double(bitPattern: bits) }
    return result
  }

  /// All elements of an I32 or I64 tensor.
  public func integers() throws(CheckpointError) -> [Int] {
    var result = [Int](repeating: 0, count: count)
    switch elementType {
    case .i32: convert(0..<count, &result) { (bits: UInt32) in Int(Int32(bitPattern: bits)) }
    case .i64: convert(0..<count, &result) { (bits: UInt64) in Int(Int64(bitPattern: bits)) }
    default: throw problem("has type \(elementType.rawValue) where I32 is needed")
    }
    return result
  }

  /// Converts elements, given as their bits; the caller has checked the range and the width.
  @inline(__always)
  private func convert<Bits: FixedWidthInteger, Element>(
    _ indices: Range<Int>, _ result: inout [Element], _ element: (Bits) -> Element
  ) {
    let size = MemoryLayout<Bits>.size
    let start = range.lowerBound + size * indices.lowerBound
    for place in 0..<indices.count {
      let bits = file.bytes.loadUnaligned(fromByteOffset: start + size * place, as: Bits.self)
      result[place] = element(Bits(littleEndian: bits))
    }
  }
}

/// The value of an IEEE binary16, exactly.
@inline(__always)
func float(half bits: UInt16) -> Float { Float(Float16(bitPattern: bits)) }
