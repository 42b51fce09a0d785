import Foundation
import HardwareDescription
import SetunBoard
import Testing

@Suite struct ReportTests {
  private static let report = """
    {"critical_paths": [
      {"from": "posedge other", "to": "posedge other", "path": []},
      {"from": "posedge clk", "to": "posedge clk", "path": [
        {"delay": 0.5, "type": "clk-to-q", "from": {"cell": "a"}, "to": {"cell": "a", "port": "Q"}},
        {"delay": 1.5, "type": "routing", "net": "u_inner.total_q[3]", "from": {"cell": "a"}, "to": {"cell": "b", "port": "A"}},
        {"delay": 0.25, "type": "setup", "from": {"cell": "b"}, "to": {"cell": "b", "port": "DI"}}]}],
     "fmax": {"clk": {"achieved": 66.5, "constraint": 75}, "other": {"achieved": 200, "constraint": 25.0006}},
     "utilization": {"DP16KD": {"available": 208, "used": 191}}}
    """

  @Test func theSlowestClockAndItsPathAreRead() throws {
    let timing = try TimingReport(json: Data(Self.report.utf8))
    #expect(timing.achievedMHz == 66.5 && timing.clock == "clk")
    #expect(timing.path.map(\.kind) == ["clk-to-q", "routing", "setup"])
    #expect(timing.path.map(\.name) == ["a.Q", "u_inner.total_q[3]", "b.DI"])
    #expect(timing.delay == 2.25 && timing.routing == 1.5)
    #expect(timing.utilisation["DP16KD"]?.used == 191)
  }

  @Test func theClockOfAFrequencyIsFoundAmongOthers() throws {
    let timing = try TimingReport(json: Data(Self.report.utf8), constrainedTo: 25)
    #expect(timing.clock == "other" && timing.achievedMHz == 200 && timing.path.isEmpty)
    #expect(throws: BoardError.self) { try TimingReport(json: Data(Self.report.utf8), constrainedTo: 65) }
  }

  @Test(arguments: ["", "{}", "[1]", #"{"critical_paths": [], "fmax": {}, "utilization": {}}"#])
  func anythingElseIsRefused(_ text: String) {
    #expect(throws: BoardError.self) { try TimingReport(json: Data(text.utf8)) }
  }

  private struct Inner: HardwareModule {
    func build(_ m: ModuleBuilder) {
      let a = m.input("a", Unsigned.self, width: 8)
      let total = m.register("total", Unsigned.self, width: 8, reset: 0)
      total.next(total &+ a)
      let other = m.wire("other", total ^ a)
      m.output("total", total)
      m.output("other", other)
    }
  }

  private struct Outer: HardwareModule {
    func build(_ m: ModuleBuilder) {
      let a = m.input("a", Unsigned.self, width: 8)
      let inner = m.instance("u_inner", Inner())
      inner.connect("a", a)
      m.output("total", inner.output("total", Unsigned.self))
      m.output("other", inner.output("other", Unsigned.self))
    }
  }

  @Test func aNetLeadsToTheLineOfSwiftThatDescribesIt() throws {
    let files = try Elaborator().run(Outer()).systemVerilog(configuration: "test")
    let texts = Dictionary(uniqueKeysWithValues: files.map { (String($0.name.dropLast(3)), $0.text) })
    func reference(_ net: String) -> String? {
      SourceReferences.reference(ofNet: net, top: "outer", texts: texts)
    }
    let register = try #require(reference("u_inner.total_q[3]"))
    #expect(register.hasPrefix("ReportTests.swift:"))
    #expect(reference("u_inner.total_q_LUT4_A_1[0]") == register)
    #expect(reference("u_inner.other_LUT4_Z") != nil && reference("u_inner.other_LUT4_Z") != register)
    #expect(reference("u_inner.$abc$12") == nil)
    #expect(reference("u_gone.total_q") == nil)
  }

  @Test func boardsAreFoundByName() throws {
    #expect(try Board.named("ulx3s").configuration == .ulx3s)
    #expect(throws: BoardError.self) { try Board.named("ulx4m") }
  }
}
