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

    static func queue(_ description: String, _ text: String, _ replacement: String) -> Fault {
      Fault(
        description: description, harness: { try Proof.distributedFIFO(width: 8, depth: 4) }, text: text,
        replacement: replacement)
    }
  }

  static let faults: [Fault] = [
    .skid("the caught word is forgotten", "caught_q ? caught_data_q : in_data_i", "in_data_i"),
    .skid("ready looks through", "in_ready_o = !caught_q", "in_ready_o = !caught_q && out_ready_i"),
    .skid("valid waits for ready", "out_valid_o = out_valid_q", "out_valid_o = out_valid_q && out_ready_i"),
    .queue("one place too many", "in_ready_o = tail_q != (head_q ^ 3'd4)", "in_ready_o = tail_q != (head_q ^ 3'd5)"),
    .queue("a word is offered twice", "head_q <= head_q + 3'd1", "head_q <= head_q + 3'd0"),
    .queue("a word is written in the wrong place", "words[tail_q[1:0]] <=", "words[head_q[1:0]] <="),
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
