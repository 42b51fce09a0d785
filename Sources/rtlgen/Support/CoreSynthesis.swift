import Foundation
import HostTools
import SetunExploration
import SetunMachine
import SetunSynthesis

extension Yosys {
  /// The program that was chosen, or the one that all commands take.
  static func found(_ chosen: String?) throws -> Yosys {
    guard let chosen else { return try Yosys(path: try SynthesisTools.required("yosys")) }
    guard let path = Tool.find(chosen) else { throw Failure("There is no program '\(chosen)'.") }
    return try Yosys(path: path)
  }

  /// Runs a script, with a line that tells how long it has taken.
  func run(_ title: String, _ script: String, in directory: URL) throws -> Outcome {
    let key = "yosys-\(title.filter { $0.isLetter || $0.isNumber })"
    let activity = Activity(title, key: key)
    defer { activity.finish() }
    let outcome = try run(script, in: directory)
    if outcome.succeeded { Activity.remember(outcome.seconds, key: key) }
    return outcome
  }
}

/// A directory of its own for files and what tools make of them, removed afterwards.
func withSynthesisDirectory<Value>(
  _ files: [(name: String, text: String)], _ body: (URL) throws -> Value
) throws -> Value {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("setun-\(UUID().uuidString)")
  defer { try? FileManager.default.removeItem(at: directory) }
  try Emission.write(files, to: directory.path)
  return try body(directory)
}

/// A core or one of its modules, checked and synthesised.
struct CoreSynthesis: Encodable {
  let configuration: String
  let target: String
  let top: String
  let tool: String
  let seconds: Double
  let megabytes: Double?
  let units: [String: Resources]
  let total: Resources

  /// Checks the design in a directory.
  static func check(_ top: String, _ name: String, _ yosys: Yosys, in directory: URL) throws -> (
    findings: [DesignFinding], outcome: Yosys.Outcome
  ) {
    let check = DesignCheck(top: top)
    for file in DesignCheck.files {
      try Data(file.text.utf8).write(to: directory.appendingPathComponent(file.name))
    }
    let outcome = try yosys.run("Checking \(top) of \(name)", check.script, in: directory)
    return (try check.findings(in: directory, log: outcome.succeeded ? nil : outcome.messages), outcome)
  }

  static func run(
    _ configuration: Configuration, _ target: SynthesisTarget, top: String, _ yosys: Yosys
  ) throws -> CoreSynthesis {
    let files = try Emission.files(configuration)
    guard files.contains(where: { $0.name == top + ".sv" }) else {
      throw Failure("The core of '\(configuration.name)' has no module '\(top)'.")
    }
    return try withSynthesisDirectory(files) { directory in
      let findings = try check(top, configuration.name, yosys, in: directory).findings
      guard findings.isEmpty else { throw Failure(sentence(configuration.name, findings)) }
      let script = "read_verilog -sv *.sv; \(target.command) -top \(top); check -assert; tee -q -o statistics.txt stat"
      let outcome = try yosys.run(
        "Synthesising \(top) of \(configuration.name) for \(target.title)", script, in: directory)
      guard outcome.succeeded else { throw Failure("yosys failed: \(outcome.error)") }
      let statistics = String(
        decoding: try SynthesisTools.contents("statistics.txt", in: directory), as: UTF8.self)
      var units: [String: Resources] = [:]
      if top == "setun_core" {
        units = try SynthesisReport(
          statistics: statistics, fabric: target.fabric, configuration: configuration, tool: yosys.version,
          command: script
        ).units
      } else {
        units[top] = try SynthesisReport.resources(of: top, statistics: statistics)
      }
      return CoreSynthesis(
        configuration: configuration.name, target: target.rawValue, top: top, tool: yosys.version,
        seconds: outcome.seconds, megabytes: outcome.megabytes, units: units,
        total: units.values.reduce(Resources(), +))
    }
  }

  static func sentence(_ name: String, _ findings: [DesignFinding]) -> String {
    let lines = findings.prefix(8).map { "  \($0.kind.rawValue): \($0.text)" }
    return "The design of '\(name)' has \(findings.count) faults:\n" + lines.joined(separator: "\n")
  }

  var table: String {
    var table = Table(["unit", "LUTs", "flip-flops", "block RAMs", "DSPs"])
    func add(_ name: String, _ sum: Resources) {
      table.add([name, "\(sum.luts)", "\(sum.flipFlops)", "\(sum.blockRAMs)", "\(sum.dsps)"])
    }
    for (name, resources) in units.sorted(by: { ($0.value.luts, $1.key) > ($1.value.luts, $0.key) }) {
      add(name, resources)
    }
    if units.count > 1 { add("all", total) }
    let memory = megabytes.map { String(format: ", %.0f MiB", $0) } ?? ""
    let title = SynthesisTarget(rawValue: target)?.title ?? target
    return
      "\(top) of \(configuration) on \(title); \(tool), \(String(format: "%.0f", seconds)) s\(memory)\n\n\(table.text)"
  }
}

/// `rtlgen synth --check`: every configuration that is named, checked and not synthesised.
enum SynthesisChecks {
  private struct Row: Encodable {
    let configuration: String
    let tool: String
    let seconds: Double
    let megabytes: Double?
    let findings: [DesignFinding]
  }

  static func run(_ configurations: [Configuration], top: String, _ yosys: Yosys, json: Bool) throws {
    var rows: [Row] = []
    for configuration in configurations {
      let files = try Emission.files(configuration)
      let (findings, outcome) = try withSynthesisDirectory(files) { directory in
        try CoreSynthesis.check(top, configuration.name, yosys, in: directory)
      }
      rows.append(
        Row(
          configuration: configuration.name, tool: yosys.version, seconds: outcome.seconds,
          megabytes: outcome.megabytes, findings: findings))
    }
    if json {
      try Console.write(json: ["checks": rows])
    } else {
      var table = Table(["configuration", "latches", "undriven", "drivers", "loops", "other", "s", "MiB"])
      for row in rows {
        table.add(
          [row.configuration]
            + DesignFinding.Kind.allCases.map { kind in "\(row.findings.count { $0.kind == kind })" }
            + [String(format: "%.0f", row.seconds), row.megabytes.map { String(format: "%.0f", $0) } ?? "-"])
      }
      Console.write("\(top) before synthesis, by module and flattened; \(yosys.version)\n\n\(table.text)")
    }
    guard let bad = rows.first(where: { !$0.findings.isEmpty }) else { return }
    throw Failure(CoreSynthesis.sentence(bad.configuration, bad.findings))
  }
}
