/// A place in the Swift source of a design.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  /// As given by `#fileID`: module and file name.
  public let file: String
  public let line: Int
  /// As given by `#column`, from 1: where the argument list of the call opens. 0 when it is not known.
  public let column: Int

  public init(_ file: StaticString, _ line: Int, _ column: Int = 0) {
    self.init(file: "\(file)", line: line, column: column)
  }

  init(file: String, line: Int, column: Int = 0) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// The file name without the Swift module.
  public var fileName: String { file.split(separator: "/").last.map(String.init) ?? file }

  /// Recorded inside this library, where an operator cannot know its caller.
  var isInLibrary: Bool { file.hasPrefix("HardwareDescription/") }

  /// The same line, whatever the column.
  func isSameLine(as other: SourceLocation?) -> Bool { line == other?.line && file == other?.file }

  /// File and line, as written into the emitted text.
  public var description: String { "\(fileName):\(line)" }
}
