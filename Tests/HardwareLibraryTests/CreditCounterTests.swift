import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import SeededRandom
import Testing

@Suite struct CreditCounterTests {
  static let credits = [1, 2, 3, 4, 9]
  static var modules: [any HardwareModule] { credits.map { CreditCounter(credits: $0) } }

  @Test(arguments: credits, [1, 2, 3] as [UInt64])
  func creditsAreCountedAndNeitherEndIsPassed(_ credits: Int, _ seed: UInt64) throws {
    let sim = try Simulation(CreditCounter(credits: credits), initialState: .random(seed: seed))
    var random = SeededGenerator(seed: seed)
    var count = credits
    var lowest = credits
    sim.reset()
    for cycle in 0..<800 {
      if cycle == 500 {
        sim.reset()
        count = credits
      }
      #expect(try sim.peek("count") == UInt64(count), "cycle \(cycle), seed \(seed)")
      #expect(try sim.peek("available") == (count > 0 ? 1 : 0), "cycle \(cycle), seed \(seed)")
      let bias = UInt64(cycle / 50 % 2 == 0 ? 3 : 1)
      let (take, give) = (random.next() & 3 < bias, random.next() & 3 < 4 - bias)
      try sim.poke("take", take)
      try sim.poke("give", give)
      sim.step()
      if take, !give, count > 0 { count -= 1 }
      if give, !take, count < credits { count += 1 }
      lowest = min(lowest, count)
    }
    #expect(lowest == 0)
  }
}
