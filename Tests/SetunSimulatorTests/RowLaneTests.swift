import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

extension Configuration {
  /// Five row lanes, a row group a beat; no capacity is a multiple of five.
  static let narrowLanes = Configuration(
    name: "narrow-lanes", beatBits: 128, fractionBits: 12, fifoBeats: 32, burstBeats: 16, hiddenCapacity: 101,
    intermediateCapacity: 777, stateCapacity: 311, vocabularyCapacity: 801, promptCapacity: 12, tokenCapacity: 4,
    rowLanes: 5, clockMHz: 50)

  /// Five row lanes, three row groups a beat.
  static let mediumLanes = Configuration(
    name: "medium-lanes", beatBits: 256, fractionBits: 10, fifoBeats: 128, burstBeats: 8, hiddenCapacity: 160,
    intermediateCapacity: 203, stateCapacity: 640, vocabularyCapacity: 1000, promptCapacity: 64, tokenCapacity: 16,
    rowLanes: 5, clockMHz: 200)

  /// Five row lanes, six row groups a beat; the trained models fit.
  static let wideLanes = Configuration(
    name: "wide-lanes", beatBits: 512, burstBeats: 64, hiddenCapacity: 256, intermediateCapacity: 777,
    stateCapacity: 1556, vocabularyCapacity: 2048, rowLanes: 5, clockMHz: 250)

  /// The same machine with one row lane.
  fileprivate var oneLane: Configuration {
    var copy = self
    copy.name += "-one"
    copy.rowLanes = 1
    return copy
  }
}

@Suite("Five row lanes")
struct RowLaneTests {
  static let shapes: [AgreementCase] = {
    typealias Model = RandomCheckpoint
    let two = AgreementTests.twoMemories
    let every = AgreementTests.everyMemory
    return [
      AgreementCase(Model(d: 101, intermediate: 777, layers: 3, vocabulary: 777), .narrowLanes, two),
      AgreementCase(Model(d: 20, intermediate: 36, layers: 3, vocabulary: 64, type: .f16, seed: 2), .narrowLanes, two),
      AgreementCase(Model(d: 5, intermediate: 7, layers: 1, vocabulary: 9, seed: 3), .narrowLanes, every),
      // One row group everywhere.
      AgreementCase(Model(d: 3, intermediate: 4, layers: 2, vocabulary: 2, seed: 4), .narrowLanes, every),
      AgreementCase(Model(d: 1, intermediate: 1, layers: 1, vocabulary: 2, seed: 5), .narrowLanes, two),
      AgreementCase(Model(d: 6, intermediate: 260, layers: 2, vocabulary: 11, seed: 7), .narrowLanes, two),
      AgreementCase(Model(d: 100, intermediate: 1, layers: 2, vocabulary: 3, seed: 8), .narrowLanes, two),
      AgreementCase(
        Model(d: 17, intermediate: 33, layers: 2, vocabulary: 801, epsilon: 1e-3, seed: 10), .narrowLanes, two),
      AgreementCase(Model(d: 20, intermediate: 36, layers: 2, vocabulary: 64, seed: 11), .mediumLanes, every),
      AgreementCase(
        Model(d: 160, intermediate: 200, layers: 2, vocabulary: 1000, type: .f16, seed: 12), .mediumLanes, two),
      AgreementCase(Model(d: 1, intermediate: 1, layers: 1, vocabulary: 2, seed: 14), .mediumLanes, two),
      AgreementCase(Model(d: 128, intermediate: 777, layers: 1, vocabulary: 777, seed: 15), .wideLanes, two),
      // A row group a beat: a group enters each cycle, and one leaves.
      AgreementCase(Model(d: 20, intermediate: 36, layers: 1, vocabulary: 777, seed: 17), .wideLanes, every),
      AgreementCase(Model(d: 5, intermediate: 3, layers: 1, vocabulary: 2, seed: 18), .wideLanes, two),
      AgreementCase(
        Model(d: 36, intermediate: 50, layers: 2, vocabulary: 60, weights: .huge, seed: 21), .narrowLanes, two),
      AgreementCase(
        Model(d: 36, intermediate: 50, layers: 2, vocabulary: 60, weights: .zero, seed: 22), .wideLanes, two),
    ]
  }()

  @Test("simulator and RTL agree on models of every shape", arguments: shapes)
  func everyShape(_ test: AgreementCase) throws { try AgreementTests.run(test) }

  @Test("simulator and RTL agree on prompts, scores and carried state", arguments: AgreementTests.twoMemories)
  func requests(memory: MemoryModel) throws {
    let model = RandomCheckpoint(d: 31, intermediate: 44, layers: 2, vocabulary: 53, seed: 31)
    let requests = [
      RunRequest(prompt: [7, 3, 49, 0], budget: 3, score: true), RunRequest(prompt: [7], budget: 2, clear: false),
      RunRequest(prompt: [7, 8, 9], budget: 1, clear: false, score: true), RunRequest(prompt: [7], budget: 2),
    ]
    for configuration in [Configuration.narrowLanes, .wideLanes] {
      try AgreementTests.run(AgreementCase(model, configuration, requests, [memory], base: 0x12_3456_7000))
    }
  }

