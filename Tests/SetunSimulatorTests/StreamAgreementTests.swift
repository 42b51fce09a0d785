import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing
import VerilatorBridge

@Suite("Simulator and RTL agree: several streams")
struct StreamAgreementTests {
  /// Sequences of every kind, one run after another on the same core.
  static func requests(_ streams: Int) -> [RunRequest] {
    // Of several lengths; with more than two streams one takes no part, and not the last.
    let prompts = (0..<streams).map { stream in
      streams > 2 && stream == 1 ? [] : (0...(stream * 5 + 2) % 4).map { (7 * stream + 3 * $0) % 37 }
    }
    let budgets = prompts.indices.map { 1 + (3 * $0 + 2) % 4 }
    let long = (0..<11).map { ($0 * 5 + 1) % 37 }
    return [
      RunRequest(prompts: prompts, budgets: budgets),
      RunRequest(prompts: prompts.reversed(), budgets: budgets, clear: false, score: true),
      RunRequest(prompt: [5, 6, 7], budget: 2),
      RunRequest(prompt: long, budget: 2, isOneSequence: true),
      RunRequest(prompt: [4], budget: 3, clear: false, isOneSequence: true),
      RunRequest(prompt: Array(long.prefix(8)), budget: 1, clear: false, score: true, isOneSequence: true),
      RunRequest(prompts: prompts, budgets: budgets, clear: false),
    ]
  }

  static let cases: [AgreementCase] = [2, 4].flatMap { streams in
    let configurations: [(Configuration, [MemoryModel])] = [
      (.streams(streams), AgreementTests.everyMemory),
      (.streams(streams, rowLanes: 5), AgreementTests.twoMemories),
      (.streams(streams, channels: 2, rowLanes: 5), AgreementTests.twoMemories),
      (.streams(streams, channels: 4, rowLanes: 5, registers: 1), AgreementTests.everyMemory),
    ]
    return configurations.map { configuration, memories in
      AgreementCase(
        RandomCheckpoint(d: 37, intermediate: 52, layers: 2, vocabulary: 37, seed: 81), configuration,
        requests(streams), memories)
    } + [
      // Every row crosses a burst, and activations fill more than one word.
      AgreementCase(
        RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777, seed: 82),
        .streams(streams, channels: 2, rowLanes: 5), requests(streams), [.random(seed: 4)])
    ]
  }

  @Test("sequences of their own and one sequence, with scores and carried state", arguments: cases)
  func agreement(_ test: AgreementCase) throws { try AgreementTests.run(test) }

  @Test("an end token ends one stream, and the run with the last of them", arguments: [2, 4])
  func endToken(streams: Int) throws {
    let model = RandomCheckpoint(d: 37, intermediate: 52, layers: 2, vocabulary: 37, seed: 83)
    try model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .streams(streams, channels: 2, rowLanes: 5))
      let prompts = (0..<streams).map { [(5 * $0 + 2) % 37] }
      let budgets = Array(repeating: 6, count: streams)
      var simulator = MachineSimulator(compiled)
      var observer = NoObserver()
      let free = try simulator.run(RunRequest(prompts: prompts, budgets: budgets), observer: &observer)
      let session = try RTLSession(model: Chain.model(compiled.configuration), image: Data(compiled.image))
      for (stream, sequence) in free.sequences.enumerated() {
        for isOneSequence in [false, true] {
          var request = RunRequest(prompts: prompts, budgets: budgets, endToken: sequence[2])
          request.isOneSequence = isOneSequence
          var transcript = RunTranscript()
          let simulated = try simulator.run(request, records: true, observer: &transcript)
          let measured = try Chain.run(session, request)
          let place: Comment = "the third token of stream \(stream), \(isOneSequence ? "one sequence" : "several")"
          #expect(measured.tokens.map(\.id) == transcript.tokens, place)
          #expect(measured.tokens.map(\.stream) == transcript.streams, place)
          #expect(measured.tokens.map(\.cycle) == simulated.tokenCycles, place)
          #expect(measured.cause == simulated.cause && measured.protocolErrors == [], place)
          // Until it knows the tokens the RTL requests ahead; what it requested then is drained, and retires nothing.
          func retired(_ records: [RetireRecord]) -> [RetireRecord] { records.filter { $0.kind < .address } }
          let comparison = RecordComparison(simulator: retired(simulated.records), rtl: retired(measured.records))
          #expect(comparison.firstDifference == nil, place)
        }
      }
    }
  }
}
