import HardwareDescription
import HardwareFormal
import HardwareLibrary

// Modules of the library between clocks.

extension Proof {
  /// Synchronisers and crossings.
  static let clocks = [
    Proof("bit_synchroniser", "the bit synchroniser shows a level, whichever side of the edge it changes on") {
      () throws(FormalError) in try bitSynchroniser(stages: 2)
    },
    Proof("reset_synchroniser", "the reset synchroniser falls at once and rises in step") { () throws(FormalError) in
      try resetSynchroniser(stages: 2)
    },
    Proof("pulse_synchroniser", "the pulse synchroniser gives a pulse for each pulse") { () throws(FormalError) in
      try pulseSynchroniser(stages: 2)
    },
    Proof("asynchronous_fifo", "the FIFO between clocks keeps the stream rules, order and words") {
      () throws(FormalError) in
      try crossing(AsynchronousFIFO(width: 2, depth: 2), capacity: 2)
    },
    Proof("bus_synchroniser", "the bus synchroniser keeps the stream rules, order and words") {
      () throws(FormalError) in
      try crossing(BusSynchroniser(width: 2), capacity: 2, slow: ["in"])
    },
  ]

  public static func bitSynchroniser(stages: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(BitSynchroniser(stages: stages))
    harness.declare(
      """
      // The level of another clock behind each edge, the latest first, and the edges since the reset, a one for each.
      (* anyseq *) logic formal_level;
      logic [\(stages):0] formal_levels;
      logic [\(stages - 1):0] formal_edges;
      always @(posedge clk_i) formal_levels <= {formal_levels[\(stages - 1):0], formal_level};
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) formal_edges <= '0;
        else formal_edges <= {formal_edges[\(stages - 2):0], 1'b1};
      end
      """)
    let changed = "formal_levels[\(stages)] != formal_levels[\(stages - 1)]"
    harness.add(
      .assume(
        "An edge at which the level changes takes the one before it or the one behind it.",
        "in_i == formal_level || in_i == formal_levels[0]"),
      .assert(
        "A level that does not change at an edge is seen \(stages) edges later.",
        when: "formal_edges[\(stages - 1)] && rst_ni && !(\(changed))", "out_o == formal_levels[\(stages)]"),
      .assert(
        "Nothing is seen in reset, nor for \(stages) edges after it.", when: "!formal_edges[\(stages - 1)]", "!out_o"),
      .cover(
        "A level that changes at an edge is seen with that edge.",
        "formal_edges[\(stages - 1)] && \(changed) && out_o == formal_levels[\(stages - 1)]"),
      .cover(
        "A level that changes at an edge is seen an edge later.",
        "formal_edges[\(stages - 1)] && \(changed) && out_o == formal_levels[\(stages)]"))
    harness.add(Independence("out does not depend on in.", "out_o", of: "in_i"))
    return harness
  }

  public static func resetSynchroniser(stages: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(ResetSynchroniser(stages: stages))
    let bits = indexWidth(stages + 1)
    harness.declare(
      """
      // Edges since the reset, at most \(stages).
      logic [\(bits - 1):0] formal_edges;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) formal_edges <= '0;
        else if (formal_edges != \(bits)'d\(stages)) formal_edges <= formal_edges + \(bits)'d1;
      end
      """)
    harness.add(
      .assert("It falls with the reset, before any edge.", when: "!rst_ni", "!released_o"),
      .assert(
        "It rises \(stages) edges after the reset, not sooner and not later.",
        "released_o == (formal_edges == \(bits)'d\(stages))"),
      .assert("The edges are counted to \(stages).", "formal_edges <= \(bits)'d\(stages)"),
      .assert(
        "It stays until the next reset.", when: "formal_continues && $past(released_o)", "released_o"))
    return harness
  }

  public static func pulseSynchroniser(stages: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(OneClockPulses(stages: stages))
    harness.remark = "both clocks the same"
    harness.declare(
      """
      // The pulses of the cycles before, the latest first.
      logic [\(stages):0] formal_pulses;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) formal_pulses <= '0;
        else formal_pulses <= {formal_pulses[\(stages - 1):0], in_i};
      end
      """)
    harness.add(
      .assert(
        "A pulse leaves \(stages) edges behind the one that takes it, and none leaves otherwise.",
        "out_o == formal_pulses[\(stages)]"),
      .assert("None leaves in reset.", when: "!rst_ni", "!out_o"),
      .cover("A pulse leaves alone.", "formal_continues && out_o && !$past(out_o) && !formal_pulses[\(stages - 1)]"))
    harness.add(Independence("out does not depend on in.", "out_o", of: "in_i"))
    return harness
  }

  /// A crossing with one clock for both sides; other clocks are left to simulation.
  static func crossing(
    _ module: any HardwareModule, capacity: Int, slow: Set<String> = []
  ) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(OneClock(crossing: module), slow: slow)
    harness.remark = "both clocks the same, for the first 14 cycles"
    // What is on its way through the synchronisers would need an invariant of its own.
    harness.method = .bounded
    harness.depth = 14
    harness.add(
      try WordTracker(harness.module, capacity: capacity, latency: nil, takesUntilFull: false).part)
    harness.addForwardCut()
    harness.addBackwardCut()
    return harness
  }
}

/// A crossing from a clock to itself.
struct OneClock: HardwareModule {
  let crossing: any HardwareModule
  var moduleName: String { "\(crossing.moduleName)_one_clock" }

  func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: 2)
    let crossing = m.instance("u_crossing", self.crossing, clocks: [.source: .main])
    crossing.connectStream("in", from: source)
    crossing.connectStream("out", to: m.outputStream("out", Unsigned.self, width: 2))
  }
}

/// Pulses from a clock to itself.
struct OneClockPulses: HardwareModule {
  let stages: Int
  var moduleName: String { "pulse_synchroniser_\(stages)_one_clock" }

  func build(_ m: ModuleBuilder) {
    let crossing = m.instance("u_crossing", PulseSynchroniser(stages: stages), clocks: [.source: .main])
    crossing.connect("in", m.input("in", Bit.self))
    m.output("out", crossing.output("out", Bit.self))
  }
}
