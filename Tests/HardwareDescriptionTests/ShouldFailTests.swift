import HardwareDescription
import Testing

@Suite struct ShouldFailTests {
  static let cases: [FailingCase] = [
    FailingCase("wider value on an output", .widthLoss, "y", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 8)
      let y = m.output("y", Unsigned.self, width: 8)
      y.drive(a + 1)
      return #line - 1
    },
    FailingCase("wider next value", .widthLoss, "count", at: "next") { m in
      let count = m.register("count", Unsigned.self, width: 4, reset: 0)
      m.output("y", count)
      count.next(count + 1)
      return #line - 1
    },
    FailingCase("literal too large", .widthLoss, "count", at: "next") { m in
      let count = m.register("count", Unsigned.self, width: 4, reset: 0)
      m.output("y", count)
      count.next(16)
      return #line - 1
    },
    FailingCase("reset value too large", .widthLoss, "count", at: "register") { m in
      let count = m.register("count", Unsigned.self, width: 4, reset: 16)
      let line = #line - 1
      count.next(count &+ 1)
      m.output("y", count)
      return line
    },
    FailingCase("width loss inside a loop", .widthLoss, "gen_lane[k].sum", at: "drive") { m in
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
    FailingCase("address too wide", .widthLoss, "words", at: "read") { m in
      let a = m.input("a", Unsigned.self, width: 5)
      let words = m.memory("words", Unsigned.self, width: 8, depth: 16, readLatency: 0, style: .distributed)
      words.write(a.truncated(to: 4), 0)
      m.output("y", words.read(a))
      return #line - 1
    },
    FailingCase("wider value on an instance", .widthLoss, "u_child.a", at: "connect") { m in
      let a = m.input("a", Unsigned.self, width: 5)
      let child = m.instance("u_child", Child())
      child.connect("b", Signed(1))
      child.connect("a", a)
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("field of a bundle never driven", .undriven, "row_index", at: "output") { m in
      let row = m.output("row", RowTag(indexBits: 4))
      let line = #line - 1
      row.valid.drive(true)
      row.offset.drive(0)
      return line
    },
    FailingCase("field without a value", .undriven, "kept_index", at: "registered") { m in
      var row = RowTag(indexBits: 4)
      row.valid = true
      row.offset = Signed(0, width: 3)
      m.output("row", m.registered("kept", row))
      return #line - 1
    },
    FailingCase("wider field on an output", .widthLoss, "row_index", at: "drive") { m in
      let wide = m.input("wide", RowTag(indexBits: 5))
      m.output("row", RowTag(indexBits: 4)).drive(wide)
      return #line - 1
    },
    FailingCase("wider field on an instance", .widthLoss, "u_hold.row_index", at: "connect") { m in
      let wide = m.input("wide", RowTag(indexBits: 5))
      let hold = m.instance("u_hold", RowHold(indexBits: 4))
      hold.connect("hold", false as Bit)
      hold.connect("row", wide)
      let line = #line - 1
      m.output("row", hold.output("held", RowTag(indexBits: 4)))
      return line
    },
    FailingCase("field left open on an instance", .connection, "u_hold.row_index", at: "instance") { m in
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
    FailingCase("field of an instance of another width", .connection, "u_hold.held_index", at: "output") { m in
      let hold = m.instance("u_hold", RowHold(indexBits: 4))
      hold.connect("hold", m.input("hold", Bit.self))
      hold.connect("row", m.input("row", RowTag(indexBits: 4)))
      let held = hold.output("held", RowTag(indexBits: 5))
      let line = #line - 1
      m.output("row", held)
      return line
    },
    FailingCase("literal without a width in a field", .invalidExpression, "row_index", at: "output") { m in
      var row = m.input("in", RowTag(indexBits: 4))
      row.index = 0
      m.output("row", row)
      return #line - 1
    },
    FailingCase("bit never read", .unused, "a", at: "input") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let line = #line - 1
      m.output("y", a[3, 1])
      return line
    },
    FailingCase("bit of a delay never read", .unused, "late", at: "delayed") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let late = m.delayed("late", a, by: 2)
      let line = #line - 1
      m.output("y", late[3, 1])
      return line
    },
    FailingCase("memory never read", .unused, "rows", at: "memory") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let rows = m.memory("rows", Unsigned.self, width: 4, depth: 16, readLatency: 0, style: .distributed)
      let line = #line - 1
      rows.write(a, a)
      return line
    },
    FailingCase("condition of nothing", .unused, "a", at: "input") { m in
      let a = m.input("a", Bit.self)
      let line = #line - 1
      m.when(a) {}
      return line
    },
    FailingCase("name taken", .name, "a_i", at: "wire") { m in
      let a = m.input("a", Bit.self)
      m.output("y", a)
      let again = m.wire("a_i", !a)
      let line = #line - 1
      m.output("z", again)
      return line
    },
    FailingCase("reserved word", .name, "wire", at: "wire") { m in
      let a = m.input("a", Bit.self)
      let value = m.wire("wire", !a)
      let line = #line - 1
      m.output("z", value)
      return line
    },
    FailingCase("expression driven", .notDrivable, "value", at: "drive") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      m.output("z", a)
      (a & 1).drive(a)
      return #line - 1
    },
    FailingCase("register driven", .notDrivable, "r", at: "drive") { m in
      let r = m.register("r", Bit.self, reset: false)
      r.next(!r)
      m.output("z", r)
      r.drive(false)
      return #line - 1
    },
    FailingCase("input driven", .notDrivable, "a", at: "drive") { m in
      let a = m.input("a", Bit.self)
      m.output("z", a)
      a.drive(false)
      return #line - 1
    },
    FailingCase("local signal read outside its loop", .outOfScope, "z", at: "output") { m in
      var inner: Bit = false
      m.generate("lane", count: 2) { _ in
        inner = m.register("inner", Bit.self, reset: false)
        inner.next(!inner)
      }
      m.output("z", inner)
      return #line - 1
    },
    FailingCase("unknown port", .connection, "u_child", at: "connect") { m in
      let child = m.instance("u_child", Child())
      child.connect("a", Unsigned(1))
      child.connect("b", Signed(1))
      child.connect("c", Unsigned(1))
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("input left open", .connection, "u_child.b", at: "instance") { m in
      let child = m.instance("u_child", Child())
      let line = #line - 1
      child.connect("a", Unsigned(1))
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("wrong signedness on an instance", .connection, "u_child", at: "connect") { m in
      let child = m.instance("u_child", Child())
      child.connect("a", Unsigned(1))
      child.connect("b", Unsigned(1, width: 4))
      let line = #line - 1
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      return line
    },
    FailingCase("bit that is not there", .invalidExpression, "y", at: "output") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      m.output("x", a)
      m.output("y", a[4])
      return #line - 1
    },
    FailingCase("element that is not there", .invalidExpression, "y", at: "drive") { m in
      let lane = m.inputVector("lane", Unsigned.self, width: 4, count: 4)
      let y = m.outputVector("y", Unsigned.self, width: 4, count: 4)
      var line = 0
      line = #line + 1
      m.generate("next", count: 4) { k in y[k].drive(lane[k + 1]) }
      return line
    },
    FailingCase("elseWhen after otherwise", .invalidExpression, "when", at: "elseWhen") { m in
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      let chain = m.when(a) { y.drive(true) }
      chain.otherwise { y.drive(false) }
      chain.elseWhen(a) {}
      return #line - 1
    },
  ]

  static let allCases = cases + driverCases + latchCases + loopCases + clockCases + GlossaryTests.cases

  @Test(arguments: allCases) func theFaultIsFound(_ failing: FailingCase) throws {
    let (elaboration, line) = failing.run()
    let matches = elaboration.diagnostics.filter {
      $0.kind == failing.kind && $0.path == "faulty.\(failing.path)" && $0.location.line == line
        && $0.location.file.hasPrefix("HardwareDescriptionTests/")
    }
    #expect(
      matches.count == 1,
      "expected \(failing.kind.rawValue) at line \(line) for \(failing.path), got \(elaboration.diagnostics)")
    let others = elaboration.diagnostics.filter { $0.kind != failing.kind && $0.kind != .unused }
    #expect(others == [])
    guard let match = matches.first else { return }
    #expect(try SourceTree.ofTests().callee(at: match.location) == failing.call)
    if let message = failing.message { #expect(match.message == message) }
    #expect(!match.suggestion.isEmpty)
  }

  @Test func everyDiagnosticHasACase() {
    #expect(Set(Self.allCases.map(\.kind)) == Set(Diagnostic.Kind.allCases))
    #expect(Set(Self.allCases.map(\.name)).count == Self.allCases.count)
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
