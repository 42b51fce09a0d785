import Foundation
import HardwareDescription

/// A module on which tools do not agree, made as small as it gets.
public struct Disagreement: Sendable {
  /// Draws the module and its inputs.
  public let seed: UInt64
  public let module: PreparedModule
  public let outcomes: [SimulationTool: Outcome]
  /// Size of the module as it was drawn, and as it is now.
  public let sizes: (drawn: Int, shrunk: Int)

  /// What differs, in one line for each tool.
  public var summary: String {
    let refusals = outcomes.sorted { $0.key < $1.key }.compactMap { tool, outcome -> String? in
      if case .refused(let text) = outcome { "\(tool.rawValue) refuses: \(text)" } else { nil }
    }
    if !refusals.isEmpty { return refusals.joined(separator: "\n") }
    guard let place = Self.firstDifference(outcomes) else { return "The tools agree." }
    let ports = module.outputs
    let name = ports.indices.contains(place.output) ? ports[place.output].emittedName : "number of outputs"
    var lines = ["cycle \(place.cycle), \(name):"]
    for (tool, values) in Self.traces(outcomes) {
      let line = values.indices.contains(place.cycle) ? values[place.cycle] : ""
      let words = line.split(separator: " ")
      lines.append(
        "  \(tool.rawValue): \(words.indices.contains(place.output) ? String(words[place.output]) : "nothing")")
    }
    return lines.joined(separator: "\n")
  }

  /// Recipe, emitted text, inputs and what differs.
  public var report: String {
    var text = "seed \(seed): \(summary)\n\n\(module.recipe.swiftText)\n"
    for file in module.files { text += "\(file.text)\n" }
    text += "inputs by cycle:\n"
    for (input, values) in zip(module.recipe.inputs, module.stimulus.values) {
      text += "  \(input.name): \(values.map { hexadecimal($0, width: input.width) }.joined(separator: " "))\n"
    }
    return text
  }

  static func traces(_ outcomes: [SimulationTool: Outcome]) -> [(SimulationTool, [String])] {
    outcomes.sorted { $0.key < $1.key }.compactMap { tool, outcome in
      if case .trace(let lines) = outcome { (tool, lines) } else { nil }
    }
  }

  /// The first output, in the first cycle, that has no value all agree on.
  static func firstDifference(_ outcomes: [SimulationTool: Outcome]) -> (cycle: Int, output: Int)? {
    let traces = traces(outcomes).map(\.1)
    guard !traces.isEmpty else { return nil }
    for cycle in 0..<Stimulus.cycles {
      let words = traces.map { $0.indices.contains(cycle) ? $0[cycle].split(separator: " ") : ["missing"] }
      for output in 0..<(words.map(\.count).max() ?? 0) {
        let values = words.map { $0.indices.contains(output) ? $0[output] : "" }
        if values.contains(where: { $0 != values[0] || isUndefined($0) }) { return (cycle, output) }
      }
    }
    return nil
  }

  private static func isUndefined(_ value: Substring) -> Bool {
    value.contains { $0 == "x" || $0 == "z" } || value == "missing"
  }

  /// What is wrong, in a word that stays the same while a module is shrunk: a refusal, a difference or an undefined bit.
  package static func kind(of outcomes: [SimulationTool: Outcome]) -> String? {
    for (tool, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
      guard case .refused(let text) = outcome else { continue }
      if text.contains(BatchRunner.endless) { return "\(tool.rawValue) \(BatchRunner.endless)" }
      if let warning = text.range(of: "%Warning-") {
        return "\(tool.rawValue) \(text[warning.upperBound...].prefix { $0.isLetter })"
      }
      return "\(tool.rawValue) refuses"
    }
    guard let place = firstDifference(outcomes) else { return nil }
    let values = traces(outcomes).map { $0.1[place.cycle].split(separator: " ")[place.output] }
    return values.contains(where: isUndefined) ? "undefined" : "different"
  }
}
/// Draws modules, runs them on several tools, and shrinks those on which these do not agree.
public final class ModuleCampaign {
  public let tools: Set<SimulationTool>
  /// Modules that are built together.
  public let batch: Int
  public let runner: BatchRunner
  /// Smaller modules that are tried together.
  public var shrinkingBatch = 60
  /// Modules that ran, cycles of each, lines of emitted text.
  public private(set) var moduleCount = 0
  public private(set) var lineCount = 0
  /// How many modules a tool could not run, by reason.
  public private(set) var unable: [String: Int] = [:]
  public private(set) var illegal: [(seed: UInt64, problem: String)] = []

