import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes a `.safetensors` file front to back, so that no tensor need be in memory as a whole.
///
/// The file appears under its name only when `finish` succeeds. Until then it has no name at all where the file system
/// allows that, so that nothing remains however the process ends; elsewhere it is a temporary file beside its future
/// name, which is removed when the writer goes away.
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
  private let temporary: String
  private let entries: [Entry]
  private var file: UnsafeMutablePointer<FILE>?
  private let isNameless: Bool
  /// The tensor being written, and how many of its elements are.
  private var current = 0
  private var written = 0

  /// Begins a file with these tensors, which are then appended in this order.
  public init(path: String, tensors entries: [Entry]) throws(CheckpointError) {
    precondition(entries.allSatisfy { [.f32, .f16, .i32].contains($0.elementType) })
    self.path = path
    self.entries = entries
    temporary = path + ".partial-\(getpid())"
    let nameless = Self.openNameless(in: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    isNameless = nameless != nil
    guard let file = nameless ?? fopen(temporary, "wb") else {
      throw .file(path: path, problem: "cannot be written (\(String(cString: strerror(errno))))")
    }
    self.file = file
    try write(Self.header(entries))
  }

  deinit {
    guard let file else { return }
    fclose(file)
    if !isNameless { unlink(temporary) }
  }

  /// A file without a name in a directory; nil where that is not possible.
  private static func openNameless(in directory: String) -> UnsafeMutablePointer<FILE>? {
    #if os(Linux)
      // O_TMPFILE, a macro that is not imported.
      let descriptor = open(directory, O_WRONLY | O_CLOEXEC | 0o20_200_000, 0o666)
      return descriptor < 0 ? nil : fdopen(descriptor, "wb")
    #else
      return nil
    #endif
  }

  /// Gives the nameless file its temporary name.
  private func link(_ file: UnsafeMutablePointer<FILE>) -> Bool {
    #if os(Linux)
      return linkat(AT_FDCWD, "/proc/self/fd/\(fileno(file))", AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0
    #else
      return false
    #endif
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
    guard let file else { return }
    self.file = nil
    let isComplete = fflush(file) == 0 && (!isNameless || link(file))
    let isClosed = fclose(file) == 0
    guard isComplete, isClosed, rename(temporary, path) == 0 else {
      let problem = "cannot be written (\(String(cString: strerror(errno))))"
      unlink(temporary)
      throw .file(path: path, problem: problem)
    }
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
    let isWritten = values.withUnsafeBytes { bytes in
      guard let file else { return false }
      return bytes.isEmpty || fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count
    }
    guard isWritten else {
      throw .file(path: path, problem: "cannot be written (\(String(cString: strerror(errno))))")
    }
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
