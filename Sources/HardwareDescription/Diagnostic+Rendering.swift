extension Diagnostic {
  /// The diagnostic for a person: the line of the source with a caret under the call, the signal path, and what to do.
  ///
  ///     Counter.swift:9:12: error HD001: counter.count: 5 bits assigned to 4
  ///        9 |     count.next(count + 1)
  ///          |           ^~~~
  ///      fix: use truncated(to: 4) or saturated(to: 4), or a wrapping operator (&+, &-)
  ///
  /// - Parameter source: where the line is read; without it, or when the file is not there, the line is left out.
  public func rendered(source: SourceTree? = nil) -> String {
    var lines = ["\(place): \(severity.rawValue) \(number): \(path): \(message)"]
    if let text = source?.line(at: location) {
      let digits = "\(location.line)"
      let margin = String(repeating: " ", count: max(4, digits.count) - digits.count)
      lines.append("\(margin)\(digits) | \(text)")
      if let (column, length) = Self.callee(in: text, before: location.column) {
        // Tabs are kept so that the caret stands below the name however wide they are shown.
        let indent = text.prefix(column).map { $0 == "\t" ? "\t" : " " }.joined()
        let underline = "^" + String(repeating: "~", count: length - 1)
        lines.append("\(String(repeating: " ", count: max(4, digits.count))) | \(indent)\(underline)")
      }
    }
    for (number, step) in signalPath.enumerated() {
      lines.append("  \(number == 0 ? "path:" : "   ->") \(step)")
    }
    lines.append("   fix: \(suggestion)")
    return lines.joined(separator: "\n")
  }

  /// File, line and column.
  var place: String { location.column > 0 ? "\(location):\(location.column)" : "\(location)" }

  /// Offset and length of the name that is called: `#column` is where the argument list opens, which is behind the name.
  static func callee(in text: String, before column: Int) -> (offset: Int, length: Int)? {
    let letters = Array(text)
    guard column >= 1, column <= letters.count else { return nil }
    var start = column - 1
    while start > 0, letters[start - 1].isLetter || letters[start - 1].isNumber || letters[start - 1] == "_" {
      start -= 1
    }
    return start == column - 1 ? (start, 1) : (start, column - 1 - start)
  }
}

extension ElaborationError {
  /// All diagnostics for a person, with the lines of the source where they can be read.
  public func rendered(source: SourceTree? = nil) -> String {
    diagnostics.map { $0.rendered(source: source) }.joined(separator: "\n\n")
  }
}
