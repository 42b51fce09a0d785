import Foundation

/// Text as it appears on a page.
enum Markup {
  /// Text between tags or in an attribute.
  static func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  /// A number with a comma between thousands and `digits` decimals.
  static func number(_ value: Double, _ digits: Int = 0) -> String {
    let text = String(format: "%.\(digits)f", abs(value))
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    var whole = ""
    for (place, digit) in parts[0].enumerated() {
      if place > 0, (parts[0].count - place) % 3 == 0 { whole += "," }
      whole.append(digit)
    }
    let sign = value < 0 && text.contains { $0 != "0" && $0 != "." } ? "-" : ""
    return sign + whole + (digits > 0 ? "." + parts[1] : "")
  }

  static func number(_ value: Int) -> String { number(Double(value)) }

  /// With about three digits that count.
  static func short(_ value: Double) -> String {
    let size = abs(value)
    if size >= 100 || size == 0 { return number(value) }
    if size >= 10 { return number(value, 1) }
    if size >= 1 { return number(value, 2) }
    return String(format: "%.2g", value)
  }

  /// A number beside an axis.
  static func tick(_ value: Double) -> String { value >= 1 ? number(value) : String(format: "%g", value) }

  static func percent(_ share: Double, _ digits: Int = 1) -> String { number(100 * share, digits) + " %" }

  /// Bytes with a unit of 10^3, 10^6 or 10^9.
  static func bytes(_ count: Double) -> String {
    switch abs(count) {
    case ..<10_000: number(count) + " B"
    case ..<10_000_000: number(count / 1e3, 1) + " kB"
    case ..<10_000_000_000: number(count / 1e6, 1) + " MB"
    default: number(count / 1e9, 2) + " GB"
    }
  }

  /// A mark that says where figures come from.
  static func badge(_ evidence: Evidence) -> String {
    "<span class=\"badge \(evidence.rawValue)\">\(evidence.rawValue)</span>"
  }

  /// A table; the first column is text, and so are those named; the others are numbers.
  ///
  /// - Parameters:
  ///   - rows: cells as markup.
  ///   - text: columns that are not numbers, besides the first.
  static func table(_ header: [String], _ rows: [[String]], text: Set<Int> = []) -> String {
    func cell(_ tag: String, _ column: Int, _ content: String) -> String {
      let isText = column == 0 || text.contains(column)
      return "<\(tag)\(isText ? "" : " class=\"n\"")>\(content)</\(tag)>"
    }
    let head = header.enumerated().map { cell("th", $0, escape($1)) }.joined()
    let body = rows.map { row in "<tr>" + row.enumerated().map { cell("td", $0, $1) }.joined() + "</tr>" }
    return
      "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>\n\(body.joined(separator: "\n"))\n</tbody></table></div>"
  }

  /// Colours with their meaning.
  static func legend(_ entries: [(style: String, title: String)]) -> String {
    let items = entries.map { "<li><span class=\"swatch \($0.style)\"></span>\(escape($0.title))</li>" }
    return "<ul class=\"legend\">\(items.joined())</ul>"
  }
}
