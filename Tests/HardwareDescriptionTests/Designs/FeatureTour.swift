import HardwareDescription

/// Uses what the other designs leave out; only linted.
struct FeatureTour: HardwareModule {
  enum Colour: HardwareEnum { case red, green, blue, darkBlue }

  func build(_ m: ModuleBuilder) {
    let lanes = m.constant("Lanes", 4)
    let valid = m.input("valid", Bit.self)
    let opcode = m.input("opcode", Unsigned.self, width: 3)
    let lane = m.inputVector("lane", Signed.self, width: 8, count: lanes)
    let wide = m.input("wide", Unsigned.self, width: 128)
    let position = m.input("position", Unsigned.self, width: 7)

    // A wire that the same condition reads back through other logic.
    let start = m.wire("start", Bit.self)
    let busy = m.register("busy", Bit.self, reset: false)
    let blocked = m.wire("blocked", start && opcode[0])
    start.drive(false)
    m.when(valid && !busy) {
      start.drive(true)
      busy.next(true)
    }
    m.when(blocked) { busy.next(false) }

    // Numbers and enumerations in cases; an enumeration wire.
    let colour = m.register("colour", reset: Colour.green)
    let nextColour = m.wire("next_colour", Colour.self)
    nextColour.drive(.red)
    m.switchOn(opcode) { choose in
      choose.when(0, 1) { nextColour.drive(.blue) }
      choose.when(5) {
        m.when(busy) { nextColour.drive(colour) }
      }
      choose.otherwise { nextColour.drive(.darkBlue) }
    }
    m.when(valid) { colour.next(busy.select(nextColour, opcode[0].select(Enumerated(.green), colour))) }
    let chosen = m.wire("chosen", Colour.self)
    chosen.drive(valid.select(Enumerated(.red), colour))
    m.output("is_chosen", chosen.is(.darkBlue))
    let shade = m.output("shade", Unsigned.self, width: 4)
    m.switchOn(colour) { value in shade.drive(Unsigned(value.encoding * 3)) }
    m.output("is_red", colour == .red)
    m.output("encoded", colour.encoded)

    // Loops in loops, registers, delays, memories and instances inside.
    let grid = m.vector("grid", Signed.self, width: 10, count: lanes * 4)
    m.generate("row", count: lanes) { k in
      let held = m.register("held", Signed.self, width: 8, reset: -3)
      m.when(valid) { held.next(lane[k]) }
      let late = m.delayed("late", held, by: 5)
      let soon = m.delayed("soon", held, by: 2)
      m.generate("column", count: 4) { j in
        let own = m.wire("own", late + soon)
        let number = Unsigned(k * 4 + j, width: 5).signedValue
        grid[k * 4 + j].drive(own + number)
      }
    }
    let trees = m.vector("tree", Signed.self, width: 10, count: lanes)
    m.generate("tree", count: lanes) { k in
      let tree = m.instance("u_tree", DotTree(lanes: 4))
      tree.connect("lane", lane)
      trees[k].drive(tree.output("total", Signed.self))
      let parity = m.register("parity", Bit.self)
      parity.next(trees[k][0] ^ grid[k][0])
      m.unused(parity)
    }
    m.output("tree", trees[opcode[1, 0]])
    m.output("corner", grid[15])
    m.generate("rest", count: 15) { k in m.unused(grid[k]) }

    // Dynamic selects, shifts, chains, vectors of registers.
    m.output("byte", wide.slice(at: position, width: 8))
    m.output("bit", wide[position])
    m.output("shifted", (wide >> position)[31, 0])
    m.output("sum", (wide[31, 0] + wide[63, 32])[32, 8])
    let chain = m.registerVector("chain", Unsigned.self, width: 4, count: 6)
    chain[0].next(opcode.extended(to: 4))
    m.generate("chain", from: 1, to: 6) { k in chain[k].next(chain[k - 1]) }
    m.output("chain", chain[5])
    let flags = m.register("flags", Unsigned.self, width: 8, reset: 0)
    m.when(valid) { flags[opcode].next(true) }
    m.when(busy) { flags[7, 6].next(0) }
    m.output("flags", flags)
    let table = m.memory(
      "coefficients", Signed.self, width: 12, depth: 24, readLatency: 1, style: .block, collision: .undefined)
    table.write(position[4, 0], wide[11, 0].asSigned, enable: valid)
    m.output("looked_up", table.read("entry", position[4, 0], enable: busy))
    let small = m.memory("scratch", Unsigned.self, width: 16, depth: 8, readLatency: 0, style: .distributed)
    small.write(opcode, wide[15, 0], enable: valid)
    m.output("part", small.read(opcode)[11, 4])
    m.output("saturated", (lane[0] * lane[1]).saturated(to: 9))
    m.output("difference", (wide[7, 0] - wide[15, 8]).extended(to: 12))
    m.output("constant", wide ^ Unsigned(words: [0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210], width: 128))
  }
}
