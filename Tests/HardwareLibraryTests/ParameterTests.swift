import HardwareDescription
import HardwareLibrary
import Testing

@Suite struct ParameterTests {
  static var wrong: [any HardwareModule] {
    [
      DistributedFIFO(width: 8, depth: 0), BlockFIFO(width: 8, depth: 1), AsynchronousFIFO(width: 8, depth: 6),
      AsynchronousFIFO(width: 8, depth: 8, stages: 1), WidthConverter(from: 8, to: 12), WidthConverter(from: 0, to: 8),
      StreamArbiter(width: 8, inputs: 0, policy: .roundRobin), StreamFork(width: 8, outputs: 0), StreamJoin(widths: []),
      StreamDemultiplexer(width: 8, outputs: 0), CreditCounter(credits: 0), SkidBuffer(width: 0),
      ResetSynchroniser(stages: 1), BitSynchroniser(stages: 0), PulseSynchroniser(stages: 1),
      BusSynchroniser(width: 8, stages: -1),
      FloatFromInteger(format: FloatEncoding(exponentBits: 8, fractionBits: 15), width: 0),
      FloatToInteger(format: FloatEncoding(exponentBits: 8, fractionBits: 15), width: 1),
    ]
  }

  /// Not a trap and not a module that does something else.
  @Test(arguments: wrong.indices) func aWrongParameterIsReported(_ index: Int) {
    let errors = Elaborator().run(Self.wrong[index]).errors
    #expect(!errors.isEmpty, "\(Self.wrong[index])")
    #expect(errors.allSatisfy { !$0.message.isEmpty && !$0.location.fileName.isEmpty })
  }

  @Test func streamsOfBundlesPassEveryCombinator() {
    #expect(Elaborator().run(CombinatorTour()).diagnostics == [])
  }

  /// Modules of other parameters have other names.
  @Test func namesTellParametersApart() {
    let modules = LibraryCatalogue.entries.flatMap { $0.modules() }
    var known: [String: String] = [:]
    for module in modules {
      let description = String(reflecting: module)
      #expect(known[module.moduleName] ?? description == description)
      known[module.moduleName] = description
    }
  }
}
