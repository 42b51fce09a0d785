import HardwareDescription
import SetunCore
import SetunMachine
import SetunVerification
import Testing
import VerilatorBridge

/// The design, run in Swift, is the emitted text, run by Verilator.
extension BenchTests {
  @Test(arguments: [MemoryModel.ideal, .random(seed: 7), .dram(.ddr4)])
  func theCoreInSwiftShowsWhatItsVerilatorBuildShows(_ memory: MemoryModel) throws {
    let agreement = try CoreAgreement.measured(try model(.tiny), .tiny, memory: memory, cycles: 12_000)
    #expect(agreement.firstDifference == nil)
    #expect(agreement.cycles > 12_000)
    #expect(agreement.tokens > 0)
  }

  @Test func theCoreInSwiftShowsWhatItsVerilatorBuildShowsWithFiveRowLanes() throws {
    let configuration = Self.lanes(beatBits: 128)
    let agreement = try CoreAgreement.measured(
      try model(configuration), configuration, memory: .random(seed: 7), cycles: 6_000)
    #expect(agreement.firstDifference == nil)
    #expect(agreement.tokens > 0)
  }

  @Test(arguments: [MemoryModel.random(seed: 7), .dram(DRAMTiming.ddr4Shared(ports: 2) ?? .ddr4)])
  func theCoreInSwiftShowsWhatItsVerilatorBuildShowsWithTwoChannels(_ memory: MemoryModel) throws {
    let configuration = Self.channels(2)
    let agreement = try CoreAgreement.measured(
      try model(configuration), configuration, memory: memory, cycles: 6_000)
    #expect(agreement.firstDifference == nil)
    #expect(agreement.tokens > 0)
  }
}
