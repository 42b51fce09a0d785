extension Diagnostic.Kind {
  /// What is known of a kind; messages and the glossary page are made from it.
  private struct Entry {
    let summary: String
    let explanation: String
    /// The body of a `build(_:)` that is wrong in this way.
    let example: String
    /// What is said about the example.
    let message: String
    let fix: String
  }

  /// One line on the kind.
  public var summary: String { entry.summary }
  /// What it means and why it matters.
  public var explanation: String { entry.explanation }
  /// The body of a `build(_:)` that is wrong in this way.
  public var example: String { entry.example }
  /// What is said about the example.
  public var exampleMessage: String { entry.message }
  /// What the author may do; the suggestion of a diagnostic that has none of its own.
  public var fix: String { entry.fix }

  private var entry: Entry {
    switch self {
    case .widthLoss:
      Entry(
        summary: "a value is wider than what it is assigned to",
        explanation: """
          An assignment, a connection, an address or a reset value would lose its upper bits. Narrower values are extended \
          silently, because that loses nothing; wider ones never fit by themselves.
          """,
        example: """
          let count = m.register("count", Unsigned.self, width: 4, reset: 0)
          count.next(count + 1)
          m.output("count", count)
          """,
        message: "5 bits assigned to 4",
        fix: "use truncated(to:) or saturated(to:), or a wrapping operator (&+, &-, &*)")
    case .undriven:
      Entry(
        summary: "a signal, or some of its bits, has no driver",
        explanation: """
          A wire, an output, a register or some bits or elements of one never get a value. The mask has a one for each bit, or \
          for each element of a vector, that is missing.
          """,
        example: """
          let a = m.input("a", Unsigned.self, width: 4)
          let y = m.output("y", Unsigned.self, width: 8)
          y[3, 0].drive(a)
          """,
        message: "bits [7:4] are never driven (mask 8'hf0)",
        fix: "drive the missing bits, or declare the signal without them")
    case .multipleDrivers:
      Entry(
        summary: "a signal is driven from more than one place",
        explanation: """
          Two assignments claim the same bit and none of them is a condition on top of the other: an unconditional assignment \
          after another one, assignments in two scopes, a loop whose iterations write the same bit, a memory written with two \
          clocks. A default followed by conditional assignments is no fault.
          """,
        example: """
          let a = m.input("a", Bit.self)
          let y = m.output("y", Bit.self)
          m.when(a) { y.drive(true) }
          y.drive(false)
          """,
        message: "driven here and at File.swift:3",
        fix: "keep one unconditional assignment, before the conditional ones and in the same scope")
    case .combinationalLoop:
      Entry(
        summary: "a signal depends on itself without a register between",
        explanation: """
          The value of a bit depends on the same bit within one cycle, perhaps through other modules. The path names every \
          signal of the loop with its instance and the line that gives it its value. Bits and elements at positions known at \
          elaboration are told apart, so a carry that ripples through a vector is no loop.
          """,
        example: """
          let a = m.input("a", Bit.self)
          let first = m.wire("first", Bit.self)
          let second = m.wire("second", first ^ a)
          first.drive(!second)
          m.output("y", second)
          """,
        message: "the value depends on itself within a cycle: first <- second <- first",
        fix: "put a register into the chain, or take the value from before the loop")
    case .incompleteAssignment:
      Entry(
        summary: "a combinational signal keeps its value on some path, which infers a latch",
        explanation: """
          A wire or output is assigned under conditions that do not cover every case. The message names conditions under which \
          nothing is assigned. A register may be left alone: it keeps its value.
          """,
        example: """
          let a = m.input("a", Bit.self)
          let y = m.output("y", Bit.self)
          m.when(a) { y.drive(true) }
          """,
        message: "not assigned on every path, which infers a latch: nothing is assigned when `a_i` is 0",
        fix: "drive a default before the condition")
    case .clockDomainCrossing:
      Entry(
        summary: "a value crosses clock domains without a synchroniser",
        explanation: """
          A register, a memory, an output or an input of an instance takes in a value of another clock. The path leads from the \
          register the value comes from to the one that takes it, through instances. A synchroniser that follows logic is \
          reported too: the glitches of the logic may be taken for values. Ports belong to the domain that was open when they \
          were declared.
          """,
        example: """
          let request = m.clocked(by: ClockDomain("bus")) { m.input("request", Bit.self) }
          let seen = m.register("seen", Bit.self, reset: false)
          seen.next(request)
          m.output("seen", seen)
          """,
        message: "a value of clk_bus_i reaches a register of clk_i without a synchroniser",
        fix:
          "take a bit in with m.synchronised(_:_:), a Gray-coded number with m.synchronised(_:gray:); or mark a value that "
          + "is stable when it is used with m.crossing(_:_:because:)")
    case .unused:
      Entry(
        summary: "a signal, or some of its bits, is never read",
        explanation: """
          A warning. Nothing reads the signal, or the bits or elements of the mask; what is not read is often what was forgotten.
          """,
        example: """
          let a = m.input("a", Unsigned.self, width: 4)
          m.output("y", a[3, 1])
          """,
        message: "bits [0] are never read (mask 4'h1)",
        fix: "remove it or state it with m.unused(_:)")
    case .name:
      Entry(
        summary: "a name is taken or not usable in SystemVerilog",
        explanation: """
          Names appear in the emitted text as they are. They must be identifiers, no keywords, without two underscores in a row, \
          and different from every other name of the module and of the loops around; the suffixes `_i`, `_o`, `_q` and `_d` count.
          """,
        example: """
          let a = m.input("a", Bit.self)
          m.output("y", m.wire("wire", !a))
          """,
        message: "`wire` is not a usable name in SystemVerilog",
        fix: "choose another name")
    case .notDrivable:
      Entry(
        summary: "the value is not a signal that this method may drive",
        explanation: """
          `drive` is for wires and outputs, `next` for registers. Inputs, outputs of instances and expressions take neither.
          """,
        example: """
          let ready = m.register("ready", Bit.self, reset: false)
          ready.next(!ready)
          ready.drive(false)
          m.output("ready", ready)
          """,
        message: "a register is driven",
        fix: "use next(_:) for registers and drive(_:) for wires and outputs")
    case .outOfScope:
      Entry(
        summary: "a signal is used outside the module or loop it belongs to",
        explanation: """
          What a generate loop declares exists once in each iteration, so outside the loop its name means nothing; what a module \
          declares is seen by others through ports only. Ports, instances and loops cannot stand inside a condition.
          """,
        example: """
          var last = Bit(false)
          m.generate("lane", count: 2) { _ in
            last = m.register("flag", Bit.self, reset: false)
            last.next(!last)
          }
          m.output("y", last)
          """,
        message: "`flag` belongs to a loop and is read outside of it",
        fix: "collect the values in a vector declared before the loop, or pass them through a port")
    case .connection:
      Entry(
        summary: "an instance port is unknown, unconnected, or connected to another type",
        explanation: """
          Every input of an instance needs a value of its type, and only ports and clock domains that the module has can be \
          connected.
          """,
        example: """
          let child = m.instance("u_child", Child())
          child.connect("a", Unsigned(1))
          m.output("x", child.output("x", Unsigned.self))
          m.output("y", child.output("y", Signed.self))
          """,
        message: "the input `b` is not connected",
        fix: "connect every input of the instance once, with a value of its type")
    case .moduleClash:
      Entry(
        summary: "two different modules have the same module name",
        explanation: """
          A module is emitted once for each name, so two values of a module with different parameters must not share it.
          """,
        example: """
          m.output("a", m.instance("u_a", Inner(width: 1)).output("y", Unsigned.self))
          m.output("b", m.instance("u_b", Inner(width: 2)).output("y", Unsigned.self))
          """,
        message: "the module name `inner` stands for other parameters already",
        fix: "let moduleName depend on every parameter")
    case .invalidExpression:
      Entry(
        summary: "an expression is not meaningful",
        explanation: """
          A bit or element out of range, a constant that does not fit its width, a literal without a width where one is needed, a \
          width below one, or a method in a place where it has no meaning.
          """,
        example: """
          let a = m.input("a", Unsigned.self, width: 4)
          m.output("x", a)
          m.output("y", a[4])
          """,
        message: "bits [4:4] of a signal of 4 bits",
        fix: "stay within the width or count of the signal, and give literals a width where nothing else does")
    }
  }
}

extension Diagnostic {
  /// A page on every kind, in the Markdown of DocC.
  public static var glossary: String {
    var page = """
      # Diagnostics

      What the elaborator reports, by number.

      ## Overview

      All findings of a run are reported together. Each has a number, the line of the source with a caret under the call, the path of the
      signal through the instances, and what to do about it. This page is made from the definitions of the messages
      (`rtlgen passes --glossary`); every example is compiled and run by the tests.

      """
    for kind in Kind.allCases {
      page += """

        ## \(kind.rawValue): \(kind.summary)

        \(kind.explanation)

        ```swift
        \(kind.example)
        ```

        > `\(kind.rawValue)`: \(kind.exampleMessage)

        To mend it: \(kind.fix).

        """
    }
    return page
  }
}
