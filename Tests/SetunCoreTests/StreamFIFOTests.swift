import SeededRandom
import SetunMachine
import Testing

/// A queue with the rule "a beat pushed in cycle r is visible from cycle r + 2".
@Suite struct StreamFIFOTests {
  @Test(arguments: ControlModels.configurations, [1, 2, 3, 4] as [UInt64])
  func showsEveryBeatInOrderTwoCyclesAfterItsPush(_ configuration: Configuration, _ seed: UInt64) throws {
    let bench = try ControlModels.bench(configuration, "fifo")
    var random = SeededGenerator(seed: seed)
    let words = configuration.beatBits / 32
    var queue: [(cycle: Int, beat: [UInt32])] = []
    // The chance of a push and of a pop, one in n; changes from time to time, so that full and empty are both met.
    var (pushing, popping) = (1, 1)
    var clearing = 0
    for cycle in 0..<(40 * configuration.fifoBeats + 400) {
      if random.oneIn(2 * configuration.fifoBeats) {
        pushing = Int.random(in: 1...4, using: &random)
        popping = Int.random(in: 1...4, using: &random)
      }
      if random.oneIn(997) { clearing = 2 }
      let clears = clearing > 0
      let pushes = !clears && queue.count < configuration.fifoBeats && random.oneIn(pushing)
      let isVisible = queue.first.map { $0.cycle + 2 <= cycle } ?? false
      let pops = !clears && isVisible && random.oneIn(popping)
      let beat = (0..<words).map { _ in UInt32.random(in: .min ... .max, using: &random) }
      bench["clear"] = clears ? 1 : 0
      bench["push"] = pushes ? 1 : 0
      bench[words: "push_data"] = beat
      bench["pop"] = pops ? 1 : 0
      // Under clear the head is nobody's.
      if !clears { try #require(bench["valid"] == (isVisible ? 1 : 0), "cycle \(cycle), seed \(seed)") }
      if isVisible, !clears { try #require(bench[words: "data"] == queue[0].beat, "cycle \(cycle), seed \(seed)") }
      if pops { queue.removeFirst() }
      if pushes { queue.append((cycle, beat)) }
      if clears {
        queue.removeAll()
        clearing -= 1
      }
      bench.clock()
    }
  }

  @Test(arguments: ControlModels.configurations)
  func passesOneBeatInEveryCycle(_ configuration: Configuration) throws {
    let bench = try ControlModels.bench(configuration, "fifo")
    // Two places are enough to stream without a gap: a beat leaves two cycles after it came.
    let beats = 3 * configuration.fifoBeats
    for cycle in 0..<(beats + 2) {
      bench["push"] = cycle < beats ? 1 : 0
      bench["push_data"] = cycle
      bench["pop"] = cycle >= 2 ? 1 : 0
      #expect(bench["valid"] == (cycle >= 2 ? 1 : 0))
      if cycle >= 2 { #expect(bench["data"] == cycle - 2) }
      bench.clock()
    }
    bench["pop"] = 0
    #expect(bench["valid"] == 0)
  }
}
