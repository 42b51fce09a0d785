import Checkpoint
import Foundation
import SeededRandom
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing
import VerilatorBridge

/// A model, a machine, and what is asked of it.
struct AgreementCase: Sendable, CustomStringConvertible {
  var model: RandomCheckpoint
  var configuration: Configuration
  var requests: [RunRequest]
  var memories: [MemoryModel]
  var base: UInt64 = 0

  init(
    _ model: RandomCheckpoint, _ configuration: Configuration,
    _ requests: [RunRequest] = [RunRequest(prompt: [1], budget: 3)], _ memories: [MemoryModel] = [.ideal],
    base: UInt64 = 0
  ) {
    self.model = model
    self.configuration = configuration
    self.requests = requests
    self.memories = memories
    self.base = base
  }

  var description: String { "\(model), on \(configuration.name)" }
}

@Suite("Simulator and RTL agree: shapes, weights, requests, memories")
struct AgreementTests {
  static let everyMemory: [MemoryModel] = [
    .ideal, .random(seed: 1), .random(seed: 2), .random(seed: 0xDEAD_BEEF), MemoryModel(.ideal, latency: 1),
    MemoryModel(.ideal, latency: 7), MemoryModel(.ideal, latency: 300), MemoryModel(.random(seed: 9), latency: 1),
    MemoryModel(.random(seed: 10), latency: 300), .dram(.ddr4), .dram(.hbm2),
    .dram(DRAMTiming.ddr4Shared(ports: 4) ?? .ddr4), .dram(slowDRAM),
  ]
  /// Two requests at a time, refreshed often, with short rows: ARREADY waits, and so does the stream.
  static let slowDRAM: DRAMTiming = {
    var timing = DRAMTiming.ddr4
    (timing.name, timing.outstandingRequests, timing.tREFI, timing.rowBytes) = ("slow", 2, 1200, 256)
    (timing.sharingPorts, timing.bufferBursts, timing.queueBursts) = (8, 16, 2)
    return timing
  }()
  static let twoMemories: [MemoryModel] = [.ideal, .random(seed: 3)]

