import SetunExploration
import SetunMachine
import Testing

@Suite("Exploration: resources")
struct ResourceEstimateTests {
  /// How far an estimate may lie from a synthesis to which it was not fitted.
  static let band = (luts: 0.10, flipFlops: 0.05, blockRAMs: 0.05, dsps: 0.05)

  @Test("fitted to the other syntheses, the estimate of each core is within its band")
  func accuracy() throws {
    let errors = try EstimateError.leavingOneOut()
    #expect(errors.count == SynthesisReport.stored.count && errors.count >= SynthesisReport.configurations.count)
    for error in errors {
      let what = "\(error.configuration) on \(error.fabric.rawValue): \(error.measured), estimated \(error.estimated)"
      #expect(abs(error.relative(\.luts)) < Self.band.luts, "\(what)")
      #expect(abs(error.relative(\.flipFlops)) < Self.band.flipFlops, "\(what)")
      #expect(abs(error.relative(\.blockRAMs)) < Self.band.blockRAMs, "\(what)")
      #expect(abs(error.relative(\.dsps)) < Self.band.dsps, "\(what)")
    }
  }

  @Test("what is stored was measured on the listed machines, with a tool and a command")
  func provenance() {
    for report in SynthesisReport.stored {
      #expect(SynthesisReport.configurations.contains(report.configuration))
      #expect(report.tool.hasPrefix("Yosys") && report.command.contains(report.fabric.synthesis ?? "-"))
      #expect(Set(report.units.keys) == Set(CoreUnit.allCases.map(\.rawValue)))
    }
  }

  @Test("more of anything never takes less", arguments: Fabric.allCases)
  func growth(fabric: Fabric) throws {
    let model = try ResourceModel(fabric: fabric)
    let base = SynthesisReport.configurations[3]
    func luts(_ change: (inout Configuration) -> Void) -> Int {
      var configuration = base
      change(&configuration)
      return model.estimate(configuration).total.luts
    }
    #expect(luts { $0.beatBits = 512 } > luts { _ in })
    #expect(luts { $0.fractionBits = 15 } > luts { _ in })
    #expect(luts { $0.rowLanes = 1 } < luts { _ in })
    #expect(luts { $0.channels = 4 } > luts { $0.channels = 2 } && luts { $0.channels = 2 } > luts { _ in })
    var deep = base
    deep.fifoBeats = 4096
    #expect(model.estimate(deep).total.blockRAMs > model.estimate(base).total.blockRAMs)
  }

  @Test("a channel copies exactly the units that it needs")
  func channels() throws {
    let model = try ResourceModel(fabric: .ultraScalePlus)
    var base = Configuration.wide
    base.rowLanes = 5
    var four = base
    four.channels = 4
    let (single, several) = (model.estimate(base), model.estimate(four))
    for unit in CoreUnit.allCases {
      let one = try #require(single.units[unit])
      let all = try #require(several.units[unit])
      switch unit {
      case .header, .streamer, .fifo, .engine: #expect(all == one * 4)
      case .slots, .embedding, .rows, .control, .top: #expect(all.luts > one.luts)
      default: #expect(all == one)
      }
    }
  }

  @Test(
    "block RAMs are counted in the best arrangement",
    arguments: [
      // Each by hand from the shapes of the block.
      (Fabric.ultraScalePlus, 512, 512, 15), (.ultraScalePlus, 36, 512, 1), (.ultraScalePlus, 37, 512, 2),
      (.ultraScalePlus, 9, 2048, 1), (.ultraScalePlus, 1, 16384, 1), (.ultraScalePlus, 2, 16384, 2),
      (.ecp5, 18, 1024, 1), (.stratix10, 512, 512, 13), (.stratix10, 40, 513, 2),
    ])
  func blockRAMs(fabric: Fabric, width: Int, depth: Int, count: Int) {
    #expect(fabric.blockRAMs(width: width, depth: depth) == count)
  }

