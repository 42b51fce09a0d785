import SeededRandom
import SetunMachine
import Testing
import VerilatorBridge

/// Random memories, ports and requests.
private struct Stimulus {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  mutating func one<T>(of choices: [T]) -> T { choices[number(0...choices.count - 1)] }

  /// Any figures that a DRAM could have, small ones most of all, so that each is the one that decides now and then.
  mutating func timing() -> DRAMTiming {
    var timing = DRAMTiming.ddr4
    timing.clockMHz = one(of: [400, 900, 933, 1200, 1600])
    timing.burstBytes = one(of: [16, 32, 64])
    timing.burstClocks = one(of: [2, 4])
    timing.rowBytes = timing.burstBytes * one(of: [2, 8, 128])
    timing.bankGroups = one(of: [1, 2, 4])
    timing.banksPerGroup = one(of: [1, 2, 4])
    timing.ranks = one(of: [1, 1, 2])
    timing.sharingPorts = one(of: [1, 1, 2, 4])
    timing.readLatency = number(1...30)
    timing.tRCD = number(0...30)
    timing.tRP = number(0...30)
    timing.tRAS = number(0...60)
    timing.tRC = timing.tRAS + timing.tRP + number(0...5)
    timing.tCCDS = timing.burstClocks + number(0...1)
    timing.tCCDL = timing.tCCDS + number(0...4)
    timing.tRRDS = number(1...10)
    timing.tRRDL = timing.tRRDS + number(0...10)
    timing.tFAW = number(4...100)
    timing.tRTP = number(0...40)
    timing.tRFC = number(1...400)
    timing.tREFI = timing.tRFC + number(200...4000)
    timing.rankSwitch = number(0...4)
    timing.requestLatency = number(0...80)
    timing.responseLatency = number(0...80)
    timing.queueBursts = one(of: [1, 2, 7, 64])
    timing.bufferBursts = one(of: [16, 17, 128])
    timing.outstandingRequests = one(of: [1, 2, 16])
    return timing
  }

  mutating func memory() -> MemoryModel {
    switch number(0...9) {
    case 0: MemoryModel(.ideal, latency: number(1...300))
    case 1, 2: MemoryModel(.random(seed: UInt64(number(0...1 << 40))), latency: number(1...300))
    case 3: .dram(.ddr4)
    case 4: .dram(.hbm2)
    case 5: .dram(DRAMTiming.ddr4Shared(ports: one(of: DRAMTiming.sharings)) ?? .ddr4)
    default: .dram(timing())
    }
  }
}

extension HarnessTests {
  @Test("on random requests the memories of C++ and Swift agree in every cycle", arguments: [0x5E7_000 as UInt64])
  func randomMemories(seed: UInt64) throws {
    let model = try StandInCore.model(beatBits: 128)
    var accepts = 0
    for sequence in 0..<3000 {
      var stimulus = Stimulus(seed: seed &+ UInt64(sequence))
      let memory = stimulus.memory()
      let beatBytes = stimulus.one(of: [16, 32, 64])
      let clockMHz = stimulus.one(of: [100, 225, 250, 300, 333, 450, 1000])
      let port = stimulus.number(0...31)
      var ours = MemoryChannel(memory, beatBytes: beatBytes, clockMHz: clockMHz, port: port)
      let theirs = try HarnessChannel(model, memory: memory, beatBytes: beatBytes, clockMHz: clockMHz, port: port)
      let place: Comment =
        "seed \(seed), sequence \(sequence), \(memory), \(beatBytes) bytes, \(clockMHz) MHz, port \(port)"
      var (cycle, address, outstanding) = (stimulus.number(1...2000), stimulus.number(0...1000) * beatBytes, 0)
      var isEqual = true
      for _ in 0..<stimulus.number(1...60) {
        let beats = stimulus.number(1...4096 / beatBytes)
        let accepted = ours.accept(visible: cycle, address: address, beats: beats)
        isEqual = isEqual && accepted == theirs.accept(visible: cycle, address: address, beats: beats)
        #expect(accepted >= cycle, place)
        accepts += 1
        outstanding += beats
        // Most read on; some jump, as far as into another row of the same bank, and some wait.
        address += beats * beatBytes
        if stimulus.number(0...4) == 0 { address = stimulus.number(0...1 << 20) * beatBytes }
        cycle = accepted + 1 + (stimulus.number(0...5) == 0 ? stimulus.number(0...5000) : 0)
        for _ in 0..<stimulus.number(0...outstanding) {
          isEqual = isEqual && ours.nextBeat() == theirs.nextBeat()
          outstanding -= 1
        }
      }
      while outstanding > 0 {
        isEqual = isEqual && ours.nextBeat() == theirs.nextBeat()
        outstanding -= 1
      }
      #expect(isEqual, place)
    }
    #expect(accepts > 50_000)
  }
}
