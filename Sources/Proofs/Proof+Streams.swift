import HardwareDescription
import HardwareFormal
import HardwareLibrary

extension Proof {
  /// Modules of streams.
  static let streams = [
    Proof("skid_buffer", "the skid buffer keeps the stream rules, order and words") { () throws(FormalError) in
      try skidBuffer(width: 8)
    },
    Proof("distributed_fifo", "the FIFO in distributed memory keeps the stream rules, order and words") {
      () throws(FormalError) in
      try distributedFIFO(width: 8, depth: 4)
    },
  ]

  public static func skidBuffer(width: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(SkidBuffer(width: width))
    harness.add(try WordTracker(harness.module, capacity: 2).part)
    harness.add(
      .assert("The two registers hold the words inside.", "formal_count == 2'(out_valid_q) + 2'(caught_q)"),
      .assert("A word is caught only behind another one.", when: "caught_q", "out_valid_q"),
      .assert(
        "The word offered is the oldest.", when: "formal_tracks && formal_ahead == 0", "out_data_q == formal_word"),
      .assert(
        "The caught word is the second.", when: "formal_tracks && formal_ahead == 1", "caught_data_q == formal_word"))
    harness.add(Independence("in: ready does not depend on out: ready.", "in_ready_o", of: "out_ready_i"))
    harness.add(Independence("out: valid does not depend on in: valid.", "out_valid_o", of: "in_valid_i"))
    return harness
  }

  public static func distributedFIFO(width: Int, depth: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(DistributedFIFO(width: width, depth: depth))
    let bits = depth.trailingZeroBitCount
    harness.depth = depth + 4
    harness.add(try WordTracker(harness.module, capacity: depth).part)
    harness.declare(
      """
      // Where the chosen word lies.
      logic [\(bits - 1):0] formal_place;
      assign formal_place = \(bits)'(head_q + formal_ahead);
      """)
    harness.add(
      .assert(
        "The pointers are as far apart as there are words inside.", "formal_count == \(bits + 1)'(tail_q - head_q)"),
      .assert("The chosen word lies in its place.", when: "formal_tracks", "words[formal_place] == formal_word"))
    harness.add(Independence("in: ready does not depend on out: ready.", "in_ready_o", of: "out_ready_i"))
    harness.add(Independence("out: valid does not depend on in: valid.", "out_valid_o", of: "in_valid_i"))
    return harness
  }
}
