import SetunExploration
import SetunMachine
import Testing

/// What Yosys prints, in the words of two versions.
@Suite struct SynthesisReportTests {
  private static let older = """
    === setun_core ===

       Number of wires:                600
       Number of cells:                  5
         LUT4                            3
         row_scale                       2

    === row_scale ===

       Number of cells:                 16
         CCU2C                           4
         LUT4                           10
         MULT18X18D                      1
         TRELLIS_FF                      7

    === design hierarchy ===

       setun_core                        1
         row_scale                       2
    """

  private static let newer = """
    === setun_core ===

            +----------Local Count, excluding submodules.
            |
          600 wires
            3 cells
            3   LUT4
            2 submodules
            2   row_scale

    === row_scale ===

            +----------Local Count, excluding submodules.
            |
           16 cells
            4   CCU2C
           10   LUT4
            1   MULT18X18D
            7   TRELLIS_FF

    === design hierarchy ===

            +----------Count including submodules.
            |
           35 cells
           23   LUT4
            2   row_scale
    """

  @Test(arguments: [older, newer])
  func unitsAreCountedWithAllThatIsInThem(_ text: String) throws {
    let report = try SynthesisReport(
      statistics: text, fabric: .ecp5, configuration: .tiny, tool: "Yosys", command: "synth_ecp5")
    #expect(report.resources(.rows) == Resources(luts: 36, flipFlops: 14, dsps: 2))
    #expect(report.resources(.top) == Resources(luts: 3))
    let one = try SynthesisReport.resources(of: "row_scale", statistics: text)
    #expect(one == Resources(luts: 18, flipFlops: 7, dsps: 1))
  }

  @Test func aModuleThatIsNotThereIsRefused() {
    #expect(throws: ExplorationError.self) {
      try SynthesisReport.resources(of: "row_buffer", statistics: Self.newer)
    }
  }
}
