import Foundation
import HardwareDescription
import Testing

/// The examples of the glossary, compiled: what stands between `// example` and `// end` is the text of the page.
@Suite struct GlossaryTests {
  static let cases: [FailingCase] = [
    FailingCase("HD001", .widthLoss, "count", at: "next") { m in
      let line = #line + 3
      // example
      let count = m.register("count", Unsigned.self, width: 4, reset: 0)
      count.next(count + 1)
      m.output("count", count)
      // end
      return line
    },
    FailingCase("HD002", .undriven, "y", at: "output") { m in
      let line = #line + 3
      // example
      let a = m.input("a", Unsigned.self, width: 4)
      let y = m.output("y", Unsigned.self, width: 8)
      y[3, 0].drive(a)
      // end
      return line
    },
    FailingCase("HD003", .multipleDrivers, "y", at: "drive") { m in
      let line = #line + 5
      // example
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      m.when(a) { y.drive(true) }
      y.drive(false)
      // end
      return line
    },
    FailingCase("HD004", .combinationalLoop, "first", at: "drive") { m in
      let line = #line + 5
      // example
      let a = m.input("a", Bit.self)
      let first = m.wire("first", Bit.self)
      let second = m.wire("second", first ^ a)
      first.drive(!second)
      m.output("y", second)
      // end
      return line
    },
    FailingCase("HD005", .incompleteAssignment, "y", at: "drive") { m in
      let line = #line + 4
      // example
      let a = m.input("a", Bit.self)
      let y = m.output("y", Bit.self)
      m.when(a) { y.drive(true) }
      // end
      return line
    },
    FailingCase("HD006", .clockDomainCrossing, "seen", at: "next") { m in
      let line = #line + 4
      // example
      let request = m.clocked(by: ClockDomain("bus")) { m.input("request", Bit.self) }
      let seen = m.register("seen", Bit.self, reset: false)
      seen.next(request)
      m.output("seen", seen)
      // end
      return line
    },
    FailingCase("HD007", .unused, "a", at: "input") { m in
      let line = #line + 2
      // example
      let a = m.input("a", Unsigned.self, width: 4)
      m.output("y", a[3, 1])
      // end
      return line
    },
    FailingCase("HD008", .name, "wire", at: "wire") { m in
      let line = #line + 3
      // example
      let a = m.input("a", Bit.self)
      m.output("y", m.wire("wire", !a))
      // end
      return line
    },
    FailingCase("HD009", .notDrivable, "ready", at: "drive") { m in
      let line = #line + 4
      // example
      let ready = m.register("ready", Bit.self, reset: false)
      ready.next(!ready)
      ready.drive(false)
      m.output("ready", ready)
      // end
      return line
    },
    FailingCase("HD010", .outOfScope, "y", at: "output") { m in
      let line = #line + 7
      // example
      var last = Bit(false)
      m.generate("lane", count: 2) { _ in
        last = m.register("flag", Bit.self, reset: false)
        last.next(!last)
      }
      m.output("y", last)
      // end
      return line
    },
    FailingCase("HD011", .connection, "u_child.b", at: "instance") { m in
      let line = #line + 2
      // example
      let child = m.instance("u_child", Child())
      child.connect("a", Unsigned(1))
      m.output("x", child.output("x", Unsigned.self))
      m.output("y", child.output("y", Signed.self))
      // end
      return line
    },
    FailingCase("HD012", .moduleClash, "u_b", at: "instance") { m in
      let line = #line + 3
      // example
      m.output("a", m.instance("u_a", Inner(width: 1)).output("y", Unsigned.self))
      m.output("b", m.instance("u_b", Inner(width: 2)).output("y", Unsigned.self))
      // end
      return line
    },
    FailingCase("HD013", .invalidExpression, "y", at: "output") { m in
      let line = #line + 4
      // example
      let a = m.input("a", Unsigned.self, width: 4)
      m.output("x", a)
      m.output("y", a[4])
      // end
      return line
    },
  ]

