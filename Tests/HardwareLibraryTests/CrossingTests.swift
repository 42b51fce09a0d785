import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import SeededRandom
import Testing

/// Which clocks have an edge at an instant, at random: the faster one has `ratio` edges for one of the other.
private struct RandomClocks {
  var random: SeededGenerator
  /// Edges of the source's clock for each of 8 of the main clock, 1...64.
  var ratio: Int

  mutating func next() -> (source: Bool, main: Bool) {
    let number = Int(random.next() % UInt64(ratio + 8))
    // Sometimes both at once.
    if random.next() % 8 == 0 { return (true, true) }
    return (number < ratio, number >= ratio)
  }
}

@Suite struct CrossingTests {
  /// A design that carries a stream from the domain `source` into the main domain.
  struct Crossing: Sendable, CustomTestStringConvertible {
    let module: @Sendable () -> any HardwareModule
    /// Words that fit; between these when the sender's view is late.
    let room: Int
    let stages: Int
    /// A word each cycle when both clocks are the same.
    let isFast: Bool
    var testDescription: String { module().moduleName }

    init(_ module: @autoclosure @escaping @Sendable () -> any HardwareModule, room: Int, stages: Int = 2, isFast: Bool)
    {
      self.module = module
      self.room = room
      self.stages = stages
      self.isFast = isFast
    }
  }

  static let crossings = [
    Crossing(AsynchronousFIFO(width: 8, depth: 2), room: 2, isFast: false),
    Crossing(AsynchronousFIFO(width: 8, depth: 4), room: 4, isFast: false),
    Crossing(AsynchronousFIFO(width: 8, depth: 8), room: 8, isFast: true),
    Crossing(AsynchronousFIFO(width: 8, depth: 16, stages: 3, style: .block), room: 16, stages: 3, isFast: true),
    Crossing(BusSynchroniser(width: 8), room: 2, isFast: false),
    Crossing(BusSynchroniser(width: 8, stages: 4), room: 2, stages: 4, isFast: false),
    Crossing(CrossingTour(), room: 8, isFast: true),
  ]

