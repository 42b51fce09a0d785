import HardwareDescription
import HardwareExamples
import HardwareSimulator
import SeededRandom
import Testing

@Suite struct FIRFilterTests {
  /// The definition: a sum of products over the words so far.
  static func response(_ coefficients: [Int], _ samples: [Int]) -> [Int] {
    samples.indices.map { n in
      coefficients.indices.reduce(0) { n >= $1 ? $0 + coefficients[$1] * samples[n - $1] : $0 }
    }
  }

  /// What comes out for `samples`, in order; with a seed both streams stall at random.
  static func run(_ filter: FIRFilter, _ samples: [Int], seed: UInt64? = nil) throws -> [Int] {
    let elaboration = Elaborator().run(filter)
    #expect(elaboration.diagnostics == [])
    let simulation = try Simulation(elaboration, initialState: .random(seed: seed ?? 1))
    simulation.reset()
    return try StreamExchange.run(
      simulation, sending: samples, isSigned: true, seed: seed, limit: 40 * samples.count + 100)
  }

  @Test func anImpulseComesOutAsTheCoefficients() throws {
    let coefficients = [-3, 0, 19, 32, 19, 0, -3]
    let filter = FIRFilter("impulse_fir", coefficients: coefficients, width: 8)
    let samples = [1] + Array(repeating: 0, count: 9)
    #expect(try Self.run(filter, samples) == coefficients + [0, 0, 0])
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8]) func randomFiltersAgreeWithTheirDefinition(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let width = Int.random(in: 2...16, using: &random)
    let bound = 1 << Int.random(in: 1...9, using: &random)
    var coefficients = (0..<Int.random(in: 1...12, using: &random)).map { _ in
      Int.random(in: 0..<4, using: &random) == 0 ? 0 : Int.random(in: -bound...bound, using: &random)
    }
    coefficients[Int.random(in: coefficients.indices, using: &random)] = -bound
    let limit = 1 << (width - 1)
    let samples = (0..<300).map { _ in Int.random(in: -limit..<limit, using: &random) }
    let filter = FIRFilter("random_fir_\(seed)", coefficients: coefficients, width: width)
    #expect(
      try Self.run(filter, samples, seed: seed) == Self.response(coefficients, samples),
      "\(coefficients) over \(width) bits, seed \(seed)")
  }

  /// The samples that drive every product to one end of its range reach the ends of the output, and not one bit is idle.
  @Test(arguments: [[1], [-1], [5, 0, 0], [7, -8, 9], [0, -128, 127]]) func theOutputIsExactlyAsWideAsNeeded(
    _ coefficients: [Int]
  ) throws {
    let filter = FIRFilter("exact_fir", coefficients: coefficients, width: 6)
    var extremes: [Int] = []
    for (low, high) in [(-32, 31), (31, -32)] {
      extremes.append(
        contentsOf: try Self.run(filter, coefficients.reversed().map { $0 < 0 ? high : low }))
      #expect(
        extremes.last == coefficients.reduce(0) { $0 + $1 * ($1 < 0 ? high : low) })
    }
    let half = 1 << (filter.outputWidth - 2)
    #expect(extremes.contains { $0 < -half || $0 >= half })
  }

  @Test func oneWordPassesInEachCycle() throws {
    let simulation = try Simulation(FIRFilter("fast_fir", coefficients: [1, 2], width: 4))
    simulation.reset()
    let start = simulation.cycle
    let words = Array(repeating: 3, count: 20)
    let results = try StreamExchange.run(simulation, sending: words, isSigned: true, seed: nil, limit: 100)
    #expect(results == [3] + Array(repeating: 9, count: 19))
    #expect(simulation.cycle - start == 21)
  }

  @Test(arguments: [
    FIRFilter("fault_fir", coefficients: [0, 0], width: 8), FIRFilter("fault_fir", coefficients: [], width: 8),
    FIRFilter("fault_fir", coefficients: [1], width: 1), FIRFilter("fault_fir", coefficients: [1 << 24], width: 8),
    FIRFilter("fault_fir", coefficients: [.min], width: 8),
  ]) func parametersOutOfRangeAreReported(_ filter: FIRFilter) {
    #expect(Elaborator().run(filter).errors.map(\.number) == ["HD013"])
  }
}
