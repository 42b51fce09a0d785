import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

@Suite("Simulator and RTL agree: the trained models")
struct TrainedModelTests {
  @Test(
    "the 1M model, 48 tokens", arguments: Configuration.singleChannel,
    [MemoryModel.ideal, .random(seed: 1), .random(seed: 2), .random(seed: 3)])
  func small(configuration: Configuration, memory: MemoryModel) throws {
    let compiled = try Fixture.tales1M.compiled(for: configuration)
    let (records, generated, cycles) = try Chain.expectAgreement(
      compiled, [RunRequest(prompt: [1], budget: 48)], memory: memory, streamsLogits: false, "tales-1m")
    #expect(generated == 48)
    print("tales-1m on \(configuration.name), \(memory): \(records) records equal, \(cycles) cycles")
  }

  @Test("the 5M model, 8 tokens", arguments: [MemoryModel.ideal, .random(seed: 1)])
  func large(memory: MemoryModel) throws {
    let compiled = try Fixture.tales5M.compiled(for: .tiny)
    let (records, generated, cycles) = try Chain.expectAgreement(
      compiled, [RunRequest(prompt: [1], budget: 8)], memory: memory, streamsLogits: false, "tales-5m")
    #expect(generated == 8)
    print("tales-5m on tiny, \(memory): \(records) records equal, \(cycles) cycles")
  }

  @Test("logits of real sequences are equal bit for bit", arguments: Configuration.singleChannel)
  func logits(configuration: Configuration) throws {
    let compiled = try Fixture.tales1M.compiled(for: configuration)
    let tokens = try Fixture.tales1M.golden().tensor("input_ids").integers()
    // Each request starts anew; expectAgreement compares logits, records and cycles.
    let requests = (0..<3).map {
      RunRequest(prompt: Array(tokens[$0 * 96..<$0 * 96 + 12]), budget: 1, score: true)
    }
    try Chain.expectAgreement(compiled, requests, memory: MemoryModel.random(seed: 4), "tales-1m, golden sequences")
  }
}
