import HardwareDescription
import HardwareFormal
import SetunCore
import SetunMachine

extension Configuration {
  /// As few places and as short bursts as show everything: FIFOs that fill up, bursts that meet their boundary.
  static let shallow = Configuration(
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
    harness.depth = coversFull ? places + 6 : 8
    var tracker = WordTracker(
      width: configuration.beatBits, capacity: places, enters: "push_i", entering: "push_data_i", leaves: "pop_i",
      leaving: "data_o", offered: "valid_o", latency: 1, clear: "clear_i")
    tracker.coversFull = coversFull
    harness.add(tracker.part)
    harness.declare(
      """
      // Where the chosen beat lies.
      logic [\(addressBits - 1):0] formal_place;
      assign formal_place = \(addressBits)'(read_pointer_q + formal_ahead);
      """)
    harness.add(
      .assume("A beat comes only when a place is free.", when: "push_i", "formal_count < \(countBits)'d\(places)"),
      .assume("A beat is taken only when one is shown.", when: "pop_i", "valid_o"),
      .assert(
        "The pointers are as far apart as there are beats inside.", "formal_count == write_pointer_q - read_pointer_q"),
      .assert("No beat is shown when none is inside.", when: "valid_o", "formal_count != 0"),
      .assert(
        "The beat shown is the oldest.", when: "valid_o", "data_o == beats[read_pointer_q[\(addressBits - 1):0]]"),
      .assert("The chosen beat lies in its place.", when: "formal_tracks", "beats[formal_place] == formal_word"),
      .assert(
        "A beat pushed in cycle r is shown from r + 2 on, no earlier and no later.",
        when: "formal_continues && !$past(clear_i)", "valid_o == (formal_count != \(countBits)'($past(push_i)))"),
      .assert(
        "The FIFO is empty after clear.", when: "formal_continues && $past(clear_i)", "!valid_o && formal_count == 0"))
    return harness
  }
}
