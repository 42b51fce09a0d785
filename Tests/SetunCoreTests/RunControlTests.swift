import SeededRandom
import SetunMachine
import Testing

/// Events in, requests and stops out, each in its cycle.
@Suite struct RunControlTests {
  static let vocabulary = 1000
  static let embeddingOffset = 1 << 20
  static let embeddingBeats = 37

  /// A run as the rest of the core would live through it, with the outputs checked in every cycle.
  struct Driver {
    let bench: ModuleBench
    let configuration: Configuration
    let prompt: [Int]
    let budget: Int
    var score = false
    var eos: Int?
    /// What the head decides, by position.
    var decide: (Int) -> Int = { _ in 0 }
    let start: Int

    /// Cycles in which embedding_valid rises, and the tokens of the positions so far.
    private var rises: Int?
    private var isKnown = false
    private var token = 0
    private var addressOfLastCycle = 0

    init(
      _ bench: ModuleBench, _ configuration: Configuration, prompt: [Int], budget: Int, score: Bool = false,
      eos: Int? = nil, promptLength: Int? = nil, command: String? = nil
    ) {
      self.bench = bench
      self.configuration = configuration
      self.prompt = prompt
      self.budget = budget
      self.score = score
      self.eos = eos
      for port in ["drained", "embedding_taken", "position_done", "header_ok"] { bench[port] = 0 }
      bench["vocabulary"] = RunControlTests.vocabulary
      bench["embedding_offset"] = RunControlTests.embeddingOffset
      bench["embedding_beats"] = RunControlTests.embeddingBeats
      bench["token_space"] = 1
      bench["prompt_length"] = promptLength ?? prompt.count
      bench["token_budget"] = budget
      bench["score"] = score ? 1 : 0
      bench["use_eos"] = eos == nil ? 0 : 1
      bench["eos_id"] = eos ?? 0
      bench["clear_state"] = 1
      start = bench.cycle
      #expect(bench["busy"] == 0)
      bench["start"] = 1
      if let command { bench[command] = 1 }
      addressOfLastCycle = bench["prompt_address"]
      bench.clock()
      bench["start"] = 0
      if let command { bench[command] = 0 }
    }

    /// One cycle; `events` are pulses.
    mutating func step(_ events: String...) throws {
      for event in events { bench[event] = 1 }
      bench["prompt_data"] = prompt.indices.contains(addressOfLastCycle) ? prompt[addressOfLastCycle] : 0x1_5555
      addressOfLastCycle = bench["prompt_address"]
      let isValid = rises.map { bench.cycle >= $0 } ?? false
      try #require(bench["embedding_valid"] == (isValid ? 1 : 0), "cycle \(bench.cycle), known \(rises ?? -1)")
      if isValid {
        let beatBytes = configuration.beatBytes
        #expect(
          bench["embedding_address"]
            == token * RunControlTests.embeddingBeats + RunControlTests.embeddingOffset / beatBytes)
      }
      if events.contains("embedding_taken") { rises = nil }
      bench.clock()
      for event in events { bench[event] = 0 }
    }

    /// States that the token of the next position is known in this cycle.
    mutating func known(_ token: Int) {
      rises = bench.cycle + 4
      self.token = token
    }

    mutating func idle(_ cycles: Int) throws { for _ in 0..<cycles { try step() } }

