import BuiltInModel
import Checkpoint
import Foundation
import SetunCompiler
import SetunExploration
import SetunMachine
import SetunSimulator
import Testing

@Suite("Exploration: runs")
struct ExplorationTests {
  /// Points of every kind: simulated, beyond the budget, refused.
  static let space = DesignSpace(
    widths: [128, 512], channels: [1, 2, 32], streams: [1, 2], rowLanes: [1, 5], fifoBeats: [128, 512],
    memories: [.external(.dram(.ddr4Shared(ports: 4) ?? .ddr4)), .onChip])

  private func exploration() throws -> (Exploration, Checkpoint) {
    let checkpoint = try Checkpoint(directory: BuiltInModel.directory)
    let budget = try ResourceBudget.named("kv260")
    let exploration = try Exploration(shape: checkpoint.configuration, space: Self.space, budget: budget, tokens: 2)
    return (exploration, checkpoint)
  }

  /// Runs to the end, or until some points have come; the finished rows.
  private func run(_ directory: String, jobs: Int, stoppingAfter limit: Int? = nil) async throws -> [ResultRow]? {
    let (exploration, checkpoint) = try exploration()
    let journal = try ResultJournal(directory: directory, exploration)
    var count = 0
    for try await outcome in exploration.outcomes(of: checkpoint, skipping: journal.done, jobs: jobs) {
      try journal.append(outcome)
      count += 1
      if count == limit { return nil }
    }
    return try journal.finish()
  }

  private func table(_ directory: String) throws -> String {
    try String(contentsOfFile: directory + "/" + ResultJournal.name, encoding: .utf8)
  }

