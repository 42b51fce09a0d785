import HardwareDescription
import Testing

/// Passes `a` on to `x` through logic, and registers `b`.
private struct Relay: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let a = m.input("a", Bit.self)
    let through = m.wire("through", !a)
    m.output("x", through)
    m.output("held", m.registered("held", m.input("b", Bit.self)))
  }
}

/// Holds a loop of its own.
private struct LoopedInside: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let a = m.input("a", Bit.self)
    let first = m.wire("first", Bit.self)
    first.drive(first ^ a)
    m.output("x", first)
  }
}

extension ShouldFailTests {
  /// Combinational loops.
  static let loopCases: [FailingCase] = [
    FailingCase(
      "loop of two wires", .combinationalLoop, "first", at: "drive",
      message: "the value depends on itself within a cycle: first <- second <- first"
    ) { m in
      let a = m.input("a", Bit.self)
      let first = m.wire("first", Bit.self)
      let second = m.wire("second", first ^ a)
      first.drive(!second)
      let line = #line - 1
      m.output("y", second)
      return line
    },
    FailingCase(
      "loop through an instance", .combinationalLoop, "child_x", at: "instance",
      message: "the value depends on itself within a cycle: child_x <- u_child.x <- u_child.a <- child_x"
    ) { m in
      let child = m.instance("u_child", Child())
      let line = #line - 1
      let x = child.output("x", Unsigned.self)
      child.connect("a", x ^ 1)
      child.connect("b", Signed(1))
      m.output("x", x)
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase(
      "loop through two instances", .combinationalLoop, "first_x", at: "instance",
      message: "the value depends on itself within a cycle: first_x <- u_first.x <- u_first.through <- u_first.a <- "
        + "second_x <- u_second.x <- u_second.through <- u_second.a <- first_x"
    ) { m in
      let b = m.input("b", Bit.self)
      let first = m.instance("u_first", Relay())
      let line = #line - 1
      let second = m.instance("u_second", Relay())
      first.connect("a", second.output("x", Bit.self))
      first.connect("b", b)
      second.connect("a", first.output("x", Bit.self))
      second.connect("b", first.output("held", Bit.self))
      m.output("y", second.output("held", Bit.self))
      return line
    },
    FailingCase("loop through a condition", .combinationalLoop, "go", at: "drive") { m in
      let a = m.input("a", Bit.self)
      let go = m.wire("go", Bit.self)
      let stop = m.wire("stop", Bit.self)
      go.drive(a)
      m.when(stop) { go.drive(false) }
      let line = #line - 1
      stop.drive(go)
      m.output("y", stop)
      return line
    },
    FailingCase(
      "loop between slices of one signal", .combinationalLoop, "y", at: "drive",
      message: "the value depends on itself within a cycle: y[0] <- y[4] <- y[0]"
    ) { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.wire("y", Unsigned.self, width: 8)
      y[3, 0].drive(y[7, 4] ^ a)
      let line = #line - 1
      y[7, 4].drive(y[3, 0])
      m.output("z", y)
      return line
    },
    FailingCase(
      "loop among the elements of a vector", .combinationalLoop, "ring", at: "drive",
      message: "the value depends on itself within a cycle: ring[0] <- ring[3] <- ring[2] <- ring[1] <- ring[0]"
    ) { m in
      let ring = m.vector("ring", Unsigned.self, width: 1, count: 4)
      m.generate("ring", from: 1, to: 4) { k in ring[k].drive(ring[k - 1]) }
      ring[0].drive(~ring[3])
      let line = #line - 1
      m.output("y", ring[2])
      return line
    },
    FailingCase("element chosen by a signal", .combinationalLoop, "lane", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 2)
      let lane = m.vector("lane", Unsigned.self, width: 1, count: 4)
      lane[0].drive(lane[a])
      let line = #line - 1
      m.generate("lane", from: 1, to: 4) { k in lane[k].drive(a[1, 1]) }
      return line
    },
    FailingCase("loop in a loop's own signals", .combinationalLoop, "gen_lane[k].first", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 3)
      var line = 0
      m.generate("lane", count: 3) { k in
        let first = m.wire("first", Bit.self)
        let second = m.wire("second", first && a[k])
        first.drive(second)
        line = #line - 1
      }
      return line
    },
  ]

  /// Designs that look like loops signal by signal and are none bit by bit.
  private struct NoLoops: HardwareModule {
    func build(_ m: ModuleBuilder) {
      let a = m.input("a", Unsigned.self, width: 8)

      // A carry ripples through the bits of one signal.
      let carry = m.wire("carry", Unsigned.self, width: 9)
      carry[0].drive(false)
      m.generate("carry", count: 8) { k in carry[k + 1].drive(carry[k] && a[k]) }
      m.output("carry", carry)

      // A chain through the elements of a vector.
      let chain = m.vector("chain", Unsigned.self, width: 8, count: 5)
      chain[0].drive(a)
      m.generate("chain", count: 4) { k in chain[k + 1].drive(chain[k] ^ a) }
      m.output("chain", chain[4])

      // A whole assignment that shifts by one bit.
      let shifted = m.wire("shifted", Unsigned.self, width: 4)
      shifted.drive(concatenate(shifted[2, 0], a[0]))
      m.output("shifted", shifted)

      // The upper half of a sum takes the lower half.
      let sum = m.wire("sum", Unsigned.self, width: 8)
      sum[3, 0].drive(a[3, 0] &+ a[7, 4])
      sum[7, 4].drive(sum[3, 0] &+ a[3, 0])
      m.output("sum", sum)

      // Two paths through one instance do not meet.
      let relay = m.instance("u_relay", Relay())
      relay.connect("a", relay.output("held", Bit.self))
      relay.connect("b", relay.output("x", Bit.self))
      m.output("held", relay.output("held", Bit.self))

      // In each iteration the one before is read.
      let lanes = m.vector("lanes", Unsigned.self, width: 2, count: 4)
      lanes[0].drive(a[1, 0])
      m.generate("lanes", from: 1, to: 4) { k in
        let part = m.wire("part", lanes[k - 1] ^ a.slice(at: k * 2, width: 2))
        lanes[k].drive(part)
      }
      m.output("lanes", lanes[3])
    }
  }

  @Test func whatDependsOnOtherBitsIsNoLoop() {
    #expect(Elaborator().run(NoLoops()).errors == [])
  }

  @Test func aLoopIsReportedOnceInItsOwnModule() throws {
    struct Outer: HardwareModule {
      func build(_ m: ModuleBuilder) {
        let inner = m.instance("u_inner", LoopedInside())
        inner.connect("a", m.input("a", Bit.self))
        m.output("x", inner.output("x", Bit.self))
      }
    }
    let diagnostics = Elaborator().run(Outer()).diagnostics
    #expect(diagnostics.map(\.path) == ["outer.u_inner.first"])
  }

  @Test func everyStepOfALoopHasItsLine() throws {
    let failing = try #require(Self.loopCases.first { $0.name == "loop through two instances" })
    let (elaboration, line) = failing.run()
    let path = try #require(elaboration.diagnostics.first { $0.kind == .combinationalLoop }).signalPath
    // The first instance, the connection of its input, the second instance, and the connection of its input.
    #expect(path.map(\.location.line).filter { $0 >= line } == [line, line + 3, line + 2, line + 5])
    #expect(
      path.map(\.path) == [
        "faulty.first_x", "faulty.u_first.x", "faulty.u_first.through", "faulty.u_first.a", "faulty.second_x",
        "faulty.u_second.x", "faulty.u_second.through", "faulty.u_second.a",
      ])
  }
}