    /// From halt to idle; the stop happened in the cycle before this one.
    mutating func stops(_ cause: StopCause, _ random: inout SeededGenerator) throws {
      let cycles = bench.cycle - 1 - start
      bench["prompt_data"] = 0
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        #expect(bench["halt"] == 1 && bench["clear"] == 0 && bench["busy"] == 1 && bench["hold"] == 1)
        bench["token_valid"] = random.oneIn(2) ? 1 : 0
        #expect(bench["token_push"] == 0)
        bench.clock()
      }
      bench["token_valid"] = 0
      bench["drained"] = 1
      #expect(bench["halt"] == 1 && bench["clear"] == 0 && bench["busy"] == 1)
      bench.clock()
      bench["drained"] = 0
      for _ in 0..<MachineTiming(configuration).settle {
        #expect(bench["halt"] == 1 && bench["clear"] == 1 && bench["busy"] == 1 && bench["begin"] == 0)
        bench["token_valid"] = random.oneIn(2) ? 1 : 0
        #expect(bench["token_push"] == 0)
        bench.clock()
      }
      bench["token_valid"] = 0
      for _ in 0..<6 {
        #expect(bench["halt"] == 0 && bench["clear"] == 0 && bench["busy"] == 0 && bench["hold"] == 1)
        #expect(bench["cause"] == Int(cause.rawValue))
        #expect(bench["cycles"] == cycles)
        #expect(bench["embedding_valid"] == 0 && bench["prompt_address"] == 0)
        bench.clock()
      }
    }

    /// The header check's verdict.
    mutating func begin() throws {
      bench["header_ok"] = 1
      #expect(bench["begin"] == 1 && bench["halt"] == 0 && bench["busy"] == 1)
      known(prompt[0])
      try step("header_ok")
      #expect(bench["begin"] == 0)
      #expect(bench["positions"] == prompt.count + budget - 1)
      #expect(bench["first_head_position"] == (score ? 0 : prompt.count - 1))
    }

    /// Positions from 0 on until the run ends; returns the cause.
    mutating func run(_ random: inout SeededGenerator) throws -> StopCause {
      let positions = prompt.count + budget - 1
      for position in 0..<positions {
        let hasHead = score || position >= prompt.count - 1
        #expect(bench["has_head"] == (hasHead ? 1 : 0))
        #expect(bench["first_position"] == (position == 0 ? 1 : 0))
        try idle(Int.random(in: 4...9, using: &random))
        try step("embedding_taken")
        try idle(Int.random(in: 1...5, using: &random))
        if position + 1 < prompt.count { known(prompt[position + 1]) }
        try step("embed_retired")
        if hasHead {
          try idle(Int.random(in: 5...9, using: &random))
          let token = decide(position)
          bench["token_id"] = token
          bench["token_valid"] = 1
          #expect(bench["token_push"] == 1)
          if position + 1 >= prompt.count {
            if token == eos {
              try step("token_valid")
              return .endOfSequence
            }
            if position + 1 == positions {
              try step("token_valid")
              return .budgetReached
            }
            known(token)
          }
          try step("token_valid")
        }
        #expect(bench["halt"] == 0)
        try step("position_done")
      }
      return .none
    }
  }

  @Test(arguments: ControlModels.configurations, [1, 2, 3] as [UInt64])
  func requestsEveryRowFourCyclesAfterItsTokenIsKnown(_ configuration: Configuration, _ seed: UInt64) throws {
    let bench = try ControlModels.bench(configuration, "run")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<30 {
      let length = Int.random(in: 1...min(12, configuration.promptCapacity), using: &random)
      let prompt = (0..<length).map { _ in Int.random(in: 0..<Self.vocabulary, using: &random) }
      let budget = Int.random(in: 1...6, using: &random)
      let tokens = (0..<20).map { _ in Int.random(in: 0..<Self.vocabulary, using: &random) }
      var driver = Driver(
        bench, configuration, prompt: prompt, budget: budget, score: random.oneIn(2),
        eos: random.oneIn(2) ? tokens[Int.random(in: 0..<20, using: &random)] : nil)
      driver.decide = { tokens[$0] }
      try driver.idle(Int.random(in: 64...80, using: &random))
      try driver.begin()
      let cause = try driver.run(&random)
      try driver.stops(cause, &random)
    }
  }

  @Test(arguments: ControlModels.configurations)
  func anEOSInAScoredPromptDoesNotEndTheRun(_ configuration: Configuration) throws {
    guard configuration.promptCapacity >= 3 else { return }
    let bench = try ControlModels.bench(configuration, "run")
    var random = SeededGenerator(seed: 9)
    var driver = Driver(bench, configuration, prompt: [3, 4, 5], budget: 1, score: true, eos: 7)
    driver.decide = { _ in 7 }
    try driver.idle(70)
    try driver.begin()
    // The last prompt position's token is generated: it is final and the EOS at once, and the EOS counts.
    #expect(try driver.run(&random) == .endOfSequence)
    try driver.stops(.endOfSequence, &random)
  }

  @Test(arguments: ControlModels.configurations)
  func refusesABadStartBeforeAnyRequest(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "run")
    var random = SeededGenerator(seed: 4)
    let most = configuration.promptCapacity
    for (length, budget) in [
      (0, 1), (most + 1, 1), (1, 0), (0xFFFF_FFFF, 1), (1, 0xFFFF_FFFF), (most, 0x1_0000_0000 - most),
    ] {
      var driver = Driver(bench, configuration, prompt: [1], budget: budget, promptLength: length)
      // Halted in the first cycle in which the header could be requested.
      #expect(bench["halt"] == 1)
      try driver.stops(.badStart, &random)
    }
    var good = Driver(bench, configuration, prompt: [1], budget: 0xFFFF_FFFF - 1, promptLength: 1)
    #expect(bench["halt"] == 0)
    try good.step("abort")
    try good.stops(.abort, &random)
  }

  @Test(arguments: ControlModels.configurations)
  func stopsWithTheCauseOfHighestPriority(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "run")
    var random = SeededGenerator(seed: 8)
    let events: [(name: String, cause: StopCause)] = [
      ("memory_error", .memoryError), ("bad_trit", .badTritCode), ("illegal_instruction", .illegalInstruction),
      ("header_error_format", .headerFormat), ("header_error_hash", .headerHash), ("header_error_crc", .headerCRC),
      ("soft_reset", .softReset), ("abort", .abort),
    ]
    for (index, event) in events.enumerated() {
      for later in [nil] + events[index...].map(Optional.some) {
        for isRunning in [false, true] {
          var driver = Driver(bench, configuration, prompt: [1], budget: 1)
          try driver.idle(70)
          if isRunning {
            try driver.begin()
            try driver.idle(10)
            // The run's last token in the same cycle has no say either.
            if later == nil { bench["token_valid"] = 1 }
          }
          bench[event.name] = 1
          if let later { bench[later.name] = 1 }
          bench.clock()
          bench[event.name] = 0
          if let later { bench[later.name] = 0 }
          bench["token_valid"] = 0
          try driver.stops(event.cause, &random)
        }
      }
    }
    // Together with START, before anything was requested.
    for (command, cause) in [("abort", StopCause.abort), ("soft_reset", .softReset)] {
      var driver = Driver(bench, configuration, prompt: [1], budget: 1, command: command)
      try driver.stops(cause, &random)
    }
    // While idle, nothing happens.
    for event in events { bench[event.name] = 1 }
    bench.clock()
    for event in events { bench[event.name] = 0 }
    #expect(bench["busy"] == 0 && bench["halt"] == 0)
  }

  @Test(arguments: ControlModels.configurations)
  func refusesATokenOutsideTheVocabulary(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "run")
    var random = SeededGenerator(seed: 2)
    for token in [Self.vocabulary, 0xFFFF, 0x1_0000, 0x1_FFFF] {
      var driver = Driver(bench, configuration, prompt: [token], budget: 1)
      try driver.idle(70)
      try driver.begin()
      #expect(bench["halt"] == 0)
      bench.clock()
      // Two cycles after the token was known, before its row could be requested.
      #expect(bench["halt"] == 1)
      try driver.stops(.badStart, &random)
    }
  }

  @Test(arguments: ControlModels.configurations)
  func waitsForAPlaceForItsTokens(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "run")
    var random = SeededGenerator(seed: 3)
    var driver = Driver(bench, configuration, prompt: [17], budget: 2)
    bench["token_space"] = 0
    try driver.idle(70)
    try driver.step("header_ok")
    for _ in 0..<20 {
      #expect(bench["begin"] == 0 && bench["hold"] == 1 && bench["halt"] == 0)
      try driver.step()
    }
    bench["token_space"] = 1
    #expect(bench["begin"] == 1)
    driver.known(17)
    try driver.step()
    #expect(bench["begin"] == 0 && bench["hold"] == 0)
    bench["token_space"] = 0
    #expect(bench["hold"] == 1)
    bench["token_space"] = 1
    let cause = try driver.run(&random)
    try driver.stops(cause, &random)
  }
}
