/// Breaks long lines of SystemVerilog between the operands of their outermost operators.
enum LineWrapper {
  /// Columns, as in the lowRISC style guide.
  static let limit = 100

  /// The line, or its parts; continued parts are indented by four columns more.
  static func wrap(_ line: String) -> [String] {
    let letters = Array(line)
    guard letters.count > limit else { return [line] }
    let indent = line.prefix { $0 == " " }.count
    let margin = [Character](repeating: " ", count: indent + 4)
    var result: [String] = []
    // What stands before the rest, which begins at `position`.
    var (before, position): ([Character], Int) = ([], 0)
    while before.count + letters.count - position > limit {
      let window = before + letters[position..<min(letters.count, position + limit)]
      guard let cut = bestBreak(window, after: before.isEmpty ? indent : indent + 4) else { break }
      result.append(String(window[..<cut]))
      position += cut - before.count
      while position < letters.count, letters[position] == " " { position += 1 }
      before = margin
    }
    return result + [String(before + letters[position...])]
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
