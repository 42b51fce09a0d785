import HardwareDescription
import HardwareExamples
import HardwareSimulator
import SeededRandom
import Testing

@Suite struct AddAccumulateTests {
  @Test(arguments: [UInt64(1), 2, 3]) func runningSumsComeOutUnderRandomStalls(_ seed: UInt64) throws {
    let simulation = try Simulation(AddAccumulate(), initialState: .random(seed: seed))
    simulation.reset()
    var random = SeededGenerator(seed: seed)
    var words: [Int] = []
    var sums: [Int] = []
    for _ in 0..<200 {
      let lanes = (0..<8).map { _ in Int8.random(in: .min ... .max, using: &random) }
      words.append(lanes.reversed().reduce(0) { $0 << 8 | Int(UInt8(bitPattern: $1)) })
      sums.append(lanes.reduce(sums.last ?? 0) { $0 + Int($1) })
    }
    let results = try StreamExchange.run(
      simulation, sending: words, isSigned: true, seed: seed, limit: 40 * words.count)
    #expect(results == sums, "seed \(seed)")
  }

  @Test func theSumWraps() throws {
    let simulation = try Simulation(AddAccumulate())
    simulation.reset()
    // 8 x -128 a word: after 8192 words the sum is -2^23, the least there is; the next one wraps.
    try simulation.poke("in_valid", true)
    try simulation.poke("out_ready", true)
    try simulation.poke("in_data", 0x8080_8080_8080_8080 as UInt64)
    simulation.step(8191 + 2)
    #expect(try simulation.peekSigned("out_data") == -(1 << 23) + 1024)
    simulation.step()
    #expect(try simulation.peekSigned("out_data") == -(1 << 23))
    simulation.step()
    #expect(try simulation.peekSigned("out_data") == (1 << 23) - 1024)
  }
}
