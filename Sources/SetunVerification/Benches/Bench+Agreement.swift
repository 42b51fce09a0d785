import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// Small random models: the runs of the core are the simulator's.
  public static let agreement = Bench(
    "compare", "prompts, SCORE, logits and carried state of small random models, as simulated"
  ) {
    model, configuration, seed in
    var log = BenchLog()
    let shape = ModelConfiguration(hiddenSize: 20, intermediateSize: 36, layerCount: 2, vocabularySize: 37)
    let fixtures = [try BenchFixture(configuration, shape, seed: seed), try .long(configuration)]
    for fixture in fixtures {
      for memory in [MemoryModel.ideal, .random(seed: seed)] {
        let core = try CoreBench(model, fixture, memory)
        try core.compare("\(fixture.shapeText), \(memory)", RunRequest(prompt: fixture.prompt(3), budget: 2))
        guard core.log.findings.isEmpty else { return core.log }
        let scored = RunRequest(prompt: fixture.prompt(2), budget: 2, score: true)
        let expected = try fixture.expected(scored, memory)
        try core.start(scored, logits: true)
        try core.finish("SCORE", [.budgetReached], within: core.runBound(scored))
        _ = try core.session.run(maxCycles: 64)
        try core.check("SCORE with logits", scored, expected)
        let rows = try fixture.expectedLogits(scored, memory)
        core.log.expect(core.session.takeLogitRows() == rows, "SCORE: the logits differ from the simulated ones")
        log.merge(core.log)
        guard log.findings.isEmpty else { return log }
      }
    }
    return log
  }

  /// Models of random shapes and long prompts: what depends on values is reached with many of them.
  public static let agreementOfMany = Bench(
    "compare-many", "SCORE of 20 tokens in models of random shapes, as simulated", isQuick: false
  ) {
    model, configuration, seed in
    var log = BenchLog()
    for number in 0..<11 {
      let fixture: BenchFixture
      var request: RunRequest
      var memory = MemoryModel.random(seed: seed)
      switch number {
      case 7:
        // Vectors that take longer to quantise than their scales.
        let shape = ModelConfiguration(
          hiddenSize: 20, intermediateSize: min(configuration.intermediateCapacity, 768), layerCount: 1,
          vocabularySize: 9)
        fixture = try BenchFixture(configuration, shape, seed: seed)
        request = RunRequest(prompt: fixture.prompt(20, seed: 7), budget: 1, score: true)
      case 8:
        // A body that the FIFO holds, with a head that makes it longer than that.
        let shape = ModelConfiguration(
          hiddenSize: 24, intermediateSize: 40, layerCount: 1,
          vocabularySize: min(configuration.vocabularyCapacity, 3000))
        fixture = try BenchFixture(configuration, shape, seed: seed)
        request = RunRequest(prompt: fixture.prompt(6), budget: 2)
      case 9:
        // All of the next position's first beats are there before it begins.
        fixture = try .long(configuration)
        request = RunRequest(prompt: fixture.prompt(2), budget: 2)
        memory = MemoryModel(.ideal, latency: 1)
      case 10:
        guard let barelyLong = try BenchFixture.barelyLong(configuration) else { continue }
        fixture = barelyLong
        request = RunRequest(prompt: fixture.prompt(3), budget: 2)
      default:
        fixture = try .random(configuration, seed: seed &* 101 &+ UInt64(number))
        request = RunRequest(prompt: fixture.prompt(20, seed: UInt64(number)), budget: 1, score: true)
      }
      let core = try CoreBench(model, fixture, memory)
      try core.compare(fixture.shapeText, request)
      log.merge(core.log)
      guard log.findings.isEmpty else { return log }
    }
    return log
  }

  /// A model, compiled when it comes to it: two tokens, as simulated.
  public static func agreement(named name: String, _ compile: @escaping @Sendable () throws -> CompiledModel) -> Bench {
    Bench("compare-\(name)", "two tokens of \(name), as simulated") { model, _, seed in
      let fixture = BenchFixture(try compile())
      let core = try CoreBench(model, fixture, .random(seed: seed))
      try core.compare(name, RunRequest(prompt: fixture.prompt(1, seed: seed), budget: 2))
      return core.log
    }
  }
}