  static let shapes: [AgreementCase] = [
    AgreementCase(RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777), .small, twoMemories),
    AgreementCase(
      RandomCheckpoint(d: 20, intermediate: 36, layers: 3, vocabulary: 64, type: .f16, seed: 2), .small, twoMemories),
    AgreementCase(RandomCheckpoint(d: 5, intermediate: 7, layers: 1, vocabulary: 9, seed: 3), .small, everyMemory),
    AgreementCase(RandomCheckpoint(d: 3, intermediate: 4, layers: 2, vocabulary: 2, seed: 4), .small, everyMemory),
    AgreementCase(RandomCheckpoint(d: 1, intermediate: 1, layers: 1, vocabulary: 2, seed: 5), .small, twoMemories),
    AgreementCase(RandomCheckpoint(d: 2, intermediate: 1, layers: 2, vocabulary: 5, seed: 6), .small, twoMemories),
    AgreementCase(RandomCheckpoint(d: 6, intermediate: 260, layers: 2, vocabulary: 11, seed: 7), .small, twoMemories),
    AgreementCase(RandomCheckpoint(d: 100, intermediate: 1, layers: 2, vocabulary: 3, seed: 8), .small, twoMemories),
    AgreementCase(
      RandomCheckpoint(d: 16, intermediate: 16, layers: 4, vocabulary: 16, lowerBound: false, seed: 9), .small,
      everyMemory),
    AgreementCase(
      RandomCheckpoint(d: 17, intermediate: 33, layers: 2, vocabulary: 800, epsilon: 1e-3, seed: 10), .small,
      twoMemories),
    AgreementCase(RandomCheckpoint(d: 20, intermediate: 36, layers: 2, vocabulary: 64, seed: 11), .medium, everyMemory),
    AgreementCase(
      RandomCheckpoint(d: 160, intermediate: 200, layers: 2, vocabulary: 1000, type: .f16, seed: 12), .medium,
      twoMemories),
    AgreementCase(RandomCheckpoint(d: 5, intermediate: 7, layers: 1, vocabulary: 9, seed: 13), .medium, twoMemories),
    AgreementCase(RandomCheckpoint(d: 1, intermediate: 1, layers: 1, vocabulary: 2, seed: 14), .medium, twoMemories),
    AgreementCase(RandomCheckpoint(d: 16, intermediate: 16, layers: 1, vocabulary: 40, seed: 19), .least, everyMemory),
    AgreementCase(RandomCheckpoint(d: 7, intermediate: 12, layers: 2, vocabulary: 33, seed: 20), .least, everyMemory),
    AgreementCase(
      RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777, seed: 15), .tiny, twoMemories),
    AgreementCase(
      RandomCheckpoint(d: 253, intermediate: 767, layers: 1, vocabulary: 2048, seed: 16), .tiny, twoMemories),
    AgreementCase(
      RandomCheckpoint(d: 20, intermediate: 36, layers: 1, vocabulary: 777, lowerBound: false, seed: 17), .wide,
      twoMemories),
    AgreementCase(RandomCheckpoint(d: 5, intermediate: 3, layers: 1, vocabulary: 2, seed: 18), .wide, twoMemories),
  ]

  @Test("models of every shape", arguments: shapes)
  func everyShape(_ test: AgreementCase) throws { try Self.run(test) }

  static let weights: [AgreementCase] = [Configuration.small, .medium].flatMap { configuration in
    let kinds: [(RandomCheckpoint.Weights, ElementType)] = [
      (.zero, .f32), (.zeroNorms, .f16), (.huge, .f32), (.huge, .f16), (.tiny, .f32), (.oneSign, .f16),
    ]
    return kinds.map { weights, type in
      AgreementCase(
        RandomCheckpoint(d: 36, intermediate: 50, layers: 2, vocabulary: 60, weights: weights, type: type, seed: 21),
        configuration, [RunRequest(prompt: [3, 1], budget: 3)], twoMemories)
    }
  }

  @Test("weights that are zero, huge, tiny, or of one sign", arguments: weights)
  func everyKindOfWeights(_ test: AgreementCase) throws { try Self.run(test) }

  static let requests: [AgreementCase] = {
    let model = RandomCheckpoint(d: 30, intermediate: 44, layers: 2, vocabulary: 50, seed: 31)
    return [
      // A prompt, alone and scored, and of the greatest length.
      [RunRequest(prompt: [7, 3, 49, 0], budget: 1)],
      [RunRequest(prompt: [7, 3, 49, 0], budget: 3, score: true)],
      [RunRequest(prompt: (0..<12).map { ($0 * 7) % 50 }, budget: 1, score: true)],
      [RunRequest(prompt: [5], budget: 1)],
      [RunRequest(prompt: [5], budget: 9)],
      // State that carries over, then is cleared.
      [
        RunRequest(prompt: [5, 6], budget: 2), RunRequest(prompt: [7], budget: 2, clear: false),
        RunRequest(prompt: [7, 8, 9], budget: 1, clear: false, score: true), RunRequest(prompt: [7], budget: 2),
      ],
    ].map { AgreementCase(model, .small, $0, everyMemory) }
      // An image that does not lie at address 0, nor below 4 GiB.
      + [0x1000, 0x12_3456_7000].map {
        AgreementCase(model, .small, [RunRequest(prompt: [5], budget: 2)], twoMemories, base: $0)
      }
  }()

  @Test("requests: prompts, scores, budgets, carried state, image bases", arguments: requests)
  func everyRequest(_ test: AgreementCase) throws { try Self.run(test) }

  @Test("an end token stops both at the same token", arguments: twoMemories)
  func endToken(memory: MemoryModel) throws {
    let model = RandomCheckpoint(d: 30, intermediate: 44, layers: 2, vocabulary: 50, seed: 33)
    try model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .small)
      var free = RunTranscript()
      var simulator = MachineSimulator(compiled)
      _ = try simulator.run(RunRequest(prompt: [4], budget: 8), memory: memory, observer: &free)
      let end = free.tokens[3]
      let request = RunRequest(prompt: [4], budget: 8, endToken: end)
      var observer = NoObserver()
      let simulated = try simulator.run(request, memory: memory, records: true, observer: &observer)
      let session = try RTLSession(model: Chain.model(.small), image: Data(compiled.image), memory: memory)
      let measured = try Chain.run(session, request)
      #expect(simulated.generated == Array(free.tokens.prefix(through: try #require(free.tokens.firstIndex(of: end)))))
      #expect(measured.tokens.map(\.id) == simulated.generated)
      #expect(measured.tokens.map(\.cycle) == simulated.tokenCycles)
      #expect(measured.cause == .endOfSequence && measured.protocolErrors == [])
      // Until it knows the token the RTL requests ahead; what it requested then is drained, and retires nothing.
      func retired(_ records: [RetireRecord]) -> [RetireRecord] { records.filter { $0.kind < .address } }
      #expect(RecordComparison(simulator: retired(simulated.records), rtl: retired(measured.records)).isEqual)
      let ours = simulated.records.filter { $0.kind == .address }
      let theirs = measured.records.filter { $0.kind == .address }
      #expect(Array(theirs.prefix(ours.count)) == ours)
      // And the core starts again.
      #expect(
        try Chain.run(session, RunRequest(prompt: [4], budget: 2)).tokens.map(\.id) == Array(free.tokens.prefix(2)))
    }
  }

  @Test("carried state is the state of one long run")
  func carriedState() throws {
    let model = RandomCheckpoint(d: 30, intermediate: 44, layers: 2, vocabulary: 50, seed: 32)
    try model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .small)
      var whole = RunTranscript()
      var pieces = RunTranscript()
      var simulator = MachineSimulator(compiled)
      _ = try simulator.run(RunRequest(prompt: [3, 1, 4, 15, 9], budget: 1, score: true), observer: &whole)
      _ = try simulator.run(RunRequest(prompt: [3, 1, 4], budget: 1, score: true), observer: &pieces)
      _ = try simulator.run(RunRequest(prompt: [15, 9], budget: 1, clear: false, score: true), observer: &pieces)
      #expect(whole.rows == pieces.rows)
      #expect(Set(whole.rows).count == whole.rows.count)
    }
  }

  @Test("what registers and memories hold after power-up does not matter", arguments: [1, 77] as [UInt32])
  func powerUp(stateSeed: UInt32) throws {
    let model = RandomCheckpoint(d: 36, intermediate: 50, layers: 2, vocabulary: 60, seed: 41)
    try model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .small)
      try Chain.expectAgreement(
        compiled, [RunRequest(prompt: [3, 1], budget: 3), RunRequest(prompt: [2], budget: 2, clear: false)],
        memory: MemoryModel.random(seed: 5), randomInitialState: true, stateSeed: stateSeed, "state seed \(stateSeed)")
    }
  }

  @Test("models and memories drawn at random", arguments: 0..<24)
  func drawnAtRandom(number: Int) throws {
    let seed = 0x5E7_0000 + UInt64(number)
    var generator = SeededGenerator(seed: seed)
    let configuration = [Configuration.small, .medium][number % 2]
    let d = Int.random(in: 1...configuration.hiddenCapacity / 2, using: &generator)
    let layers = Int.random(in: 1...min(4, configuration.stateCapacity / d), using: &generator)
    let vocabulary = Int.random(in: 2...200, using: &generator)
    let model = RandomCheckpoint(
      d: d, intermediate: Int.random(in: 1...configuration.intermediateCapacity / 2, using: &generator),
      layers: layers, vocabulary: vocabulary, lowerBound: .random(using: &generator),
      type: Bool.random(using: &generator) ? .f16 : .f32, seed: seed)
    let requests = (0..<Int.random(in: 1...3, using: &generator)).map { index in
      RunRequest(
        prompt: (0..<Int.random(in: 1...5, using: &generator)).map { _ in
          Int.random(in: 0..<vocabulary, using: &generator)
        }, budget: Int.random(in: 1...3, using: &generator),
        clear: index == 0 || Bool.random(using: &generator), score: .random(using: &generator))
    }
    let latency = Int.random(in: 1...200, using: &generator)
    let memory =
      Bool.random(using: &generator)
      ? MemoryModel(.ideal, latency: latency)
      : MemoryModel(.random(seed: UInt64.random(in: 0 ... .max, using: &generator)), latency: latency)
    print("\(model), on \(configuration.name), \(memory) latency \(memory.latency)")
    try Self.run(AgreementCase(model, configuration, requests, [memory]))
  }

  static func run(_ test: AgreementCase) throws {
    try test.model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: test.configuration)
      for memory in test.memories {
        try Chain.expectAgreement(compiled, test.requests, memory: memory, base: test.base, "\(test)")
      }
    }
  }
}

extension AgreementCase {
  init(_ model: RandomCheckpoint, _ configuration: Configuration, _ memories: [MemoryModel]) {
    self.init(
      model, configuration, [RunRequest(prompt: [1 % model.shape.vocabularySize], budget: 3)], memories)
  }
}
