import HardwareDescription
import Testing

/// A module that is written where it is used.
private struct Described: HardwareModule {
  let moduleName: String
  let describe: @Sendable (ModuleBuilder) -> Void

  init(_ name: String, _ describe: @escaping @Sendable (ModuleBuilder) -> Void) {
    moduleName = name
    self.describe = describe
  }

  init(_ describe: @escaping @Sendable (ModuleBuilder) -> Void) { self.init("described", describe) }

  var sourceFile: String { "FanOutTests.swift" }
  func build(_ m: ModuleBuilder) { describe(m) }
}

@Suite("Fan-out is counted bit by bit across the hierarchy")
struct FanOutTests {
  private func loads(_ module: Described) -> [String: Int] {
    let elaboration = Elaborator().run(module)
    #expect(elaboration.errors.isEmpty)
    let report = FanOutReport(elaboration.design)
    return Dictionary(report.nets.map { ($0.path, $0.loads) }) { first, _ in first }
  }

  private func operands(_ module: Described) -> Int {
    FanOutReport(Elaborator().run(module).design).cones.first?.operands ?? 0
  }

  /// A design and what its widest net must have.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let path: String
    let loads: Int
    let describe: @Sendable (ModuleBuilder) -> Void

    init(_ description: String, _ path: String, _ loads: Int, _ describe: @escaping @Sendable (ModuleBuilder) -> Void) {
      testDescription = description
      self.path = path
      self.loads = loads
      self.describe = describe
    }
  }

  private static func word(_ m: ModuleBuilder, _ name: String, _ width: Int) -> Unsigned {
    m.input(name, Unsigned.self, width: width)
  }

  static let cases: [Case] = [
    Case("the enable of a register is a load for each bit", "described.enable", 512) { m in
      let enable = m.input("enable", Bit.self)
      let data = word(m, "data", 512)
      let store = m.register("store", Unsigned.self, width: 512)
      m.when(enable) { store.next(data) }
      m.output("store", store)
    },
    Case("an inverter and a second name change nothing", "described.hold", 40) { m in
      let hold = m.input("hold", Bit.self)
      let moves = m.wire("moves", !hold)
      let data = word(m, "data", 40)
      let store = m.register("store", Unsigned.self, width: 40)
      m.when(moves) { store.next(data) }
      m.output("store", store)
    },
    Case("a selection is a load for each bit, whichever branch is taken", "described.choice", 100) { m in
      let choice = m.input("choice", Bit.self)
      m.output("result", choice.select(word(m, "a", 100), word(m, "b", 100)))
    },
    Case("a register that is written in both branches is selected once", "described.choice", 64) { m in
      let choice = m.input("choice", Bit.self)
      let (a, b) = (word(m, "a", 64), word(m, "b", 64))
      let store = m.register("store", Unsigned.self, width: 64)
      m.when(choice) { store.next(a) }.otherwise { store.next(b) }
      m.output("store", store)
    },
    Case("conditions inside each other meet in one gate", "described (FanOutTests.swift:LINE)", 64) { m in
      let (outer, inner) = (m.input("outer", Bit.self), m.input("inner", Bit.self))
      let data = word(m, "data", 64)
      let store = m.register("store", Unsigned.self, width: 64)
      m.when(outer) { m.when(inner) { store.next(data) } }
      m.output("store", store)
    },
    Case("a loop multiplies", "described.shared", 24) { m in
      let shared = m.input("shared", Bit.self)
      let result = m.outputVector("result", Unsigned.self, width: 3, count: 8)
      let data = m.inputVector("data", Unsigned.self, width: 3, count: 8)
      m.generate("lane", count: 8) { k in result[k].drive(shared.select(data[k], Unsigned(5, width: 3))) }
    },
    Case("loads behind the ports of instances count, in every iteration", "described.enable", 96) { m in
      let enable = m.input("enable", Bit.self)
      let data = word(m, "data", 32)
      let result = m.outputVector("result", Unsigned.self, width: 32, count: 3)
      m.generate("lane", count: 3) { k in
        let child = m.instance("u_child", Described("child", holder))
        child.connect("enable", enable)
        child.connect("data", data)
        result[k].drive(child.output("store", Unsigned.self))
      }
    },
    Case("a net that leaves an instance is counted where it goes", "described.u_child.flag", 50) { m in
      let child = m.instance(
        "u_child",
        Described("source") { m in m.output("flag", m.registered("flag", m.input("d", Bit.self))) })
      child.connect("d", m.input("d", Bit.self))
      m.output("result", word(m, "data", 50) & child.output("flag", Bit.self).replicated(50))
    },
    Case("a way through an instance is the same net", "described.flag", 50) { m in
      let child = m.instance("u_child", Described("way") { m in m.output("out", !m.input("in", Bit.self)) })
      child.connect("in", m.input("flag", Bit.self))
      m.output("result", word(m, "data", 50) & child.output("out", Bit.self).replicated(50))
    },
    Case("equal operators are one", "described (FanOutTests.swift:LINE)", 60) { m in
      let (a, b) = (m.input("a", Bit.self), m.input("b", Bit.self))
      m.output("first", word(m, "data", 30) & (a && b).replicated(30))
      m.output("second", word(m, "more", 30) & (b && a).replicated(30))
    },
    Case("equal registers are one", "described.a", 60) { m in
      let flag = m.input("flag", Bit.self)
      m.output("first", word(m, "data", 30) & m.registered("a", flag).replicated(30))
      m.output("second", word(m, "more", 30) & m.delayed("b", flag, by: 1).replicated(30))
    },
    Case("copies of a register stay apart", "described.flags", 30) { m in
      let flags = m.registeredCopies("flags", m.input("flag", Bit.self).asUnsigned, count: 2)
      m.output("first", word(m, "data", 30) & flags[0].replicated(30))
      m.output("second", word(m, "more", 30) & flags[1].replicated(30))
    },
    Case("a computed element needs a decoder for each", "described.data", 20) { m in
      let place = word(m, "place", 5)
      let data = word(m, "data", 1)
      let store = m.registerVector("store", Unsigned.self, width: 1, count: 20)
      store[place].next(data)
      let result = m.outputVector("result", Unsigned.self, width: 1, count: 20)
      m.generate("out", count: 20) { k in result[k].drive(store[k]) }
    },
    Case("one of 64 words is chosen four to a LUT", "described.place", 16 * 8) { m in
      m.output(
        "byte", word(m, "data", 512).slice(at: concatenate(word(m, "place", 6), Unsigned(0, width: 3)), width: 8))
    },
    Case("a block RAM takes 36 bits by 1,024 words", "described.address", 10 * 4) { m in
      let memory = m.memory("words", Unsigned.self, width: 360, depth: 4096, readLatency: 1, style: .block)
      memory.write(word(m, "written", 12), word(m, "data", 360), enable: m.input("enable", Bit.self))
      m.output("word", memory.read("word", word(m, "address", 12)))
    },
    Case("LUTs of 64 words are read one by one", "described.address", 40 * 2) { m in
      let memory = m.memory("words", Unsigned.self, width: 40, depth: 128, readLatency: 0, style: .distributed)
      memory.write(word(m, "written", 7), word(m, "data", 40), enable: m.input("enable", Bit.self))
      m.output("word", memory.read(word(m, "address", 7)))
    },
    Case("a table of constants takes a LUT for 64 entries of a bit", "described.place", 30 * 2) { m in
      let place = word(m, "place", 7)
      let entry = m.register("entry", Unsigned.self, width: 30)
      m.switchOn(place) { choose in
        for number in 0..<128 { choose.when(number) { entry.next(Unsigned(number * 77_777, width: 30)) } }
      }
      m.output("entry", entry)
    },
    Case("an amount of a shift selects the whole width", "described.amount", 32) { m in
      m.output("result", word(m, "data", 32) >> word(m, "amount", 5))
    },
  ]

  private static func holder(_ m: ModuleBuilder) {
    let store = m.register("store", Unsigned.self, width: 32)
    let data = m.input("data", Unsigned.self, width: 32)
    m.when(m.input("enable", Bit.self)) { store.next(data) }
    m.output("store", store)
  }

  @Test("of a design with one wide net", arguments: cases)
  func counts(_ design: Case) throws {
    let loads = loads(Described(design.describe))
    let found = design.path.contains("LINE") ? loads.filter { $0.key.contains("(") }.values.max() : loads[design.path]
    #expect(found == design.loads, "\(loads)")
  }

  @Test("the line with most loads is named, and how many bits have as many")
  func origin() throws {
    let design = Elaborator().run(
      Described { m in
        let enable = m.input("enable", Unsigned.self, width: 2)
        for index in 0..<2 {
          let store = m.register("store\(index)", Unsigned.self, width: 40)
          let data = m.input("data\(index)", Unsigned.self, width: 40)
          m.when(enable[index]) { store.next(data) }
          m.output("store\(index)", store)
        }
      }
    ).design
    let net = try #require(FanOutReport(design).nets.first)
    #expect(net.path == "described.enable")
    #expect(net.loads == 40 && net.bits == 2 && net.largest.loads == 40)
    #expect(net.location.fileName == "FanOutTests.swift" && net.largest.location.line > net.location.line)
  }

  @Test("clock and reset are not counted")
  func clocks() {
    let loads = loads(
      Described { m in
        let store = m.register("store", Unsigned.self, width: 300, reset: 0)
        store.next(m.input("data", Unsigned.self, width: 300))
        m.output("store", store)
      })
    #expect(loads.isEmpty)
  }

  @Test("a sum counts operands up to registers, through ports", arguments: [2, 8, 24])
  func cones(count: Int) {
    let flat = Described { m in
      let data = m.inputVector("data", Unsigned.self, width: 4, count: count)
      let sum = (1..<count).reduce(data[0].extended(to: 12)) { $0 &+ data[$1].extended(to: 12) }
      m.output("sum", sum)
    }
    #expect(operands(flat) == count)
    let cut = Described { m in
      let data = m.inputVector("data", Unsigned.self, width: 4, count: count)
      let half = (1..<count / 2).reduce(data[0].extended(to: 12)) { $0 &+ data[$1].extended(to: 12) }
      let rest = (count / 2..<count).reduce(m.registered("half", half)) { $0 &+ data[$1].extended(to: 12) }
      m.output("sum", rest)
    }
    #expect(operands(cut) == count - count / 2 + 1)
    let nested = Described { m in
      let child = m.instance("u_flat", Described("flat", flat.describe))
      child.connect("data", m.input("data", Unsigned.self, width: 4 * count))
      m.output("total", child.output("sum", Unsigned.self) &+ m.input("more", Unsigned.self, width: 12))
    }
    #expect(operands(nested) == count + 1)
  }
}