  @Test("statistics of Yosys are summed over the hierarchy, unit by unit")
  func statistics() throws {
    let text = """
      === dot_tree ===

         Number of cells:                 11
           CARRY4                          4
           FDRE                            3
           LUT6                            2
           SRL16E                          2

      === setun_core ===

         Number of cells:                  9
           LUT2                            1
           weight_channel                  2
           z_memory_0                      1
           z_memory_1                      1

      === stream_fifo ===

         Number of cells:                  2
           FDCE                            1
           RAMB36E2                        1

      === ternary_engine ===

         Number of cells:                  6
           DSP48E2                         1
           dot_tree                        5

      === weight_channel ===

         Number of cells:                  4
           FDRE                            5
           header_check                    1
           stream_fifo                     1
           ternary_engine                  1

      === header_check ===

         Number of cells:                  1
           LUT3                            7

      === z_memory_0 ===

         Number of cells:                  1
           RAM64M8                         1

      === z_memory_1 ===

         Number of cells:                  1
           RAM32M16                        2

      === design hierarchy ===

         setun_core                        1
         Number of cells:               1000
           LUT6                         1000
      """
    let report = try SynthesisReport(
      statistics: text, fabric: .ultraScalePlus, configuration: .tiny, tool: "Yosys", command: "stat")
    #expect(report.resources(.top) == Resources(luts: 1))
    #expect(report.resources(.header) == Resources(luts: 14, flipFlops: 10))
    #expect(report.resources(.fifo) == Resources(flipFlops: 2, blockRAMs: 4))
    #expect(report.resources(.engine) == Resources(luts: 40, flipFlops: 30, dsps: 2))
    #expect(report.resources(.inputs) == Resources(luts: 24) && report.memoryLUTs["inputs"] == 24)
    #expect(report.total == Resources(luts: 79, flipFlops: 42, blockRAMs: 4, dsps: 2))
    let strange = text.replacing("ternary_engine", with: "quaternary_engine")
    #expect(throws: ExplorationError.self) {
      try SynthesisReport(
        statistics: strange, fabric: .ultraScalePlus, configuration: .tiny, tool: "Yosys", command: "stat")
    }
    #expect(throws: ExplorationError.self) {
      try SynthesisReport(statistics: "", fabric: .ecp5, configuration: .tiny, tool: "Yosys", command: "stat")
    }
  }

  @Test("least squares finds exact factors, and bears columns that say nothing")
  func leastSquares() {
    let rows: [[Double]] = [[1, 2, 0], [1, 5, 0], [1, 7, 0], [1, 11, 0]]
    let factors = LeastSquares.fit(rows, rows.map { 3 + 4 * $0[1] })
    let values = rows.map { zip($0, factors).reduce(0) { $0 + $1.0 * $1.1 } }
    for (row, value) in zip(rows, values) { #expect(abs(value - (3 + 4 * row[1])) < 0.1) }
    #expect(factors[2] == 0)
  }

  @Test("a budget refuses what does not fit, and says which resource with both numbers")
  func budget() throws {
    var budget = try ResourceBudget.named("kv260")
    #expect(budget.violation(budget.resources) == nil)
    for kind in Resources.kinds {
      var needed = Resources()
      needed[keyPath: kind.path] = budget.resources[keyPath: kind.path] + 1
      let reason = try #require(budget.violation(needed))
      #expect(reason.contains(kind.name) && reason.contains("\(needed[keyPath: kind.path])"))
      #expect(reason.contains("\(budget.resources[keyPath: kind.path])"))
    }
    budget.share = 50
    #expect(budget.violation(Resources(luts: 117_120 / 2)) == nil)
    #expect(budget.violation(Resources(luts: 117_120 / 2 + 1))?.contains("50 % of 117120") == true)
    #expect(throws: ExplorationError.self) { try ResourceBudget.named("spartan-3") }
    #expect(throws: ExplorationError.self) { try ResourceBudget.named("u250", share: 0) }
  }

  @Test("a board's memory ports are part of its budget; an open board has none to count")
  func memoryPorts() throws {
    let board = try ResourceBudget.named("u250")
    let (ddr4, hbm2) = (WeightMemory.external(.dram(.ddr4)), WeightMemory.external(.dram(.hbm2)))
    #expect(board.violation(ddr4, channels: 4) == nil)
    #expect(board.violation(ddr4, channels: 8)?.contains("8 channels") == true)
    #expect(board.violation(hbm2, channels: 1)?.contains("hbm2") == true)
    #expect(board.violation(.onChip, channels: 32) == nil && board.violation(.external(.ideal), channels: 32) == nil)
    #expect(try ResourceBudget.named("ecp5-85").violation(hbm2, channels: 8) == nil)
  }

  @Test("weights on the chip take UltraRAM as long as it lasts, then block RAM, and exceed the device beyond")
  func onChip() throws {
    let space = DesignSpace(widths: [128], channels: [1], rowLanes: [1], memories: [.onChip])
    func outcome(_ layers: Int, _ device: String) throws -> Exploration.Assessment {
      let shape = DesignSpaceTests.shape
      let model = type(of: shape).init(
        hiddenSize: shape.hiddenSize, layerCount: layers, vocabularySize: shape.vocabularySize)
      let exploration = try Exploration(shape: model, space: space, budget: try ResourceBudget.named(device))
      return exploration.assess(exploration.points[0])
    }
    guard case .simulatable(let program, let large) = try outcome(4, "kv260") else {
      Issue.record("the small model fits")
      return
    }
    let words = program.layout.channelBytes / 16
    #expect(large.ultraRAMs == 2 * ((words + 4095) / 4096))
    let logic = try ResourceEstimate(program.configuration, fabric: .ultraScalePlus).total
    #expect(large.blockRAMs == logic.blockRAMs && large.luts == logic.luts)
    for device in ["kv260", "ecp5-85"] {
      guard case .settled(let outcome) = try outcome(400, device), case .exceeds(let reason) = outcome.verdict else {
        Issue.record("the large model does not fit \(device)")
        continue
      }
      #expect(reason.contains("block RAMs") && outcome.resources != nil)
    }
  }
}