  @Test(
    "what retires are the bits that one lane retires",
    arguments: [
      (RandomCheckpoint(d: 101, intermediate: 777, layers: 2, vocabulary: 777), Configuration.narrowLanes),
      (RandomCheckpoint(d: 3, intermediate: 4, layers: 2, vocabulary: 2), .narrowLanes),
      (RandomCheckpoint(d: 158, intermediate: 202, layers: 2, vocabulary: 998), .mediumLanes),
      (RandomCheckpoint(d: 128, intermediate: 777, layers: 2, vocabulary: 777), .wideLanes),
    ])
  func equalsOneLane(model: RandomCheckpoint, configuration: Configuration) throws {
    try model.withCheckpoint { checkpoint in
      func run(_ configuration: Configuration) throws -> (rows: [[Float]], tokens: [Int], records: [String]) {
        let compiled = try CompiledModel(checkpoint, for: configuration)
        var simulator = MachineSimulator(compiled)
        var transcript = RunTranscript()
        let request = RunRequest(prompt: [1, 0], budget: 3, score: true)
        let result = try simulator.run(request, records: true, observer: &transcript)
        // Digests of sums hold cycles, those of loads the layout of beats.
        let kept: [RetireKind] = [.element, .quantise, .scale, .token]
        let records = result.records.filter { kept.contains($0.kind) }.map {
          "\($0.kind) \($0.sequence) \($0.opcode) \($0.destination) \($0.digest)"
        }
        return (transcript.rows, transcript.tokens, records.sorted())
      }
      let (five, one) = (try run(configuration), try run(configuration.oneLane))
      #expect(five.rows.map { $0.map(\.bitPattern) } == one.rows.map { $0.map(\.bitPattern) })
      #expect(five.tokens == one.tokens)
      #expect(five.records == one.records && !five.records.isEmpty)
    }
  }

  @Test("the trained models take fewer cycles on 512 bits, and say the same", arguments: Fixture.allCases)
  func trained(fixture: Fixture) throws {
    var results: [(tokens: [Int], cycles: Int)] = []
    for configuration in [Configuration.wideLanes, Configuration.wideLanes.oneLane] {
      var simulator = MachineSimulator(try fixture.compiled(for: configuration))
      var transcript = RunTranscript()
      let result = try simulator.run(RunRequest(prompt: [1], budget: 8), observer: &transcript)
      results.append((transcript.tokens, result.cycles))
    }
    print("\(fixture.rawValue), 8 tokens on 512 bits: \(results[0].cycles) cycles, with one lane \(results[1].cycles)")
    #expect(results[0].tokens == results[1].tokens)
    #expect(results[0].cycles < results[1].cycles)
  }

  @Test("simulator and RTL agree on the trained models", arguments: Fixture.allCases, AgreementTests.twoMemories)
  func trainedAgreement(fixture: Fixture, memory: MemoryModel) throws {
    try Chain.expectAgreement(
      try fixture.compiled(for: .wideLanes), [RunRequest(prompt: [1], budget: 2)], memory: memory, fixture.rawValue)
  }

  @Test(
    "the predicted cycles of a token are within 1 % of the simulated ones",
    arguments: [
      (RandomCheckpoint(d: 101, intermediate: 777, layers: 2, vocabulary: 777), Configuration.narrowLanes),
      (RandomCheckpoint(d: 5, intermediate: 7, layers: 1, vocabulary: 9), .narrowLanes),
      (RandomCheckpoint(d: 160, intermediate: 203, layers: 2, vocabulary: 1000), .mediumLanes),
      (RandomCheckpoint(d: 128, intermediate: 777, layers: 1, vocabulary: 777), .wideLanes),
      (RandomCheckpoint(d: 20, intermediate: 777, layers: 2, vocabulary: 777), .wideLanes),
      (RandomCheckpoint(d: 64, intermediate: 100, layers: 1, vocabulary: 130), .wideLanes),
    ])
  func prediction(model: RandomCheckpoint, configuration: Configuration) throws {
    // The closed form does not know a FIFO that runs dry.
    var configuration = configuration
    configuration.fifoBeats = 512
    try model.withCheckpoint {
      try TokenTimeTests.expectPrediction(try CompiledModel($0, for: configuration), "\(model)")
    }
  }

  @Test("the same for the trained models", arguments: Fixture.allCases)
  func prediction(fixture: Fixture) throws {
    try TokenTimeTests.expectPrediction(try fixture.compiled(for: .wideLanes), fixture.rawValue)
  }

  @Test("every layer's state but the last takes whole groups: what fits is compiled, what does not is refused")
  func stateCapacity() throws {
    let model = RandomCheckpoint(d: 101, intermediate: 5, layers: 3, vocabulary: 2)
    try model.withCheckpoint { checkpoint in
      // 105 + 105 + 101
      let compiled = try CompiledModel(checkpoint, for: .narrowLanes)
      let words = compiled.program.entries.map(\.instruction).filter { $0.opcode == .mlgru }.map { $0["state"] }
      #expect(words == [0, 21, 42])
      var less = Configuration.narrowLanes
      less.stateCapacity -= 1
      let error = #expect(throws: CompilerError.self) { try CompiledModel(checkpoint, for: less) }
      #expect(
        error?.description.contains(
          "recurrent state (layers x hidden size, in multiples of 5) is 311, but configuration 'narrow-lanes' holds 310"
        )
          == true, "\(String(describing: error))")
    }
  }
}
