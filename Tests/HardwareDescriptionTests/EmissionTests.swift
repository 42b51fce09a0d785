import Foundation
import HardwareDescription
import Testing

@Suite struct EmissionTests {
  static var designs: [any HardwareModule] {
    [
      DotTree(lanes: 8), BeatFifo(width: 12, depth: 8), BurstReader(), ScaledSum(), LaneBank(lanes: 4), FeatureTour(),
      ClockBridges(),
    ]
  }

  @Test(arguments: designs.indices) func everyFrontEndAcceptsTheText(_ number: Int) throws {
    let design = Self.designs[number]
    #expect(Elaborator().run(design).diagnostics == [])
    try Tools.withDirectory { directory in
      let files = try Tools.emit(design, to: directory)
      let complaints = try Tools.complaints(about: files, top: design.moduleName, in: directory)
      #expect(complaints == [])
    }
  }

  @Test func theSameDesignGivesTheSameBytes() throws {
    for design in Self.designs {
      let first = try Elaborator().run(design).systemVerilog(configuration: "test")
      let second = try Elaborator().run(design).systemVerilog(configuration: "test")
      #expect(first == second)
    }
  }
}
