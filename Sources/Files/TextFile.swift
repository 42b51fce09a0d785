import Foundation

/// Small files that a person or `rtlgen` wrote.
public enum TextFile {
  /// Nothing that is read whole is longer, in bytes.
  public static let longest = 1 << 20

  /// The bytes of a file, which may be a pipe; throws when it cannot be read or is longer than `longest`.
  public static func contents(_ path: String) throws(TextFileError) -> Data {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw TextFileError(path: path, problem: "cannot be read")
    }
    defer { try? file.close() }
    var data = Data()
    do {
      while let block = try file.read(upToCount: longest + 1 - data.count), !block.isEmpty { data += block }
    } catch {
      throw TextFileError(path: path, problem: "cannot be read")
    }
    guard data.count <= longest else { throw TextFileError(path: path, problem: "is longer than \(longest) bytes") }
    return data
  }
}

/// Why a small file cannot be read.
public struct TextFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let problem: String
  public var description: String { "\(path): \(problem)." }
}
