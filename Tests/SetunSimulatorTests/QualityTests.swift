import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

@Suite("The simulated machine against the released implementation's results")
struct QualityTests {
  @Test("the argmax of the logits agrees to 96 %", arguments: Fixture.allCases)
  func argmaxAgrees(fixture: Fixture) throws {
    let golden = try fixture.golden()
    let ids = try golden.tensor("input_ids")
    let tokens = try ids.integers()
    let length = ids.shape[1]
    let expected = try golden.tensor("logits").floats()
    let compiled = try fixture.compiled(for: .tiny)
    let vocabulary = compiled.program.shape.vocabularySize
    var agreeing = 0
    var simulator = MachineSimulator(compiled)
    for sequence in 0..<ids.shape[0] {
      let prompt = Array(tokens[sequence * length..<(sequence + 1) * length])
      var transcript = RunTranscript()
      _ = try simulator.run(RunRequest(prompt: prompt, budget: 1, score: true), observer: &transcript)
      try #require(transcript.rows.count == length)
      for position in 0..<length {
        let start = (sequence * length + position) * vocabulary
        let wanted = firstMaximum(expected[start..<start + vocabulary])
        #expect(transcript.tokens[position] == firstMaximum(transcript.rows[position]))
        if transcript.tokens[position] == wanted { agreeing += 1 }
      }
    }
    let share = Double(agreeing) / Double(tokens.count)
    print("\(fixture.rawValue): simulator's argmax equal to the golden one: \(share)")
    #expect(share >= 0.96)
  }

  @Test("the mean negative log-likelihood agrees within 0.01", arguments: Fixture.allCases)
  func likelihoodAgrees(fixture: Fixture) throws {
    let golden = try fixture.golden()
    let ids = try golden.tensor("eval_ids")
    let tokens = try ids.integers()
    let length = ids.shape[1]
    let compiled = try fixture.compiled(for: .tiny)
    var simulator = MachineSimulator(compiled)
    var evaluation = Evaluation()
    let start = ContinuousClock.now
    for sequence in 0..<ids.shape[0] {
      let row = Array(tokens[sequence * length..<(sequence + 1) * length])
      var transcript = RunTranscript()
      _ = try simulator.run(
        RunRequest(prompt: Array(row.dropLast()), budget: 1, score: true), observer: &transcript)
      evaluation.add(logits: transcript.rows.flatMap { $0 }, targets: Array(row.dropFirst()))
    }
    let expected = try #require(golden.tensor("eval_nll").doubles().first)
    print(
      "\(fixture.rawValue): simulator's nll \(evaluation.nll), golden \(expected), "
        + "\(evaluation.tokens) tokens in \(ContinuousClock.now - start)")
    #expect(evaluation.tokens == ids.shape[0] * (length - 1))
    #expect(abs(evaluation.nll - expected) <= 0.01)
  }
}

@Suite("Time of a token: utilisation and prediction")
struct TokenTimeTests {
  /// Cycles from token to token after `warmUp` tokens, and the spans of the last position.
  static func steadyState(
    _ compiled: CompiledModel, memory: MemoryModel = .ideal, warmUp: Int = 2, count: Int = 3
  ) throws -> (cyclesPerToken: Double, spans: [InstructionSpan], tokenKnown: Int) {
    var simulator = MachineSimulator(compiled)
    var observer = NoObserver()
    let prompt = [min(1, compiled.program.shape.vocabularySize - 1)]
    let result = try simulator.run(
      RunRequest(prompt: prompt, budget: warmUp + count + 1), memory: memory, observer: &observer)
    let cycles = result.tokenCycles
    let average = Double(cycles[warmUp + count] - cycles[warmUp]) / Double(count)
    return (average, result.spans, cycles[cycles.count - 2])
  }

