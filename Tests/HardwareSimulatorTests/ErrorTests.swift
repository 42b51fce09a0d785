import HardwareDescription
import HardwareSimulator
import Testing

private struct Ports: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let valid = m.input("in_valid", Bit.self)
    let number = m.input("number", Signed.self, width: 4)
    let wide = m.input("wide", Unsigned.self, width: 70)
    let words = m.memory("words", Unsigned.self, width: 70, depth: 3, readLatency: 0, style: .distributed)
    words.write(wide[1, 0], wide, enable: valid)
    let history = m.registerVector("history", Signed.self, width: 4, count: 2)
    history[0].next(number)
    history[1].next(history[0])
    m.output("out", words.read(wide[1, 0]))
    m.output("last", history[1])
  }
}

private struct Undriven: HardwareModule {
  func build(_ m: ModuleBuilder) { _ = m.output("out", Bit.self) }
}

/// A loop through parts of a wire.
private struct PartLoop: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let start = m.input("start", Bit.self)
    let ring = m.wire("ring", Unsigned.self, width: 2)
    ring[0].drive(ring[1] ^ start)
    ring[1].drive(!ring[0])
    m.output("out", ring)
  }
}

@Suite struct ErrorTests {
  private func message(_ action: (Simulation) throws -> Void) throws -> String {
    let sim = try Simulation(Ports())
    do {
      try action(sim)
      return "no error"
    } catch let error as SimulationError {
      return error.description
    }
  }

  @Test func everyMistakeIsOneSentence() throws {
    #expect(
      try message { try $0.poke("in_vaild", 1) } == "The design has no signal `in_vaild`; similar: `in_valid`.")
    #expect(try message { _ = try $0.peek("zzzzzzzz") } == "The design has no signal `zzzzzzzz`.")
    #expect(
      try message { try $0.poke("out", BitPattern(1, width: 70)) }
        == "`out` is not an input of the top module, so it cannot be poked.")
    #expect(
      try message { try $0.poke("history[0]", 1) }
        == "`history[0]` is not an input of the top module, so it cannot be poked.")
    #expect(try message { try $0.poke("in_valid", 2) } == "The value 2 does not fit `in_valid` of 1 bit.")
    #expect(try message { try $0.poke("in_valid", -1) } == "The value -1 does not fit `in_valid` of 1 bit.")
    #expect(try message { try $0.poke("number", 8) } == "The value 8 does not fit `number` of 4 bits.")
    #expect(try message { try $0.poke("number", -9) } == "The value -9 does not fit `number` of 4 bits.")
    #expect(try message { try $0.poke("number", UInt64(8)) } == "The value 8 does not fit `number` of 4 bits.")
    #expect(
      try message { try $0.poke("wide", BitPattern(words: [0, 64], width: 71)) }
        == "The value 0x400000000000000000 does not fit `wide` of 70 bits.")
    #expect(try message { _ = try $0.peek("wide") } == "`wide` has 70 bits; peek it as a BitPattern.")
    #expect(
      try message { _ = try $0.peek("history") } == "`history` is a vector of 2; name an element, as in `history[0]`.")
    #expect(
      try message { _ = try $0.peek("history[2]") } == "The design has no signal `history[2]`; similar: `history`.")
    #expect(
      try message { _ = try $0.peek(memory: "word", at: 0) } == "The design has no memory `word`; similar: `words`.")
    #expect(try message { _ = try $0.peek(memory: "words", at: 0) } == "`words` has 70 bits; peek it as a BitPattern.")
    #expect(
      try message { _ = try $0.peekBits(memory: "words", at: 3) } == "The memory `words` has 3 words and none at 3.")
  }

  @Test func whatFitsIsTaken() throws {
    let sim = try Simulation(Ports())
    try sim.poke("number", -8)
    try sim.poke("number", 7)
    try sim.poke("number", BitPattern(15, width: 4))
    #expect(try sim.peekSigned("number") == -1)
    try sim.poke("wide", UInt64.max)
    try sim.poke("wide", BitPattern(words: [5, 0], width: 128))
    #expect(try sim.peekBits("wide") == BitPattern(5, width: 70))
    sim.step()
    #expect(try sim.peekSigned("history[0]") == -1)
    #expect(try sim.peek("history_q[0]") == 15)
  }

  @Test func aDesignWithErrorsIsRefused() throws {
    #expect(throws: SimulationError.self) { try Simulation(Undriven()) }
    do {
      _ = try Simulation(Undriven())
    } catch {
      #expect(error.description.hasPrefix("The design has 1 elaboration error, first ErrorTests.swift:"))
    }
  }

  @Test func aLoopIsFoundWithoutTheChecksOfElaboration() throws {
    let unchecked = Elaborator(passes: []).run(PartLoop())
    #expect(throws: SimulationError.combinationalLoop("ring")) { try Simulation(unchecked) }
  }
}
