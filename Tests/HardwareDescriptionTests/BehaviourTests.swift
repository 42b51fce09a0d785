import Foundation
import HardwareDescription
import HardwareSimulator
import SeededRandom
import Testing

/// Emitted text, simulated, against expectations computed in Swift.
@Suite struct BehaviourTests {
  @Test func aFifoKeepsOrderUnderRandomStalls() throws {
    var random = SeededGenerator(seed: 7)
    let cycles = (0..<400).map { cycle -> [String: UInt64] in
      // Phases in which the writer, then the reader, is the faster one.
      let writerIsFast = cycle / 50 % 2 == 0
      return [
        "in_valid": UInt64.random(in: 0..<4, using: &random) < (writerIsFast ? 3 : 1) ? 1 : 0,
        "out_ready": UInt64.random(in: 0..<4, using: &random) < (writerIsFast ? 1 : 3) ? 1 : 0,
        "in_data": UInt64.random(in: 0..<4096, using: &random),
      ]
    }
    let outputs = try ClockedBench.run(BeatFifo(width: 12, depth: 8), cycles)
    try #require(outputs.count == cycles.count)
    var queue: [UInt64] = []
    var passed = 0
    for (input, output) in zip(cycles, outputs) {
      #expect(output["in_ready"] == (queue.count < 8 ? "1" : "0"))
      #expect(output["out_valid"] == (queue.isEmpty ? "0" : "1"))
      if let head = queue.first { #expect(output["out_data"].flatMap { UInt64($0, radix: 16) } == head) }
      let room = queue.count < 8
      if input["out_ready"] == 1, !queue.isEmpty {
        queue.removeFirst()
        passed += 1
      }
      if input["in_valid"] == 1, room { queue.append(input["in_data"] ?? 0) }
    }
    #expect(passed > 100)
  }

  @Test func aPipelineBalancesItsDelays() throws {
    var random = SeededGenerator(seed: 11)
    let cycles = (0..<100).map { _ -> [String: UInt64] in
      [
        "valid": UInt64.random(in: 0..<2, using: &random), "lane": UInt64.random(in: 0..<(1 << 32), using: &random),
        "scale": UInt64.random(in: 0..<64, using: &random), "flag": UInt64.random(in: 0..<2, using: &random),
      ]
    }
    let outputs = try ClockedBench.run(ScaledSum(), cycles)
    try #require(outputs.count == cycles.count)
    func signed(_ value: UInt64, _ width: Int) -> Int {
      let value = Int(value & (1 << UInt64(width) - 1))
      return value >> (width - 1) == 1 ? value - 1 << width : value
    }
    let latency = 6
    for cycle in latency..<cycles.count {
      let input = cycles[cycle - latency]
      let lanes = input["lane"] ?? 0
      let total = (0..<4).reduce(0) { $0 + signed(lanes >> UInt64($1 * 8) & 255, 8) }
      let scale = signed(input["scale"] ?? 0, 6)
      let shifted = total * scale + scale
      let expected = input["flag"] == 1 ? shifted + scale : shifted - 1
      #expect(outputs[cycle]["valid"] == String(input["valid"] ?? 0))
      #expect(outputs[cycle]["total"].flatMap { UInt64($0, radix: 16) }.map { signed($0, 18) } == expected)
    }
    #expect((0..<latency).allSatisfy { outputs[$0]["valid"] == "0" })
  }

  @Test func lanesKeepTheirOwnMemories() throws {
    var random = SeededGenerator(seed: 5)
    let cycles = (0..<300).map { _ -> [String: UInt64] in
      [
        "enable": UInt64.random(in: 0..<2, using: &random), "address": UInt64.random(in: 0..<32, using: &random),
        "lane": UInt64.random(in: 0..<(1 << 32), using: &random), "pick": UInt64.random(in: 0..<4, using: &random),
      ]
    }
    let outputs = try ClockedBench.run(LaneBank(lanes: 4), cycles)
    try #require(outputs.count == cycles.count)
    var words: [UInt64: UInt64] = [:]
    var shown: UInt64?
    var levels: [UInt64] = [3, 3, 3, 3]
    var history: [UInt64] = [1, 1, 1, 1]
    for (input, output) in zip(cycles, outputs) {
      if let shown { #expect(output["data"].flatMap { UInt64($0, radix: 16) } == shown) }
      let level = levels.enumerated().reduce(UInt64(0)) { $0 | $1.element << UInt64($1.offset * 5) }
      #expect(output["level"].flatMap { UInt64($0, radix: 16) } == level)
      #expect(output["picked"].flatMap { UInt64($0, radix: 16) } == history[Int(input["pick"] ?? 0)])
      let address = input["address"] ?? 0
      let lanes = input["lane"] ?? 0
      shown = words[address]
      if input["enable"] == 1 {
        words[address] = lanes
        for lane in 0..<4 where lanes >> UInt64(lane * 8) & 1 == 1 { levels[lane] = (levels[lane] + 1) & 31 }
        history[Int(input["pick"] ?? 0)] = lanes & 255
      }
    }
  }

  @Test(arguments: [UInt64(1), 2]) func theSimulatorsAgreeOnTheRestOfTheLanguage(_ seed: UInt64) throws {
    for design in [FeatureTour(), BurstReader(), DotTree(lanes: 8)] as [any HardwareModule] {
      var random = SeededGenerator(seed: seed)
      let ports = try #require(Elaborator().run(design).design.top).ports.filter { $0.direction == .input }
      let cycles = (0..<300).map { _ in
        Dictionary(
          uniqueKeysWithValues: ports.map { port in
            (port.name, port.width >= 64 ? random.next() : random.next() >> UInt64(64 - port.width))
          })
      }
      // The bench compares Icarus and the Swift simulator.
      #expect(try ClockedBench.run(design, cycles).count == cycles.count)
    }
  }
}
