import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import Testing

/// What the documentation says of a module, to look at.
@Suite struct WaveformTests {
  /// Offers the words 1, 2, ... in every cycle; the receiver is ready where `ready` has a 1.
  private func wave(_ module: some HardwareModule, ready: String) throws -> String {
    let sim = try Simulation(module)
    sim.reset()
    let wave = try sim.waveform(["in_valid", "in_ready", "in_data", "out_valid", "out_ready", "out_data"])
    var word = 1
    try sim.poke("in_valid", 1)
    for character in ready {
      try sim.poke("in_data", word)
      try sim.poke("out_ready", character == "1")
      if try sim.peek("in_ready") == 1 { word += 1 }
      sim.step()
    }
    return wave.text
  }

  @Test func aSkidBufferCatchesTheWordThatWasPromisedAPlace() throws {
    #expect(
      try wave(SkidBuffer(width: 4), ready: "1100111") == """
        in_valid   ▔▔▔▔▔▔▔▔▔▔▔▔▔▔
        in_ready   ▔▔▔▔▔▔▁▁▁▁▔▔▔▔
        in_data    |1|2|3|4    |5
        out_valid  ▁▁▔▔▔▔▔▔▔▔▔▔▔▔
        out_ready  ▔▔▔▔▁▁▁▁▔▔▔▔▔▔
        out_data   |0|1|2    |3|4
        """)
  }

  @Test func aBlockFIFOShowsAWordTwoCyclesLater() throws {
    #expect(
      try wave(BlockFIFO(width: 4, depth: 3), ready: "000011111") == """
        in_valid   ▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔
        in_ready   ▔▔▔▔▔▔▁▁▁▁▔▔▔▔▔▔▔▔
        in_data    |1|2|3|4    |5|6|7
        out_valid  ▁▁▁▁▔▔▔▔▔▔▔▔▔▔▔▔▔▔
        out_ready  ▁▁▁▁▁▁▁▁▔▔▔▔▔▔▔▔▔▔
        out_data   |0  |1    |2|3|4|5
        """)
  }
}
