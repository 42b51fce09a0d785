import Files

/// A `.safetensors` file, mapped into memory; tensors are converted when and as far as they are read.
///
/// Layout (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a JSON header
/// `{name: {dtype, shape, data_offsets}}`, then the data, which the tensors cover without gap or overlap.
/// Everything the header claims is checked against the file before any tensor is handed out.
public struct SafetensorsFile: Sendable {
  public let path: String
  private let tensors: [String: SafetensorsTensor]

  /// The names in the order of their data.
  public let names: [String]

  /// The reference implementation refuses longer headers too.
  static let maximumHeaderBytes = 100_000_000

  public init(path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    let (header, data) = try Self.header(of: file)
    var tensors: [String: SafetensorsTensor] = [:]
    var spans: [(range: Range<Int>, name: String)] = []
    for (key, entry) in header {
      let name = String(decoding: key, as: UTF8.self)
      let tensor = try Self.tensor(name, entry: entry, data: data, file: file)
      guard tensors.updateValue(tensor, forKey: name) == nil else {
        throw .tensor(path: path, name: name, problem: "is there twice")
      }
      spans.append((tensor.range, name))
    }
    spans.sort { a, b in
      (a.range.lowerBound, a.range.upperBound, a.name) < (b.range.lowerBound, b.range.upperBound, b.name)
    }
    var end = data.lowerBound
    for span in spans {
      guard span.range.lowerBound == end else {
        let overlaps = span.range.lowerBound < end
        throw .tensor(
          path: path, name: span.name,
          problem: overlaps ? "overlaps the tensor before it" : "leaves a gap before it in the file")
      }
      end = span.range.upperBound
    }
    guard end == data.upperBound else {
      throw .malformed(path: path, problem: "has \(data.upperBound - end) bytes that belong to no tensor")
    }
    self.path = path
    self.tensors = tensors
    names = spans.map(\.name)
  }

  /// The tensor of that name, or nil.
  public subscript(name: String) -> SafetensorsTensor? { tensors[name] }

  /// The tensor of that name; throws an error that names the file and the tensor when it is missing.
  public func tensor(_ name: String) throws(CheckpointError) -> SafetensorsTensor {
    guard let tensor = tensors[name] else { throw .tensor(path: path, name: name, problem: "is missing") }
    return tensor
  }

  private typealias Header = [(key: [UInt8], value: JSONText)]

  /// The entries of the header, and where the data lies.
  private static func header(of file: MappedFile) throws(CheckpointError) -> (Header, Range<Int>) {
    let path = file.path
    guard file.bytes.count >= 8 else { throw .malformed(path: path, problem: "is too short for a safetensors file") }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    let rest = file.bytes.count - 8
    guard length <= UInt64(rest) else {
      throw .malformed(path: path, problem: "claims a header of \(length) bytes but has only \(rest) left")
    }
    guard length <= UInt64(maximumHeaderBytes) else {
      throw .malformed(path: path, problem: "claims a header of \(length) bytes, more than the format allows")
    }
    let start = 8 + Int(length)
    do {
      let json = try JSONText(UnsafeRawBufferPointer(rebasing: file.bytes[8..<start]))
      guard let members = json.members else { throw JSONText.Failure(problem: "no object", offset: 0) }
      return (members.filter { !$0.key.elementsEqual("__metadata__".utf8) }, start..<file.bytes.count)
    } catch {
      throw .malformed(path: path, problem: "has a header that is not valid JSON (\(error))")
    }
  }

  private static func tensor(
    _ name: String, entry: JSONText, data: Range<Int>, file: MappedFile
  ) throws(CheckpointError) -> SafetensorsTensor {
    func problem(_ text: String) -> CheckpointError { .tensor(path: file.path, name: name, problem: text) }
    guard let typeName = entry["dtype"]?.text else { throw problem("has no dtype") }
    guard let type = ElementType(rawValue: typeName) else {
      throw problem("has the unknown element type \(typeName.printable(limit: 40))")
    }
    guard let extents = entry["shape"]?.elements else { throw problem("has no shape") }
    let shape = extents.compactMap(\.integer)
    guard shape.count == extents.count else { throw problem("has a shape that is not made of integers") }
    var bytes = type.byteCount
    for extent in shape {
      guard extent >= 0 else { throw problem("has a negative extent in its shape") }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw problem("has a shape too large for any file") }
      bytes = product
    }
    let offsets = entry["data_offsets"]?.elements ?? []
    guard offsets.count == 2, let begin = offsets[0].integer, let end = offsets[1].integer else {
      throw problem("has no pair of data_offsets")
    }
    guard begin >= 0, begin <= end, end <= data.count else {
      throw problem("lies outside the file, which may be truncated")
    }
    guard end - begin == bytes else {
      throw problem("takes \(end - begin) bytes where its shape and type need \(bytes)")
    }
    return SafetensorsTensor(
      name: name, elementType: type, shape: shape,
      range: data.lowerBound + begin..<data.lowerBound + end, file: file)
  }
}
