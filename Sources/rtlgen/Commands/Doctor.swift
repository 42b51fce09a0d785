import ArgumentParser
import Foundation
import VerilatorBridge

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say which tools are there, which are missing, and how to get them.",
    discussion: "Exits with status 1 when a required tool is missing or too old.")

  @Flag(help: "Print one JSON object.")
  var json = false

  private struct Summary: Encodable {
    var complete: Bool
    var tools: [ToolReport]
  }

  func run() throws {
    let reports = ToolReport.all()
    let isComplete = ToolReport.isComplete(reports)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let data = try encoder.encode(Summary(complete: isComplete, tools: reports))
      Console.write(String(decoding: data, as: UTF8.self) + "\n")
    } else {
      Console.write(Self.table(reports) + "\n")
    }
    if !isComplete { throw ExitCode.failure }
  }

  private static func table(_ reports: [ToolReport]) -> String {
    let header = ["", "tool", "wanted", "found", "for"]
    let rows = reports.map { report in
      [
        report.isAdequate ? "ok" : report.isRequired ? "MISSING" : "absent", report.tool,
        report.wanted.isEmpty ? "any" : report.wanted, report.found ?? "-", report.purpose,
      ]
    }
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = zip(cells, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      return padded.joined(separator: "  ").replacing(/\s+$/, with: "")
    }
    let remedies = reports.filter { !$0.isAdequate }.map { "\($0.tool): \($0.remedy)" }
    return ([line(header)] + rows.map(line) + (remedies.isEmpty ? [] : [""] + remedies)).joined(separator: "\n")
  }
}
