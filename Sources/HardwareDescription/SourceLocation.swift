/// A place in the Swift source of a design.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  /// As given by `#fileID`: module and file name.
  public let file: String
  public let line: Int

  public init(_ file: StaticString, _ line: Int) {
    self.file = "\(file)"
    self.line = line
  }

  /// The file name without the Swift module.
  public var fileName: String { file.split(separator: "/").last.map(String.init) ?? file }

  /// Recorded inside this library, where an operator cannot know its caller.
  var isInLibrary: Bool { file.hasPrefix("HardwareDescription/") }

  public var description: String { "\(fileName):\(line)" }
}
