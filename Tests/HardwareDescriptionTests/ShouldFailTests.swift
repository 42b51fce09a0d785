import HardwareDescription
import Testing

/// A module that is wrong in one place, and what must be said about it.
struct FailingCase: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: Diagnostic.Kind
  /// Below the module's own path.
  let path: String
  /// Builds the module and returns the line to which the diagnostic must point.
  let build: @Sendable (ModuleBuilder) -> Int

  init(_ name: String, _ kind: Diagnostic.Kind, _ path: String, _ build: @escaping @Sendable (ModuleBuilder) -> Int) {
    self.name = name
    self.kind = kind
    self.path = path
    self.build = build
  }

  var testDescription: String { name }
}

private struct FailingModule: HardwareModule, CustomReflectable {
  let failing: FailingCase
  let line: Box
  var moduleName: String { "faulty" }
  var customMirror: Mirror { Mirror(self, children: ["name": failing.name]) }

  final class Box { var line = 0 }

  func build(_ m: ModuleBuilder) { line.line = failing.build(m) }
}

/// Has one input of each kind.
private struct Child: HardwareModule {
  var moduleName: String { "child" }

  func build(_ m: ModuleBuilder) {
    let a = m.input("a", Unsigned.self, width: 4)
    let b = m.input("b", Signed.self, width: 4)
    m.output("x", a)
    m.output("y", b)
  }
}

private enum Phase: HardwareEnum { case first, second, third }

