import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import Testing

@Suite struct ArbiterTests {
  static let shapes = StreamArbiter.Policy.allCases.flatMap { policy in
    [(1, 1), (8, 1), (1, 2), (8, 2), (8, 3), (5, 4)].map { (policy, $0.0, $0.1) }
  }

  /// One word leaves for each that enters, in the same cycle, and the same one.
  @Test(arguments: shapes.indices, [1, 2, 3] as [UInt64])
  func everyWordPassesOnceInTheCycleInWhichItIsTaken(_ shape: Int, _ seed: UInt64) throws {
    let (policy, width, inputs) = Self.shapes[shape]
    var bench = try StreamBench(StreamArbiter(width: width, inputs: inputs, policy: policy), seed: seed)
    for round in 0..<2 {
      if round > 0 { try bench.reset() }
      bench.queue(60)
      for phase in 0..<60 {
        bench.eagerness = [4, 1, 3, 2][phase % 4]
        bench.readiness = [1, 4, 3, 2][phase % 4]
        try bench.run(12)
      }
      let entered = (0..<inputs).flatMap { bench.transfers["in_\($0)"] ?? [] }.sorted { $0.cycle < $1.cycle }
      #expect(entered == bench.transfers["out"], "seed \(seed)")
      #expect(bench.isSent)
      #expect(entered.count == 60 * inputs)
    }
    #expect(bench.complaints == [])
  }

  @Test(arguments: [2, 3, 4]) func inputsThatAlwaysAskTakeTurns(_ inputs: Int) throws {
    var bench = try StreamBench(StreamArbiter(width: 8, inputs: inputs, policy: .roundRobin), seed: 1)
    bench.queue(40)
    try bench.run(10 * inputs)
    for number in 0..<inputs {
      let cycles = bench.transfers["in_\(number)", default: []].map { $0.cycle % inputs }
      #expect(cycles.count == 10)
      #expect(Set(cycles).count == 1, "input \(number) has every \(inputs)th cycle")
    }
  }

  /// Nobody waits for more than one word of each other input.
  @Test(arguments: [1, 2, 3] as [UInt64]) func nobodyStarvesInTurn(_ seed: UInt64) throws {
    let inputs = 4
    var bench = try StreamBench(StreamArbiter(width: 8, inputs: inputs, policy: .roundRobin), seed: seed)
    bench.queue(100)
    bench.readiness = 3
    var waits = [Int](repeating: 0, count: inputs)
    for _ in 0..<400 {
      let before = (0..<inputs).map { bench.words("in_\($0)").count }
      try bench.step()
      let passed = (0..<inputs).filter { bench.words("in_\($0)").count > before[$0] }
      for number in 0..<inputs {
        if passed.contains(number) { waits[number] = 0 } else { waits[number] += passed.count }
        #expect(waits[number] < inputs, "input \(number), seed \(seed)")
      }
    }
    #expect(bench.complaints == [])
  }

  @Test func theLowestNumberGoesFirst() throws {
    var bench = try StreamBench(StreamArbiter(width: 8, inputs: 3, policy: .fixedPriority), seed: 1)
    bench.queue(10)
    try bench.run(30)
    let first = try bench.transfers["out"]?.first.map { try #require($0).cycle } ?? 0
    for number in 0..<3 {
      let cycles = bench.transfers["in_\(number)", default: []].map { $0.cycle - first }
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
