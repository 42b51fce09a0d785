import HardwareDescription
import HardwareFormal
import SetunCore
import SetunMachine

extension Configuration {
  /// As few places and as short bursts as show everything: FIFOs that fill up, bursts that meet their boundary.
  public static let shallow = Configuration(
    name: "shallow", beatBits: 128, fifoBeats: 8, burstBeats: 4, hiddenCapacity: 256, intermediateCapacity: 256,
    stateCapacity: 256, vocabularyCapacity: 256, clockMHz: 100)
}

extension Proof {
  /// The FIFO between memory and sequencer, given that a beat comes only when a place is free, which the credit loop
  /// proves.
  ///
  /// - Parameter coversFull: show that it fills up, which takes the solver as many cycles as there are places.
  public static func streamFIFO(_ configuration: Configuration, coversFull: Bool) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(
      StreamFIFO(configuration: configuration),
      remark: "\(configuration.fifoBeats) beats of \(configuration.beatBits) bits")
    let places = configuration.fifoBeats
    let addressBits = places.trailingZeroBitCount
    let countBits = addressBits + 1
    harness.lookBack = 2
    harness.depth = coversFull ? places + 6 : 8
    var tracker = WordTracker(
      width: configuration.beatBits, capacity: places, enters: "push_i", entering: "push_data_i", leaves: "pop_i",
      leaving: "data_o", offered: "valid_o", latency: 1, clear: "clear_i")
    tracker.coversFull = coversFull
    harness.add(tracker.part)
    harness.declare(Self.clearDeclarations)
    harness.declare(
      """
      // Where the chosen beat lies.
      logic [\(addressBits - 1):0] formal_place;
      assign formal_place = \(addressBits)'(read_pointer_q + formal_ahead);
      """)
    let shows = "valid_o && rst_ni && !clear_i"
    for property in Self.clearAssumptions { harness.add(property) }
    harness.add(
      .assume("A beat comes only when a place is free.", when: "push_i", "formal_count < \(countBits)'d\(places)"),
      .assume("A beat is taken only when one is shown.", when: "pop_i", "valid_o"),
      .assert(
        "The pointers are as far apart as there are beats inside.", "formal_count == write_pointer_q - read_pointer_q"),
      .assert("No beat is shown when none is inside.", when: shows, "formal_count != 0"),
      .assert(
        "The beat shown is the oldest.", when: shows, "data_o == beats[read_pointer_q[\(addressBits - 1):0]]"),
      .assert("The chosen beat lies in its place.", when: "formal_tracks", "beats[formal_place] == formal_word"),
      .assert(
        "A beat pushed in cycle r is shown from r + 2 on, no earlier and no later.",
        when: "formal_continues && !formal_was_clear && !clear_i",
        "valid_o == (formal_count != \(countBits)'($past(push_i)))"),
      .assert("Clearing takes a cycle.", when: "formal_was_clear", "formal_count == 0"),
      .assert(
        "The FIFO is empty after clear.", when: "formal_was_clear && !clear_i && rst_ni",
        "!valid_o && formal_count == 0"))
    return harness
  }

  /// What the FIFO and the credit loop take of clear and reset: `valid` has neither, it follows the pointers.
  static let clearDeclarations = """
    // Whether clear_i was 1 one and two cycles before.
    logic formal_was_clear, formal_was_clear_before;
    always @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        formal_was_clear <= 1'b0;
        formal_was_clear_before <= 1'b0;
      end else begin
        formal_was_clear <= clear_i;
        formal_was_clear_before <= formal_was_clear;
      end
    end
    """

  static let clearAssumptions: [FormalProperty] = [
    .assume("Clear lasts for two cycles at least.", when: "formal_was_clear && !formal_was_clear_before", "clear_i"),
    .assume("Nothing is taken during clear and reset.", when: "clear_i || !rst_ni", "!pop_i"),
  ]
}