@Suite struct ShouldFailTests {
  static let cases: [FailingCase] = [
    FailingCase("wider value on an output", .widthLoss, "y") { m in
      let a = m.input("a", Unsigned.self, width: 8)
      let y = m.output("y", Unsigned.self, width: 8)
      y.drive(a + 1)
      return #line - 1
    },
    FailingCase("wider next value", .widthLoss, "count") { m in
      let count = m.register("count", Unsigned.self, width: 4, reset: 0)
      m.output("y", count)
      count.next(count + 1)
      return #line - 1
    },
    FailingCase("literal too large", .widthLoss, "count") { m in
      let count = m.register("count", Unsigned.self, width: 4, reset: 0)
      m.output("y", count)
      count.next(16)
      return #line - 1
    },
    FailingCase("reset value too large", .widthLoss, "count") { m in
      let count = m.register("count", Unsigned.self, width: 4, reset: 16)
      let line = #line - 1
      count.next(count &+ 1)
      m.output("y", count)
      return line
    },
    FailingCase("width loss inside a loop", .widthLoss, "gen_lane[k].sum") { m in
      let lane = m.inputVector("lane", Unsigned.self, width: 8, count: 4)
      let y = m.outputVector("y", Unsigned.self, width: 8, count: 4)
      var line = 0
      m.generate("lane", count: 4) { k in
        let sum = m.wire("sum", Unsigned.self, width: 8)
        sum.drive(lane[k] + 1)
        line = #line - 1
        y[k].drive(sum)
      }
      return line
    },
    FailingCase("address too wide", .widthLoss, "words") { m in
      let a = m.input("a", Unsigned.self, width: 5)
      let words = m.memory("words", Unsigned.self, width: 8, depth: 16, readLatency: 0, style: .distributed)
      words.write(a.truncated(to: 4), 0)
      m.output("y", words.read(a))
      return #line - 1
    },
    FailingCase("wider value on an instance", .widthLoss, "u_child.a") { m in
      let a = m.input("a", Unsigned.self, width: 5)
      let child = m.instance("u_child", Child())
      child.connect("b", Signed(1))
      child.connect("a", a)
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("field of a bundle never driven", .undriven, "row_index") { m in
      let row = m.output("row", RowTag(indexBits: 4))
      let line = #line - 1
      row.valid.drive(true)
      row.offset.drive(0)
      return line
    },
    FailingCase("field without a value", .undriven, "kept_index") { m in
      var row = RowTag(indexBits: 4)
      row.valid = true
      row.offset = Signed(0, width: 3)
      m.output("row", m.registered("kept", row))
      return #line - 1
    },
    FailingCase("wider field on an output", .widthLoss, "row_index") { m in
      let wide = m.input("wide", RowTag(indexBits: 5))
      m.output("row", RowTag(indexBits: 4)).drive(wide)
      return #line - 1
    },
    FailingCase("wider field on an instance", .widthLoss, "u_hold.row_index") { m in
      let wide = m.input("wide", RowTag(indexBits: 5))
      let hold = m.instance("u_hold", RowHold(indexBits: 4))
      hold.connect("hold", false as Bit)
      hold.connect("row", wide)
      let line = #line - 1
      m.output("row", hold.output("held", RowTag(indexBits: 4)))
      return line
    },
    FailingCase("field left open on an instance", .connection, "u_hold.row_index") { m in
      var row = RowTag(indexBits: 4)
      row.valid = true
      row.offset = Signed(0, width: 3)
      let hold = m.instance("u_hold", RowHold(indexBits: 4))
      let line = #line - 1
      hold.connect("hold", false as Bit)
      hold.connect("row", row)
      m.output("row", hold.output("held", RowTag(indexBits: 4)))
      return line
    },
    FailingCase("field of an instance of another width", .connection, "u_hold.held_index") { m in
      let hold = m.instance("u_hold", RowHold(indexBits: 4))
      hold.connect("hold", m.input("hold", Bit.self))
      hold.connect("row", m.input("row", RowTag(indexBits: 4)))
      let held = hold.output("held", RowTag(indexBits: 5))
      let line = #line - 1
      m.output("row", held)
      return line
    },
    FailingCase("literal without a width in a field", .invalidExpression, "row_index") { m in
      var row = m.input("in", RowTag(indexBits: 4))
      row.index = 0
      m.output("row", row)
      return #line - 1
    },
    FailingCase("output never driven", .undriven, "y") { m in
      _ = m.output("y", Unsigned.self, width: 8)
      return #line - 1
    },
    FailingCase("register without a next value", .undriven, "count") { m in
      let count = m.register("count", Unsigned.self, width: 8, reset: 0)
      let line = #line - 1
      m.output("y", count)
      return line
    },
    FailingCase("some bits never driven", .undriven, "y") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.output("y", Unsigned.self, width: 8)
      let line = #line - 1
      y[3, 0].drive(a)
      return line
    },
    FailingCase("some elements never driven", .undriven, "part") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let part = m.vector("part", Unsigned.self, width: 4, count: 4)
      let line = #line - 1
      m.generate("part", from: 1, to: 4) { k in part[k].drive(a) }
      m.output("y", part[0])
      return line
    },
    FailingCase("two unconditional drivers", .multipleDrivers, "y") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      y.drive(a)
      y.drive(!a)
      return #line - 1
    },
    FailingCase("unconditional after conditional", .multipleDrivers, "y") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      m.when(a) { y.drive(true) }
      y.drive(false)
      return #line - 1
    },
    FailingCase("overlapping slices", .multipleDrivers, "y") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.output("y", Unsigned.self, width: 7)
      y[3, 0].drive(a)
      y[6, 3].drive(a)
      return #line - 1
    },
    FailingCase("every iteration drives the same signal", .multipleDrivers, "y") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.generate("bit", count: 4) { k in y.drive(a[k]) }
      return line
    },
    FailingCase("instance input connected twice", .multipleDrivers, "u_child") { m in
      let child = m.instance("u_child", Child())
      child.connect("a", Unsigned(1))
      child.connect("b", Signed(1))
      child.connect("a", Unsigned(2))
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("loop of two wires", .combinationalLoop, "first") { m in
      let a = m.input("a", Bit.self)
      let first = m.wire("first", Bit.self)
      let line = #line - 1
      let second = m.wire("second", first ^ a)
      first.drive(!second)
      m.output("y", second)
      return line
    },
    FailingCase("loop through an instance", .combinationalLoop, "child_x") { m in
      let child = m.instance("u_child", Child())
      let line = #line - 1
      let x = child.output("x", Unsigned.self)
      child.connect("a", x ^ 1)
      child.connect("b", Signed(1))
      m.output("x", x)
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("no default", .incompleteAssignment, "y") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.when(a) { y.drive(true) }
      return line
    },
    FailingCase("one branch without assignment", .incompleteAssignment, "y") { m in
      let a = m.input("a", Unsigned.self, width: 2)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.when(a[0]) { y.drive(true) }.elseWhen(a[1]) {}.otherwise { y.drive(false) }
      return line
    },
    FailingCase("case without the encodings left over", .incompleteAssignment, "y") { m in
      let phase = m.register("phase", reset: Phase.first)
      phase.next(.second)
      let y = m.output("y", Bit.self)
      var line = 0
      line = #line + 1
      m.switchOn(phase) { value in y.drive(Bit(value == .first)) }
      return line
    },
    FailingCase("bit never read", .unused, "a") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let line = #line - 1
      m.output("y", a[3, 1])
      return line
    },
    FailingCase("name taken", .name, "a_i") { m in
      let a = m.input("a", Bit.self)
      m.output("y", a)
      let again = m.wire("a_i", !a)
      let line = #line - 1
      m.output("z", again)
      return line
    },
    FailingCase("reserved word", .name, "wire") { m in
      let a = m.input("a", Bit.self)
      let value = m.wire("wire", !a)
      let line = #line - 1
      m.output("z", value)
      return line
    },
    FailingCase("expression driven", .notDrivable, "value") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      m.output("z", a)
      (a & 1).drive(a)
      return #line - 1
    },
    FailingCase("register driven", .notDrivable, "r") { m in
      let r = m.register("r", Bit.self, reset: false)
      r.next(!r)
      m.output("z", r)
      r.drive(false)
      return #line - 1
    },
    FailingCase("input driven", .notDrivable, "a") { m in
      let a = m.input("a", Bit.self)
      m.output("z", a)
      a.drive(false)
      return #line - 1
    },
    FailingCase("local signal read outside its loop", .outOfScope, "z") { m in
      var inner: Bit = false
      m.generate("lane", count: 2) { _ in
        inner = m.register("inner", Bit.self, reset: false)
        inner.next(!inner)
      }
      m.output("z", inner)
      return #line - 1
    },
    FailingCase("unknown port", .connection, "u_child") { m in
      let child = m.instance("u_child", Child())
      child.connect("a", Unsigned(1))
      child.connect("b", Signed(1))
      child.connect("c", Unsigned(1))
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("input left open", .connection, "u_child.b") { m in
      let child = m.instance("u_child", Child())
      let line = #line - 1
      child.connect("a", Unsigned(1))
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("wrong signedness on an instance", .connection, "u_child") { m in
      let child = m.instance("u_child", Child())
      child.connect("a", Unsigned(1))
      child.connect("b", Unsigned(1, width: 4))
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("bit that is not there", .invalidExpression, "y") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      m.output("x", a)
      m.output("y", a[4])
      return #line - 1
    },
    FailingCase("element that is not there", .invalidExpression, "y") { m in
      let lane = m.inputVector("lane", Unsigned.self, width: 4, count: 4)
      let y = m.outputVector("y", Unsigned.self, width: 4, count: 4)
      var line = 0
      line = #line + 1
      m.generate("next", count: 4) { k in y[k].drive(lane[k + 1]) }
      return line
    },
    FailingCase("elseWhen after otherwise", .invalidExpression, "when") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      let chain = m.when(a) { y.drive(true) }
      chain.otherwise { y.drive(false) }
      chain.elseWhen(a) {}
      return #line - 1
    },
  ]

  @Test(arguments: cases) func theFaultIsFound(_ failing: FailingCase) {
    let box = FailingModule.Box()
    let elaboration = Elaborator().run(FailingModule(failing: failing, line: box))
    let matches = elaboration.diagnostics.filter {
      $0.kind == failing.kind && $0.path == "faulty.\(failing.path)" && $0.location.line == box.line
        && $0.location.fileName == "ShouldFailTests.swift"
    }
    #expect(
      matches.count == 1,
      "expected \(failing.kind.rawValue) at line \(box.line) for \(failing.path), got \(elaboration.diagnostics)")
    let others = elaboration.diagnostics.filter { $0.kind != failing.kind && $0.kind != .unused }
    #expect(others == [])
  }

  @Test func everyDiagnosticHasACase() {
    let covered = Set(Self.cases.map(\.kind))
    // Clock domains do not exist yet; a module clash needs two modules and has its own test.
    let missing = Set(Diagnostic.Kind.allCases).subtracting(covered).subtracting([.clockDomainCrossing, .moduleClash])
    #expect(missing == [])
  }

  @Test func severalFaultsAreReportedTogether() {
    struct Faulty: HardwareModule {
      func build(_ m: ModuleBuilder) {
        let a = m.input("a", Unsigned.self, width: 8)
        m.output("y", Unsigned.self, width: 4).drive(a)
        _ = m.output("z", Bit.self)
      }
    }
    let kinds = Elaborator().run(Faulty()).diagnostics.map(\.kind)
    #expect(kinds == [.widthLoss, .undriven])
  }

  @Test func oneNameForTwoModulesIsFound() {
    struct Inner: HardwareModule {
      var width: Int
      var moduleName: String { "inner" }
      func build(_ m: ModuleBuilder) { m.output("y", Unsigned(0, width: width)) }
    }
    struct Outer: HardwareModule {
      func build(_ m: ModuleBuilder) {
        m.output("a", m.instance("u_a", Inner(width: 1)).output("y", Unsigned.self))
        m.output("b", m.instance("u_b", Inner(width: 2)).output("y", Unsigned.self))
      }
    }
    let diagnostics = Elaborator().run(Outer()).diagnostics
    #expect(diagnostics.map(\.kind) == [.moduleClash])
    #expect(diagnostics.first?.path == "outer.u_b")
  }

  @Test func anUndrivenMaskNamesTheBits() {
    struct Partial: HardwareModule {
      func build(_ m: ModuleBuilder) {
        let y = m.output("y", Unsigned.self, width: 8)
        y[4, 1].drive(Unsigned(3, width: 4))
      }
    }
    let message = Elaborator().run(Partial()).diagnostics.first?.message
    #expect(message == "bits [7:5], [0] are never driven (mask 8'he1)")
  }
}
