import HardwareDescription
import HardwareSimulator
import Testing

// snippet: blinker-test
@Suite struct BlinkerTests {
  @Test(arguments: [1, 2, 3, 10]) func theLightChangesOncePerPeriod(_ period: Int) throws {
    let simulation = try Simulation(Blinker(period: period))
    simulation.reset()
    try simulation.poke("enable", true)
    for cycle in 0..<50 {
      #expect(try simulation.peek("light") == UInt64(cycle / period % 2))
      simulation.step()
    }
  }
}
// snippet.end

/// The tutorial's mistake.
struct WrongBlinker: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let enable = m.input("enable", Bit.self)
    let count = m.register("count", Unsigned.self, width: 2, reset: 0)
    m.when(enable) {
      // snippet: blinker-mistake
      count.next(count + 1)
      // snippet.end
    }
    m.output("light", count[1])
  }
}
