import Foundation

/// Tokens a second against LUTs as a picture: every simulated point, the Pareto front, and the budget.
///
/// SVG that needs nothing else, for light and dark pages. Both axes are logarithmic.
public struct ParetoPicture {
  private let rows: [ResultRow]
  private let title: String
  private let budget: ResourceBudget?
  private let lutName: String

  private let width = 960.0
  private let height = 600.0
  /// The plot's edges.
  private let left = 90.0
  private let right = 730.0
  private let top = 70.0
  private let bottom = 520.0

  /// - Parameters:
  ///   - rows: of a finished table.
  ///   - title: one line above the plot.
  public init(_ rows: [ResultRow], title: String, budget: ResourceBudget?) {
    self.rows = rows
    self.title = title
    self.budget = budget
    lutName = budget?.fabric == .stratix10 ? "ALMs" : "LUTs"
  }

  /// The whole file.
  public var svg: String {
    let simulated = rows.filter { $0.isSimulated && $0.luts > 0 && $0.tokensPerSecond > 0 }
    let limit = budget.map { Double($0.limit($0.resources.luts)) }
    let costs = simulated.map { Double($0.luts) }
    let horizontal = LogarithmicAxis(costs, from: left, to: right)
    let vertical = LogarithmicAxis(simulated.map(\.tokensPerSecond), from: bottom, to: top)
    // Series by number of channels; in each the row lanes decide whether a marker is filled.
    let channels = Set(simulated.compactMap { Int($0[.channels]) }).sorted()

    var parts = [head]
    parts.append(text(left, 30, "title", title))
    parts.append(text(left, 50, "note", summary(simulated.count)))
    parts.append(frame(horizontal, vertical))
    if let limit, horizontal.contains(limit) {
      let x = horizontal.place(limit)
      parts.append("<line class=\"limit\" x1=\"\(n(x))\" y1=\"\(n(top))\" x2=\"\(n(x))\" y2=\"\(n(bottom))\"/>")
      parts.append(text(x - 4, top + 14, "note end", "\(budget?.name ?? "") holds"))
    }
    parts.append(front(simulated, horizontal, vertical))
    for row in simulated {
      let series = channels.firstIndex(of: Int(row[.channels]) ?? 0) ?? 0
      parts.append(
        marker(
          horizontal.place(Double(row.luts)), vertical.place(row.tokensPerSecond), series: series,
          isFilled: row[.rowLanes] != "1", tip: Self.tip(row)))
    }
    parts.append(labels(simulated, horizontal, vertical))
    parts.append(legend(channels, simulated))
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private func summary(_ simulated: Int) -> String {
    let exceeding = rows.count { $0[.status] == "exceeds" }
    let refused = rows.count { $0[.status] == "refused" }
    var parts = ["\(rows.count) points: \(simulated) simulated"]
    if let budget { parts.append("\(exceeding) beyond \(budget.name)") }
    parts.append("\(refused) refused")
    return parts.joined(separator: ", ") + "; LUTs estimated, clock assumed"
  }

  // MARK: Parts

  /// Colours of a page: text, notes, grid, ground, and one for each series. Plain rules, since not every program that shows
  /// SVG knows variables.
  private struct Theme {
    var ink: String
    var soft: String
    var grid: String
    var page: String
    var series: [String]

    static let light = Theme(
      ink: "#1b1b1b", soft: "#6a6a6a", grid: "#dddddd", page: "#ffffff",
      series: ["#0072b2", "#d55e00", "#009e73", "#a8538a", "#8a6d00", "#444444"])
    static let dark = Theme(
      ink: "#ececec", soft: "#a5a5a5", grid: "#3a3a3a", page: "#161616",
      series: ["#56b4e9", "#ff9248", "#2fd1a5", "#e08cc3", "#f0e442", "#cccccc"])

    var rules: String {
      let marks = series.enumerated().map { ".s\($0) { stroke: \($1); } .s\($0).full { fill: \($1); }" }
      return """
        .page, .mark { fill: \(page); } text { fill: \(ink); } .note { fill: \(soft); } .grid { stroke: \(grid); }
        .axis, .limit { stroke: \(soft); } .front { stroke: \(ink); } \(marks.joined(separator: " "))
        """
    }
  }

  private var head: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" role="img" aria-label="\(escaped(title))">
    <style>
    text { font: 13px sans-serif; } .title { font-size: 17px; font-weight: bold; } .small { font-size: 11px; }
    .middle { text-anchor: middle; } .end { text-anchor: end; }
    .axis, .front { fill: none; } .front { stroke-width: 1.5; } .limit { stroke-dasharray: 6 4; } .mark { stroke-width: 1.8; }
    \(Theme.light.rules)
    @media (prefers-color-scheme: dark) {
    \(Theme.dark.rules)
    }
    </style>
    <rect class="page" width="\(n(width))" height="\(n(height))"/>
    """
  }

  private func frame(_ horizontal: LogarithmicAxis, _ vertical: LogarithmicAxis) -> String {
    var parts: [String] = []
    for tick in horizontal.ticks {
      let x = horizontal.place(tick)
      parts.append("<line class=\"grid\" x1=\"\(n(x))\" y1=\"\(n(top))\" x2=\"\(n(x))\" y2=\"\(n(bottom))\"/>")
      parts.append(text(x, bottom + 20, "middle", Self.short(tick)))
    }
    for tick in vertical.ticks {
      let y = vertical.place(tick)
      parts.append("<line class=\"grid\" x1=\"\(n(left))\" y1=\"\(n(y))\" x2=\"\(n(right))\" y2=\"\(n(y))\"/>")
      parts.append(text(left - 8, y + 4, "end", Self.short(tick)))
    }
    parts.append("<path class=\"axis\" d=\"M\(n(left)) \(n(top))V\(n(bottom))H\(n(right))\"/>")
    parts.append(text((left + right) / 2, bottom + 48, "middle", "\(lutName), estimated (logarithmic)"))
    let middle = (top + bottom) / 2
    parts.append(
      "<text class=\"middle\" transform=\"translate(24 \(n(middle))) rotate(-90)\">"
        + "tokens a second, simulated (logarithmic)</text>")
    return parts.joined(separator: "\n")
  }

  /// The front as steps: at each cost the best that can be had.
  private func front(
    _ simulated: [ResultRow], _ horizontal: LogarithmicAxis, _ vertical: LogarithmicAxis
  ) -> String {
    let points = simulated.filter(\.isPareto).sorted { ($0.luts, $0.tokensPerSecond) < ($1.luts, $1.tokensPerSecond) }
    guard let first = points.first else { return "" }
    var path = "M\(n(horizontal.place(Double(first.luts)))) \(n(vertical.place(first.tokensPerSecond)))"
    for point in points.dropFirst() {
      path += "H\(n(horizontal.place(Double(point.luts))))V\(n(vertical.place(point.tokensPerSecond)))"
    }
    return "<path class=\"front\" d=\"\(path)H\(n(right))\"/>"
  }

  /// A shape for each series, so that colour is not needed to tell them apart.
  private func marker(_ x: Double, _ y: Double, series: Int, isFilled: Bool, tip: String? = nil) -> String {
    let r = 5.0
    let style = "class=\"mark s\(series % 6)\(isFilled ? " full" : "")\""
    let shape: String
    func path(_ corners: [(Double, Double)]) -> String {
      "<path \(style) d=\"M" + corners.map { "\(n(x + r * $0.0)) \(n(y + r * $0.1))" }.joined(separator: "L") + "Z\""
    }
    switch series % 6 {
    case 0: shape = "<circle \(style) cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\""
    case 1: shape = path([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case 2: shape = path([(0, -1.2), (1.1, 0.8), (-1.1, 0.8)])
    case 3: shape = path([(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)])
    case 4: shape = path([(0, 1.2), (1.1, -0.8), (-1.1, -0.8)])
    default: shape = path([(-1.2, -0.4), (1.2, -0.4), (1.2, 0.4), (-1.2, 0.4)])
    }
    return tip.map { "\(shape)><title>\(escaped($0))</title></\(shape.hasPrefix("<circle") ? "circle" : "path")>" }
      ?? shape + "/>"
  }

  /// The name of each point of the front, where there is room for it.
  private func labels(
    _ simulated: [ResultRow], _ horizontal: LogarithmicAxis, _ vertical: LogarithmicAxis
  ) -> String {
    var placed: [(x: Double, y: Double)] = []
    var parts: [String] = []
    for row in simulated.filter(\.isPareto).sorted(by: { $0.tokensPerSecond > $1.tokensPerSecond }) {
      let x = horizontal.place(Double(row.luts)) - 9
      let y = vertical.place(row.tokensPerSecond) - 8
      // A label is about 14 high and 130 wide, and lies to the left of its point.
      guard !placed.contains(where: { abs($0.y - y) < 14 && abs($0.x - x) < 130 }) else { continue }
      placed.append((x, y))
      let isNarrow = x - left < 130
      parts.append(text(isNarrow ? x + 9 : x, isNarrow ? y - 3 : y, isNarrow ? "small" : "small end", Self.label(row)))
    }
    return parts.joined(separator: "\n")
  }

  private func legend(_ channels: [Int], _ simulated: [ResultRow]) -> String {
    let x = right + 24
    var y = top + 10
    var parts: [String] = []
    func entry(_ symbol: String, _ label: String) {
      parts.append(symbol)
      parts.append(text(x + 24, y + 4, "", label))
      y += 22
    }
    entry("<path class=\"front\" d=\"M\(n(x - 8)) \(n(y))H\(n(x + 14))\"/>", "Pareto front")
    for (series, count) in channels.enumerated() {
      entry(marker(x + 3, y, series: series, isFilled: true), count == 1 ? "1 channel" : "\(count) channels")
    }
    y += 8
    for (lanes, isFilled) in [("1", false), ("5", true)] where simulated.contains(where: { $0[.rowLanes] == lanes }) {
      entry(marker(x + 3, y, series: 5, isFilled: isFilled), lanes == "1" ? "1 row lane" : "\(lanes) row lanes")
    }
    if simulated.isEmpty {
      parts.append(text((left + right) / 2, (top + bottom) / 2, "middle", "no point was simulated"))
    }
    return parts.joined(separator: "\n")
  }

  // MARK: Text

  private static func label(_ row: ResultRow) -> String {
    "\(row[.widthBits]) bits x \(row[.channels]), \(row[.rowLanes]) lane\(row[.rowLanes] == "1" ? "" : "s"), F \(row[.fractionBits])"
  }

  /// What a browser shows beside the pointer.
  private static func tip(_ row: ResultRow) -> String {
    "\(label(row)), FIFO \(row[.fifoBeats]), \(row[.memory]), \(row[.clockMHz]) MHz: \(row[.tokensPerSecond]) tokens/s, \(row.luts) LUTs"
  }

  private func text(_ x: Double, _ y: Double, _ style: String, _ content: String) -> String {
    let attribute = style.isEmpty ? "" : " class=\"\(style)\""
    return "<text x=\"\(n(x))\" y=\"\(n(y))\"\(attribute)>\(escaped(content))</text>"
  }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }

  /// A coordinate with one decimal at most.
  private func n(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : String(format: "%.1f", Double(tenths) / 10)
  }

  /// 20000 as 20k.
  private static func short(_ value: Double) -> String {
    switch value {
    case 1e6...: String(format: "%g M", value / 1e6)
    case 1e3...: String(format: "%g k", value / 1e3)
    default: String(format: "%g", value)
    }
  }
}

/// A logarithmic scale that shows some values with a margin.
package struct LogarithmicAxis {
  private let low: Double
  private let high: Double
  private let start: Double
  private let end: Double

  /// - Parameters:
  ///   - values: positive; none gives 1 ... 10.
  ///   - start: the coordinate of the lower end.
  package init(_ values: [Double], from start: Double, to end: Double) {
    let least = log10(values.min() ?? 1)
    let most = log10(values.max() ?? 10)
    let margin = max(0.06 * (most - least), 0.08)
    (low, high) = (least - margin, most + margin)
    (self.start, self.end) = (start, end)
  }

  package func place(_ value: Double) -> Double { start + (log10(value) - low) / (high - low) * (end - start) }

  package func contains(_ value: Double) -> Bool { (low...high).contains(log10(value)) }

  /// Round numbers: 1, 2 and 5 of each decade, all nine where these would be fewer than three, decades where they would
  /// be more than ten.
  package var ticks: [Double] {
    func ticks(_ digits: [Double]) -> [Double] {
      (Int(low.rounded(.down))...Int(high.rounded(.up))).flatMap { decade in
        digits.map { $0 * pow(10, Double(decade)) }
      }.filter(contains)
    }
    let usual = ticks([1, 2, 5])
    if usual.count > 10 { return ticks([1]) }
    return usual.count >= 3 ? usual : ticks([1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9])
  }
}
