import Foundation
import HardwareDescription
import SetunExploration
import SetunSynthesis

/// `rtlgen synth --engine`: the trees of a ternary engine beside plain ones of the same width, in one run of Yosys.
enum EngineSynthesis {
  private struct Result: Encodable {
    let target: String
    let tool: String
    let tritsPerCycle: Int
    let trees: Resources
    let plainTrees: Resources
    let decoders: Resources
    /// Inverters that Yosys leaves beside the LUTs, and which are not among them.
    let treeInverters: Int
    let plainTreeInverters: Int
  }

  static func run(lanes: Int, _ target: SynthesisTarget, _ yosys: Yosys, json: Bool) throws {
    let comparison = TreeComparison(lanes: lanes)
    let files = try Elaborator().run(comparison).systemVerilog(
      configuration: "\(lanes) lanes", generator: "Setun rtlgen"
    ).map { (name: $0.name, text: $0.text) }
    let statistics = try withSynthesisDirectory(files) { directory in
      let script =
        "read_verilog -sv *.sv; \(target.command) -top \(comparison.moduleName); tee -q -o statistics.txt stat"
      let outcome = try yosys.run("Synthesising \(5 * lanes) trits a cycle", script, in: directory)
      guard outcome.succeeded else { throw Failure("yosys failed: \(outcome.error)") }
      return String(decoding: try SynthesisTools.contents("statistics.txt", in: directory), as: UTF8.self)
    }
    func resources(_ module: String, _ copies: Int) throws -> Resources {
      try SynthesisReport.resources(of: module, statistics: statistics) * copies
    }
    func inverters(_ module: String, _ copies: Int) -> Int {
      SynthesisReport.cells("INV", of: module, statistics: statistics) * copies
    }
    let (tree, plain) = ("dot_tree_\(lanes)", "plain_tree_\(lanes)")
    let result = Result(
      target: target.rawValue, tool: yosys.version, tritsPerCycle: 5 * lanes, trees: try resources(tree, 5),
      plainTrees: try resources(plain, 5), decoders: try resources("trit_decoder", lanes),
      treeInverters: inverters(tree, 5), plainTreeInverters: inverters(plain, 5))
    if json {
      try Console.write(json: result)
    } else {
      var table = Table(["", "LUTs", "inverters", "flip-flops", "DSPs"])
      for (name, sum, inverters) in [
        ("five ternary trees", result.trees, result.treeInverters),
        ("five plain trees", result.plainTrees, result.plainTreeInverters),
        ("\(lanes) decoders, base 3", result.decoders, 0),
      ] {
        table.add([name, "\(sum.luts)", "\(inverters)", "\(sum.flipFlops)", "\(sum.dsps)"])
      }
      let share = 100 * Double(result.trees.luts) / Double(max(1, result.plainTrees.luts))
      Console.write(
        "\(5 * lanes) trits a cycle (\(8 * lanes)-bit beats) on \(target.title); \(yosys.version)\n\n\(table.text)\n"
          + String(format: "The ternary trees take %.1f %% of the LUTs of the plain ones.\n", share))
    }
    guard result.trees.luts < result.plainTrees.luts else {
      throw Failure("The ternary trees take no fewer LUTs than plain ones.")
    }
  }
}
