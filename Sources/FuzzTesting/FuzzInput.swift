#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The files that a loader is given.
public struct FuzzInput: Hashable, Sendable {
  public struct File: Hashable, Sendable {
    public var name: String
    public var bytes: [UInt8]

    public init(_ name: String, _ bytes: some Sequence<UInt8>) {
      self.name = name
      self.bytes = Array(bytes)
    }
  }

  public var files: [File]

  public init(_ files: [File]) { self.files = files }

  /// Bytes of all files.
  public var byteCount: Int { files.reduce(0) { $0 + $1.bytes.count } }

  /// Writes the files to a directory that exists.
  public func store(in directory: String) throws(FuzzError) {
    for file in files {
      let path = directory + "/" + file.name
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else {
        throw FuzzError("\(path): cannot be written (\(String(cString: strerror(errno)))).")
      }
      defer { close(descriptor) }
      guard file.bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == file.bytes.count else {
        throw FuzzError("\(path): cannot be written (\(String(cString: strerror(errno)))).")
      }
    }
  }
}

/// Why fuzzing itself cannot go on.
public struct FuzzError: Error, CustomStringConvertible, Sendable {
  public let description: String
  public init(_ description: String) { self.description = description }
}
