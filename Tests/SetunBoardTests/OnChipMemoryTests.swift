import HardwareDescription
import HardwareSimulator
import SeededRandom
import SetunBoard
import SetunMachine
import Testing

@Suite struct OnChipMemoryTests {
  /// Beats of 256 bits, each with its own number in the image; two gaps.
  private static let image: OnChipImage = {
    let beats = 400
    let bytes = (0..<beats * 32).map { UInt8(truncatingIfNeeded: $0 / 32 &* 37 &+ $0) }
    return OnChipImage(bytes: bytes, beatBits: 256, regions: [("header", 0, 2), ("body", 128, 90), ("rows", 256, 144)])
  }()
  private static let banks = MemoryBank.banks(
    depth: image.depth, shapes: [(depth: 32, blocks: 1), (depth: 64, blocks: 2), (depth: 128, blocks: 3)])

  private static func simulation() throws -> Simulation {
    let simulation = try Simulation(OnChipMemory(image: image, banks: banks, configuration: .ulx3s))
    simulation.assertReset()
    simulation.step()
    simulation.releaseReset()
    return simulation
  }

  /// What comes back for a beat of the image.
  private struct Beat {
    var cycle: Int
    var word: BitPattern?
    var id: UInt64
    var isLast: Bool
  }

  private static func word(_ beat: Int) -> BitPattern? {
    guard let region = image.regions.first(where: { (0..<$0.beats).contains(beat - $0.firstBeat) }) else { return nil }
    return image.words[region.place + beat - region.firstBeat]
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func burstsAreAnsweredWhenTheMemoryModelSays(_ seed: UInt64) throws {
    let simulation = try Self.simulation()
    var random = SeededGenerator(seed: seed)
    var model = MemoryChannel(.onChip, for: .ulx3s)
    var expected: [Beat] = []
    var (answered, refused) = (0, 0)
    for cycle in 0..<3000 {
      // No more is asked for than the core's FIFO would hold; now and then a burst that no region holds.
      let beats = Int.random(in: 1...8, using: &random)
      let asks = Bool.random(using: &random) && expected.count + beats <= Configuration.ulx3s.fifoBeats
      let first = Int.random(in: 0..<400, using: &random) / 8 * 8
      let words = (first..<first + beats).map { Self.word($0) }
      let id = UInt64.random(in: 0...2, using: &random)
      try simulation.poke("axi_arvalid", asks)
      try simulation.poke("axi_araddr", first * 32)
      try simulation.poke("axi_arlen", beats - 1)
      try simulation.poke("axi_arid", id)
      let here: Comment = "cycle \(cycle), seed \(seed)"
      if asks {
        try #require(try simulation.peek("axi_arready") == 1, here)
        let accepted = model.accept(visible: cycle, address: first * 32, beats: beats)
        #expect(accepted == cycle)
        let isInside = words.allSatisfy { $0 != nil }
        for (number, word) in words.enumerated() {
          expected.append(
            Beat(cycle: model.nextBeat(), word: isInside ? word : nil, id: id, isLast: number == beats - 1))
        }
      }
      let isDue = expected.first?.cycle == cycle
      try #require(try simulation.peek("axi_rvalid") == (isDue ? 1 : 0), here)
      if isDue {
        let beat = expected.removeFirst()
        #expect(try simulation.peek("axi_rid") == beat.id, here)
        #expect(try simulation.peek("axi_rlast") == (beat.isLast ? 1 : 0), here)
        #expect(try simulation.peek("axi_rresp") == (beat.word == nil ? 2 : 0), here)
        if let word = beat.word {
          #expect(try simulation.peekBits("axi_rdata") == word, here)
          answered += 1
        } else {
          refused += 1
        }
      }
      simulation.step()
    }
    #expect(answered > 300 && refused > 100)
  }

  @Test func aBeatLeavesInEveryCycle() throws {
    let simulation = try Self.simulation()
    var beats = 0
    for cycle in 0..<MemoryModel.onChipLatency + 80 {
      // A burst of eight in every eighth cycle.
      try simulation.poke("axi_arvalid", cycle % 8 == 0 && cycle < 80)
      try simulation.poke("axi_araddr", (128 + cycle % 80) * 32)
      try simulation.poke("axi_arlen", 7)
      let isDue = cycle >= MemoryModel.onChipLatency
      #expect(try simulation.peek("axi_rvalid") == (isDue ? 1 : 0), "cycle \(cycle)")
      if isDue {
        #expect(try simulation.peekBits("axi_rdata") == Self.word(128 + beats), "cycle \(cycle)")
        beats += 1
      }
      simulation.step()
    }
    #expect(beats == 80)
  }
}
