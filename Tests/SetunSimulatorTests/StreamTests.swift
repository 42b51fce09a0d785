import Checkpoint
import SeededRandom
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

extension Configuration {
  /// The same machine with other streams.
  func streams(_ streams: Int) -> Configuration {
    var result = self
    result.name += "-\(streams)-streams"
    result.streams = streams
    return result
  }

  /// A small machine with several channels, streams and row lanes.
  static func streams(_ streams: Int, channels: Int = 1, rowLanes: Int = 1, registers: Int = 0) -> Configuration {
    Configuration(
      name: "streams-\(streams)-\(channels)-\(rowLanes)-\(registers)", beatBits: 128, channels: channels,
      streams: streams, fractionBits: 12, fifoBeats: 32, burstBeats: 16, hiddenCapacity: 101, intermediateCapacity: 777,
      stateCapacity: 311, vocabularyCapacity: 801, promptCapacity: 12, tokenCapacity: 4 * streams, rowLanes: rowLanes,
      channelRegisters: registers, clockMHz: 50)
  }
}

@Suite("Several streams")
struct StreamTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var configuration: Configuration
    var model = StreamTests.model
    var testDescription: String { "\(model), on \(configuration.name)" }
    /// The same machine with one stream.
    var alone: Configuration { configuration.streams(1) }
  }

  static let model = RandomCheckpoint(d: 37, intermediate: 52, layers: 2, vocabulary: 61, seed: 71)
  static let long = RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777, seed: 72)
  static let wide = RandomCheckpoint(d: 90, intermediate: 199, layers: 2, vocabulary: 800, type: .f16, seed: 73)

  static let cases: [Case] =
    [2, 4, 16].flatMap { streams in
      [
        Case(configuration: .streams(streams)), Case(configuration: .streams(streams, rowLanes: 5)),
        Case(configuration: .streams(streams, channels: 4, rowLanes: 5, registers: 1)),
      ]
    } + [
      Case(configuration: .streams(4, channels: 2, rowLanes: 5), model: long),
      Case(configuration: .medium.streams(4), model: wide),
    ]

  /// Prompts of every length, one empty, and budgets that end at different times.
  private static func prompts(_ streams: Int, vocabulary: Int, seed: UInt64) -> (prompts: [[Int]], budgets: [Int]) {
    var generator = SeededGenerator(seed: seed)
    let empty = streams > 2 ? Int.random(in: 0..<streams, using: &generator) : -1
    let prompts = (0..<streams).map { stream in
      stream == empty
        ? []
        : (0..<Int.random(in: 1...5, using: &generator)).map { _ in Int.random(in: 0..<vocabulary, using: &generator) }
    }
    return (prompts, prompts.map { _ in Int.random(in: 1...4, using: &generator) })
  }

  private static func run(
    _ simulator: inout MachineSimulator, _ request: RunRequest, _ memory: MemoryModel = .ideal
  ) throws -> (result: RunResult, transcript: RunTranscript) {
    var transcript = RunTranscript()
    let result = try simulator.run(request, memory: memory, records: true, observer: &transcript)
    return (result, transcript)
  }

  @Test("each stream gives the tokens and logits that its prompt gives alone", arguments: cases, [false, true])
  func independent(_ item: Case, score: Bool) throws {
    try item.model.withCheckpoint { checkpoint in
      let together = try CompiledModel(checkpoint, for: item.configuration)
      let alone = try CompiledModel(checkpoint, for: item.alone)
      for seed in UInt64(1)...3 {
        let vocabulary = item.model.shape.vocabularySize
        let streams = item.configuration.streams
        let first = Self.prompts(streams, vocabulary: vocabulary, seed: seed)
        let second = Self.prompts(streams, vocabulary: vocabulary, seed: seed + 100)
        var simulator = MachineSimulator(together)
        var lone = (0..<streams).map { _ in MachineSimulator(alone) }
        // The second run goes on with the state of the first.
        for (number, drawn) in [first, second].enumerated() {
          let memory: MemoryModel = number == 0 ? .ideal : .random(seed: seed)
          let request = RunRequest(prompts: drawn.prompts, budgets: drawn.budgets, clear: number == 0, score: score)
          let (result, transcript) = try Self.run(&simulator, request, memory)
          #expect(result.cause == .budgetReached)
          for stream in 0..<streams {
            // A stream that takes no part keeps its state, but for a run that clears.
            guard !drawn.prompts[stream].isEmpty else {
              if number == 0 { lone[stream] = MachineSimulator(alone) }
              #expect(result.sequences[stream].isEmpty && transcript.rows(stream: stream).isEmpty)
              continue
            }
            let own = RunRequest(
              prompt: drawn.prompts[stream], budget: drawn.budgets[stream], clear: number == 0, score: score)
            let expected = try Self.run(&lone[stream], own, memory)
            #expect(result.sequences[stream] == expected.result.generated, "seed \(seed), stream \(stream)")
            #expect(
              transcript.tokens(stream: stream) == expected.transcript.tokens, "seed \(seed), stream \(stream)")
            #expect(transcript.rows(stream: stream) == expected.transcript.rows, "seed \(seed), stream \(stream)")
          }
          #expect(Set(transcript.rows).count > 1)
        }
      }
    }
  }

  @Test("one sequence gives the tokens and logits of one position at a time", arguments: cases, [false, true])
  func oneSequence(_ item: Case, score: Bool) throws {
    try item.model.withCheckpoint { checkpoint in
      let together = try CompiledModel(checkpoint, for: item.configuration)
      let alone = try CompiledModel(checkpoint, for: item.alone)
      var simulator = MachineSimulator(together)
      var lone = MachineSimulator(alone)
      var generator = SeededGenerator(seed: 9)
      // Shorter and longer than a step, whole steps and not; those without CLEAR go on from the run before.
      for (number, count) in [1, 5, 8, 12, 3, 7].enumerated() {
        let prompt = (0..<count).map { _ in
          Int.random(in: 0..<item.model.shape.vocabularySize, using: &generator)
        }
        let clear = number == 0 || number == 3
        let request = RunRequest(prompt: prompt, budget: 3, clear: clear, score: score, isOneSequence: true)
        let (result, transcript) = try Self.run(&simulator, request)
        var own = request
        own.isOneSequence = false
        let expected = try Self.run(&lone, own)
        #expect(result.generated == expected.result.generated, "run \(number)")
        #expect(result.sequences.count == 1)
        #expect(transcript.tokens == expected.transcript.tokens, "run \(number)")
        #expect(transcript.rows == expected.transcript.rows, "run \(number)")
      }
    }
  }

  @Test("an end token ends one stream, and others go on as if nothing had happened", arguments: cases)
  func endToken(_ item: Case) throws {
    try item.model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: item.configuration)
      let streams = item.configuration.streams
      let prompts = (0..<streams).map { [($0 * 11 + 3) % 61, $0] }
      let budgets = Array(repeating: 6, count: streams)
      var simulator = MachineSimulator(compiled)
      let free = try Self.run(&simulator, RunRequest(prompts: prompts, budgets: budgets))
      // The third token of the first stream ends whichever streams it comes on.
      let end = free.result.sequences[0][2]
      let request = RunRequest(prompts: prompts, budgets: budgets, endToken: end)
      let ended = try Self.run(&simulator, request)
      for (stream, sequence) in free.result.sequences.enumerated() {
        let length = sequence.firstIndex(of: end).map { $0 + 1 } ?? sequence.count
        #expect(ended.result.sequences[stream] == Array(sequence.prefix(length)))
        #expect(
          ended.transcript.rows(stream: stream) == Array(free.transcript.rows(stream: stream).prefix(length)))
      }
      let lengths = ended.result.sequences.map(\.count)
      let last = lengths.max() ?? 0
      // Every step takes as long as without an end token, and the run is over when no stream goes on.
      #expect(ended.result.stepCycles == Array(free.result.stepCycles.prefix(last)))
      let endsInLastStep = ended.result.sequences.contains { $0.count == last && $0.last == end }
      #expect(ended.result.cause == (endsInLastStep ? .endOfSequence : .budgetReached))
    }
  }

  @Test("an end token in a prompt that is scored ends nothing")
  func scoredEndToken() throws {
    try Self.model.withCheckpoint { checkpoint in
      var simulator = MachineSimulator(try CompiledModel(checkpoint, for: .streams(2)))
      let scored = try Self.run(
        &simulator, RunRequest(prompts: [[4, 5, 6], [7, 8]], budgets: [2, 2], score: true))
      let end = try #require(scored.transcript.tokens(stream: 0).first)
      guard !scored.result.sequences.joined().contains(end) else { return }
      let again = try Self.run(
        &simulator, RunRequest(prompts: [[4, 5, 6], [7, 8]], budgets: [2, 2], score: true, endToken: end))
      #expect(again.transcript.tokens == scored.transcript.tokens)
      #expect(again.result.cause == .budgetReached)
    }
  }

  @Test("a step takes as long whatever its streams do, and tokens carry their stream")
  func times() throws {
    try Self.model.withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .streams(4, channels: 2, rowLanes: 5))
      func cycles(_ prompts: [[Int]]) throws -> [Int] {
        var simulator = MachineSimulator(compiled)
        let (result, _) = try Self.run(&simulator, RunRequest(prompts: prompts, budgets: prompts.map { _ in 3 }))
        let tokens = result.records.filter { $0.kind == .token }
        #expect(tokens.map(\.cycle) == result.tokenCycles)
        #expect(
          tokens.map { Int($0.destination) }
            == result.stepCycles.flatMap { _ in prompts.indices.filter { !prompts[$0].isEmpty } })
        return result.stepCycles
      }
      let all = try cycles([[1], [2], [3], [4]])
      #expect(try cycles([[1], [], [], []]) == all)
      #expect(try cycles([[], [], [60], [1]]) == all)
    }
  }

  @Test("the rows of a step's embeddings are requested one after another", arguments: [1, 4])
  func embeddings(channels: Int) throws {
    try Self.model.withCheckpoint { checkpoint in
      let configuration = Configuration.streams(4, channels: channels, rowLanes: 5)
      var simulator = MachineSimulator(try CompiledModel(checkpoint, for: configuration))
      // Token 0's row is the first of its region, and lies within a burst; the idle stream reads it, too.
      let (result, _) = try Self.run(&simulator, RunRequest(prompts: [[0], [], [0], [0]], budgets: [1, 0, 1, 1]))
      for channel in 0..<channels {
        // ARID 1 is that of embeddings.
        let rows = result.records.filter { $0.kind == .address && Int($0.destination) == 4 * channel + 1 }
        #expect(rows.count == 4)
        for pair in zip(rows, rows.dropFirst()) {
          #expect(pair.1.cycle - pair.0.cycle == MachineTiming(configuration).rowToRow)
        }
      }
    }
  }

  @Test("a step takes as many cycles as predicted, with an ideal memory", arguments: cases)
  func predicted(_ item: Case) throws {
    try item.model.withCheckpoint { checkpoint in
      var configuration = item.configuration
      // Deep enough for the memory's latency, which the prediction takes for hidden.
      configuration.fifoBeats = 512
      let compiled = try CompiledModel(checkpoint, for: configuration)
      var simulator = MachineSimulator(compiled)
      let streams = configuration.streams
      let request = RunRequest(prompts: (0..<streams).map { [$0] }, budgets: Array(repeating: 8, count: streams))
      let (result, _) = try Self.run(&simulator, request)
      let measured = result.stepCycles[7] - result.stepCycles[6]
      let predicted = Prediction(compiled.program).cyclesPerToken
      #expect(abs(measured - predicted) * 200 <= predicted, "measured \(measured), predicted \(predicted)")
    }
  }

  @Test("what the core would refuse is refused")
  func refused() throws {
    try Self.model.withCheckpoint { checkpoint in
      var simulator = MachineSimulator(try CompiledModel(checkpoint, for: .streams(2)))
      let cases: [(RunRequest, String)] = [
        (RunRequest(prompts: [[], []], budgets: [1, 1]), "The prompt has 0 tokens; the core takes 1 to 12."),
        (
          RunRequest(prompts: [[1], [2], [3]], budgets: [1, 1, 1]),
          "The request has 3 prompts and 3 budgets; the core has 2 streams."
        ),
        (
          RunRequest(prompts: [[1], [2]], budgets: [1]),
          "The request has 2 prompts and 1 budgets; the core has 2 streams."
        ),
        (RunRequest(prompts: [[1], [2]], budgets: [1, 0]), "The token budget of stream 1 must be at least 1."),
        (
          RunRequest(prompts: [[1], [61]], budgets: [1, 1]),
          "Token 61 of stream 1 is outside the vocabulary of 61."
        ),
        (
          RunRequest(prompts: [[], Array(repeating: 1, count: 13)], budgets: [0, 1]),
          "The prompt of stream 1 has 13 tokens; the core takes 1 to 12."
        ),
        (
          RunRequest(prompt: [], budget: 1, isOneSequence: true), "The prompt has 0 tokens; the core takes 1 to 12."
        ),
      ]
      for (request, reason) in cases {
        var observer = NoObserver()
        let error = #expect(throws: SimulatorError.self) { _ = try simulator.run(request, observer: &observer) }
        #expect(error?.description == reason)
      }
    }
  }
}
