import HardwareDescription
import HardwareFormal
import HardwareLibrary

// Modules of the library through which words pass in order.

extension Proof {
  /// Cuts and queues.
  static let streams = [
    Proof("skid_buffer", "the full cut keeps the stream rules, order and words") { () throws(FormalError) in
      try skidBuffer(width: 8)
    },
    Proof("forward_cut", "the forward cut keeps the stream rules, order and words") { () throws(FormalError) in
      try forwardCut(width: 8)
    },
    Proof("backward_cut", "the backward cut keeps the stream rules, order and words") { () throws(FormalError) in
      try backwardCut(width: 8)
    },
    Proof("half_rate_cut", "the half-rate cut keeps the stream rules, order and words") { () throws(FormalError) in
      try halfRateCut(width: 8)
    },
    Proof("distributed_fifo_1", "the FIFO of a single word keeps the stream rules, order and words") {
      () throws(FormalError) in try distributedFIFO(width: 8, depth: 1)
    },
    Proof("distributed_fifo_3", "the FIFO in LUT RAM, 3 words deep") { () throws(FormalError) in
      try distributedFIFO(width: 8, depth: 3)
    },
    Proof("distributed_fifo_4", "the FIFO in LUT RAM keeps the stream rules, order and words") {
      () throws(FormalError) in try distributedFIFO(width: 8, depth: 4)
    },
    Proof("block_fifo_2", "the FIFO in block RAM, 2 words deep") { () throws(FormalError) in
      try blockFIFO(width: 8, depth: 2)
    },
    Proof("block_fifo_3", "the FIFO in block RAM, 3 words deep") { () throws(FormalError) in
      try blockFIFO(width: 8, depth: 3)
    },
    Proof("block_fifo_4", "the FIFO in block RAM keeps the stream rules, order, words and count") {
      () throws(FormalError) in try blockFIFO(width: 8, depth: 4)
    },
    Proof("elastic_pipeline", "a pipeline with stalls keeps the stream rules, order and words") {
      () throws(FormalError) in try elasticPipeline()
    },
    Proof("credit_pipeline", "a pipeline behind credits keeps the stream rules, order and words") {
      () throws(FormalError) in try creditPipeline()
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
    harness.addForwardCut()
    harness.addBackwardCut()
    return harness
  }

  public static func forwardCut(width: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(ForwardCut(width: width))
    harness.add(try WordTracker(harness.module, capacity: 1).part)
    harness.addSingleWord(valid: "out_valid_q", data: "out_data_q")
    harness.addForwardCut()
    return harness
  }

  public static func backwardCut(width: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(BackwardCut(width: width))
    harness.add(try WordTracker(harness.module, capacity: 1).part)
    harness.addSingleWord(valid: "caught_q", data: "caught_data_q")
    harness.addBackwardCut()
    return harness
  }

  public static func halfRateCut(width: Int) throws(FormalError) -> FormalHarness {
    try everySecondCycle(HalfRateCut(width: width))
  }

  /// A single word of storage, which is filled in one cycle and emptied in another.
  private static func everySecondCycle(_ module: some HardwareModule) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(module, slow: ["in", "out"])
    harness.add(try WordTracker(harness.module, capacity: 1).part)
    harness.addSingleWord(valid: "out_valid_q", data: "out_data_q")
    harness.addForwardCut()
    harness.addBackwardCut()
    return harness
  }

  public static func distributedFIFO(width: Int, depth: Int) throws(FormalError) -> FormalHarness {
    let module = DistributedFIFO(width: width, depth: depth)
    // A single word is a register, as in the half-rate cut.
    if depth == 1 { return try everySecondCycle(module) }
    var harness = try FormalHarness(module)
    let bits = indexWidth(depth)
    harness.depth = depth + 6
    harness.add(try WordTracker(harness.module, capacity: depth).part)
    let top = bits - 1
    harness.declare(
      """
      // How many words the pointers tell of, and where the chosen word lies.
      logic [\(bits):0] formal_fill, formal_sum;
      logic [\(top):0] formal_place;
      assign formal_fill = (head_q[\(bits)] == tail_q[\(bits)] ? 0 : \(bits + 1)'d\(depth))
          + {1'b0, tail_q[\(top):0]} - {1'b0, head_q[\(top):0]};
      assign formal_sum = {1'b0, head_q[\(top):0]} + \(bits + 1)'(formal_ahead);
      assign formal_place = \(bits)'(formal_sum >= \(bits + 1)'d\(depth) ? formal_sum - \(bits + 1)'d\(depth) : formal_sum);
      """)
    harness.add(
      .assert(
        "The pointers stay inside the memory.",
        "{1'b0, head_q[\(top):0]} < \(bits + 1)'d\(depth) && {1'b0, tail_q[\(top):0]} < \(bits + 1)'d\(depth)"),
      .assert("The pointers are as far apart as there are words inside.", "\(bits + 1)'(formal_count) == formal_fill"),
      .assert("The chosen word lies in its place.", when: "formal_tracks", "words[formal_place] == formal_word"))
    harness.addForwardCut()
    harness.addBackwardCut()
    return harness
  }

