import HardwareDescription
import HardwareSimulator
import SeededRandom
import Testing

/// A stream through one register, right or with a fault.
struct Cut: HardwareModule {
  enum Fault: String, CaseIterable { case none, forgets, replaces, follows, wakes }

  var fault: Fault
  var moduleName: String { "cut_\(fault)" }

  func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: 70)
    let sink = m.outputStream("out", Unsigned.self, width: 70)
    let full = m.register("full", Bit.self, reset: fault == .wakes)
    let word = m.register("word", Unsigned.self, width: 70)
    let moves = m.wire("moves", !full || sink.ready)
    m.when(moves) { full.next(source.valid) }
    if fault == .forgets { m.when(full && source.valid && !sink.ready) { full.next(false) } }
    m.when(fault == .replaces ? source.valid : moves) { word.next(source.payload) }
    source.ready.drive(moves)
    sink.valid.drive(fault == .follows ? full && sink.ready : full)
    sink.payload.drive(word)
  }
}

@Suite struct StreamBenchTests {
  private func run(_ fault: Cut.Fault, _ seed: UInt64) throws -> (StreamDriver, StreamMonitor) {
    let sim = try Simulation(Cut(fault: fault))
    var random = SeededGenerator(seed: seed)
    let words = (0..<100).map { _ in BitPattern.random(width: 70, using: &random) }
    let driver = try StreamDriver(sim, "in", words: words, stalls: .random(seed: seed, percent: 30))
    let monitor = try StreamMonitor(sim, "out", stalls: .phases(seed: seed + 1, longest: 4))
    sim.assertReset()
    try sim.run([driver, monitor], cycles: 3)
    sim.releaseReset()
    try sim.run([driver, monitor], atMost: 2000) { monitor.received.count == words.count }
    if fault == .none { #expect(monitor.received == words, "seed \(seed)") }
    #expect(driver.sent == Array(words.prefix(driver.sent.count)))
    return (driver, monitor)
  }

  @Test(arguments: [UInt64(1), 2, 3]) func wordsPassInOrderAndNoRuleIsBroken(_ seed: UInt64) throws {
    let (driver, monitor) = try run(.none, seed)
    #expect(monitor.violations == [])
    #expect(driver.isDone)
    #expect(monitor.cycles.count == 100)
    #expect(monitor.cycles == monitor.cycles.sorted())
  }

  @Test(arguments: zip([Cut.Fault.forgets, .replaces, .follows, .wakes], [2, 2, 3, 4]))
  func everyBrokenRuleIsReported(_ fault: Cut.Fault, _ rule: Int) throws {
    let (_, monitor) = try run(fault, 5)
    #expect(Set(monitor.violations.map(\.rule)) == [rule])
    let first = try #require(monitor.violations.first)
    #expect(first.description.hasPrefix("cycle \(first.cycle): stream `out` breaks rule \(rule): "))
  }

  @Test func aDriverOffersNoiseWhenItOffersNothing() throws {
    let sim = try Simulation(Cut(fault: .none))
    let driver = try StreamDriver(sim, "in", words: [UInt64(5)], stalls: .random(seed: 1, percent: 100))
    try sim.run([driver], cycles: 4)
    #expect(driver.sent == [])
    #expect(try sim.peek("in_valid") == 0)
    #expect(try !sim.peekBits("in_data").isZero)
  }
}
