import Foundation
import HardwareDescription
import HardwareSimulator
import SeededRandom
import SetunCore
import SetunExploration
import SetunSynthesis
import Testing

@Suite struct EngineTests {
  /// Runs a tree and returns its sum for each cycle's operands.
  private func sums(_ tree: some FixedLatencyModule, _ operands: [[(trit: Int, activation: Int)]]) throws -> [Int] {
    let simulation = try Simulation(Elaborator().run(tree), initialState: .random(seed: 1))
    let trits = try simulation.signal("trits")
    let activations = try simulation.signal("activations")
    var found: [Int] = []
    for cycle in 0..<operands.count + tree.latency {
      if cycle < operands.count {
        func pattern(_ width: Int, _ value: (Int) -> Int) -> BitPattern {
          let lanes = operands[cycle].count
          var words = [UInt64](repeating: 0, count: (lanes * width + 63) / 64)
          for lane in 0..<lanes {
            // Neither two nor eight bits lie in two words.
            words[lane * width / 64] |= UInt64(value(lane) & (1 << width - 1)) << UInt64(lane * width % 64)
          }
          return BitPattern(words: words, width: lanes * width)
        }
        try simulation.poke(trits, pattern(2) { operands[cycle][$0].trit })
        try simulation.poke(activations, pattern(8) { operands[cycle][$0].activation })
      }
      if cycle >= tree.latency { found.append(try simulation.peekSigned("sum")) }
      simulation.step()
    }
    return found
  }

  @Test(arguments: [2, 3, 4, 5, 6, 7, 8, 11, 16, 33, 64])
  func bothTreesGiveTheDotProduct(_ lanes: Int) throws {
    let seed = UInt64(lanes)
    var random = SeededGenerator(seed: seed)
    var operands = (0..<200).map { _ in
      (0..<lanes).map { _ in
        (trit: Int.random(in: -1...1, using: &random), activation: Int.random(in: -127...127, using: &random))
      }
    }
    for trit in -1...1 {
      for activation in [-127, 0, 127] { operands.append(Array(repeating: (trit, activation), count: lanes)) }
    }
    let expected = operands.map { $0.reduce(0) { $0 + $1.trit * $1.activation } }
    #expect(try sums(DotTree(lanes: lanes), operands) == expected, "seed \(seed)")
    #expect(try sums(PlainTree(lanes: lanes), operands) == expected, "seed \(seed)")
  }

  @Test(arguments: [Fabric.ultraScalePlus, .ecp5])
  func ternaryTreesTakeFewerLUTsThanPlainOnes(_ fabric: Fabric) throws {
    let lanes = 16
    let comparison = TreeComparison(lanes: lanes)
    try SynthesisDirectory.with(comparison) { directory in
      let synthesis = try #require(fabric.synthesis)
      let outcome = try SynthesisDirectory.yosys().run(
        "read_verilog -sv *.sv; \(synthesis) -top \(comparison.moduleName); tee -q -o statistics.txt stat",
        in: directory)
      try #require(outcome.succeeded, "\(outcome.messages)")
      let statistics = try String(contentsOf: directory.appendingPathComponent("statistics.txt"), encoding: .utf8)
      /// With the inverters that Yosys leaves beside the LUTs.
      func luts(_ module: String) throws -> Int {
        try SynthesisReport.resources(of: module, statistics: statistics).luts
          + SynthesisReport.cells("INV", of: module, statistics: statistics)
      }
      let (ternary, plain) = (try luts("dot_tree_\(lanes)"), try luts("plain_tree_\(lanes)"))
      #expect(ternary > 0 && 4 * ternary < 3 * plain, "\(ternary) and \(plain) LUTs")
    }
  }
}
