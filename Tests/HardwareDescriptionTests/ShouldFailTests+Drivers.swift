import HardwareDescription

extension ShouldFailTests {
  /// Undriven bits and multiple drivers.
  static let driverCases: [FailingCase] = [
    FailingCase("output never driven", .undriven, "y", at: "output") { m in
      _ = m.output("y", Unsigned.self, width: 8)
      return #line - 1
    },
    FailingCase("register without a next value", .undriven, "count", at: "register") { m in
      let count = m.register("count", Unsigned.self, width: 8, reset: 0)
      let line = #line - 1
      m.output("y", count)
      return line
    },
    FailingCase("some bits never driven", .undriven, "y", at: "output") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.output("y", Unsigned.self, width: 8)
      let line = #line - 1
      y[3, 0].drive(a)
      return line
    },
    FailingCase(
      "some elements never driven", .undriven, "part", at: "vector",
      message: "elements [0] are never driven (mask 4'h1)"
    ) { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let part = m.vector("part", Unsigned.self, width: 4, count: 4)
      let line = #line - 1
      m.generate("part", from: 1, to: 4) { k in part[k].drive(a) }
      m.output("y", part[0])
      return line
    },
    FailingCase("two unconditional drivers", .multipleDrivers, "y", at: "drive") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      y.drive(a)
      y.drive(!a)
      return #line - 1
    },
    FailingCase("unconditional after conditional", .multipleDrivers, "y", at: "drive") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      m.when(a) { y.drive(true) }
      y.drive(false)
      return #line - 1
    },
    FailingCase("overlapping slices", .multipleDrivers, "y", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.output("y", Unsigned.self, width: 7)
      y[3, 0].drive(a)
      y[6, 3].drive(a)
      return #line - 1
    },
    FailingCase("every iteration drives the same signal", .multipleDrivers, "y", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.generate("bit", count: 4) { k in y.drive(a[k]) }
      return line
    },
    FailingCase("instance input connected twice", .multipleDrivers, "u_child", at: "connect") { m in
      let child = m.instance("u_child", Child())
      child.connect("a", Unsigned(1))
      child.connect("b", Signed(1))
      child.connect("a", Unsigned(2))
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase(
      "bits of some elements never driven", .undriven, "part", at: "vector",
      message: "bits [3:2] of the elements [3], [1] are never driven (mask 4'hc)"
    ) { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let part = m.vector("part", Unsigned.self, width: 4, count: 4)
      let line = #line - 1
      m.generate("even", count: 2) { k in
        part[k * 2].drive(a)
        part[k * 2 + 1].slice(at: 0, width: 2).drive(a[1, 0])
      }
      m.generate("y", count: 4) { k in
        let sum = m.wire("sum", part[k])
        m.unused(sum)
      }
      return line
    },
    FailingCase(
      "bits of a loop's own signal never driven", .undriven, "gen_lane[k].sum", at: "wire",
      message: "bits [4] are never driven (mask 5'h10)"
    ) { m in
      let lane = m.inputVector("lane", Unsigned.self, width: 4, count: 3)
      let y = m.outputVector("y", Unsigned.self, width: 5, count: 3)
      var line = 0
      m.generate("lane", count: 3) { k in
        let sum = m.wire("sum", Unsigned.self, width: 5)
        line = #line - 1
        sum[3, 0].drive(lane[k])
        y[k].drive(sum)
      }
      return line
    },
    FailingCase(
      "bits that only a condition might drive", .undriven, "y", at: "output",
      message: "bits [3:2] are never driven (mask 4'hc)"
    ) { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Unsigned.self, width: 4)
      let line = #line - 1
      y[1, 0].drive(0)
      m.when(a) { y[0].drive(true) }.otherwise { y[1].drive(true) }
      return line
    },
    FailingCase(
      "bits that no case drives", .undriven, "y", at: "output", message: "bits [2] are never driven (mask 3'h4)"
    ) { m in
      let a = m.input("a", Unsigned.self, width: 2)
      let y = m.output("y", Unsigned.self, width: 3)
      let line = #line - 1
      y[1, 0].drive(0)
      m.switchOn(a) { choose in
        choose.when(0) { y[0].drive(true) }
        choose.when(1, 2) { y[1].drive(true) }
      }
      return line
    },
    FailingCase("overlapping elements of loops", .multipleDrivers, "part", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let part = m.vector("part", Unsigned.self, width: 4, count: 4)
      m.generate("low", count: 3) { k in part[k].drive(a) }
      m.generate("high", from: 2, to: 4) { k in part[k].drive(~a) }
      let line = #line - 1
      m.output("y", part[a[1, 0]])
      return line
    },
    FailingCase("memory written with two clocks", .multipleDrivers, "words", at: "write") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let words = m.memory("words", Unsigned.self, width: 4, depth: 16, readLatency: 1, style: .block)
      words.write(a, a)
      var line = 0
      m.clocked(by: ClockDomain("far")) {
        let b = m.input("b", Unsigned.self, width: 4)
        words.write(b, b)
        line = #line - 1
      }
      m.output("y", words.read("word", a))
      return line
    },
    FailingCase(
      "elements never read", .unused, "part", at: "vector", message: "elements [3], [1] are never read (mask 4'ha)"
    ) { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let part = m.vector("part", Unsigned.self, width: 4, count: 4)
      let line = #line - 1
      m.generate("part", count: 4) { k in part[k].drive(a) }
      m.output("y", part[0] & part[2])
      return line
    },
  ]
}