  @Test("one job or several, interrupted or not: the same table, every point in its place")
  func resuming() async throws {
    let whole = try Scratch()
    let rows = try #require(try await run(whole.path, jobs: 1))
    let text = try table(whole.path)
    #expect(rows.map(\.index) == Array(0..<Self.space.points.count))

    let parallel = try Scratch()
    _ = try await run(parallel.path, jobs: 3)
    #expect(try table(parallel.path) == text)

    let broken = try Scratch()
    // Refused points come first; the stops lie before, within and after those that are simulated.
    for limit in [3, 66, 7, 10] {
      #expect(try await run(broken.path, jobs: 2, stoppingAfter: limit) == nil)
      // A row that was being written when the power went.
      let handle = try #require(FileHandle(forWritingAtPath: broken.path + "/" + ResultJournal.name))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("17,512,2,1".utf8))
      try handle.close()
      #expect(try table(broken.path) != text)
    }
    let left = try await run(broken.path, jobs: 2)
    #expect(left == rows)
    #expect(try table(broken.path) == text)
    // Once more on what is finished.
    #expect(try await run(broken.path, jobs: 1) == rows)
    #expect(try table(broken.path) == text)

    // What kinds of outcomes there are, and what each row says.
    for row in rows {
      switch row[.status] {
      case "simulated":
        #expect(row.luts > 0 && row.tokensPerSecond > 0 && row[.reason].isEmpty && !row[.pareto].isEmpty)
        let fraction = try #require(Double(row[.deliverableFraction]))
        #expect(fraction > 0 && fraction <= 1.0001)
      case "exceeds": #expect(row.luts > 0 && row[.reason].contains("kv260") && row[.pareto].isEmpty)
      default:
        // Several channels with one row lane.
        #expect(row[.status] == "refused" && row[.reason].contains("rowLanes"))
      }
    }
    for status in ["simulated", "exceeds", "refused"] { #expect(rows.contains { $0[.status] == status }) }
    let front = rows.filter(\.isPareto)
    for row in front {
      #expect(!rows.contains { $0.isSimulated && $0.luts <= row.luts && $0.tokensPerSecond > row.tokensPerSecond })
    }
    #expect(!front.isEmpty && front.count < rows.count(where: \.isSimulated))
  }

  @Test("a point on a shared image takes the cycles of a run on an image of its own")
  func sharedImages() async throws {
    let checkpoint = try Checkpoint(directory: BuiltInModel.directory)
    let space = DesignSpace(
      widths: [128, 256], channels: [1, 2], rowLanes: [1, 5], fractions: [10, 15], fifoBeats: [128, 1024],
      memories: [.external(.ideal), .external(.dram(.ddr4))], clocks: [100, 300])
    let exploration = try Exploration(shape: checkpoint.configuration, space: space, tokens: 3)
    var cycles: Set<Double> = []
    for try await outcome in exploration.outcomes(of: checkpoint, jobs: 2) {
      guard case .simulated(let measurement) = outcome.verdict else { continue }
      let configuration = outcome.point.configuration(for: checkpoint.configuration)
      let model = try CompiledModel(checkpoint, for: configuration)
      var simulator = MachineSimulator(model)
      var observer = NoObserver()
      let request = RunRequest(prompt: [checkpoint.configuration.beginToken ?? 0], budget: 3)
      let run = try simulator.run(request, memory: outcome.point.memory.model, observer: &observer)
      #expect(measurement.cyclesPerToken == Double(run.tokenCycles[2] - run.tokenCycles[0]) / 2)
      #expect(outcome.tokensPerSecond == Double(outcome.point.clockMHz) * 1e6 / measurement.cyclesPerToken)
      cycles.insert(measurement.cyclesPerToken)
    }
    #expect(cycles.count > 10)
  }

  @Test("the named machine tiny is found as fast as it is known to be")
  func tiny() async throws {
    let checkpoint = try Checkpoint(directory: BuiltInModel.directory)
    let space = DesignSpace(widths: [128], channels: [1], rowLanes: [1], memories: [.external(.ideal)], clocks: [100])
    let exploration = try Exploration(shape: checkpoint.configuration, space: space)
    let program = try CompiledModel(checkpoint, for: .tiny).program
    let predicted = Prediction(program).cyclesPerToken
    for try await outcome in exploration.outcomes(of: checkpoint, jobs: 1) {
      guard case .simulated(let measurement) = outcome.verdict else {
        Issue.record("\(outcome)")
        continue
      }
      #expect(measurement.cyclesPerToken == Double(predicted) && measurement.predictedCycles == predicted)
      // An ideal memory delivers a beat a cycle.
      let beats = Double(program.traffic.total / Configuration.tiny.beatBytes)
      #expect(abs(measurement.deliverableFraction - beats / Double(predicted)) < 1e-12)
      let useful = Double(program.usefulTrits) / Double(5 * Configuration.tiny.lanes * predicted)
      #expect(abs(measurement.utilisation - useful) < 1e-12)
    }
  }

  @Test("a table of another space, model, budget or number of tokens is not continued")
  func keys() throws {
    let shape = DesignSpaceTests.shape
    let base = try Exploration(shape: shape, space: DesignSpace())
    let others = [
      try Exploration(shape: shape, space: DesignSpace(fractions: [12])),
      try Exploration(
        shape: ModelConfiguration(hiddenSize: 128, layerCount: 5, vocabularySize: 512), space: DesignSpace()),
      try Exploration(shape: shape, space: DesignSpace(), budget: try ResourceBudget.named("u250")),
      try Exploration(shape: shape, space: DesignSpace(), tokens: 5),
    ]
    #expect(Set(([base] + others).map(\.key)).count == 5)
    let scratch = try Scratch()
    _ = try ResultJournal(directory: scratch.path, base)
    _ = try ResultJournal(directory: scratch.path, base)
    for other in others {
      let error = #expect(throws: ExplorationError.self) { try ResultJournal(directory: scratch.path, other) }
      #expect(error?.description.contains("another model, space, budget or version") == true)
    }
  }

  @Test(
    "a file that is no table of this exploration is left alone",
    arguments: ["", "a,b\n", "# setun explore, key\n", "HEAD\nx,y\n", "HEAD\n999999,128\n"])
  func foreignFiles(text: String) throws {
    let exploration = try Exploration(shape: DesignSpaceTests.shape, space: DesignSpace())
    let scratch = try Scratch()
    let content = text.replacing("HEAD", with: "# setun explore, key \(exploration.key)")
    _ = try scratch.write(ResultJournal.name, content)
    #expect(throws: ExplorationError.self) { try ResultJournal(directory: scratch.path, exploration) }
    #expect(try table(scratch.path) == content)
  }

  @Test("two tokens are the least over which a point is measured")
  func tokens() {
    #expect(throws: ExplorationError.self) {
      try Exploration(shape: DesignSpaceTests.shape, space: DesignSpace(), tokens: 1)
    }
  }
}
