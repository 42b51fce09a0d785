import HardwareFormal
import Proofs
import Testing

@Suite struct StreamProofTests {
  /// A change of the emitted text that breaks a guarantee.
  struct Fault: Sendable, CustomStringConvertible {
    let description: String
    let harness: @Sendable () throws -> FormalHarness
    let text: String
    let replacement: String
    /// The file that is changed, without its ending; that of the module under proof when nil.
    var module: String?
    /// In the name of the property that fails; empty when any will do.
    var property = ""

    static func skid(_ description: String, _ text: String, _ replacement: String) -> Fault {
      Fault(
        description: description, harness: { try Proof.skidBuffer(width: 8) }, text: text, replacement: replacement)
    }

    static func fifo(_ description: String, _ text: String, _ replacement: String) -> Fault {
      Fault(
        description: description, harness: { try Proof.distributedFIFO(width: 8, depth: 4) }, text: text,
        replacement: replacement)
    }
  }

  static let faults: [Fault] = [
    .skid("the caught word is forgotten", "caught_q ? caught_data_q : in_data_i", "in_data_i"),
    .skid("ready looks through", "in_ready_o = !caught_q", "in_ready_o = !caught_q && out_ready_i"),
    .skid("valid waits for ready", "out_valid_o = out_valid_q", "out_valid_o = out_valid_q && out_ready_i"),
    .fifo("one place too many", "in_ready_o = tail_q != (head_q ^ 3'd4)", "in_ready_o = tail_q != (head_q ^ 3'd5)"),
    .fifo("a word is offered twice", "head_q <= head_q + 3'd1", "head_q <= head_q + 3'd0"),
    .fifo("a word is written in the wrong place", "words[tail_q[1:0]] <=", "words[head_q[1:0]] <="),
    Fault(
      description: "a word of the block RAM is shown before it is there",
      harness: { try Proof.blockFIFO(width: 8, depth: 4) }, text: "count_q > 3'd1", replacement: "count_q > 3'd0"),
    Fault(
      description: "a higher priority displaces a word on offer",
      harness: { try Proof.arbiter(inputs: 3, .fixedPriority) }, text: "holds_q ? held_grant_q",
      replacement: "1'b0 ? held_grant_q"),
    Fault(
      description: "a receiver gets a word twice", harness: { try Proof.fork(outputs: 3) }, text: "!served_q[1]",
      replacement: "!served_q[0]"),
    Fault(
      description: "narrow words are joined in the wrong order", harness: { try Proof.widthConverter(from: 4, to: 12) },
      text: "{in_data_i, word_q[11:4]}", replacement: "{word_q[7:0], in_data_i}"),
    Fault(
      description: "a part is skipped", harness: { try Proof.widthConverter(from: 12, to: 4) },
      text: "12'(word_q[11:4])", replacement: "12'(word_q[11:8])"),
    Fault(
      description: "a credit is spent that is not there", harness: { try Proof.creditCounter(credits: 5) },
      text: "available_d = count_q != 3'd1", replacement: "available_d = 1'b1"),
    Fault(
      description: "a stage moves before the next has room", harness: { try Proof.elasticPipeline() },
      text: "twice_moves_1 = !twice_valid_1_q || twice_moves_2", replacement: "twice_moves_1 = 1'b1"),
    Fault(
      description: "a single word is dropped when nobody takes it",
      harness: { try Proof.distributedFIFO(width: 8, depth: 1) }, text: "!out_ready_i : in_valid_i",
      replacement: "1'b0 : in_valid_i", property: "While words are inside"),
    Fault(
      description: "the lowest of those who ask has every turn", harness: { try Proof.arbiter(inputs: 3, .roundRobin) },
      text: "|preferred ? preferred : requests", replacement: "requests", property: "waits each other input passes"),
    Fault(
      description: "the highest number goes first", harness: { try Proof.arbiter(inputs: 3, .fixedPriority) },
      text: "requests & (~requests + 3'd1)", replacement: "(requests[2] ? 3'd4 : requests & (~requests + 3'd1))",
      property: "A lower number goes first"),
    Fault(
      description: "a bit skips a register", harness: { try Proof.bitSynchroniser(stages: 2) },
      text: "{in_seen_sync_q[0], in_i}", replacement: "{in_i, in_i}", property: "Nothing is seen in reset"),
    Fault(
      description: "a level is seen at one edge of two", harness: { try Proof.bitSynchroniser(stages: 2) },
      text: "{in_seen_sync_q[0], in_i}", replacement: "{in_seen_sync_q[0], in_i && !in_seen_sync_q[0]}",
      property: "A level that does not change"),
    Fault(
      description: "a bit is 1 after the reset", harness: { try Proof.bitSynchroniser(stages: 2) },
      text: "in_seen_sync_q <= '0", replacement: "in_seen_sync_q <= 2'd1", property: "Nothing is seen in reset"),
    Fault(
      description: "a reset is released an edge too soon", harness: { try Proof.resetSynchroniser(stages: 2) },
      text: "released_sync_q <= '0", replacement: "released_sync_q <= 2'd1", property: "It rises 2 edges after"),
    Fault(
      description: "every second pulse is lost", harness: { try Proof.pulseSynchroniser(stages: 2) },
      text: "level_seen_sync_q[1] ^ level_before_q", replacement: "level_seen_sync_q[1] && !level_before_q",
      module: "pulse_synchroniser_2", property: "A pulse leaves 2 edges"),
  ]

  @Test(arguments: faults) func everyPlantedFaultIsFound(_ fault: Fault) throws {
    let harness = try fault.harness()
    let report = try FormalRun().run(
      harness.replacing(fault.text, with: fault.replacement, in: "\(fault.module ?? harness.name).sv"))
    let name = try #require(report.failures.first?.name, "\(fault)")
    #expect(fault.property.isEmpty || name.contains(fault.property), "\(fault): \(name)")
  }

  @Test func theSkidBufferIsProved() throws {
    let report = try FormalRun().run(Proof.skidBuffer(width: 8))
    #expect(report.isGood && report.lines.count > 15)
  }

  @Test func theDistributedFIFOIsProved() throws {
    let report = try FormalRun().run(Proof.distributedFIFO(width: 8, depth: 4))
    #expect(report.isGood && report.lines.count > 15)
  }
}
