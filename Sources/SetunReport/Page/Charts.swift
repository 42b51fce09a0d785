import Foundation

/// Horizontal bars made of pieces, as SVG that can be read without scripts; a piece tells its figure when pointed at.
struct StackedBars {
  struct Piece {
    var value: Double
    /// A style sheet's class.
    var style: String
    var title: String
  }

  struct Row {
    var label: String
    var pieces: [Piece]
    /// To the right of the bar.
    var note: String
  }

  var rows: [Row]
  /// The value at the right end of the longest bar.
  var full: Double
  /// What a reader who cannot see it is told.
  var description: String
  /// Whether the part of the width that no piece takes is drawn.
  var showsRest = false
  var barHeight = 18.0
  var writesShares = false

  private let left = 150.0
  private let width = 600.0
  private let right = 150.0

  var svg: String {
    let step = barHeight + 10
    let height = step * Double(rows.count) + 2
    var text =
      "<div class=\"scroll\"><svg viewBox=\"0 0 \(Int(left + width + right)) \(Int(height))\" role=\"img\" aria-label=\"\(Markup.escape(description))\">\n"
    for (index, row) in rows.enumerated() {
      let top = step * Double(index) + 4
      let middle = top + barHeight / 2 + 4.5
      text +=
        "<text class=\"label\" x=\"\(left - 10)\" y=\"\(middle)\" text-anchor=\"end\">\(Markup.escape(row.label))</text>\n"
      if showsRest {
        text += "<rect class=\"rest\" x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(barHeight)\"/>\n"
      }
      var x = left
      for piece in row.pieces where piece.value > 0 {
        let length = width * piece.value / full
        let place = String(format: "x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"", x, top, length, barHeight)
        text += "<rect class=\"\(piece.style)\" \(place)><title>\(Markup.escape(piece.title))</title></rect>\n"
        if writesShares, length > 46 {
          let center = String(format: "%.1f", x + length / 2)
          text +=
            "<text class=\"share\" x=\"\(center)\" y=\"\(middle)\" text-anchor=\"middle\">\(Markup.percent(piece.value / full))</text>\n"
        }
        x += length
      }
      text += "<text class=\"note\" x=\"\(left + width + 10)\" y=\"\(middle)\">\(Markup.escape(row.note))</text>\n"
    }
    return text + "</svg></div>"
  }
}

/// Bars from a low to a high value on a logarithmic scale.
struct RangeBars {
  var rows: [(label: String, low: Double, high: Double, style: String)]
  var unit: String
  var description: String

  private let left = 300.0
  private let width = 440.0
  private let right = 160.0

  var svg: String {
    let step = 28.0
    let low = floor(log10(rows.map(\.low).min() ?? 1))
    let high = ceil(log10(rows.map(\.high).max() ?? 10))
    let span = max(high - low, 1)
    func x(_ value: Double) -> Double { left + width * (log10(value) - low) / span }
    let height = step * Double(rows.count)
    var text =
      "<div class=\"scroll\"><svg viewBox=\"0 0 \(Int(left + width + right)) \(Int(height + 26))\" role=\"img\" aria-label=\"\(Markup.escape(description))\">\n"
    for power in Int(low)...Int(high) {
      let place = String(format: "%.1f", left + width * (Double(power) - low) / span)
      text += "<line class=\"grid\" x1=\"\(place)\" x2=\"\(place)\" y1=\"0\" y2=\"\(height)\"/>\n"
      text +=
        "<text class=\"note\" x=\"\(place)\" y=\"\(height + 18)\" text-anchor=\"middle\">\(Markup.tick(pow(10, Double(power))))</text>\n"
    }
    text += "<text class=\"note\" x=\"\(left + width + 24)\" y=\"\(height + 18)\">\(Markup.escape(unit))</text>\n"
    for (index, row) in rows.enumerated() {
      let top = step * Double(index) + 6
      text +=
        "<text class=\"label\" x=\"\(left - 12)\" y=\"\(top + 13)\" text-anchor=\"end\">\(Markup.escape(row.label))</text>\n"
      let place = String(
        format: "x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\"", x(row.low), top, max(x(row.high) - x(row.low), 3))
      let range = "\(Markup.short(row.low)) to \(Markup.short(row.high))"
      text += "<rect class=\"\(row.style)\" rx=\"3\" \(place)><title>\(range) \(Markup.escape(unit))</title></rect>\n"
      text += "<text class=\"note\" x=\"\(left + width + 24)\" y=\"\(top + 13)\">\(range)</text>\n"
    }
    return text + "</svg></div>"
  }
}

/// Operations a second over operations a byte, both logarithmic: what memory and units allow, and where the run is.
struct RooflineChart {
  var facts: ReportFacts.Roofline
  var bandwidth: ReportFacts.Bandwidth

  private let left = 74.0
  private let top = 14.0
  private let width = 600.0
  private let height = 300.0