  /// The whole text of each finding, with the lines counted from the first one of the example.
  private static let texts = [
    #"""
    GlossaryTests.swift:2:17: error HD001: faulty.count: 5 bits assigned to 4
       2 |       count.next(count + 1)
         |             ^~~~
       fix: use truncated(to: 4) or saturated(to: 4), or a wrapping operator (&+, &-)
    """#,
    #"""
    GlossaryTests.swift:2:23: error HD002: faulty.y: bits [7:4] are never driven (mask 8'hf0)
       2 |       let y = m.output("y", Unsigned.self, width: 8)
         |                 ^~~~~~
       fix: give it a value with drive(_:)
    """#,
    #"""
    GlossaryTests.swift:4:14: error HD003: faulty.y: driven here and at GlossaryTests.swift:3
       4 |       y.drive(false)
         |         ^~~~~
      path: faulty.y (driven, GlossaryTests.swift:3)
         -> faulty.y (driven, GlossaryTests.swift:4)
       fix: keep one unconditional assignment, before the conditional ones and in the same scope
    """#,
    #"""
    GlossaryTests.swift:4:18: error HD004: faulty.first: the value depends on itself within a cycle: first <- second <- first
       4 |       first.drive(!second)
         |             ^~~~~
      path: faulty.first (GlossaryTests.swift:4)
         -> faulty.second (GlossaryTests.swift:3)
       fix: put a register into the chain, or take the value from before the loop
    """#,
    #"""
    GlossaryTests.swift:3:26: error HD005: faulty.y: not assigned on every path, which infers a latch: nothing is assigned when `a_i` is 0
       3 |       m.when(a) { y.drive(true) }
         |                     ^~~~~
      path: `a_i` is 0 (GlossaryTests.swift:3)
       fix: drive a default before the condition
    """#,
    #"""
    GlossaryTests.swift:3:16: error HD006: faulty.seen: a value of clk_bus_i reaches a register of clk_i without a synchroniser
       3 |       seen.next(request)
         |            ^~~~
      path: faulty.request (input of clk_bus_i, GlossaryTests.swift:1)
         -> faulty.seen (register of clk_i, GlossaryTests.swift:2)
       fix: take a bit in with m.synchronised(_:_:), a Gray-coded number with m.synchronised(_:gray:); or mark a value that is stable when it is used with m.crossing(_:_:because:)
    """#,
    #"""
    GlossaryTests.swift:1:22: warning HD007: faulty.a: bits [0] are never read (mask 4'h1)
       1 |       let a = m.input("a", Unsigned.self, width: 4)
         |                 ^~~~~
       fix: remove it or state it with m.unused(_:)
    """#,
    #"""
    GlossaryTests.swift:2:27: error HD008: faulty.wire: `wire` is not a usable name in SystemVerilog
       2 |       m.output("y", m.wire("wire", !a))
         |                       ^~~~
       fix: choose another name
    """#,
    #"""
    GlossaryTests.swift:3:18: error HD009: faulty.ready: a register is driven
       3 |       ready.drive(false)
         |             ^~~~~
       fix: use next(_:)
    """#,
    #"""
    GlossaryTests.swift:6:15: error HD010: faulty.y: `flag` belongs to a loop and is read outside of it
       6 |       m.output("y", last)
         |         ^~~~~~
       fix: collect the elements in a vector declared before the loop
    """#,
    #"""
    GlossaryTests.swift:1:29: error HD011: faulty.u_child.b: the input `b` is not connected
       1 |       let child = m.instance("u_child", Child())
         |                     ^~~~~~~~
       fix: connect("b", ...)
    """#,
    #"""
    GlossaryTests.swift:2:31: error HD012: faulty.u_b: the module name `inner` stands for other parameters already
       2 |       m.output("b", m.instance("u_b", Inner(width: 2)).output("y", Unsigned.self))
         |                       ^~~~~~~~
       fix: let moduleName depend on every parameter
    """#,
    #"""
    GlossaryTests.swift:3:15: error HD013: faulty.y: bits [4:4] of a signal of 4 bits
       3 |       m.output("y", a[4])
         |         ^~~~~~
       fix: stay within the width or count of the signal, and give literals a width where nothing else does
    """#,
  ]

  /// The lines between the marks after the case of that name.
  private func example(_ name: String) throws -> (text: String, firstLine: Int) {
    let source = try #require(try SourceTree.ofTests().text(of: "HardwareDescriptionTests/GlossaryTests.swift"))
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.contains("FailingCase(\"\(name)\"") })
    let first = try #require(lines[start...].firstIndex { $0.hasSuffix("// example") }) + 1
    let end = try #require(lines[first...].firstIndex { $0.hasSuffix("// end") })
    return (lines[first..<end].map { $0.dropFirst(6) }.joined(separator: "\n"), first + 1)
  }

  @Test(arguments: cases) func theGlossaryShowsThisExample(_ failing: FailingCase) throws {
    #expect(failing.name == failing.kind.rawValue)
    #expect(try example(failing.name).text == failing.kind.example)
    let found = failing.run().elaboration.diagnostics.filter { $0.kind == failing.kind }
    #expect(found.count == 1)
    let message = found.first?.message.replacing(/\w+\.swift:\d+/) { _ in "File.swift:3" }
    #expect(message == failing.kind.exampleMessage)
  }

  @Test func everyKindHasAnExample() {
    #expect(Self.cases.map(\.kind) == Diagnostic.Kind.allCases)
    #expect(Self.texts.count == Self.cases.count)
  }

  @Test(arguments: zip(cases, texts)) func theWholeTextIsThis(_ failing: FailingCase, _ expected: String) throws {
    let first = try example(failing.name).firstLine
    let found = try #require(failing.run().elaboration.diagnostics.first { $0.kind == failing.kind })
    let text = found.rendered(source: try .ofTests())
      .replacing(/GlossaryTests\.swift:(\d+)/) { "GlossaryTests.swift:\((Int($0.1) ?? 0) - first + 1)" }
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        guard let number = line.firstMatch(of: /^ *(\d+) \|/) else { return String(line) }
        let relative = "\((Int(number.1) ?? 0) - first + 1)"
        return String(repeating: " ", count: 4 - relative.count) + relative + line.dropFirst(4)
      }
    #expect(text.joined(separator: "\n") == expected)
  }

  @Test func thePageIsWhatTheDefinitionsSay() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Sources/HardwareDescription/HardwareDescription.docc/Diagnostics.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    #expect(text == Diagnostic.glossary, "`rtlgen passes --glossary` writes the page")
  }
}
