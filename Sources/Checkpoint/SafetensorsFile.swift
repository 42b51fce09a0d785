import Foundation

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
    for (name, entry) in header.tensors {
      let tensor = try Self.tensor(name, entry: entry, data: data, file: file)
      tensors[name] = tensor
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

  private static func header(of file: MappedFile) throws(CheckpointError) -> (SafetensorsHeader, Range<Int>) {
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
      let header = try JSONDecoder().decode(SafetensorsHeader.self, from: Data(file.bytes[8..<start]))
      return (header, start..<file.bytes.count)
    } catch {
      throw .malformed(path: path, problem: "has a header that is not valid safetensors JSON (\(reason(error)))")
    }
  }

  private static func tensor(
    _ name: String, entry: SafetensorsHeader.Entry, data: Range<Int>, file: MappedFile
  ) throws(CheckpointError) -> SafetensorsTensor {
    func problem(_ text: String) -> CheckpointError { .tensor(path: file.path, name: name, problem: text) }
    guard let type = ElementType(rawValue: entry.dtype) else {
      throw problem("has the unknown element type \(entry.dtype)")
    }
    var bytes = type.byteCount
    for extent in entry.shape {
      guard extent >= 0 else { throw problem("has a negative extent in its shape") }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw problem("has a shape too large for any file") }
      bytes = product
    }
    guard entry.offsets.count == 2, let begin = entry.offsets.first, let end = entry.offsets.last,
      begin >= 0, begin <= end, end <= data.count
    else { throw problem("lies outside the file, which may be truncated") }
    guard end - begin == bytes else {
      throw problem("takes \(end - begin) bytes where its shape and type need \(bytes)")
    }
    return SafetensorsTensor(
      name: name, elementType: type, shape: entry.shape,
      range: data.lowerBound + begin..<data.lowerBound + end, file: file)
  }
}

/// The decoded JSON header; `__metadata__` is free text and is ignored.
struct SafetensorsHeader: Decodable {
  struct Entry: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  let tensors: [String: Entry]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    var tensors: [String: Entry] = [:]
    for key in container.allKeys where key.stringValue != "__metadata__" {
      tensors[key.stringValue] = try container.decode(Entry.self, forKey: key)
    }
    self.tensors = tensors
  }
}

/// A JSON key that is not known in advance.
struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// A short clause about a JSON error: where, and what was expected.
func reason(_ error: any Error) -> String {
  func place(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
  switch error as? DecodingError {
  case .typeMismatch(let type, let context):
    return "\(place(context.codingPath)) should be \(type)"
  case .valueNotFound(let type, let context):
    return "\(place(context.codingPath)) should be \(type)"
  case .keyNotFound(let key, let context):
    return "\(place(context.codingPath + [key])) is missing"
  case .dataCorrupted(let context):
    let path = place(context.codingPath)
    return path.isEmpty ? "it is not JSON" : "\(path) has a value out of range"
  default:
    return "it cannot be decoded"
  }
}
