import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

extension Configuration {
  /// Several channels of 128 bits; no capacity is a multiple of what they hold.
  static func channels(_ channels: Int, registers: Int = 0, fifoBeats: Int = 32) -> Configuration {
    Configuration(
      name: "channels-\(channels)-\(registers)", beatBits: 128, channels: channels, fractionBits: 12,
      fifoBeats: fifoBeats,
      burstBeats: 16, hiddenCapacity: 101, intermediateCapacity: 777, stateCapacity: 311, vocabularyCapacity: 801,
      promptCapacity: 12, tokenCapacity: 4, rowLanes: 5, channelRegisters: registers, clockMHz: 50)
  }
}

@Suite("Several weight channels")
struct ChannelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var model: RandomCheckpoint
    var channels: Int
    var registers = 0
    var testDescription: String { "\(model), \(channels) channels, \(registers) registers" }

    func configuration(_ channels: Int) -> Configuration {
      .channels(channels, registers: channels == 1 ? 0 : registers)
    }
  }

  static let odd = RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 777)
  static let cases: [Case] =
    [2, 4, 8, 32].flatMap { [Case(model: odd, channels: $0), Case(model: odd, channels: $0, registers: 3)] } + [
      // Fewer row groups than channels.
      Case(model: RandomCheckpoint(d: 17, intermediate: 18, layers: 1, vocabulary: 9, seed: 3), channels: 4),
      Case(model: RandomCheckpoint(d: 17, intermediate: 17, layers: 1, vocabulary: 2, seed: 5), channels: 8),
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

  static let agreements: [AgreementCase] = {
    let two = AgreementTests.twoMemories
    let every = AgreementTests.everyMemory
    return [
      AgreementCase(odd, .channels(2), every),
      AgreementCase(odd, .channels(4, registers: 1), every),
      AgreementCase(
        RandomCheckpoint(d: 101, intermediate: 777, layers: 3, vocabulary: 801, seed: 7), .channels(2), two),
      // A slot that leaves channels out, of each length; one row group; groups that are fewer than channels.
      AgreementCase(
        RandomCheckpoint(d: 17, intermediate: 18, layers: 3, vocabulary: 9, seed: 3), .channels(4, registers: 1), every),
      AgreementCase(
        RandomCheckpoint(d: 26, intermediate: 31, layers: 2, vocabulary: 37, seed: 4), .channels(4, registers: 1), two),
      AgreementCase(
        RandomCheckpoint(d: 36, intermediate: 51, layers: 2, vocabulary: 2, seed: 5), .channels(8, registers: 3), every),
      // MATVECs of one slot that leaves channels out, each followed by another.
      AgreementCase(
        RandomCheckpoint(d: 23, intermediate: 18, layers: 2, vocabulary: 12, seed: 8), .channels(8, registers: 3), every
      ),
      // A FIFO that holds several bodies: a channel is far ahead while another still waits for its embedding.
      AgreementCase(
        RandomCheckpoint(d: 17, intermediate: 18, layers: 1, vocabulary: 9, seed: 9),
        .channels(4, registers: 1, fifoBeats: 1024), every),
      AgreementCase(
        RandomCheckpoint(d: 36, intermediate: 50, layers: 2, vocabulary: 60, weights: .huge, seed: 21),
        .channels(8, registers: 3), two),
    ]
  }()

  @Test("simulator and RTL agree on models of every shape", arguments: agreements)
  func agreement(_ test: AgreementCase) throws { try AgreementTests.run(test) }

  @Test("the 1M model on the ports of a board", arguments: [MemoryModel.ideal, .dram(.ddr4)])
  func board(memory: MemoryModel) throws {
    let compiled = try Fixture.tales1M.compiled(for: .kv260)
    let (records, generated, cycles) = try Chain.expectAgreement(
      compiled, [RunRequest(prompt: [1], budget: 8)], memory: memory, streamsLogits: false, "tales-1m")
    #expect(generated == 8)
    print("tales-1m on kv260, \(memory): \(records) records equal, \(cycles) cycles")
  }

  @Test("a vector of one beat a row group is refused, since a slot takes two")
  func shortGroups() throws {
    try RandomCheckpoint(d: 16, intermediate: 36, layers: 1, vocabulary: 9).withCheckpoint { checkpoint in
      let error = #expect(throws: CompilerError.self) { _ = try CompiledModel(checkpoint, for: .channels(2)) }
      #expect(error?.description.contains("beats is 1") == true)
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
      let configuration = Configuration.channels(4)
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
