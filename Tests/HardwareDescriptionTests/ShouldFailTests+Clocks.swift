import HardwareDescription
import Testing

private let far = ClockDomain("far")

/// A counter that shows its value.
private struct Counter: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let count = m.register("count", Unsigned.self, width: 4, reset: 0)
    count.next(count &+ 1)
    m.output("value", count)
  }
}

/// Keeps the last value.
private struct Keeper: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let held = m.register("held", Unsigned.self, width: 4)
    held.next(m.input("value", Unsigned.self, width: 4))
    m.output("kept", held)
  }
}

/// Logic without a clock.
private struct Inverter: HardwareModule {
  func build(_ m: ModuleBuilder) { m.output("y", ~m.input("a", Unsigned.self, width: 4)) }
}

/// Takes in a bit from `far`.
private struct Receiver: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let request = m.clocked(by: far) { m.input("request", Bit.self) }
    m.output("seen", m.synchronised("seen", request))
  }
}

extension ModuleBuilder {
  fileprivate func farInput(_ name: String, width: Int = 4) -> Unsigned {
    clocked(by: far) { input(name, Unsigned.self, width: width) }
  }
}

extension ShouldFailTests {
  /// Values that enter another clock domain without a synchroniser.
  static let clockCases: [FailingCase] = [
    FailingCase(
      "register of another clock", .clockDomainCrossing, "seen", at: "registered",
      message: "a value of clk_far_i reaches a register of clk_i without a synchroniser"
    ) { m in
      let a = m.farInput("a")
      let count = m.clocked(by: far) { m.registered("count", a) }
      m.output("seen", m.registered("seen", count))
      return #line - 1
    },
    FailingCase("condition of another clock", .clockDomainCrossing, "held", at: "next") { m in
      let go = m.clocked(by: far) { m.input("go", Bit.self) }
      let ready = m.wire("ready", !go)
      let held = m.register("held", Bit.self, reset: false)
      m.when(ready) { held.next(!held) }
      let line = #line - 1
      m.output("held", held)
      return line
    },
    FailingCase("element of a vector of another clock", .clockDomainCrossing, "lanes", at: "next") { m in
      let a = m.farInput("a")
      let lanes = m.registerVector("lanes", Unsigned.self, width: 4, count: 2)
      lanes[0].next(1)
      lanes[1].next(a)
      let line = #line - 1
      m.output("y", lanes[0] ^ lanes[1])
      return line
    },
    FailingCase("delay of another clock", .clockDomainCrossing, "late", at: "delayed") { m in
      let a = m.farInput("a")
      m.output("y", m.delayed("late", a, by: 2))
      return #line - 1
    },
    FailingCase(
      "input without a clock", .clockDomainCrossing, "button", at: "registered",
      message: "a value of no clock reaches a register of clk_i without a synchroniser"
    ) { m in
      let pin = m.clocked(by: .asynchronous) { m.input("pin", Bit.self) }
      m.output("y", m.registered("button", pin))
      return #line - 1
    },
    FailingCase("memory written with data of another clock", .clockDomainCrossing, "words", at: "write") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let data = m.farInput("data")
      let words = m.memory("words", Unsigned.self, width: 4, depth: 16, readLatency: 1, style: .block)
      words.write(a, data)
      let line = #line - 1
      m.output("y", words.read("word", a))
      return line
    },
    FailingCase("address of another clock", .clockDomainCrossing, "word", at: "read") { m in
      let a = m.input("a", Unsigned.self, width: 4)
      let address = m.farInput("address")
      let words = m.memory("words", Unsigned.self, width: 4, depth: 16, readLatency: 1, style: .block)
      words.write(a, a)
      m.output("y", words.read("word", address))
      return #line - 1
    },
    FailingCase("word of a memory that another clock writes", .clockDomainCrossing, "word", at: "registered") { m in
      let a = m.farInput("a")
      let words = m.memory("words", Unsigned.self, width: 4, depth: 16, readLatency: 0, style: .distributed)
      m.clocked(by: far) { words.write(a, a) }
      m.output("y", m.registered("word", words.read(m.input("address", Unsigned.self, width: 4))))
      return #line - 1
    },
    FailingCase("output of another clock", .clockDomainCrossing, "y", at: "output") { m in
      let a = m.farInput("a")
      m.output("z", m.registered("own", m.input("b", Bit.self)))
      m.output("y", a)
      return #line - 1
    },
    FailingCase("instance of another clock", .clockDomainCrossing, "u_keeper.value", at: "connect") { m in
      let counter = m.clocked(by: far) { m.instance("u_counter", Counter()) }
      let keeper = m.instance("u_keeper", Keeper())
      let turned = m.wire("turned", ~counter.output("value", Unsigned.self))
      keeper.connect("value", turned)
      let line = #line - 1
      m.output("y", keeper.output("kept", Unsigned.self))
      return line
    },
    FailingCase("through a module without a clock", .clockDomainCrossing, "seen", at: "registered") { m in
      let inverter = m.instance("u_inverter", Inverter())
      inverter.connect("a", m.farInput("a"))
      m.output("y", m.registered("seen", inverter.output("y", Unsigned.self)))
      return #line - 1
    },
    FailingCase("one slice of a mixed signal", .clockDomainCrossing, "wrong", at: "registered") { m in
      let near = m.input("near", Unsigned.self, width: 4)
      let mixed = m.wire("mixed", concatenate(near, m.farInput("a")))
      m.output("x", m.registered("right", mixed[7, 4]))
      m.output("y", m.registered("wrong", mixed[3, 0]))
      return #line - 1
    },
    FailingCase(
      "logic before a synchroniser", .clockDomainCrossing, "seen", at: "synchronised",
      message: "logic stands between the source and the synchroniser, and its glitches may be taken for values"
    ) { m in
      let a = m.farInput("a", width: 2)
      let both = m.wire("both", a[0] && a[1])
      m.output("seen", m.synchronised("seen", both))
      return #line - 1
    },
    FailingCase("bit chosen before a synchroniser", .clockDomainCrossing, "seen", at: "synchronised") { m in
      let a = m.farInput("a")
      m.output("seen", m.synchronised("seen", a[m.farInput("which", width: 2)]))
      return #line - 1
    },
    FailingCase("logic before an instance's synchroniser", .clockDomainCrossing, "u_receiver.request", at: "connect") {
      m in
      let a = m.farInput("a", width: 2)
      let receiver = m.instance("u_receiver", Receiver())
      receiver.connect("request", a[0] || a[1])
      let line = #line - 1
      m.output("seen", receiver.output("seen", Bit.self))
      return line
    },
  ]

  /// Crossings that are as they should be.
  private struct Crossings: HardwareModule {
    func build(_ m: ModuleBuilder) {
      let counter = m.clocked(by: far) { m.instance("u_counter", Counter()) }
      let value = counter.output("value", Unsigned.self)
      // A bit of a register behind a port, straight.
      m.output("low", m.synchronised("low", value[0]))
      // The same through a module without a clock, which would be logic, in its own domain.
      let inverter = m.clocked(by: far) { m.instance("u_inverter", Inverter()) }
      inverter.connect("a", value)
      m.clocked(by: far) { m.output("turned", inverter.output("y", Unsigned.self)) }
      // A receiver gets a register, and one in the sender's own domain may get logic.
      let receiver = m.instance("u_receiver", Receiver())
      receiver.connect("request", value[1])
      m.output("seen", receiver.output("seen", Bit.self))
      let own = m.clocked(by: far) { m.instance("u_own", Receiver()) }
      own.connect("request", value[1] && value[2])
      m.clocked(by: far) { m.output("own", own.output("seen", Bit.self)) }
      m.output("held", m.crossing("held", value, because: "the counter stops before it is read"))
    }
  }

  @Test func legalCrossingsAreLeftAlone() {
    #expect(Elaborator().run(Crossings()).diagnostics == [])
    #expect(Elaborator().run(ClockBridges()).diagnostics == [])
  }

  @Test func thePathOfACrossingLeadsThroughTheInstances() throws {
    let failing = try #require(Self.clockCases.first { $0.name == "instance of another clock" })
    let path = try #require(failing.run().elaboration.diagnostics.first).signalPath
    #expect(
      path.map { "\($0.path): \($0.role)" } == [
        "faulty.u_counter.count: register of clk_far_i", "faulty.u_counter.value: output", "faulty.counter_value: ",
        "faulty.turned: ", "faulty.u_keeper.value: input of clk_i", "faulty.u_keeper.held: register of clk_i",
      ])
  }
}
