import HardwareDescription
import HardwareSimulator
import SeededRandom
import Testing

/// Bits of one wire that feed each other along a loop, through instances: no loop, as long as bits are told apart.
private struct Ripple: HardwareModule {
  struct Stage: HardwareModule {
    func build(_ m: ModuleBuilder) {
      let (a, b, carry) = (m.input("a", Bit.self), m.input("b", Bit.self), m.input("carry", Bit.self))
      m.output("sum", a ^ b ^ carry)
      m.output("carry_next", (a && b) || (carry && (a ^ b)))
    }
  }

  var bits: Int
  var moduleName: String { "ripple_\(bits)" }

  func build(_ m: ModuleBuilder) {
    let a = m.input("a", Unsigned.self, width: bits)
    let b = m.input("b", Unsigned.self, width: bits)
    let carry = m.wire("carry", Unsigned.self, width: bits + 1)
    let sum = m.output("sum", Unsigned.self, width: bits)
    carry[0].drive(false)
    m.generate("stage", count: bits) { k in
      let stage = m.instance("u_stage", Stage())
      stage.connect("a", a[k])
      stage.connect("b", b[k])
      stage.connect("carry", carry[k])
      sum[k].drive(stage.output("sum", Bit.self))
      carry[k + 1].drive(stage.output("carry_next", Bit.self))
    }
    m.output("overflow", carry[bits])
  }
}

/// Assignments to computed elements and bits, overridden and under conditions.
private struct Dynamic: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let index = m.input("index", Unsigned.self, width: 3)
    let position = m.input("position", Unsigned.self, width: 7)
    let value = m.input("value", Unsigned.self, width: 9)
    let clear = m.input("clear", Bit.self)
    let lanes = m.registerVector("lanes", Unsigned.self, width: 9, count: 5, reset: 3)
    lanes[index].next(value)
    m.when(clear) { lanes[1].next(0) }
    let bits = m.register("bits", Unsigned.self, width: 100, reset: 0)
    bits.slice(at: position, width: 9).next(value)
    m.when(clear) { bits[3, 0].next(15) }
    m.output("lane", lanes[index])
    m.output("bits", bits)
  }
}

/// A table of constants, and a choice among signals, by cases.
private struct Cases: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let code = m.input("code", Unsigned.self, width: 6)
    let wide = m.input("wide", Unsigned.self, width: 70)
    let square = m.output("square", Unsigned.self, width: 12)
    let chosen = m.output("chosen", Unsigned.self, width: 70)
    m.switchOn(code) { choose in
      for number in 0..<40 { choose.when(number) { square.drive(Unsigned(number * number)) } }
      choose.otherwise { square.drive(4095) }
    }
    chosen.drive(wide)
    m.switchOn(code) { choose in
      choose.when(1, 3) { chosen.drive(~wide) }
      choose.when(60) { chosen.drive(7) }
      choose.when(61) { chosen.drive(wide << code) }
    }
  }
}

@Suite struct StructureTests {
  // The longest takes more recursion than a thread usually has room for.
  @Test(arguments: [1, 63, 64, 65, 130, 4000]) func bitsOfAWireMayFeedEachOther(_ bits: Int) throws {
    let sim = try Simulation(Ripple(bits: bits))
    var random = SeededGenerator(seed: UInt64(bits))
    for _ in 0..<5 {
      let (a, b) = (BitPattern.random(width: bits, using: &random), BitPattern.random(width: bits, using: &random))
      try sim.poke("a", a)
      try sim.poke("b", b)
      let (x, y) = (ReferenceNumber(a, isSigned: false), ReferenceNumber(b, isSigned: false))
      let sum = x.resized(bits + 1).plus(y.resized(bits + 1))
      #expect(try sim.peekBits("sum") == sum.resized(bits).pattern)
      #expect(try sim.peek("overflow") == (sum.bits[bits] ? 1 : 0))
      #expect(try sim.peek("gen_stage[0].u_stage.carry_next") == (a[0] && b[0] ? 1 : 0))
    }
  }

  @Test func computedPlacesAreWrittenAndWhatLiesBeyondIsLost() throws {
    let sim = try Simulation(Dynamic())
    sim.reset()
    var random = SeededGenerator(seed: 3)
    var lanes = [UInt64](repeating: 3, count: 5)
    var bits = [Bool](repeating: false, count: 100)
    for _ in 0..<300 {
      let (index, position) = (Int.random(in: 0..<8, using: &random), Int.random(in: 0..<128, using: &random))
      let (value, clear) = (UInt64.random(in: 0..<512, using: &random), Int.random(in: 0..<4, using: &random) == 0)
      try sim.poke("index", index)
      try sim.poke("position", position)
      try sim.poke("value", value)
      try sim.poke("clear", clear)
      #expect(try sim.peek("lane_o") == (index < 5 ? lanes[index] : 0))
      sim.step()
      if index < 5 { lanes[index] = value }
      if clear { lanes[1] = 0 }
      for bit in 0..<9 where position + bit < 100 { bits[position + bit] = value >> UInt64(bit) & 1 == 1 }
      if clear { for bit in 0..<4 { bits[bit] = true } }
      #expect(try sim.peekBits("bits") == ReferenceNumber(bits: bits, isSigned: false).pattern)
      for lane in 0..<5 { #expect(try sim.peek("lanes[\(lane)]") == lanes[lane]) }
    }
  }

  @Test func casesChooseTheFirstLabelThatFits() throws {
    let sim = try Simulation(Cases())
    let wide = BitPattern(words: [0x0123_4567_89AB_CDEF, 0x2A], width: 70)
    try sim.poke("wide", wide)
    for code in 0..<64 {
      try sim.poke("code", code)
      #expect(try sim.peek("square") == (code < 40 ? UInt64(code * code) : 4095))
      let number = ReferenceNumber(wide, isSigned: false)
      let expected =
        switch code {
        case 1, 3: number.inverted.pattern
        case 60: BitPattern(7, width: 70)
        case 61: number.shiftedLeft(61).pattern
        default: wide
        }
      #expect(try sim.peekBits("chosen") == expected)
    }
  }
}
