import SeededRandom
import SetunMachine
import SetunVerification
import Testing

/// What the bound on a run takes a memory for holds of that memory.
@Suite struct CycleBoundTests {
  static let memories: [MemoryModel] = [
    .ideal, MemoryModel(.random(seed: 3), latency: 30), .dram(.ddr4), .dram(.hbm2),
    .dram(DRAMTiming.ddr4Shared(ports: 8) ?? .ddr4),
  ]

  @Test(arguments: memories, [Configuration.tiny, .wide])
  func noRequestTakesLongerThanTheBoundAllows(_ memory: MemoryModel, _ configuration: Configuration) {
    let bound = CycleBound(configuration, memory: memory)
    for seed in UInt64(1)...50 {
      var channel = MemoryChannel(memory, for: configuration)
      var generator = SeededGenerator(seed: seed)
      func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
      // Alone, after another or at once after it; far away, or in another row of the same bank.
      var (visible, allowed) = (1, 1)
      for _ in 0..<100 {
        let beats = draw(1...configuration.burstBeats)
        let address = draw(0...1 << 8) * (draw(0...1) == 0 ? 131_072 : 4096)
        let accepted = channel.accept(visible: visible, address: address, beats: beats)
        let last = (0..<beats).map { _ in channel.nextBeat() }.last ?? 0
        allowed = max(allowed, visible) + 2 + bound.addressStall + bound.latency + beats * (1 + bound.dataStall)
        #expect(last <= allowed, "seed \(seed)")
        visible = draw(0...2) == 0 ? last + draw(1...4000) : accepted + 1
      }
    }
  }
}