  public static func blockFIFO(width: Int, depth: Int) throws(FormalError) -> FormalHarness {
    let module = BlockFIFO(width: width, depth: depth)
    var harness = try FormalHarness(module)
    let bits = indexWidth(depth)
    harness.depth = depth + 8
    harness.add(try WordTracker(harness.module, capacity: depth, latency: 1).part)
    harness.declare(
      """
      // Where the chosen word and the next one lie.
      logic [\(bits):0] formal_sum, formal_end;
      logic [\(bits - 1):0] formal_place;
      assign formal_sum = {1'b0, head_q} + \(bits + 1)'(formal_ahead);
      assign formal_end = {1'b0, head_q} + \(bits + 1)'(count_q);
      assign formal_place = \(bits)'(formal_sum >= \(bits + 1)'d\(depth) ? formal_sum - \(bits + 1)'d\(depth) : formal_sum);
      """)
    harness.add(
      .assert("The count is the number of words inside.", "formal_count == count_q && count_o == count_q"),
      .assert(
        "The pointers stay inside the memory.",
        "{1'b0, head_q} < \(bits + 1)'d\(depth) && {1'b0, tail_q} < \(bits + 1)'d\(depth)"),
      .assert(
        "The next word goes behind the last.",
        "{1'b0, tail_q} == (formal_end >= \(bits + 1)'d\(depth) ? formal_end - \(bits + 1)'d\(depth) : formal_end)"),
      .assert("The chosen word lies in its place.", when: "formal_tracks", "words[formal_place] == formal_word"),
      .assert("What is offered is inside.", when: "out_valid_q", "count_q != 0"),
      .assert("What is offered is the head.", when: "out_valid_q", "out_data_q == words[head_q]"))
    harness.addForwardCut()
    harness.addBackwardCut()
    return harness
  }

  public static func elasticPipeline() throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(ElasticExample())
    harness.add(try WordTracker(harness.module, capacity: 2, latency: 1).part)
    harness.add(
      .assert("The stages hold the words inside.", "formal_count == 2'(twice_valid_1_q) + 2'(twice_valid_2_q)"),
      .assert(
        "The oldest word is in the last stage that holds one.", when: "formal_tracks && formal_ahead == 0",
        "twice_valid_2_q ? restored_q == formal_word : flipped_q == ~formal_word && twice_in_s1_q == formal_word"),
      .assert(
        "The second word is in the first stage.", when: "formal_tracks && formal_ahead == 1",
        "flipped_q == ~formal_word && twice_in_s1_q == formal_word"))
    harness.addForwardCut()
    return harness
  }

  public static func creditPipeline() throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(CreditExample(), remark: "for the first 10 cycles")
    // The words on their way through counter, pipeline and FIFO would need an invariant of their own.
    harness.method = .bounded
    harness.depth = 10
    harness.add(try WordTracker(harness.module, capacity: 4, latency: 2, takesUntilFull: false).part)
    harness.addForwardCut()
    harness.addBackwardCut()
    return harness
  }
}

/// Two stages that undo each other, with a value that waits for the second.
struct ElasticExample: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: 4)
    let result = m.elasticPipeline("twice", from: source) { pipeline, word in
      let flipped = pipeline.stage("flipped", word) { ~$0 }
      return pipeline.stage("restored", flipped, word) { ~$0 & $1 }
    }
    m.outputStream("out", Unsigned.self, width: 4).drive(result)
  }
}

/// The same without stall, behind credits.
struct CreditExample: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: 4)
    let result = m.creditPipeline("twice", from: source) { pipeline, word in
      let flipped = pipeline.input(word).map { ~$0 }.registered("flipped")
      return pipeline.combine(flipped, pipeline.input(word)) { ~$0 & $1 }.registered("restored")
    }
    m.outputStream("out", Unsigned.self, width: 4).drive(result)
  }
}

extension FormalHarness {
  /// With the rules of all streams; at those in `slow` words cannot pass in two cycles in a row.
  init(_ module: some HardwareModule, slow: Set<String>) throws(FormalError) {
    try self.init(module, hasStreamRules: false)
    var rules = StreamProperties(for: self.module)
    rules.slow = slow
    add(rules.part)
  }

  /// Nothing at `in` is seen at `out` in the same cycle.
  mutating func addForwardCut() {
    add(Independence("out: valid does not depend on in: valid.", "out_valid_o", of: "in_valid_i"))
    add(Independence("out: the payload does not depend on in.", "out_data_o", of: "in_data_i"))
  }

  /// What happens at `out` is not seen at `in` in the same cycle.
  mutating func addBackwardCut() {
    add(Independence("in: ready does not depend on out: ready.", "in_ready_o", of: "out_ready_i"))
  }

  /// A tracker's word is in the only register there is.
  mutating func addSingleWord(valid: String, data: String) {
    add(
      .assert("The register holds the word inside.", "formal_count == 1'(\(valid))"),
      .assert("The register holds the chosen word.", when: "formal_tracks", "\(data) == formal_word"))
  }
}
