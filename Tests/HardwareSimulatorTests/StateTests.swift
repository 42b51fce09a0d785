import HardwareDescription
import HardwareSimulator
import SeededRandom
import Testing

private struct Counters: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let enable = m.input("enable", Bit.self)
    let value = m.input("value", Signed.self, width: 100)
    let counter = m.register("counter", Unsigned.self, width: 5, reset: 7)
    m.when(enable) { counter.next(counter &+ 1) }
    let held = m.register("held", Signed.self, width: 100)
    m.when(enable) { held.next(value) }
    let low = m.register("low", Signed.self, width: 8, reset: -3)
    low.next(low &- 1)
    m.output("counter", counter)
    m.output("held", held)
    m.output("low", low)
    m.output("late", m.delayed("late", held, by: 3))
  }
}

/// Two memories that are read and written at chosen addresses.
private struct Memories: HardwareModule {
  var depth: Int
  var width: Int

  func build(_ m: ModuleBuilder) {
    let enable = m.input("enable", Bit.self)
    let bits = indexWidth(depth)
    let write = m.input("write", Unsigned.self, width: bits)
    let read = m.input("read", Unsigned.self, width: bits)
    let data = m.input("data", Signed.self, width: width)
    let direct = m.memory("direct", Signed.self, width: width, depth: depth, readLatency: 0, style: .distributed)
    let late = m.memory("late", Signed.self, width: width, depth: depth, readLatency: 1, style: .block)
    direct.write(write, data, enable: enable)
    late.write(write, data, enable: enable)
    m.output("direct", direct.read(read))
    m.output("late", late.read("late_word", read))
  }
}

@Suite struct StateTests {
  @Test func registersTakeTheirValueAtTheEdgeAndResetAtOnce() throws {
    let sim = try Simulation(Counters())
    #expect(try sim.peek("counter") == 0)
    sim.assertReset()
    #expect(try sim.peek("counter") == 7)
    #expect(try sim.peekSigned("low") == -3)
    sim.step()
    #expect(try sim.peek("counter") == 7)
    sim.releaseReset()
    try sim.poke("enable", 1)
    try sim.poke("value", -5)
    #expect(try sim.peek("counter") == 7)
    sim.step()
    #expect(try sim.peek("counter") == 8)
    #expect(try sim.peekSigned("low") == -4)
    #expect(try sim.peekBits("held") == BitPattern(-5, width: 100))
    try sim.poke("enable", 0)
    sim.step(2)
    #expect(try sim.peek("counter") == 8)
    #expect(try sim.peekBits("late") == BitPattern(0, width: 100))
    sim.step()
    #expect(try sim.peekBits("late") == BitPattern(-5, width: 100))
    #expect(try sim.peekBits("late_delay_q[0]") == BitPattern(-5, width: 100))
    try sim.poke("enable", 1)
    sim.step(24)
    #expect(try sim.peek("counter") == 0)
    #expect(sim.cycle == 29)
  }

  @Test func theInitialStateIsZeroOrDrawnFromASeed() throws {
    let zero = try Simulation(Counters())
    #expect(try zero.peekBits("held").isZero)
    let first = try Simulation(Counters(), initialState: .random(seed: 1))
    let second = try Simulation(Counters(), initialState: .random(seed: 1))
    let third = try Simulation(Counters(), initialState: .random(seed: 2))
    #expect(try !first.peekBits("held").isZero)
    #expect(try first.peekBits("held") == second.peekBits("held"))
    #expect(try first.peekBits("held") != third.peekBits("held"))
    // A signed register is extended as it should be, so that arithmetic on it is right.
    let low = try first.peekSigned("low")
    #expect((-128..<128).contains(low))
    first.step()
    #expect(try first.peekSigned("low") == (low == -128 ? 127 : low - 1))
  }

  private struct WordTable: HardwareModule {
    let contents: MemoryContents

    func build(_ m: ModuleBuilder) {
      let address = m.input("address", Unsigned.self, width: 4)
      let words = m.memory(
        "words", Unsigned.self, width: 70, depth: 12, readLatency: 0, style: .distributed, contents: contents)
      m.output("word", words.read(address))
    }
  }

  @Test(arguments: [Simulation.InitialState.zero, .random(seed: 5)])
  func memoriesStartWithTheirContents(_ state: Simulation.InitialState) throws {
    let words = (0..<9).map { BitPattern(words: [UInt64($0) * 3 + 1, UInt64($0)], width: 70) }
    let sim = try Simulation(WordTable(contents: MemoryContents(words: words)), initialState: state)
    for (address, word) in words.enumerated() {
      try sim.poke("address", address)
      #expect(try sim.peekBits("word") == word)
    }
  }

  @Test(arguments: [1, 7, 64, 65, 130], [1, 2, 5, 16])
  func memoriesShowTheOldWordAtACollision(_ width: Int, _ depth: Int) throws {
    let sim = try Simulation(Memories(depth: depth, width: width))
    let seed = UInt64(width * 100 + depth)
    var random = SeededGenerator(seed: seed)
    let addresses = 1 << indexWidth(depth)
    var words = Array(repeating: BitPattern(0, width: width), count: depth)
    var late = BitPattern(0, width: width)
    func word(_ address: Int) -> BitPattern { address < depth ? words[address] : BitPattern(0, width: width) }
    for cycle in 0..<200 {
      let (enable, write) = (Bool.random(using: &random), Int.random(in: 0..<addresses, using: &random))
      // Often the address that is written.
      let read = Bool.random(using: &random) ? write : Int.random(in: 0..<addresses, using: &random)
      let data = BitPattern.random(width: width, using: &random)
      try sim.poke("enable", enable)
      try sim.poke("write", write)
      try sim.poke("read", read)
      try sim.poke("data", data)
      #expect(try sim.peekBits("direct_o") == word(read), "seed \(seed), cycle \(cycle)")
      #expect(try sim.peekBits("late_o") == late, "seed \(seed), cycle \(cycle)")
      sim.step()
      late = word(read)
      if enable, write < depth { words[write] = data }
    }
    for address in 0..<depth { #expect(try sim.peekBits(memory: "direct", at: address) == words[address]) }
    try sim.poke("read", 0)
    try sim.poke(memory: "direct", at: 0, BitPattern(1, width: width))
    #expect(try sim.peekBits("direct_o") == BitPattern(1, width: width))
  }
}
