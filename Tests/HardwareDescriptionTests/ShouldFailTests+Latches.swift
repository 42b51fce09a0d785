import HardwareDescription

extension ShouldFailTests {
  /// Combinational signals that are not assigned on every path.
  static let latchCases: [FailingCase] = [
    FailingCase("no default", .incompleteAssignment, "y", at: "drive") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.when(a) { y.drive(true) }
      return line
    },
    FailingCase("one branch without assignment", .incompleteAssignment, "y", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 2)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.when(a[0]) { y.drive(true) }.elseWhen(a[1]) {}.otherwise { y.drive(false) }
      return line
    },
    FailingCase("case without the encodings left over", .incompleteAssignment, "y", at: "drive") { m in
      let phase = m.register("phase", reset: Phase.first)
      phase.next(.second)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.switchOn(phase) { value in y.drive(Bit(value == .first)) }
      return line
    },
    FailingCase(
      "path of nested conditions", .incompleteAssignment, "y", at: "drive",
      message:
        "not assigned on every path, which infers a latch: nothing is assigned when `a_i` is 0 and `b_i` is 1 and "
        + "`mode_i` is none of 2'd0, 2'd1"
    ) { m in
      let a = m.input("a", Bit.self)
      let b = m.input("b", Bit.self)
      let mode = m.input("mode", Unsigned.self, width: 2)
      let y = m.output("y", Bit.self)
      let line = #line + 1
      m.when(a) { y.drive(true) }.elseWhen(b) {
        m.switchOn(mode) { choose in
          choose.when(0) { y.drive(true) }
          choose.when(1) { y.drive(false) }
        }
      }.otherwise { y.drive(false) }
      return line
    },
    FailingCase(
      "one case without assignment", .incompleteAssignment, "y", at: "drive",
      message: "not assigned on every path, which infers a latch: nothing is assigned when `mode_i` is 2'd1"
    ) { m in
      let mode = m.input("mode", Unsigned.self, width: 2)
      let y = m.output("y", Bit.self)
      let z = m.output("z", Bit.self)
      z.drive(false)
      let line = #line + 2
      m.switchOn(mode) { choose in
        choose.when(0) { y.drive(true) }
        choose.when(1) { z.drive(true) }
        choose.otherwise { y.drive(false) }
      }
      return line
    },
    FailingCase(
      "bits without a default", .incompleteAssignment, "y", at: "drive",
      message: "bits [3:2]: not assigned on every path, which infers a latch: nothing is assigned when `a_i` is 0"
    ) { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Unsigned.self, width: 4)
      y[1, 0].drive(0)
      let line = #line + 1
      m.when(a) { y.drive(5) }
      return line
    },
    FailingCase(
      "elements of a loop without a default", .incompleteAssignment, "part", at: "drive",
      message: "not assigned on every path, which infers a latch: nothing is assigned when `a_i[k]` is 0"
    ) { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let part = m.vector("part", Unsigned.self, width: 1, count: 4)
      var line = 0
      m.generate("part", count: 4) { k in
        line = #line + 1
        m.when(a[k]) { part[k].drive(1) }
      }
      m.generate("y", count: 4) { k in m.unused(part[k]) }
      return line
    },
    FailingCase(
      "one element without a default", .incompleteAssignment, "part", at: "drive",
      message: "elements [2]: not assigned on every path, which infers a latch: nothing is assigned when `a_i` is 0"
    ) { m in
      let a = m.input("a", Bit.self)
      let part = m.vector("part", Unsigned.self, width: 2, count: 3)
      part[0].drive(0)
      part[1].drive(1)
      let line = #line + 1
      m.when(a) { part[2].drive(2) }
      m.output("y", part[0] ^ part[1] ^ part[2])
      return line
    },
  ]
}
