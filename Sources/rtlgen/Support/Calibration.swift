import Files
import Foundation
import HostTools
import SetunExploration
import SetunMachine

/// Holds the resource estimate to syntheses of emitted cores, and makes the stored ones.
enum Calibration {
  /// The stored syntheses, relative to the package.
  static let path = "Sources/SetunExploration/synthesis.json"

  /// - Parameter storing: synthesises anew first.
  static func run(storing: Bool, json: Bool) throws {
    var reports = SynthesisReport.stored
    if storing {
      try OutputFile.probe(path)
      reports = try synthesise()
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      try OutputFile.write(try encoder.encode(reports) + Data("\n".utf8), to: path)
    }
    let errors = try EstimateError.leavingOneOut(reports)
    if json {
      try Console.write(json: ["calibration": errors.flatMap { Row.rows($0) }])
    } else {
      Console.write(table(errors, reports))
    }
  }

  /// Every configuration on every fabric that Yosys can synthesise for.
  private static func synthesise() throws -> [SynthesisReport] {
    guard let yosys = Tool.find("yosys") else {
      throw Failure("yosys is missing; 'make setup' installs it.")
    }
    let version = Tool.run(yosys, ["-V"])?.tail(1) ?? "Yosys"
    let fabrics = Fabric.allCases.filter { $0.synthesis != nil }
    let count = fabrics.count * SynthesisReport.configurations.count
    var reports: [SynthesisReport] = []
    var progress = Progress("Synthesising")
    defer { progress.finish() }
    for fabric in fabrics {
      for configuration in SynthesisReport.configurations {
        reports.append(try synthesise(configuration, for: fabric, yosys: yosys, version: version))
        progress.update(Double(reports.count) / Double(count), of: count)
      }
    }
    return reports
  }

  private static func synthesise(
    _ configuration: Configuration, for fabric: Fabric, yosys: String, version: String
  ) throws -> SynthesisReport {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("setun-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try Emission.write(try Emission.files(configuration), to: directory.path)
    let script = "read_verilog -sv *.sv; \(fabric.synthesis ?? "") -top setun_core; tee -q -o statistics.txt stat"
    let output = Tool.run(yosys, ["-q", "-p", script], directory: directory)
    guard output?.status == 0,
      let data = FileManager.default.contents(atPath: directory.appendingPathComponent("statistics.txt").path)
    else {
      throw Failure("yosys did not synthesise \(configuration.name): \(output?.tail(1) ?? "it cannot be started").")
    }
    return try SynthesisReport(
      statistics: String(decoding: data, as: UTF8.self), fabric: fabric, configuration: configuration, tool: version,
      command: "yosys -q -p '\(script)'")
  }

  // MARK: The comparison

  private struct Row: Encodable {
    let fabric: String
    let configuration: String
    let unit: String
    let measured: Resources
    let estimated: Resources

    /// The whole core, then its units.
    static func rows(_ error: EstimateError) -> [Row] {
      let units = CoreUnit.allCases.compactMap { unit in
        error.units[unit].map { (unit.rawValue, $0.measured, $0.estimated) }
      }
      return ([("core", error.measured, error.estimated)] + units).map { unit, measured, estimated in
        Row(
          fabric: error.fabric.rawValue, configuration: error.configuration, unit: unit, measured: measured,
          estimated: estimated)
      }
    }
  }

  private static func table(_ errors: [EstimateError], _ reports: [SynthesisReport]) -> String {
    var table = Table([
      "fabric", "configuration", "LUTs measured", "estimated", "error %", "flip-flops", "estimated", "error %",
      "block RAMs", "estimated", "DSPs", "estimated",
    ])
    func percent(_ error: EstimateError, _ kind: KeyPath<Resources, Int>) -> String {
      String(format: "%.1f", 100 * error.relative(kind))
    }
    for error in errors {
      table.add([
        error.fabric.rawValue, error.configuration, "\(error.measured.luts)", "\(error.estimated.luts)",
        percent(error, \.luts), "\(error.measured.flipFlops)", "\(error.estimated.flipFlops)",
        percent(error, \.flipFlops), "\(error.measured.blockRAMs)", "\(error.estimated.blockRAMs)",
        "\(error.measured.dsps)", "\(error.estimated.dsps)",
      ])
    }
    let tools = Set(reports.map(\.tool)).sorted().joined(separator: ", ")
    return """
      Each estimate is fitted to the other syntheses alone. Measured: \(tools), hierarchy kept, no place and route.

      \(table.text)
      """
  }
}
