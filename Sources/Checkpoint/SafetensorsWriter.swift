import Files

/// Writes a `.safetensors` file front to back, so that no tensor need be in memory as a whole.
///
/// The file appears under its name only when `finish` succeeds, as `OutputFile` says.
public final class SafetensorsWriter {
  public struct Entry: Sendable {
    public let name: String
    /// F32, F16 or I32.
    public let elementType: ElementType
    public let shape: [Int]

    public init(_ name: String, _ elementType: ElementType, _ shape: [Int]) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
    }

    var count: Int { shape.reduce(1, *) }
  }

  private let path: String
  private let entries: [Entry]
  private let file: OutputFile
  /// The tensor being written, and how many of its elements are.
  private var current = 0
  private var written = 0

  /// Begins a file with these tensors, which are then appended in this order.
  public init(path: String, tensors entries: [Entry]) throws(CheckpointError) {
    precondition(entries.allSatisfy { [.f32, .f16, .i32].contains($0.elementType) })
    self.path = path
    self.entries = entries
    do { file = try OutputFile(path: path) } catch { throw .file(path: path, problem: error.problem) }
    try write(Self.header(entries))
  }

  /// Appends elements to the current F32 or F16 tensor (F16 rounds to nearest even); a tensor that is full is followed
  /// by the next one.
  public func append(_ values: [Float]) throws(CheckpointError) {
    switch try begin(values.count, of: [.f32, .f16]) {
    case .f16:
      try write(values.map { Float16($0).bitPattern.littleEndian })
    default:
      try write(values)
    }
  }

  /// Appends elements to the current I32 tensor.
  public func append(_ values: [Int32]) throws(CheckpointError) {
    _ = try begin(values.count, of: [.i32])
    try write(values)
  }

  /// Completes the file and gives it its name.
  public func finish() throws(CheckpointError) {
    skipFullTensors()
    guard current == entries.count else {
      throw .tensor(path: path, name: entries[current].name, problem: "was not written completely")
    }
    do { try file.finish() } catch { throw .file(path: path, problem: error.problem) }
  }

  private func skipFullTensors() {
    while current < entries.count, written == entries[current].count {
      current += 1
      written = 0
    }
  }

  private func begin(_ count: Int, of types: [ElementType]) throws(CheckpointError) -> ElementType {
    skipFullTensors()
    guard count > 0 else { return types[0] }
    guard current < entries.count, types.contains(entries[current].elementType),
      written + count <= entries[current].count
    else { throw .file(path: path, problem: "was given \(count) values that its header does not announce") }
    written += count
    return entries[current].elementType
  }

  private func write<Element>(_ values: [Element]) throws(CheckpointError) {
    var failure: OutputError?
    values.withUnsafeBytes { bytes in
      do throws(OutputError) { try file.write(bytes) } catch { failure = error }
    }
    if let failure { throw .file(path: path, problem: failure.problem) }
  }

  private static func header(_ entries: [Entry]) -> [UInt8] {
    var offset = 0
    var fields: [String] = []
    for entry in entries {
      let end = offset + entry.count * entry.elementType.byteCount
      let shape = entry.shape.map(String.init).joined(separator: ",")
      fields.append(
        "\(JSONOutput.string(entry.name)):{\"dtype\":\"\(entry.elementType.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array(("{" + fields.joined(separator: ",") + "}").utf8)
    // The data begins at a multiple of 8 bytes, as the format recommends.
    while text.count % 8 != 0 { text.append(0x20) }
    return bytes(of: UInt64(text.count)) + text
  }
}

private func bytes(of value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// JSON made by hand where an encoder would be too slow or would not keep the order.
public enum JSONOutput {
  /// A JSON string with its quotation marks.
  public static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A JSON array of integers.
  public static func array(_ values: [Int]) -> String { "[" + values.map(String.init).joined(separator: ",") + "]" }
}
