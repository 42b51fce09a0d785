import ArgumentParser
import Foundation
import HardwareDescription
import SetunBoard
import SetunCore
import SetunExploration
import SetunMachine

struct SynthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synth",
    abstract: "Synthesise a core or one of its modules with Yosys, and count what it takes, unit by unit.",
    discussion: """
      Latches, undriven nets, second drivers and combinational loops are errors. With --route, on ecp5, nextpnr also places and \
      routes it between shift registers, and the longest path is shown with the lines of Swift that it comes from.
      """)

  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file.")
  var config = EngineFactory.defaultConfiguration

  @Option(name: .long, help: "The fabric: ecp5, xilinx (UltraScale+) or intel (Cyclone V as a proxy).")
  var target = SynthesisTarget.ecp5

  @Option(name: .long, help: "The module at the top.")
  var top = "setun_core"

  @Flag(name: .long, help: "Place and route, too (ecp5).")
  var route = false

  @Option(name: .long, help: "Seeds for nextpnr, separated by commas.")
  var seeds = "1"

  @Flag(name: .long, help: "Print one JSON object instead of the tables.")
  var json = false

  func validate() throws {
    if route, target != .ecp5 {
      throw ValidationError("--route needs --target ecp5; there is no open router for the others.")
    }
    guard seeds.split(separator: ",").allSatisfy({ Int($0) != nil }), !seeds.isEmpty else {
      throw ValidationError("--seeds must be numbers separated by commas.")
    }
  }

  private struct Result: Encodable {
    let configuration: String
    let target: String
    let top: String
    let tool: String
    let units: [String: Resources]
    let total: Resources
    var seeds: [String: Double] = [:]
  }

  func run() throws {
    let configuration = try Configuration.load(config)
    let files = try Emission.files(configuration)
    guard files.contains(where: { $0.name == top + ".sv" }) else {
      throw Failure("The core of '\(configuration.name)' has no module '\(top)'.")
    }
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("setun-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try Emission.write(files, to: directory.path)
    let version =
      try SynthesisTools.run("Asking Yosys for its version", "yosys", ["-V"], in: directory)
      .split(separator: "\n").last.map(String.init) ?? "Yosys"
    let script = "\(SynthesisTools.checks(top: top)); \(target.command) -top \(top); tee -q -o statistics.txt stat"
    _ = try SynthesisTools.run(
      "Synthesising \(top) of \(configuration.name) for \(target.title)", "yosys", ["-q", "-p", script], in: directory)
    let statistics = String(
      decoding: try SynthesisTools.contents("statistics.txt", in: directory), as: UTF8.self)
    var units: [String: Resources] = [:]
    if top == "setun_core" {
      units = try SynthesisReport(
        statistics: statistics, fabric: target.fabric, configuration: configuration, tool: version,
        command: "yosys -q -p '\(script)'"
      ).units
    } else {
      units[top] = try SynthesisReport.resources(of: top, statistics: statistics)
    }
    var result = Result(
      configuration: configuration.name, target: target.rawValue, top: top, tool: version, units: units,
      total: units.values.reduce(Resources(), +))
    if !json { Console.write(table(result)) }
    if route { result.seeds = try self.route(configuration, files, directory) }
    if json { try Console.write(json: result) }
  }

  private func table(_ result: Result) -> String {
    var table = Table(["unit", "LUTs", "flip-flops", "block RAMs", "DSPs"])
    func add(_ name: String, _ sum: Resources) {
      table.add([name, "\(sum.luts)", "\(sum.flipFlops)", "\(sum.blockRAMs)", "\(sum.dsps)"])
    }
    for (name, resources) in result.units.sorted(by: { $0.value.luts > $1.value.luts }) { add(name, resources) }
    if result.units.count > 1 { add("all", result.total) }
    return "\(result.top) of \(result.configuration) on \(target.title); \(result.tool)\n\n\(table.text)"
  }

  /// Frequencies by seed.
  private func route(
    _ configuration: Configuration, _ files: [(name: String, text: String)], _ directory: URL
  ) throws -> [String: Double] {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    guard let module = design.module(top) else { return [:] }
    let probe = ShiftProbe(module) { !$0.name.hasPrefix("retire_") }
    var texts = Dictionary(files.map { (String($0.name.dropLast(3)), $0.text) }) { first, _ in first }
    texts[ShiftProbe.name] = probe.text
    try Data(probe.text.utf8).write(to: directory.appendingPathComponent(ShiftProbe.name + ".sv"))
    let flow = PlaceAndRoute(
      directory: directory, top: ShiftProbe.name, device: Board.ulx3s.placement, targetMHz: configuration.clockMHz)
    try flow.synthesise()
    var reached: [String: Double] = [:]
    for seed in seeds.split(separator: ",") {
      let timing = try flow.route(seed: Int(seed) ?? 1)
      reached[String(seed)] = timing.achievedMHz
      if json { continue }
      Console.write(
        String(format: "\nseed %@: %.2f MHz; longest path %.2f ns, ", String(seed), timing.achievedMHz, timing.delay)
          + String(format: "%.2f of it in wires:\n\n", timing.routing)
          + timing.table(top: ShiftProbe.name, texts: texts))
    }
    return reached
  }
}
