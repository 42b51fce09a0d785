import Foundation
import HardwareDescription
import HardwareSimulator
import Testing

/// Counts to three and says so.
private struct Counter: HardwareModule {
  enum Phase: HardwareEnum { case idle, busy }

  var moduleName: String { "counter" }

  func build(_ m: ModuleBuilder) {
    let start = m.input("start", Bit.self)
    let count = m.register("count", Unsigned.self, width: 6, reset: 0)
    let phase = m.register("phase", reset: Phase.idle)
    m.switchOn(phase) { value in
      switch value {
      case .idle: m.when(start) { phase.next(.busy) }
      case .busy:
        count.next(count &+ 9)
        m.when(count == 18) { phase.next(.idle) }
      }
    }
    let lanes = m.registerVector("lane", Unsigned.self, width: 1, count: 2)
    lanes[0].next(start.asUnsigned)
    lanes[1].next(lanes[0])
    m.output("count", count)
    m.output("done", phase == .idle)
    m.output("wide", concatenate(lanes[1], Unsigned(0, width: 64), count))
  }
}

@Suite struct RecordingTests {
  @Test func waveformsShowBitsNumbersAndCases() throws {
    let sim = try Simulation(Counter())
    sim.reset()
    let wave = try sim.waveform(["clk", "start", "phase", "count", "done", "lane[1]"])
    try sim.poke("start", 1)
    sim.step()
    try sim.poke("start", 0)
    sim.step(5)
    #expect(
      wave.text == """
        clk      ▔▔▔▁▁▁▔▔▔▁▁▁▔▔▔▁▁▁▔▔▔▁▁▁▔▔▔▁▁▁▔▔▔▁▁▁
        start    ▔▔▔▔▔▔▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
        phase    |idle |busy             |idle
        count    |00         |09   |12   |1b
        done     ▔▔▔▔▔▔▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▔▔▔▔▔▔▔▔▔▔▔▔
        lane[1]  ▁▁▁▁▁▁▁▁▁▁▁▁▔▔▔▔▔▔▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
        """)
    #expect(throws: SimulationError.unknownSignal("phsae", near: ["phase"])) { try sim.waveform(["phsae"]) }
  }

  @Test func theDumpIsWhatAViewerReads() throws {
    let sim = try Simulation(Counter())
    let dump = try ValueChangeDump(of: sim)
    sim.reset()
    try sim.poke("start", 1)
    sim.step(3)
    let text = try dump.finish()
    #expect(
      text == """
        $timescale 1ns $end
        $scope module counter $end
        $var wire 1 ! clk_i $end
        $var wire 1 " rst_ni $end
        $var wire 1 # start_i $end
        $var wire 6 $ count_q [5:0] $end
        $var wire 1 % phase_q $end
        $var wire 1 & lane_q[0] $end
        $var wire 1 ' lane_q[1] $end
        $var wire 6 ( count_o [5:0] $end
        $var wire 1 ) done_o $end
        $var wire 71 * wide_o [70:0] $end
        $upscope $end
        $enddefinitions $end
        #0
        $dumpvars
        0!
        0"
        0#
        b0 $
        0%
        0&
        0'
        b0 (
        1)
        b0 *
        $end
        #5
        1!
        1"
        1#
        #10
        0!
        #15
        1!
        1%
        1&
        0)
        #20
        0!
        #25
        1!
        b1001 $
        1'
        b1001 (
        b10000000000000000000000000000000000000000000000000000000000000000001001 *
        #30
        0!
        #35
        1!
        b10010 $
        b10010 (
        b10000000000000000000000000000000000000000000000000000000000000000010010 *

        """)
  }

  @Test func onlyTheScopesAskedForAreRecorded() throws {
    let sim = try Simulation(Counter())
    let dump = try ValueChangeDump(of: sim, scopes: ["u_absent"])
    sim.step()
    #expect(try !dump.finish().contains("count_q"))
  }

  @Test func aDumpGoesToAFile() throws {
    let path = NSTemporaryDirectory() + "wave-\(UUID().uuidString).vcd"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let sim = try Simulation(Counter())
    let (dump, kept) = (try ValueChangeDump(of: sim, path: path), try ValueChangeDump(of: sim))
    sim.step(4)
    #expect(try dump.finish() == "")
    let text = try kept.finish()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    #expect(text.contains("$enddefinitions"))
    #expect(throws: SimulationError.cannotWrite("/absent/wave.vcd")) {
      try ValueChangeDump(of: sim, path: "/absent/wave.vcd")
    }
  }
}
