import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import Testing

@Suite struct ArbiterTests {
  static let shapes = StreamArbiter.Policy.allCases.flatMap { policy in
    [(1, 1), (8, 1), (1, 2), (8, 2), (8, 3), (5, 4)].map { (policy, $0.0, $0.1) }
  }
  static var modules: [any HardwareModule] {
    shapes.map { StreamArbiter(width: $0.1, inputs: $0.2, policy: $0.0) }
  }

  /// One word leaves for each that enters, in the same cycle, and the same one.
  @Test(arguments: shapes.indices, [(1, 2), (2, 1), (3, 6)] as [(UInt64, UInt64)])
  func everyWordPassesOnceInTheCycleInWhichItIsTaken(_ shape: Int, _ seeds: (UInt64, UInt64)) throws {
    let (policy, width, inputs) = Self.shapes[shape]
    var bench = try StreamBench(StreamArbiter(width: width, inputs: inputs, policy: policy), seed: seeds.0)
    for round in 0..<2 {
      try bench.start(words: 60, sending: .varied(seeds.0), receiving: .varied(seeds.1))
      try bench.run(round == 0 ? 50 : 2000)
      let entered = bench.drivers.values.flatMap { zip($0.cycles, $0.sent) }.sorted { $0.0 < $1.0 }
      let output = try #require(bench.monitors["out"])
      #expect(entered.map(\.0) == output.cycles, "seeds \(seeds)")
      let isRight = entered.map(\.1) == output.received
      #expect(isRight, "seeds \(seeds)")
      if round == 1 { #expect(entered.count == 60 * inputs, "seeds \(seeds)") }
    }
    #expect(bench.violations == [])
  }

  @Test(arguments: [2, 3, 4]) func inputsThatAlwaysAskTakeTurns(_ inputs: Int) throws {
    var bench = try StreamBench(StreamArbiter(width: 8, inputs: inputs, policy: .roundRobin))
    try bench.start(words: 40)
    try bench.run(10 * inputs)
    for (name, driver) in bench.drivers {
      #expect(driver.cycles.count == 10)
      #expect(Set(driver.cycles.map { $0 % inputs }).count == 1, "\(name) has every \(inputs)th cycle")
    }
  }

  /// Nobody waits for more than one word of each other input.
  @Test(arguments: [1, 2, 3] as [UInt64]) func nobodyStarvesInTurn(_ seed: UInt64) throws {
    let inputs = 4
    var bench = try StreamBench(StreamArbiter(width: 8, inputs: inputs, policy: .roundRobin), seed: seed)
    try bench.start(words: 100, receiving: .random(seed: seed, percent: 25))
    var waits: [String: Int] = [:]
    for _ in 0..<400 {
      let before = bench.sent.mapValues(\.count)
      try bench.run(1)
      let passed = bench.sent.filter { $0.value.count > before[$0.key] ?? 0 }.map(\.key)
      for name in before.keys {
        waits[name] = passed.contains(name) ? 0 : waits[name, default: 0] + passed.count
        #expect(waits[name, default: 0] < inputs, "\(name), seed \(seed)")
      }
    }
    #expect(bench.sent.values.allSatisfy { $0.count > 50 })
    #expect(bench.violations == [])
  }

  @Test func theLowestNumberGoesFirst() throws {
    var bench = try StreamBench(StreamArbiter(width: 8, inputs: 3, policy: .fixedPriority))
    try bench.start(words: 10)
    try bench.run(30)
    let first = try #require(bench.monitors["out"]?.cycles.first)
    for number in 0..<3 {
      let cycles = try #require(bench.drivers["in_\(number)"]).cycles.map { $0 - first }
      #expect(cycles == Array(10 * number..<10 * number + 10))
    }
  }

  /// A word on offer is not displaced by one of a higher priority.
  @Test func whatIsOfferedStaysAheadOfAHigherPriority() throws {
    let sim = try Simulation(StreamArbiter(width: 8, inputs: 2, policy: .fixedPriority))
    sim.reset()
    try sim.poke("in_1_valid", 1)
    try sim.poke("in_1_data", 11)
    sim.step()
    try sim.poke("in_0_valid", 1)
    try sim.poke("in_0_data", 10)
    #expect(try sim.peek("out_data") == 11)
    try sim.poke("out_ready", 1)
    #expect(try sim.peek("in_1_ready") == 1)
    #expect(try sim.peek("in_0_ready") == 0)
    sim.step()
    #expect(try sim.peek("out_data") == 10)
  }
}