  @Test("the 5M model keeps 90 % of the weight stream busy on tiny")
  func utilisation() throws {
    let compiled = try Fixture.tales5M.compiled(for: .tiny)
    let cycles = try Self.steadyState(compiled).cyclesPerToken
    let utilisation = Double(compiled.program.usefulTrits) / (Double(5 * Configuration.tiny.lanes) * cycles)
    print("tales-5m on tiny: \(cycles) cycles a token, utilisation \(utilisation)")
    #expect(cycles <= 78_279)
    #expect(utilisation >= 0.90)
  }

  static let shapes: [(RandomCheckpoint, Configuration)] = [
    (RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777), .tiny),
    (RandomCheckpoint(d: 20, intermediate: 36, layers: 3, vocabulary: 64), .tiny),
    (RandomCheckpoint(d: 5, intermediate: 7, layers: 1, vocabulary: 9), .tiny),
    (RandomCheckpoint(d: 4, intermediate: 3, layers: 2, vocabulary: 2), .tiny),
    (RandomCheckpoint(d: 256, intermediate: 768, layers: 1, vocabulary: 2048), .tiny),
    (RandomCheckpoint(d: 253, intermediate: 767, layers: 1, vocabulary: 1999), .tiny),
    (RandomCheckpoint(d: 16, intermediate: 768, layers: 2, vocabulary: 2048), .tiny),
    (RandomCheckpoint(d: 256, intermediate: 16, layers: 2, vocabulary: 3), .tiny),
    (RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777), .wide),
    (RandomCheckpoint(d: 320, intermediate: 900, layers: 1, vocabulary: 3000), .wide),
    (RandomCheckpoint(d: 64, intermediate: 100, layers: 1, vocabulary: 130), .wide),
  ]

  @Test("the predicted cycles of a token are within 1 % of the simulated ones", arguments: shapes)
  func prediction(model: RandomCheckpoint, configuration: Configuration) throws {
    try model.withCheckpoint { try Self.expectPrediction(try CompiledModel($0, for: configuration), "\(model)") }
  }

  @Test("the same for the trained models", arguments: Fixture.allCases, Configuration.singleChannel)
  func prediction(fixture: Fixture, configuration: Configuration) throws {
    try Self.expectPrediction(try fixture.compiled(for: configuration), fixture.rawValue)
  }

  @Test("the same for other memories", arguments: [1, 20, 200])
  func prediction(latency: Int) throws {
    try Self.expectPrediction(
      try Fixture.tales1M.compiled(for: .tiny), "latency \(latency)", memory: MemoryModel(.ideal, latency: latency))
  }

  static func expectPrediction(_ compiled: CompiledModel, _ label: String, memory: MemoryModel = .ideal) throws {
    let prediction = Prediction(compiled.program, memoryLatency: memory.latency)
    let simulated = try steadyState(compiled, memory: memory)
    let error = Double(prediction.cyclesPerToken) / simulated.cyclesPerToken - 1
    var worst = 0
    var worstIndex = 0
    try #require(prediction.spans.count == simulated.spans.count)
    for (index, (span, simulatedSpan)) in zip(prediction.spans, simulated.spans).enumerated() {
      let distance = max(
        abs(span.accepted - (simulatedSpan.accepted - simulated.tokenKnown)),
        abs(span.retired - (simulatedSpan.retired - simulated.tokenKnown)))
      if distance > worst { (worst, worstIndex) = (distance, index) }
      #expect(span.retired >= span.accepted)
      if index > 0 { #expect(span.accepted > prediction.spans[index - 1].accepted, "\(label): entry \(index)") }
      #expect(simulatedSpan.index == index && simulatedSpan.retired >= simulatedSpan.accepted)
    }
    print(
      "\(label) on \(compiled.configuration.name): predicted \(prediction.cyclesPerToken), "
        + "simulated \(simulated.cyclesPerToken), error \(error); "
        + "an instruction is at most \(worst) cycles off (entry \(worstIndex), "
        + "\(compiled.program.entries[worstIndex].label))")
    #expect(abs(error) <= 0.01)
    // Measured: 0 everywhere. What is left is room for a rule that the closed form does not know.
    #expect(Double(worst) <= max(8, 0.001 * simulated.cyclesPerToken), "\(label): entry \(worstIndex)")
  }
}
