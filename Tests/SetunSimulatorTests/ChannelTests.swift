import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

@Suite("Several weight channels, simulated")
struct ChannelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var model: RandomCheckpoint
    var channels: Int
    var rowLanes = 1
    var testDescription: String { "\(model), \(channels) channels, \(rowLanes) row lanes" }

    func configuration(_ channels: Int) -> Configuration {
      var configuration = Configuration.small
      configuration.channels = channels
      configuration.rowLanes = rowLanes
      return configuration
    }
  }

  static let odd = RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777)
  static let cases: [Case] =
    [2, 4, 8, 32].flatMap { [Case(model: odd, channels: $0), Case(model: odd, channels: $0, rowLanes: 5)] } + [
      Case(model: RandomCheckpoint(d: 5, intermediate: 7, layers: 1, vocabulary: 9, seed: 3), channels: 4),
      Case(model: RandomCheckpoint(d: 1, intermediate: 1, layers: 1, vocabulary: 2, seed: 5), channels: 8),
      Case(model: RandomCheckpoint(d: 20, intermediate: 36, layers: 3, vocabulary: 64, seed: 2), channels: 16),
    ]

  private func run(
    _ compiled: CompiledModel, _ memory: MemoryModel
  ) throws -> (result: RunResult, rows: [[Float]]) {
    var simulator = MachineSimulator(compiled)
    var transcript = RunTranscript()
    let request = RunRequest(prompt: [1, 0, 1], budget: 3, score: true)
    let result = try simulator.run(request, memory: memory, records: true, observer: &transcript)
    return (result, transcript.rows)
  }

  @Test("striped over channels a model gives the same logits, whatever their memories do", arguments: cases)
  func sameLogits(item: Case) throws {
    try item.model.withCheckpoint { checkpoint in
      let one = try run(try CompiledModel(checkpoint, for: item.configuration(1)), .ideal)
      let several = try CompiledModel(checkpoint, for: item.configuration(item.channels))
      for memory in [MemoryModel.ideal, .random(seed: 5), .dram(.ddr4)] {
        let striped = try run(several, memory)
        #expect(striped.rows == one.rows, "\(memory)")
        #expect(striped.result.generated == one.result.generated, "\(memory)")
        // What the units write has the same digests in the same order.
        func digests(_ result: RunResult, _ kind: RetireKind) -> [UInt64] {
          result.records.filter { $0.kind == kind }.map(\.digest)
        }
        for kind in [RetireKind.element, .quantise, .scale, .token] {
          #expect(digests(striped.result, kind) == digests(one.result, kind), "\(kind), \(memory)")
        }
      }
    }
  }

  @Test("a token takes as many cycles as predicted, with an ideal memory", arguments: cases)
  func predicted(item: Case) throws {
    try item.model.withCheckpoint { checkpoint in
      var configuration = item.configuration(item.channels)
      // Deep enough for the memory's latency, which the prediction takes for hidden.
      configuration.fifoBeats = 512
      let compiled = try CompiledModel(checkpoint, for: configuration)
      var simulator = MachineSimulator(compiled)
      var observer = NoObserver()
      let result = try simulator.run(RunRequest(prompt: [1], budget: 8), observer: &observer)
      let measured = result.tokenCycles[7] - result.tokenCycles[6]
      let predicted = Prediction(compiled.program).cyclesPerToken
      #expect(abs(measured - predicted) * 200 <= predicted, "measured \(measured), predicted \(predicted)")
    }
  }

  @Test("an image read back is the image written; a part of another channel or image is refused")
  func image() throws {
    try Self.odd.withCheckpoint { checkpoint in
      let configuration = Self.cases[2].configuration(4)
      let compiled = try CompiledModel(checkpoint, for: configuration)
      let again = try CompiledModel(compiled.image, for: configuration)
      #expect(again.program.bodies == compiled.program.bodies && again.headers == compiled.headers)
      #expect(again.program.entries.map(\.instruction) == compiled.program.entries.map(\.instruction))
      let bytes = Array(compiled.image)
      let part = bytes.count / 4
      func refused(_ bytes: [UInt8], _ reason: String) {
        expect(reason) { try CompiledModel(MemoryImage(bytes), for: configuration) }
      }
      let parts = (0..<4).map { Array(bytes[$0 * part..<($0 + 1) * part]) }
      let swapped: [UInt8] = [0, 2, 1, 3].flatMap { parts[$0] }
      refused(swapped, "The image's part 1 is that of channel 2.")
      refused(Array(bytes[..<(3 * part)]), "The image has \(3 * part) bytes, but its header says \(4 * part).")
      var damaged = bytes
      damaged[3 * part + ImageHeader.regionAlignment + 9] ^= 1
      refused(damaged, "The image's body is damaged (CRC-32).")
    }
  }

  private func expect(_ reason: String, performing: () throws -> CompiledModel) {
    let error = #expect(throws: ImageError.self) { _ = try performing() }
    #expect(error?.description == reason)
  }
}
