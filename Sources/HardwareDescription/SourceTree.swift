import Foundation

/// The Swift files of a package, to show the lines that diagnostics point to.
///
/// Locations name a file by its target and its name, not by a path, so that no path of a machine enters emitted text. Here
/// they are found again, below `Sources` and `Tests`.
public struct SourceTree: Sendable {
  /// Paths by `Target/File.swift`.
  private let paths: [String: String]

  /// The files of the package at `root`.
  public init(root: String) {
    let manager = FileManager.default
    var paths: [String: String] = [:]
    for folder in ["Sources", "Tests"] {
      let parent = URL(fileURLWithPath: root).appendingPathComponent(folder)
      for target in (try? manager.contentsOfDirectory(atPath: parent.path))?.sorted() ?? [] {
        let directory = parent.appendingPathComponent(target).resolvingSymlinksInPath()
        guard let files = manager.enumerator(at: directory, includingPropertiesForKeys: nil) else { continue }
        for case let file as URL in files where file.pathExtension == "swift" {
          paths["\(target)/\(file.lastPathComponent)"] = file.path
        }
      }
    }
    self.paths = paths
  }

  /// The files of the package that holds `path`, for example `#filePath`; nil when no `Package.swift` stands above it.
  public init?(containing path: String) {
    var directory = URL(fileURLWithPath: path).deletingLastPathComponent()
    while !FileManager.default.fileExists(atPath: directory.appendingPathComponent("Package.swift").path) {
      if directory.path == "/" || directory.path.isEmpty { return nil }
      directory.deleteLastPathComponent()
    }
    self.init(root: directory.path)
  }

  /// The text of the file that a location names; nil when it is not there.
  public func text(of file: String) -> String? {
    paths[file].flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }
  }

  /// The line that a location names; nil when it is not there.
  public func line(at location: SourceLocation) -> String? {
    guard let lines = text(of: location.file)?.split(separator: "\n", omittingEmptySubsequences: false),
      lines.indices.contains(location.line - 1)
    else { return nil }
    return String(lines[location.line - 1])
  }
}
