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
  ]

  @Test(arguments: faults) func everyPlantedFaultIsFound(_ fault: Fault) throws {
    let harness = try fault.harness()
    let report = try FormalRun().run(
      harness.replacing(fault.text, with: fault.replacement, in: "\(harness.name).sv"))
    #expect(!report.failures.isEmpty, "\(fault)")
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
