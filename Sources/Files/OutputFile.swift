import Foundation

/// A file that appears under its name complete, or not at all.
///
/// Until `finish` it has no name where the file system allows that, so that nothing remains however the process ends;
/// elsewhere it is a temporary file beside its future name, which is removed when the object goes away. What is no
/// regular file (a pipe, a device) is written directly.
public final class OutputFile {
  public let path: String
  /// Where the file comes to lie: `path`, or what a symbolic link there leads to.
  private let place: String
  private let temporary: String
  private var descriptor: Int32
  private let isDirect: Bool
  private let isNameless: Bool

  public init(path: String) throws(OutputError) {
    self.path = path
    var status = stat()
    let exists = stat(path, &status) == 0
    let kind = status.st_mode & S_IFMT
    guard !exists || kind != S_IFDIR else { throw OutputError(path, EISDIR) }
    isDirect = exists && kind != S_IFREG
    place = exists && !isDirect ? URL(fileURLWithPath: path).resolvingSymlinksInPath().path : path
    temporary = place + ".partial-\(getpid())"
    if isDirect {
      isNameless = false
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      let nameless = Self.openNameless(in: URL(fileURLWithPath: place).deletingLastPathComponent().path)
      isNameless = nameless >= 0
      descriptor =
        isNameless ? nameless : open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    guard descriptor >= 0 else { throw OutputError(path, errno) }
  }

  deinit { discard() }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw OutputError(path, errno)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Appends bytes.
  public func write(_ data: Data) throws(OutputError) {
    var failure: OutputError?
    data.withUnsafeBytes { bytes in
      do throws(OutputError) { try write(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Gives the file its name.
  public func finish() throws(OutputError) {
    guard descriptor >= 0 else { return }
    if isNameless {
      unlink(temporary)
      guard linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else {
        throw OutputError(path, errno)
      }
    }
    let isClosed = close(descriptor) == 0
    descriptor = -1
    if isDirect, isClosed { return }
    guard isClosed, !isDirect, rename(temporary, place) == 0 else {
      let code = errno
      if !isDirect { unlink(temporary) }
      throw OutputError(path, code)
    }
  }

  /// Closes the file and forgets what was written.
  private func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    if !isNameless, !isDirect { unlink(temporary) }
  }

  /// A file without a name in a directory; negative where that is not possible.
  private static func openNameless(in directory: String) -> Int32 {
    #if os(Linux)
      // O_TMPFILE, a macro that is not imported.
      open(directory, O_WRONLY | O_CLOEXEC | 0o20_200_000, 0o666)
    #else
      -1
    #endif
  }

  /// Throws when a file could not be written there; leaves no trace. For what someone else will write.
  public static func probe(_ path: String) throws(OutputError) { _ = try OutputFile(path: path) }

  /// Removes what someone else began to write; what is no regular file stays.
  public static func remove(_ path: String) {
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG { unlink(path) }
  }

  /// Writes a whole file.
  public static func write(_ data: Data, to path: String) throws(OutputError) {
    let file = try OutputFile(path: path)
    try file.write(data)
    try file.finish()
  }
}

/// Why something cannot be written.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  /// In the words of the system.
  public let reason: String
  public var problem: String { "cannot be written (\(reason))" }
  public var description: String { "\(path.printable(limit: .max)): \(problem)." }

  init(_ path: String, _ code: Int32) {
    self.path = path
    reason = String(cString: strerror(code))
  }
}
