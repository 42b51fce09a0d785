import Foundation

/// A directory that is being filled: what was made for it goes again unless it is kept.
public final class OutputDirectory {
  public let path: String
  /// The directories that did not exist before, the outermost first.
  private var made: [String] = []

  /// Makes a directory, and those above it, where they are missing.
  public init(_ path: String) throws(OutputError) {
    self.path = path
    var missing: [String] = []
    var place = URL(fileURLWithPath: path).standardizedFileURL
    while place.path != "/", !FileManager.default.fileExists(atPath: place.path) {
      missing.append(place.path)
      place.deleteLastPathComponent()
    }
    for directory in missing.reversed() {
      // Someone else may have made it in the meantime.
      guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
        let code = errno
        removeMade()
        throw OutputError(path, code)
      }
      made.append(directory)
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      removeMade()
      throw OutputError(path, ENOTDIR)
    }
  }

  deinit { removeMade() }

  /// What was made stays.
  public func keep() { made = [] }

  private func removeMade() {
    // Only empty ones go.
    for directory in made.reversed() { rmdir(directory) }
    made = []
  }

  /// Writes files to a directory, all or none, and removes others from it.
  ///
  /// - Parameter stale: names of the directory that go when all files are there; those that do not exist are skipped.
  public static func write(
    _ files: [(name: String, data: Data)], to path: String, removing stale: [String] = []
  ) throws(OutputError) {
    let directory = try OutputDirectory(path)
    var outputs: [OutputFile] = []
    for file in files {
      let output = try OutputFile(path: path + "/" + file.name)
      try output.write(file.data)
      outputs.append(output)
    }
    for output in outputs { try output.finish() }
    directory.keep()
    for name in stale {
      guard unlink(path + "/" + name) == 0 || errno == ENOENT else { throw OutputError(path + "/" + name, errno) }
    }
  }
}
