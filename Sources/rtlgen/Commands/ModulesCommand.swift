import ArgumentParser
import Foundation
import RandomModules

struct ModulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modules", abstract: "Run random modules of the hardware language on four simulators, and compare.",
    discussion: """
      Each module is drawn from a seed, as are its inputs. A module on which the tools do not agree is made as small as \
      possible and printed, as Swift and as SystemVerilog; --seed and --count 1 draw it again.
      """)

  @Option(name: .long, help: "Draws the first module; the next ones have the next seeds.")
  var seed: UInt64 = 1

  @Option(name: .long, help: "Modules.")
  var count = 200

  @Option(name: .long, help: "Modules that are built together.")
  var batch = 100

  @Option(name: .long, help: "Tools that are compared: swift, verilator, icarus, yosys.")
  var tools = SimulationTool.allCases.map(\.rawValue).joined(separator: ",")

  @Option(name: .long, help: "Directory in which the files of all runs are left.")
  var keep: String?

  @Flag(name: .long, help: "Print the modules as they were drawn, without making them smaller.")
  var whole = false

  func validate() throws {
    for (name, value) in [("count", count), ("batch", batch)] where value < 1 {
      throw ValidationError("--\(name) must be at least 1.")
    }
    _ = try chosenTools()
  }

  private func chosenTools() throws -> Set<SimulationTool> {
    let chosen = try tools.split(separator: ",").map { name in
      guard let tool = SimulationTool(rawValue: String(name)) else {
        throw ValidationError("'\(name)' is no tool; choose from swift, verilator, icarus and yosys.")
      }
      return tool
    }
    guard Set(chosen).count >= 2 else { throw ValidationError("--tools must name at least two tools.") }
    return Set(chosen)
  }

  func run() throws {
    let place =
      keep.map { URL(fileURLWithPath: $0) }
      ?? FileManager.default.temporaryDirectory.appendingPathComponent("setun-modules-\(UUID().uuidString)")
    defer { if keep == nil { try? FileManager.default.removeItem(at: place) } }
    let campaign = ModuleCampaign(tools: try chosenTools(), directory: place, batch: batch)
    campaign.runner.keepsFiles = keep != nil
    var progress = Progress("Modules")
    defer { progress.finish() }
    let start = ContinuousClock.now
    let found = try campaign.run(seed..<seed + UInt64(count)) { progress.update(Double($0) / Double(count)) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for (seed, problem) in campaign.illegal {
      Console.write("seed \(seed): the language refuses the module: \(problem)\n")
    }
    for disagreement in found {
      let small = whole ? disagreement : try campaign.shrink(disagreement)
      Console.write(small.report + "\n")
    }
    for (reason, number) in campaign.unable.sorted(by: { $0.key < $1.key }) {
      Console.write("\(number) not run by one tool: \(reason)\n")
    }
    let names = campaign.tools.sorted().map(\.rawValue).joined(separator: ", ")
    Console.write(
      """
      \(campaign.moduleCount) modules from seed \(seed) on \(names): \(found.count) disagreements, \
      \(campaign.illegal.count) refused by the language; \(campaign.lineCount) lines of SystemVerilog, \
      \(Stimulus.cycles) cycles each, \(String(format: "%.1f", seconds)) s.

      """)
    guard found.isEmpty, campaign.illegal.isEmpty else { throw ExitCode.failure }
  }
}
