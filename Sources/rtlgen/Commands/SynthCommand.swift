import ArgumentParser
import Foundation
import HardwareDescription
import SetunBoard
import SetunCore
import SetunMachine
import SetunSynthesis

struct SynthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synth",
    abstract: "Check, synthesise and count a core or one of its modules with Yosys, and run its netlist beside it.",
    discussion: """
      Latches, undriven nets, second drivers and combinational loops are errors; they are looked for in each module and in the \
      flattened design. --check stops after that, and takes every named configuration without --config. --baseline compares \
      with stored counts, never with those of another version of Yosys. --verify runs netlists for the ECP5 and their RTL side by \
      side with random inputs. With --route, on ecp5, nextpnr also places and routes the module between shift registers, and \
      the longest path is shown with the lines of Swift that it comes from.
      """)

  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file.")
  var config: String?

  @Option(name: .long, help: "The fabric: ecp5, xilinx (UltraScale+) or intel (Cyclone V as a proxy). (default: ecp5)")
  var target: SynthesisTarget?

  @Option(name: .long, help: "The module at the top; with --verify modules, separated by commas.")
  var top: String?

  @Flag(name: .long, help: "Look for latches, undriven nets, second drivers and loops, and synthesise nothing.")
  var check = false

  @Flag(name: .long, help: "Compare the counts with the stored ones.")
  var baseline = false

  @Flag(name: .long, help: "Store the counts.")
  var store = false

  @Option(name: .long, help: "The file of stored counts.", completion: .file(extensions: ["json"]))
  var stored = "Tests/Baselines/synth.json"

  @Flag(name: .long, help: "Count the trees of a ternary engine beside plain ones of the same width.")
  var engine = false

  @Option(name: .long, help: "Bytes of a beat, for --engine.")
  var lanes = 64

  @Flag(name: .long, help: "Run netlists for the ECP5 beside the RTL that they are made of.")
  var verify = false

  @Option(
    name: .long, help: "Write the core's flat netlist for the ECP5 to a directory that 'compare --rtl' takes.",
    completion: .directory)
  var netlist: String?

  @Option(name: .long, help: "Cycles of each module, for --verify.")
  var cycles = 20_000

  @Option(name: .long, help: "Seed of the inputs, for --verify.")
  var seed: UInt64 = 1

  @Flag(name: .long, help: "Place and route, too (ecp5).")
  var route = false

  @Option(name: .long, help: "Seeds for nextpnr, separated by commas.")
  var seeds = "1"

  @Option(name: .long, help: "The Yosys to use; otherwise the pinned one, where it is installed, or the one on PATH.")
  var yosys: String?

  @Flag(name: .long, help: "Print one JSON object instead of the tables.")
  var json = false

  func validate() throws {
    if [check, baseline, store, engine, verify, route, netlist != nil].count(where: { $0 }) > 1 {
      throw ValidationError("Give one of --check, --baseline, --store, --engine, --verify, --netlist and --route.")
    }
    if let target, target != .ecp5 {
      if route { throw ValidationError("--route needs --target ecp5; there is no open router for the others.") }
      if verify || netlist != nil {
        throw ValidationError("--verify and --netlist need --target ecp5; only its cells have models.")
      }
    }
    if baseline || store || engine || netlist != nil, top != nil {
      throw ValidationError("--top goes with neither --baseline, --store, --engine nor --netlist.")
    }
    guard (1...128).contains(lanes) else { throw ValidationError("--lanes must be 1 to 128.") }
    guard cycles > 0 else { throw ValidationError("--cycles must be at least 1.") }
    guard seeds.split(separator: ",").allSatisfy({ Int($0) != nil }), !seeds.isEmpty else {
      throw ValidationError("--seeds must be numbers separated by commas.")
    }
  }

  func run() throws {
    let yosys = try Yosys.found(yosys)
    let chosen = try config.map { try Configuration.load($0) }
    let target = target ?? .ecp5
    if check {
      let configurations = chosen.map { [$0] } ?? Configuration.named
      return try SynthesisChecks.run(configurations, top: top ?? Self.core, yosys, json: json)
    }
    if engine { return try EngineSynthesis.run(lanes: lanes, target, yosys, json: json) }
    if baseline || store {
      return try SynthesisBaseline.run(
        stored, storing: store, configuration: chosen, target: self.target, yosys, json: json)
    }
    if let netlist {
      let configuration = try chosen ?? Configuration.load(Configuration.ulx3s.name)
      return try NetlistVerification.write(configuration, to: netlist, yosys, json: json)
    }
    if verify {
      let configuration = try chosen ?? Configuration.load(Configuration.ulx3s.name)
      let units = top.map { $0.split(separator: ",").map(String.init) } ?? NetlistVerification.usual
      return try NetlistVerification.run(
        configuration, units: units, cycles: cycles, seed: seed, yosys, json: json)
    }
    let configuration = try chosen ?? Configuration.load(EngineFactory.defaultConfiguration)
    let synthesis = try CoreSynthesis.run(configuration, target, top: top ?? Self.core, yosys)
    if !json { Console.write(synthesis.table) }
    let reached = route ? try self.route(configuration, synthesis.top) : [:]
    if json { try Console.write(json: Report(synthesis: synthesis, seeds: reached)) }
  }

  private static let core = "setun_core"

  private struct Report: Encodable {
    let synthesis: CoreSynthesis
    /// Frequencies by seed.
    let seeds: [String: Double]
  }

  /// Frequencies by seed.
  private func route(_ configuration: Configuration, _ top: String) throws -> [String: Double] {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    guard let module = design.module(top) else { return [:] }
    let probe = ShiftProbe(module) { !$0.name.hasPrefix("retire_") }
    let files = try Emission.files(configuration) + [(name: ShiftProbe.name + ".sv", text: probe.text)]
    let texts = Dictionary(files.map { (String($0.name.dropLast(3)), $0.text) }) { first, _ in first }
    return try withSynthesisDirectory(files) { directory in
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
}
