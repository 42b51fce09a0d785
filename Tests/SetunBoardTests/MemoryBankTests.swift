import SeededRandom
import SetunBoard
import Testing

@Suite struct MemoryBankTests {
  /// Blocks of 18 Kb for 256 bits: eight of 36, fifteen of 18, twenty-nine of 9 bits.
  static let shapes = [(depth: 512, blocks: 8), (depth: 1024, blocks: 15), (depth: 2048, blocks: 29)]

  @Test(arguments: [
    (1, 8), (512, 8), (513, 15), (1025, 23), (1537, 29), (2048, 29), (2049, 37), (11_660, 168), (20_000, 290),
  ])
  func theCheapestBanksAreFound(_ depth: Int, _ blocks: Int) {
    #expect(MemoryBank.banks(depth: depth, shapes: Self.shapes).reduce(0) { $0 + $1.blocks } == blocks)
  }

  @Test func banksFollowEachOtherAtMultiplesOfTheirDepthAndHoldEverything() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<500 {
      let depth = Int.random(in: 1...40_000, using: &random)
      let banks = MemoryBank.banks(depth: depth, shapes: Self.shapes)
      var end = 0
      for bank in banks {
        #expect(bank.start == end && bank.start % bank.depth == 0, "depth \(depth), seed 11")
        end += bank.depth
      }
      #expect(end >= depth && end - depth < 512, "depth \(depth), seed 11")
    }
  }
}
