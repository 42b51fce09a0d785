extension StringProtocol {
  /// The text as a message may quote it: on one line, without anything that steers a terminal or hides what follows,
  /// and of about `limit` bytes at most.
  ///
  /// Controls, line separators, formatting and unassigned characters become `\u{...}`.
  public func printable(limit: Int = 160) -> String {
    var result = ""
    for scalar in unicodeScalars {
      guard result.utf8.count < limit else { return result + "..." }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
