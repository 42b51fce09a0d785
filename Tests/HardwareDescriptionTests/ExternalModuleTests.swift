import HardwareDescription
import HardwareSimulator
import Testing

/// Cells whose text comes from elsewhere, and clocks that they make.
@Suite struct ExternalModuleTests {
  /// A PLL, and a counter clocked by it.
  struct Clocked: HardwareModule {
    var pll = ExternalModule(
      "SLOW_PLL", attributes: ["FILTER": "8"], parameters: ["DIVIDE": 5, "FEEDBACK": "CLKOP"],
      ports: [.input("CLKI"), .input("ENABLE"), .output("CLKOP"), .output("LOCK")])
    static let fast = ClockDomain("fast")

    func build(_ m: ModuleBuilder) {
      let pin = m.clocked(by: .asynchronous) { m.input("clk_pin", Bit.self) }
      let pll = m.instance("u_pll", external: self.pll, comment: "Makes the clock.")
      pll.connect("CLKI", pin)
      pll.connect("ENABLE", Bit(true))
      m.derive(Self.fast, clock: pll.output("CLKOP", Bit.self), reset: pll.output("LOCK", Bit.self))
      m.clocked(by: Self.fast) {
        let count = m.register("count", Unsigned.self, width: 4, reset: 0)
        count.next(count &+ 1)
        m.output("count", count)
      }
    }
  }

