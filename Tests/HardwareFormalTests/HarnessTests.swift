import HardwareDescription
import HardwareFormal
import Testing

/// Counts to its limit and starts again.
private struct Counter: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let enable = m.input("enable", Bit.self)
    let count = m.register("count", Unsigned.self, width: 4, reset: 0)
    m.when(enable) { count.next((count == 9).select(Unsigned(0, width: 4), count &+ 1)) }
    m.output("count", count)
  }
}

/// Two counters, one behind the other.
private struct CounterPair: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let first = m.instance("u_first", Counter())
    let second = m.instance("u_second", Counter())
    first.connect("enable", m.input("enable", Bit.self))
    let count = first.output("count", Unsigned.self)
    second.connect("enable", count == 9)
    m.output("count", second.output("count", Unsigned.self))
    m.output("low", count)
  }
}

/// Lets words pass only while a gate is open: a stream module without clock and reset.
private struct Gate: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let isOpen = m.input("open", Bit.self)
    let source = m.inputStream("in", Unsigned.self, width: 4)
    let sink = m.outputStream("out", Unsigned.self, width: 4)
    source.ready.drive(sink.ready && isOpen)
    sink.valid.drive(source.valid && isOpen)
    sink.payload.drive(source.payload)
  }
}

@Suite struct HarnessTests {
  private func harness(_ properties: FormalProperty...) throws -> FormalHarness {
    var harness = try FormalHarness(Counter())
    for property in properties { harness.add(property) }
    return harness
  }

  @Test func anInvariantIsProvedForEver() throws {
    let report = try FormalRun().run(harness(.assert("It counts to 9.", "count_q <= 4'd9")))
    #expect(report.isGood && report.lines.map(\.verdict) == [.proved(cycles: 1)])
  }

  @Test func aBoundedProofSaysForHowManyCycles() throws {
    var harness = try harness(.assert("It does not reach 6.", "count_q != 4'd6"))
    harness.method = .bounded
    harness.depth = 7
    #expect(try FormalRun().run(harness).lines.map(\.verdict) == [.holds(cycles: 7)])
    harness.depth = 8
    let report = try FormalRun().run(harness)
    #expect(!report.isGood && report.failures.map(\.name) == ["It does not reach 6."])
  }

  @Test func aCounterexampleShowsTheCyclesThatLeadThere() throws {
    let report = try FormalRun().run(harness(.assert("It does not reach 3.", "count_q != 4'd3")))
    #expect(!report.isGood)
    #expect(report.counterexample.contains("From power-up:"))
    let rows = report.counterexample.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.contains(["cycle", "0", "1", "2", "3", "4"]))
    #expect(rows.contains(["count_q", "0", "0", "1", "2", "3"]))
  }

  @Test func whatInductionCannotDecideIsNotCalledProved() throws {
    // 15 follows 14, which is never reached; one cycle back from it nothing says so.
    var harness = try harness(.assert("It does not reach 15.", "count_q != 4'd15"))
    harness.depth = 2
    let report = try FormalRun().run(harness)
    #expect(!report.isGood && report.counterexample.contains("induction finds"))
  }

  @Test func anAssertionWhoseGuardIsNeverReachedSaysNothing() throws {
    let report = try FormalRun().run(harness(.assert("It starts again.", when: "count_q == 4'd12", "1'b0")))
    #expect(!report.isGood)
  }

  @Test func contradictoryAssumptionsAreNoticed() throws {
    let report = try FormalRun().run(
      harness(
        .assume("It is enabled.", "enable_i"), .assume("It is not.", "!enable_i"),
        .assert("It stays.", when: "rst_ni", "count_q == 4'd0"), .cover("It counts.", "count_q == 4'd1")))
    #expect(report.failures.count == 2)
  }

  @Test func aCoverSaysInWhichCycleItIsReached() throws {
    let report = try FormalRun().run(harness(.cover("It counts to 4.", "count_q == 4'd4")))
    #expect(report.lines.map(\.verdict) == [.reached(cycle: 5)])
  }

  @Test func registersOfInstancesAreKnownByTheirPath() throws {
    var harness = try FormalHarness(CounterPair())
    harness.add(
      .assert("Both count to 9.", "u_first.count_q <= 4'd9 && u_second.count_q <= 4'd9"),
      .assert("The output is the second one.", "count_o == u_second.count_q"))
    #expect(try FormalRun().run(harness).isGood)
    harness.add(.assert("They are equal.", "u_first.count_q == u_second.count_q"))
    #expect(try FormalRun().run(harness).failures.map(\.name) == ["They are equal."])
  }

  @Test(arguments: ["u_third.count_q == 0", "u_first.total_q == 0", "totals_q == 0"])
  func unknownNamesAreRefused(_ condition: String) throws {
    var harness = try FormalHarness(CounterPair())
    harness.add(.assert("Nonsense.", condition))
    #expect(throws: FormalError.self) { try FormalRun().run(harness) }
  }

  @Test func aModuleWithErrorsIsRefused() {
    struct Broken: HardwareModule {
      func build(_ m: ModuleBuilder) { _ = m.output("nothing", Bit.self) }
    }
    #expect(throws: FormalError.self) { try FormalHarness(Broken()) }
  }

  @Test func rulesOfStreamsHoldWithoutClockAndReset() throws {
    // The gate may close while a word waits, so the word does not stay.
    let free = try FormalRun().run(FormalHarness(Gate()))
    #expect(!free.isGood && free.failures.map(\.name) == ["out, \(StreamRule.stability)"])
    var steady = try FormalHarness(Gate())
    steady.add(
      .assume(
        "The gate stays open for a word that waits.", when: "$past(in_valid_i && open_i && !in_ready_o)", "open_i"))
    #expect(try FormalRun().run(steady).isGood)
  }
}
