import Foundation
import HardwareDescription
import RandomModules
import Testing

/// Every tool gives a module the same meaning. `SEED` chooses other modules, `COUNT` more of them.
@Suite struct RandomModulesTests {
  private static let environment = ProcessInfo.processInfo.environment
  static let seed = environment["SEED"].flatMap(UInt64.init) ?? 1
  static let count = environment["COUNT"].flatMap(UInt64.init) ?? 60

  @Test func randomModulesMeanTheSameToAllTools() throws {
    try withDirectory { directory in
      let campaign = ModuleCampaign(tools: Set(SimulationTool.allCases), directory: directory)
      let found = try campaign.run(Self.seed..<Self.seed + Self.count)
      #expect(campaign.illegal.map(\.problem) == [], "seeds \(campaign.illegal.map(\.seed))")
      #expect(found.map { "seed \($0.seed): \($0.summary)" } == [])
      #expect(campaign.moduleCount == Int(Self.count))
    }
  }

  @Test func theSameSeedGivesTheSameModuleAndInputs() throws {
    let (first, again) = (RecipeGenerator.recipe(seed: 7), RecipeGenerator.recipe(seed: 7))
    #expect(first == again)
    #expect(first != RecipeGenerator.recipe(seed: 8))
    #expect(first.swiftText == again.swiftText)
    #expect(try PreparedModule(first, seed: 7).stimulus.values == PreparedModule(again, seed: 7).stimulus.values)
  }

  /// Faults a writer of SystemVerilog makes: each is given to Icarus alone.
  @Test(arguments: [("a shift that does not keep the sign", ">>>", ">>"), ("a sign that is dropped", "$signed(", "(")])
  func aPlantedFaultIsFoundAndShrunk(_ name: String, _ text: String, _ fault: String) throws {
    try withDirectory { directory in
      let campaign = ModuleCampaign(tools: [.swift, .icarus], directory: directory) { tool, emitted in
        tool == .icarus ? emitted.replacingOccurrences(of: text, with: fault) : emitted
      }
      let found = try campaign.run(1..<40)
      let first = try #require(found.first { Disagreement.kind(of: $0.outcomes) == "different" }, "\(name)")
      let small = try campaign.shrink(first)
      #expect(Disagreement.kind(of: small.outcomes) == "different")
      #expect(small.module.files.contains { $0.text.contains(text) })
      #expect(small.sizes.shrunk < 120, "\(small.report)")
      #expect(small.module.recipe.outputs.count == 1, "\(small.report)")
      #expect(small.report.contains("seed \(first.seed)") && small.report.contains("cycle"))
    }
  }

  @Test func aModuleThatAToolRefusesIsNamedAmongMany() throws {
    try withDirectory { directory in
      let runner = BatchRunner(directory: directory) { _, text in
        text.replacingOccurrences(of: "module module_3 (", with: "module module_3 (,")
      }
      let modules = try (1...5).map { try PreparedModule(RecipeGenerator.recipe(seed: $0), seed: $0) }
      let outcomes = try runner.run(modules, on: [.icarus])
      let refused = outcomes.indices.filter { if case .refused = outcomes[$0][.icarus] { true } else { false } }
      #expect(refused == [2])
    }
  }

  private func withDirectory(_ body: (URL) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("modules-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory)
  }
}