  @Test func theTextHasTheInstanceWithItsParametersAndTheDerivedClock() throws {
    let files = try Elaborator().run(Clocked()).systemVerilog(configuration: "test")
    #expect(files.map(\.name) == ["clocked.sv"])
    let text = try #require(files.first?.text)
    for part in [
      """
      module clocked (
        input  logic       clk_pin_i,
        output logic [3:0] count_o
      );
      """,
      "  // Makes the clock.\n",
      """
        (* FILTER = "8" *)
        SLOW_PLL #(
          .DIVIDE   (5),
          .FEEDBACK ("CLKOP")
        ) u_pll (
          .CLKI   (clk_pin_i),
          .ENABLE (1'b1),
          .CLKOP  (clk_fast),
          .LOCK   (rst_fast_n)
        );
      """,
      """
        always_ff @(posedge clk_fast or negedge rst_fast_n) begin
          if (!rst_fast_n) begin
      """,
    ] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test func everyFrontEndAcceptsTheTextWithAModelOfTheCell() throws {
    let cell = """
      module SLOW_PLL #(parameter int DIVIDE = 1, parameter FEEDBACK = "NONE ") (
        input  logic CLKI,
        input  logic ENABLE,
        output logic CLKOP,
        output logic LOCK
      );
        assign CLKOP = CLKI && DIVIDE == 5;
        assign LOCK = ENABLE && FEEDBACK == "CLKOP";
      endmodule

      """
    try Tools.withDirectory { directory in
      let files = try Tools.emit(Clocked(), to: directory)
      try cell.write(to: directory.appendingPathComponent("SLOW_PLL.sv"), atomically: true, encoding: .utf8)
      #expect(try Tools.complaints(about: files + ["SLOW_PLL.sv"], top: "clocked", in: directory) == [])
    }
  }

  @Test func aSecondInstanceHasParametersOfItsOwn() throws {
    struct Two: HardwareModule {
      func build(_ m: ModuleBuilder) {
        for (number, name) in ["low", "high"].enumerated() {
          let cell = ExternalModule(
            "CELL", parameters: ["WIDTH": .integer(8 + number)], ports: [.input("A", width: 4), .output("Z", width: 4)])
          let instance = m.instance("u_\(name)", external: cell)
          instance.connect("A", m.clocked(by: .asynchronous) { m.input("\(name)_a", Unsigned.self, width: 4) })
          m.clocked(by: .asynchronous) { m.output("\(name)_z", instance.output("Z", Unsigned.self)) }
        }
      }
    }
    let text = try #require(try Elaborator().run(Two()).systemVerilog(configuration: "test").first?.text)
    #expect(text.contains(".WIDTH (8)\n  ) u_low (\n    .A (low_a_i),\n    .Z (low_z_o)"), "\(text)")
    #expect(text.contains(".WIDTH (9)\n  ) u_high ("), "\(text)")
  }

  /// What one instance of a cell gives rise to.
  private struct Faulty: HardwareModule {
    let name: String
    let use: @Sendable (ModuleBuilder) -> Void
    var moduleName: String { name }
    func build(_ m: ModuleBuilder) { use(m) }
  }

  private func diagnostics(_ use: @escaping @Sendable (ModuleBuilder) -> Void) -> [Diagnostic.Kind] {
    Elaborator().run(Faulty(name: "faulty", use: use)).errors.map(\.kind)
  }

  private static let cell = ExternalModule("CELL", ports: [.input("A"), .output("Z")])

  @Test func wrongUsesAreFound() {
    #expect(
      diagnostics { m in m.unused(m.instance("u_cell", external: Self.cell).output("Z", Bit.self)) } == [.connection])
    #expect(
      diagnostics { m in
        let cell = m.instance("u_cell", external: Self.cell)
        cell.connect("B", m.clocked(by: .asynchronous) { m.input("b", Bit.self) })
        cell.connect("A", Bit(false))
        m.unused(cell.output("Z", Bit.self))
      } == [.connection])
    #expect(
      diagnostics { m in
        let text = ExternalModule("CELL", parameters: ["NAME": "a\"b"], ports: [.output("Z")])
        m.unused(m.instance("u_cell", external: text).output("Z", Bit.self))
      } == [.invalidExpression])
    #expect(
      diagnostics { m in
        for (number, ports) in [[ExternalModule.Port.output("Z")], [.output("Z", width: 2)]].enumerated() {
          let cell = m.instance("u_\(number)", external: ExternalModule("CELL", ports: ports))
          m.unused(cell.output("Z", Unsigned.self))
        }
      }.contains(.moduleClash))
    #expect(
      diagnostics { m in
        m.unused(m.instance("u_cell", external: ExternalModule("faulty", ports: [.output("Z")])).output("Z", Bit.self))
      } == [.name])
  }

  @Test func anOutputOfNoClockNeedsASynchroniser() {
    @Sendable func use(_ m: ModuleBuilder, _ take: (Bit) -> Bit) {
      let cell = m.instance("u_cell", external: Self.cell)
      cell.connect("A", Bit(true))
      let taken = m.register("taken", Bit.self, reset: false)
      taken.next(take(cell.output("Z", Bit.self)))
      m.output("taken", taken)
    }
    #expect(diagnostics { m in use(m) { $0 } } == [.clockDomainCrossing])
    #expect(diagnostics { m in use(m) { m.synchronised("seen", $0) } } == [])
  }

  @Test func aDomainIsDerivedOnceAndBeforeItsUse() {
    let domain = ClockDomain("own")
    @Sendable func pins(_ m: ModuleBuilder) -> (Bit, Bit) {
      m.clocked(by: .asynchronous) { (m.input("clock", Bit.self), m.input("reset", Bit.self)) }
    }
    @Sendable func count(_ m: ModuleBuilder) {
      m.clocked(by: domain) {
        let count = m.register("count", Unsigned.self, width: 4, reset: 0)
        count.next(count &+ 1)
        m.output("count", count)
      }
    }
    #expect(
      diagnostics { m in
        let (clock, reset) = pins(m)
        m.derive(domain, clock: clock, reset: reset)
        count(m)
      } == [])
    #expect(
      diagnostics { m in
        let (clock, reset) = pins(m)
        m.derive(domain, clock: clock, reset: reset)
        m.derive(domain, clock: clock, reset: reset)
        count(m)
      } == [.multipleDrivers])
    #expect(
      diagnostics { m in
        count(m)
        let (clock, reset) = pins(m)
        m.derive(domain, clock: clock, reset: reset)
      } == [.multipleDrivers])
  }

  @Test func theSwiftSimulatorSaysWhatItCannotRun() throws {
    #expect(throws: SimulationError.derivedClock("clk_fast")) { try Simulation(Clocked()) }
    #expect(throws: SimulationError.missingModule("CELL")) {
      try Simulation(
        Faulty(name: "with_cell") { m in
          let cell = m.instance("u_cell", external: Self.cell)
          cell.connect("A", Bit(true))
          m.clocked(by: .asynchronous) { m.output("z", cell.output("Z", Bit.self)) }
        })
    }
  }
}