  public init(
    tools: Set<SimulationTool>, directory: URL, batch: Int = 100,
    edit: @escaping BatchRunner.Edit = { _, text in text }
  ) {
    self.tools = tools
    self.batch = batch
    runner = BatchRunner(directory: directory, edit: edit)
  }

  /// Runs the modules of the seeds and returns those on which the tools do not agree, as they were drawn.
  public func run(
    _ seeds: Range<UInt64>, progress: (Int) -> Void = { _ in }
  ) throws(RandomModulesError) -> [Disagreement] {
    var found: [Disagreement] = []
    var next = seeds.lowerBound
    while next < seeds.upperBound {
      let end = min(next + UInt64(batch), seeds.upperBound)
      var modules: [(seed: UInt64, module: PreparedModule)] = []
      for seed in next..<end {
        do {
          modules.append((seed, try PreparedModule(RecipeGenerator.recipe(seed: seed), seed: seed)))
        } catch {
          illegal.append((seed, "\(error)"))
        }
      }
      let outcomes = try runner.run(modules.map(\.module), on: tools)
      for ((seed, module), outcome) in zip(modules, outcomes) {
        moduleCount += 1
        lineCount += module.files.reduce(0) { $0 + $1.text.count { $0 == "\n" } }
        for case .unable(let reason) in outcome.values { unable[reason, default: 0] += 1 }
        guard Disagreement.kind(of: outcome) != nil else { continue }
        let size = module.recipe.size
        found.append(Disagreement(seed: seed, module: module, outcomes: outcome, sizes: (size, size)))
      }
      next = end
      progress(Int(next - seeds.lowerBound))
    }
    return found
  }

  /// The smallest module found that shows the same kind of disagreement between the same tools.
  public func shrink(_ disagreement: Disagreement) throws(RandomModulesError) -> Disagreement {
    let seed = disagreement.seed
    let pair = Self.cheapest(disagreement.outcomes)
    let kind = Disagreement.kind(of: disagreement.outcomes.filter { pair.contains($0.key) })
    let smallest = try Shrinker(batch: shrinkingBatch).shrink(disagreement.module.recipe) {
      candidates throws(RandomModulesError) in
      var verdicts = [Bool](repeating: false, count: candidates.count)
      var legal: [(number: Int, module: PreparedModule)] = []
      for (number, candidate) in candidates.enumerated() {
        if let module = try? PreparedModule(candidate, seed: seed) { legal.append((number, module)) }
      }
      let outcomes = try runner.run(legal.map(\.module), on: pair)
      for ((number, _), outcome) in zip(legal, outcomes) {
        verdicts[number] = Disagreement.kind(of: outcome) == kind
      }
      return verdicts
    }
    let module = try PreparedModule(smallest, seed: seed)
    let outcomes = try runner.run([module], on: tools)
    return Disagreement(
      seed: seed, module: module, outcomes: outcomes.first ?? [:],
      sizes: (disagreement.module.recipe.size, smallest.size))
  }

  /// The tools that show the disagreement in the least time.
  private static func cheapest(_ outcomes: [SimulationTool: Outcome]) -> Set<SimulationTool> {
    let order: [SimulationTool] = [.swift, .icarus, .verilator, .yosys].filter { outcomes[$0] != nil }
    for tool in order {
      if Disagreement.kind(of: outcomes.filter { $0.key == tool }) != nil { return [tool] }
    }
    for (position, first) in order.enumerated() {
      for second in order.dropFirst(position + 1)
      where Disagreement.kind(of: outcomes.filter { $0.key == first || $0.key == second }) != nil {
        return [first, second]
      }
    }
    return Set(order)
  }
}