  var svg: String {
    let intensity = facts.operationsPerByte
    let (lowX, highX) = (log10(intensity / 8), log10(intensity * 8))
    let ceiling = max(facts.engineGigaoperations, facts.rowUnitGigaoperations, bandwidth.peak * intensity)
    let floorValue = min(facts.gigaoperations, facts.engineGigaoperations, facts.rowUnitGigaoperations)
    let (lowY, highY) = (log10(floorValue / 6), log10(ceiling * 1.8))
    func x(_ value: Double) -> Double { left + width * (log10(value) - lowX) / (highX - lowX) }
    func y(_ value: Double) -> Double { top + height * (highY - log10(value)) / (highY - lowY) }
    func point(_ x: Double, _ y: Double) -> String { String(format: "%.1f,%.1f", x, y) }

    var text =
      "<div class=\"scroll\"><svg viewBox=\"0 0 900 364\" role=\"img\" aria-label=\"Roofline: the run and what bounds it\">\n"
    text +=
      "<defs><clipPath id=\"plot\"><rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\"/></clipPath></defs>\n"
    let values = (Int(floor(lowY))...Int(ceil(highY))).flatMap { power in
      [1.0, 2, 5].map { $0 * pow(10, Double(power)) }
    }
    for value in values where log10(value) > lowY && log10(value) < highY {
      let place = String(format: "%.1f", y(value))
      text += "<line class=\"grid\" x1=\"\(left)\" x2=\"\(left + width)\" y1=\"\(place)\" y2=\"\(place)\"/>\n"
      text +=
        "<text class=\"note\" x=\"\(left - 8)\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(Markup.tick(value))</text>\n"
    }
    for value in [1.0, 2, 5, 10, 20] where log10(value) > lowX && log10(value) < highX {
      let place = String(format: "%.1f", x(value))
      text += "<line class=\"grid\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(top)\" y2=\"\(top + height)\"/>\n"
      text +=
        "<text class=\"note\" x=\"\(place)\" y=\"\(top + height + 18)\" text-anchor=\"middle\">\(Markup.tick(value))</text>\n"
    }
    text += "<g clip-path=\"url(#plot)\">\n"
    let (start, end) = (pow(10, lowX), pow(10, highX))
    for (rate, style, title) in [
      (bandwidth.peak, "peak", "peak bandwidth"), (bandwidth.deliverable, "deliverable", "deliverable bandwidth"),
    ] {
      text +=
        "<polyline class=\"roof \(style)\" points=\"\(point(x(start), y(rate * start))) \(point(x(end), y(rate * end)))\"><title>\(title)</title></polyline>\n"
    }
    for (rate, style, title) in [
      (facts.engineGigaoperations, "engine", "ternary engine"),
      (facts.rowUnitGigaoperations, "rowunits", "row units with this model"),
    ] {
      text +=
        "<polyline class=\"roof \(style)\" points=\"\(point(left, y(rate))) \(point(left + width, y(rate)))\"><title>\(title)</title></polyline>\n"
    }
    text += "</g>\n"
    let own = (x(intensity), y(facts.gigaoperations))
    text += String(format: "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\"/>\n", own.0, own.1)
    text += String(format: "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">this run, ", own.0 + 12, own.1 + 20)
    text += "\(Markup.short(facts.gigaoperations)) Gop/s</text>\n"
    let notes: [(rate: Double, style: String, title: String)] = [
      (facts.engineGigaoperations, "engine", "ternary engine"),
      (facts.rowUnitGigaoperations, "rowunits", "row units"),
      (bandwidth.deliverable * end, "deliverable", "deliverable \(Markup.short(bandwidth.deliverable)) GB/s"),
      (bandwidth.peak * end, "peak", "peak \(Markup.short(bandwidth.peak)) GB/s"),
    ]
    // At the right edge, from the top down, no two in the same place.
    var lowest = top - 8
    for note in notes.sorted(by: { $0.rate > $1.rate }) {
      let place = max(lowest + 17, max(y(note.rate), top))
      lowest = place
      text += String(
        format: "<line class=\"roof %@\" x1=\"%.1f\" x2=\"%.1f\"", note.style, left + width + 8, left + width + 26)
      text += String(format: " y1=\"%.1f\" y2=\"%.1f\"/>\n", place, place)
      text += String(format: "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", left + width + 32, place + 4)
      text += "\(Markup.escape(note.title))</text>\n"
    }
    text +=
      "<text class=\"note\" x=\"\(left + width / 2)\" y=\"358\" text-anchor=\"middle\">useful ternary multiply-accumulates for each byte read</text>\n"
    text +=
      "<text class=\"note\" transform=\"translate(16 \(top + height / 2)) rotate(-90)\" text-anchor=\"middle\">10&#8313; a second</text>\n"
    return text + "</svg></div>"
  }
}
