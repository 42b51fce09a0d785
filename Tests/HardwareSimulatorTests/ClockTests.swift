import HardwareDescription
import HardwareSimulator
import Testing

private let bus = ClockDomain("bus")

/// A register of each clock that takes the other's value: exchanged when the edges come together. Promised to be stable, so
/// that elaboration lets it pass.
private struct Exchange: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let left = m.register("left", Unsigned.self, width: 8, reset: 1)
    let right = m.clocked(by: bus) { m.register("right", Unsigned.self, width: 8, reset: 2) }
    left.next(m.crossing("to_left", right, because: "this is a test"))
    m.clocked(by: bus) { right.next(m.crossing("to_right", left, because: "this is a test")) }
    m.output("left", left)
    m.clocked(by: bus) { m.output("right", right) }
  }
}

private struct Count: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let count = m.register("count", Unsigned.self, width: 16, reset: 0)
    count.next(count &+ 1)
    m.output("count", count)
  }
}

/// A counter for each clock, in instances, one of them with the clocks' names changed.
private struct Counts: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let first = m.instance("u_main", Count())
    m.output("main_count", first.output("count", Unsigned.self))
    m.clocked(by: bus) {
      let second = m.instance("u_bus", Count())
      m.output("bus_count", second.output("count", Unsigned.self))
    }
  }
}

@Suite struct ClockTests {
  @Test func edgesAtOnceSampleBeforeTheyChange() throws {
    let sim = try Simulation(Exchange())
    sim.reset()
    #expect(sim.domains == [.main, bus])
    sim.step()
    #expect(try sim.peek("left") == 2)
    #expect(try sim.peek("right") == 1)
    try sim.step(.main)
    #expect(try sim.peek("left") == 1)
    #expect(try sim.peek("right") == 1)
    try sim.assertReset(bus)
    #expect(try sim.peek("right") == 2)
    #expect(try sim.peek("left") == 1)
    try sim.releaseReset(bus)
    try sim.step(together: [bus, .main])
    #expect(try sim.peek("left") == 2)
    #expect(try sim.peek("right") == 1)
  }

  @Test func everyInstanceFollowsTheClockItIsGiven() throws {
    let sim = try Simulation(Counts())
    sim.reset()
    try sim.step(bus, 3)
    try sim.step(.main, 5)
    #expect(try sim.peek("main_count") == 5)
    #expect(try sim.peek("u_bus.count") == 3)
  }

  @Test func timeBringsTheEdgesInOrder() throws {
    let sim = try Simulation(Counts())
    sim.assertReset()
    sim.releaseReset()
    try sim.setPeriod(of: bus, 7, nextEdgeIn: 3)
    // Edges of main at 5, 15, ..., 95, of bus at 3, 10, ..., 94.
    sim.advance(to: 94)
    #expect(try sim.peek("main_count") == 9)
    #expect(try sim.peek("bus_count") == 14)
    sim.advance(by: 1)
    #expect(try sim.peek("main_count") == 10)
    #expect(sim.time == 95)
    // The edges at 45 fell together.
    #expect(sim.cycle == 23)
    #expect(throws: SimulationError.unknownDomain("buss", near: ["bus"])) { try sim.step(ClockDomain("buss")) }
  }
}
