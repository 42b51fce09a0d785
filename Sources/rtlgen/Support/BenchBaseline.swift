import Files
import Foundation

/// What `rtlgen bench` measured before, by configuration and model: cycles, which must not change unnoticed, and ratios
/// with the lowest value that is accepted. Speeds differ between machines and are not stored.
struct BenchBaseline {
  struct Entry: Codable {
    /// Of the program; other numbers of tokens take other cycles.
    var tokens: Int
    /// From START to the last token.
    var cycles: Int
    var ratios: [String: Ratio]
  }

  struct Ratio: Codable {
    /// As measured when it was stored, to two digits.
    var value: Double
    /// Below it the check fails.
    var floor: Double
  }

  /// One comparison.
  struct Line {
    let what: String
    let measured: String
    let stored: String
    let allowed: String
    let holds: Bool
  }

  private(set) var entries: [String: Entry] = [:]

  /// The simulator must stay ten times as fast as the RTL; what else is measured may lose half on another machine.
  private static func floor(_ name: String, _ value: Double) -> Double {
    name == BenchReport.simulatorOverRTL ? 10 : (value * 50).rounded() / 100
  }

  init(path: String, mayBeMissing: Bool) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      guard mayBeMissing else { throw Failure("\(path): cannot be read; --store writes it.") }
      return
    }
    do {
      entries = try JSONDecoder().decode([String: Entry].self, from: data)
    } catch {
      throw Failure("\(path): is not a baseline that 'rtlgen bench --store' writes.")
    }
  }

  /// Floors that were set by hand stay.
  mutating func store(_ report: BenchReport) {
    let old = entries[report.key]?.ratios ?? [:]
    let ratios = report.ratios.map { name, value in
      let value = (value * 100).rounded() / 100
      return (name, Ratio(value: value, floor: old[name]?.floor ?? Self.floor(name, value)))
    }
    entries[report.key] = Entry(
      tokens: report.tokens, cycles: report.cycles, ratios: Dictionary(uniqueKeysWithValues: ratios))
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try OutputFile.write(try encoder.encode(entries) + Data("\n".utf8), to: path)
  }

  /// Everything stored of the report's configuration and model, beside what was measured now.
  func lines(_ report: BenchReport, path: String) throws -> [Line] {
    guard let entry = entries[report.key] else {
      throw Failure("\(path): has no entry for \(report.key); --store adds it.")
    }
    guard entry.tokens == report.tokens else {
      throw Failure("\(path): holds cycles of \(entry.tokens) tokens of \(report.key), not of \(report.tokens).")
    }
    let cycles = Line(
      what: "cycles of \(entry.tokens) tokens", measured: "\(report.cycles)", stored: "\(entry.cycles)",
      allowed: "the same", holds: report.cycles == entry.cycles)
    return [cycles]
      + entry.ratios.sorted { $0.key < $1.key }.map { name, ratio in
        let value = report.ratios[name]
        return Line(
          what: name, measured: value.map { String(format: "%.2f", $0) } ?? "not measured",
          stored: String(format: "%.2f", ratio.value), allowed: String(format: "at least %.2f", ratio.floor),
          holds: value.map { $0 >= ratio.floor } ?? false)
      }
  }

  static func table(_ key: String, _ lines: [Line]) -> String {
    var table = Table([key, "measured", "stored", "allowed", ""])
    for line in lines {
      table.add([line.what, line.measured, line.stored, line.allowed, line.holds ? "holds" : "FAILS"])
    }
    return table.text
  }
}
