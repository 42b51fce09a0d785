import HardwareFormal
import Proofs
import SetunMachine
import Testing

/// Faults in the accelerator's own text, on instances of few places, where the solver is quick.
@Suite struct AcceleratorProofTests {
  /// A change of the emitted text that breaks a guarantee.
  struct Fault: Sendable, CustomStringConvertible {
    let description: String
    let harness: @Sendable () throws -> FormalHarness
    let file: String
    let text: String
    let replacement: String
  }

  private static let configuration = Configuration.shallow

  static let faults = [
    Fault(
      description: "the FIFO shows a beat that is not there",
      harness: { try Proof.streamFIFO(configuration, coversFull: true) }, file: "stream_fifo.sv",
      text: "is_followed = after_read_pointer != write_pointer_q",
      replacement: "is_followed = read_pointer_q != write_pointer_q"),
    Fault(
      description: "a burst needs one place less than it has beats", harness: { try Proof.creditLoop(configuration) },
      file: "weight_streamer.sv", text: "(next_length_q[1:0] <= free_places_q[1:0])",
      replacement: "(next_length_q[1:0] <= free_places_q[1:0] + 2'd1)"),
    Fault(
      description: "a burst needs no credit", harness: { try Proof.creditLoop(configuration) },
      file: "weight_streamer.sv", text: "has_credit = is_continued_q ? !is_stream || ",
      replacement: "has_credit = is_continued_q ? 1'b1 || "),
    Fault(
      description: "the boundary of a row is taken from the wrong bits",
      harness: { try Proof.weightStreamer(configuration) }, file: "weight_streamer.sv",
      text: "3'(embedding_address_i[1:0])", replacement: "3'(embedding_address_i[2:1])"),
  ]

  @Test(arguments: faults) func everyPlantedFaultIsFound(_ fault: Fault) throws {
    let harness = try fault.harness().replacing(fault.text, with: fault.replacement, in: fault.file)
    let report = try FormalRun().run(harness)
    #expect(!report.failures.isEmpty && !report.counterexample.isEmpty, "\(fault)")
  }

  @Test func theShallowFIFOIsProved() throws {
    #expect(try FormalRun().run(Proof.streamFIFO(Self.configuration, coversFull: true)).isGood)
  }

  @Test func theCreditOfAShallowFIFOIsProved() throws {
    #expect(try FormalRun().run(Proof.creditLoop(Self.configuration)).isGood)
  }
}
