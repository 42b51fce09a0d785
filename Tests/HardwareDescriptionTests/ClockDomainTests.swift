import Foundation
import HardwareDescription
import Testing

@Suite struct ClockDomainTests {
  @Test func eachModuleHasTheClocksThatItUses() throws {
    let design = Elaborator().run(ClockBridges()).design
    let bridge = try #require(design.module("clock_bridge"))
    #expect(bridge.domains == [.main, ClockBridge.write])
    #expect(bridge.clocks.map(\.hasReset) == [true, true])
    #expect(bridge.memories.first?.writeDomain == ClockBridge.write)
    let top = try #require(design.top)
    #expect(top.domains == [.main, ClockBridges.fast])
    let out = try #require(top.instances.first { $0.name == "u_out" })
    #expect(
      out.clocks == [.main: ClockBridges.fast, ClockBridge.write: .main, .asynchronous: .asynchronous])
    let domains = Dictionary(bridge.signals.map { ($0.name, $0.domain) }) { first, _ in first }
    #expect(domains["push"] == ClockBridge.write)
    #expect(domains["next_word"] == .main)
    #expect(domains["moves"] == .some(nil))
  }

  @Test func theTextHasOneProcessForEachDomain() throws {
    let files = try Elaborator().run(ClockBridges()).systemVerilog(configuration: "test")
    let text = try #require(files.first { $0.name == "clock_bridge.sv" }?.text)
    for part in [
      """
        always_ff @(posedge clk_write_i or negedge rst_write_ni) begin
          if (!rst_write_ni) begin
            push_count_q <= '0;
            push_gray_q <= '0;
      """,
      """
        (* async_reg = "true" *)
        logic [4:0] push_seen_sync1_q, push_seen_sync2_q;
        always_ff @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) begin
            push_seen_sync1_q <= '0;
            push_seen_sync2_q <= '0;
          end else begin
            push_seen_sync1_q <= push_gray_q;
            push_seen_sync2_q <= push_seen_sync1_q;
          end
        end
      """,
      """
        (* async_reg = "true" *)
        logic [1:0] enable_write_sync_q;
        always_ff @(posedge clk_write_i or negedge rst_write_ni) begin
          if (!rst_write_ni) begin
            enable_write_sync_q <= '1;
          end else begin
            enable_write_sync_q <= {enable_write_sync_q[0], enable_i};
          end
        end
      """,
      "  // Crosses clock domains: set once before the first word\n",
    ] {
      #expect(text.contains(part), "\(text)")
    }
    let top = try #require(files.last?.text)
    #expect(
      top.contains(
        "    .clk_i           (clk_fast_i),\n    .rst_ni          (rst_fast_ni),\n    .clk_write_i     (clk_i),"))
    #expect(top.contains("    .clk_i,\n    .rst_ni,\n    .clk_write_i     (clk_fast_i),"))
  }

  @Test func oneConditionMayHoldRegistersOfTwoClocks() throws {
    struct Both: HardwareModule {
      func build(_ m: ModuleBuilder) {
        let go = m.clocked(by: .asynchronous) { m.input("go", Bit.self) }
        let steady = m.crossing("steady", go, because: "set before both clocks start")
        let near = m.register("near", Unsigned.self, width: 4, reset: 0)
        let far = m.clocked(by: ClockDomain("far")) { m.register("far", Unsigned.self, width: 4, reset: 1) }
        let flag = m.wire("flag", Bit.self)
        flag.drive(false)
        m.when(steady) {
          near.next(near &+ 1)
          far.next(far &+ 1)
          flag.drive(true)
        }
        m.output("near", near)
        m.output("flag", flag)
        m.clocked(by: ClockDomain("far")) { m.output("far", far) }
      }
    }
    let elaboration = Elaborator().run(Both())
    #expect(elaboration.diagnostics == [])
    let text = try #require(try elaboration.systemVerilog(configuration: "test").first?.text)
    #expect(
      text.contains("always_ff @(posedge clk_i or negedge rst_ni) begin\n    if (!rst_ni) begin\n      near_q <= '0;"))
    #expect(
      text.contains(
        "begin\n    if (!rst_far_ni) begin\n      far_q <= 4'd1;\n    end else if (steady) begin\n      far_q <= far_q + 4'd1;"
      ))
    try Tools.withDirectory { directory in
      let files = try Tools.emit(Both(), to: directory)
      let complaints = try Tools.complaints(about: files, top: "both", in: directory)
      #expect(complaints == [])
    }
  }

  @Test func aPipelineKeepsTheClockItWasMadeIn() throws {
    struct Staged: HardwareModule {
      func build(_ m: ModuleBuilder) {
        let far = ClockDomain("far")
        let (pipeline, value) = m.clocked(by: far) {
          (m.pipeline("path", valid: m.input("valid", Bit.self)), m.input("value", Unsigned.self, width: 4))
        }
        let sum = (pipeline.input(value) + pipeline.input(value)).registered("sum")
        m.clocked(by: far) {
          m.output("sum", sum.aligned(to: 2))
          m.output("sum_valid", pipeline.valid(at: 2))
        }
      }
    }
    let elaboration = Elaborator().run(Staged())
    #expect(elaboration.diagnostics == [])
    #expect(elaboration.design.top?.domains == [ClockDomain("far")])
    #expect(elaboration.design.top?.signals.allSatisfy { $0.domain == ClockDomain("far") } == true)
  }
}