  @Test(arguments: crossings, [(1, 1), (2, 8), (3, 64), (4, 13)] as [(UInt64, Int)])
  func wordsCrossInOrderWhateverTheClocks(_ crossing: Crossing, _ run: (seed: UInt64, ratio: Int)) throws {
    let sim = try Simulation(crossing.module(), initialState: .random(seed: run.seed))
    var clocks = RandomClocks(random: SeededGenerator(seed: run.seed), ratio: run.ratio)
    var random = SeededGenerator(seed: run.seed &+ 100)
    for round in 0..<2 {
      try sim.poke("in_valid", 0)
      sim.reset(cycles: 2)
      #expect(try sim.peek("out_valid") == 0)
      var (sent, received) = ([UInt64](), [UInt64]())
      var offer: UInt64?
      var waiting: UInt64?
      for instant in 0..<4000 {
        let readiness = UInt64(instant / 300 % 2 == 0 ? 4 : 1)
        let isDraining = instant > 3400
        if offer == nil, !isDraining, random.next() & 3 < 3 { offer = random.next() & 255 }
        try sim.poke("in_valid", offer != nil)
        try sim.poke("in_data", offer ?? (random.next() & 255))
        let ready = random.next() & 3 < readiness || isDraining
        try sim.poke("out_ready", ready)
        let edges = clocks.next()
        let offered = try sim.peek("out_valid") == 1 ? sim.peek("out_data") : nil
        if let waiting { #expect(offered == waiting, "\(StreamRule.stability), seed \(run.seed), instant \(instant)") }
        if edges.main {
          if ready, let offered { received.append(offered) }
          waiting = ready ? nil : offered
        }
        if edges.source, let word = offer, try sim.peek("in_ready") == 1 {
          sent.append(word)
          offer = nil
        }
        try sim.step(together: (edges.source ? [.source] : []) + (edges.main ? [.main] : []))
      }
      let isRight = sent == received
      #expect(isRight, "round \(round), seed \(run.seed)")
      #expect(sent.count > 50)
    }
  }

  @Test(arguments: crossings) func roomLatencyAndThroughputAreAsDocumented(_ crossing: Crossing) throws {
    let sim = try Simulation(crossing.module())
    try sim.poke("in_valid", 0)
    sim.reset()
    sim.step(4)
    try sim.poke("out_ready", 0)
    try sim.poke("in_valid", 1)
    var taken = 0
    var latency: Int?
    for cycle in 0..<80 {
      if try sim.peek("in_ready") == 1 { taken += 1 }
      // Counted from the edge that takes the word, at which the main clock has an edge, too, which comes too early.
      if latency == nil, try sim.peek("out_valid") == 1 { latency = cycle }
      sim.step()
    }
    #expect(taken == crossing.room)
    #expect(latency == crossing.stages + 2)
    try sim.poke("out_ready", 1)
    sim.step(20)
    var passed = 0
    for _ in 0..<120 {
      if try sim.peek("out_valid") == 1 { passed += 1 }
      sim.step()
    }
    #expect((passed == 120) == crossing.isFast)
    #expect(passed >= 12)
  }

  /// Registers of the synchronisers of bits, resets and pulses.
  static let stages = [2, 3, 4]
  static var synchronisers: [any HardwareModule] {
    stages.flatMap { stages in
      [
        BitSynchroniser(stages: stages), ResetSynchroniser(stages: stages), PulseSynchroniser(stages: stages),
      ] as [any HardwareModule]
    }
  }

  /// Pulses that are more than a cycle of the main clock apart come out one by one.
  @Test(arguments: stages, [1, 2, 3] as [UInt64]) func everyPulseCrossesOnce(_ stages: Int, _ seed: UInt64) throws {
    let sim = try Simulation(PulseSynchroniser(stages: stages), initialState: .random(seed: seed))
    var clocks = RandomClocks(random: SeededGenerator(seed: seed), ratio: [3, 8, 40][Int(seed) - 1])
    var random = SeededGenerator(seed: seed &+ 100)
    try sim.poke("in", 0)
    sim.reset()
    var (sent, received, edgesSince) = (0, 0, 0)
    /// When each pulse was given, in edges of the main clock.
    var pending: [Int] = []
    var edgesOfMain = 0
    for instant in 0..<6000 {
      let pulses = edgesSince >= 2 && instant < 5800 && random.next() & 3 == 0
      try sim.poke("in", pulses)
      let edges = clocks.next()
      let out = try sim.peek("out") == 1
      if edges.main {
        if out {
          received += 1
          let start = try #require(pending.first)
          pending.removeFirst()
          #expect((stages...stages + 1).contains(edgesOfMain - start), "seed \(seed)")
        }
        edgesOfMain += 1
      }
      if edges.source, pulses {
        sent += 1
        pending.append(edgesOfMain)
        edgesSince = 0
      } else if edges.main {
        edgesSince += 1
      }
      try sim.step(together: (edges.source ? [.source] : []) + (edges.main ? [.main] : []))
    }
    #expect(sent == received, "seed \(seed)")
    #expect(sent > 100)
  }

  /// Random levels, and a reset in the middle.
  @Test(arguments: stages, [1, 2, 3] as [UInt64])
  func aBitArrivesAfterItsStages(_ stages: Int, _ seed: UInt64) throws {
    let sim = try Simulation(BitSynchroniser(stages: stages), initialState: .random(seed: seed))
    var random = SeededGenerator(seed: seed)
    var (level, changes) = (UInt64(1), 0)
    for _ in 0..<2 {
      try sim.poke("in", 1)
      sim.reset()
      var expected = [UInt64](repeating: 0, count: stages)
      for cycle in 0..<300 {
        if random.oneIn(3) {
          level = 1 - level
          changes += 1
        }
        try sim.poke("in", level)
        #expect(try sim.peek("out") == expected.removeFirst(), "cycle \(cycle), seed \(seed)")
        expected.append(level)
        sim.step()
      }
    }
    #expect(changes > 100)
  }

  /// Resets of random length at random moments.
  @Test(arguments: stages, [1, 2, 3] as [UInt64])
  func aResetFallsAtOnceAndIsReleasedInStep(_ stages: Int, _ seed: UInt64) throws {
    let sim = try Simulation(ResetSynchroniser(stages: stages), initialState: .random(seed: seed))
    var random = SeededGenerator(seed: seed)
    var (isReset, edges, releases) = (true, 0, 0)
    sim.assertReset()
    for cycle in 0..<600 {
      if random.oneIn(isReset ? 2 : 8) {
        isReset.toggle()
        if isReset { sim.assertReset() } else { sim.releaseReset() }
      }
      if isReset { edges = 0 }
      #expect(try sim.peek("released") == (edges >= stages ? 1 : 0), "cycle \(cycle), seed \(seed)")
      sim.step()
      if !isReset { edges += 1 }
      if edges == stages { releases += 1 }
    }
    #expect(releases > 20)
  }

  @Test func crossingsAreLegalWithoutAnyComplaint() {
    #expect(Elaborator().run(CrossingTour()).diagnostics == [])
  }
}

/// A stream of bundles and pulses between two clocks, by the combinators.
struct CrossingTour: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let (source, pulse) = m.clocked(by: .source) {
      (m.inputStream("in", Unsigned.self, width: 8), m.registered("carry", m.input("pulse", Bit.self), reset: false))
    }
    let split = source.map { PayloadPair($0[7, 4], $0[3, 0].asSigned) }
    let crossed = m.crossed("words", split, from: .source)
    m.outputStream("out", Unsigned.self, width: 8).drive(crossed.map { $0.packed })
    m.output("pulse_seen", m.crossed("pulse", pulse: pulse, from: .source))
  }
}
