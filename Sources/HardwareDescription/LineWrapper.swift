/// Breaks long lines of SystemVerilog between the operands of their outermost operators.
enum LineWrapper {
  /// Columns, as in the lowRISC style guide.
  static let limit = 100

  /// The line, or its parts; continued parts are indented by four columns more.
  static func wrap(_ line: String) -> [String] {
    guard line.count > limit else { return [line] }
    let indent = line.prefix { $0 == " " }.count
    var result: [String] = []
    var rest = Array(line)
    var isFirst = true
    while rest.count > limit {
      let from = isFirst ? indent : indent + 4
      guard let cut = bestBreak(rest, after: from) else { break }
      result.append(String(rest[..<cut]))
      var next = cut
      while next < rest.count, rest[next] == " " { next += 1 }
      rest = Array(String(repeating: " ", count: indent + 4)) + rest[next...]
      isFirst = false
    }
    return result + [String(rest)]
  }

  /// The position after an operator or comma that is least nested, and among those the last that fits.
  private static func bestBreak(_ text: [Character], after start: Int) -> Int? {
    var depth = 0
    var best: (depth: Int, position: Int)?
    var position = start
    while position < min(limit, text.count) {
      let letter = text[position]
      switch letter {
      case "(", "{", "[": depth += 1
      case ")", "}", "]": depth -= 1
      case " ":
        // A break follows a word that ends in an operator, a comma or an assignment.
        if position > start, isOperatorEnd(text, position) {
          if best.map({ depth <= $0.depth || position < start + 20 }) ?? true { best = (depth, position) }
        }
      default: break
      }
      position += 1
    }
    guard let best, best.position > start + 8 else { return nil }
    return best.position
  }

  private static func isOperatorEnd(_ text: [Character], _ space: Int) -> Bool {
    if text[space - 1] == "," { return true }
    var begin = space
    while begin > 0, text[begin - 1] != " " { begin -= 1 }
    let word = String(text[begin..<space])
    return ["&&", "||", "?", ":", "+", "-", "*", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "="].contains(word)
  }
}
