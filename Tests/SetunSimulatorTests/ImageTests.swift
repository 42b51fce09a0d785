import Checkpoint
import Foundation
import SeededRandom
import SetunCompiler
import SetunMachine
import SetunSimulator
import TernaryArithmetic
import Testing

@Suite("Images taken up again")
struct ImageTests {
  private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/tales-1m").path
  private static let compiled = Result {
    try CompiledModel(try Checkpoint(directory: fixture), for: .tiny)
  }

  private var original: CompiledModel { get throws { try Self.compiled.get() } }

  /// The image with a changed header (its CRC made right) and changed bytes of the body (its CRC too, when asked for).
  private func image(
    _ model: CompiledModel, repair: Bool = true, header change: (inout ImageHeader) -> Void = { _ in },
    body: (inout [UInt8], Int) -> Void = { _, _ in }
  ) -> [UInt8] {
    var bytes = Array(model.image)
    var header = model.header
    body(&bytes, header.bodyOffset)
    if repair {
      let end = header.bodyOffset + header.bodyBeatsWithHead * model.configuration.beatBytes
      header.bodyCRC = CRC32.checksum(bytes[header.bodyOffset..<end])
    }
    change(&header)
    bytes.replaceSubrange(0..<ImageHeader.byteCount, with: header.bytes)
    return bytes
  }

  @Test("a program read from its image is the program that was compiled, and runs the same")
  func roundTrip() throws {
    let original = try original
    let again = try CompiledModel(MemoryImage(Array(original.image)), for: .tiny, beginToken: 1, endToken: 2)
    #expect(again.program.entries == original.program.entries)
    // The image holds the epsilon as the machine reads it.
    let shape = original.program.shape
    let expected = ModelConfiguration(
      hiddenSize: shape.hiddenSize, intermediateSize: shape.intermediateSize, layerCount: shape.layerCount,
      vocabularySize: shape.vocabularySize, normEpsilon: Float(bitPattern: original.header.epsilon),
      usesLowerBound: shape.usesLowerBound, beginToken: 1, endToken: 2)
    #expect(again.program.shape == expected)
    #expect(again.header == original.header)
    let request = RunRequest(prompt: [1, 20], budget: 2)
    var observer = NoObserver()
    var simulators = [MachineSimulator(original), MachineSimulator(again)]
    let records = try simulators.indices.map {
      try simulators[$0].run(request, records: true, observer: &observer).records
    }
    #expect(!records[0].isEmpty && records[0] == records[1])
  }

  @Test("a mapped file is the image, byte for byte")
  func mapped() throws {
    let original = try original
    let path = NSTemporaryDirectory() + "/image-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(original.image).write(to: URL(fileURLWithPath: path))
    let mapped = try CompiledModel(imagePath: path, for: .tiny)
    #expect(mapped.image.elementsEqual(original.image))
    #expect(mapped.program.entries == original.program.entries)
  }

  private func refusal(_ bytes: [UInt8], _ configuration: Configuration = .tiny) -> String {
    do {
      _ = try CompiledModel(MemoryImage(bytes), for: configuration)
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test("damage is named")
  func damage() throws {
    let model = try original
    let bytes = Array(model.image)
    func flipped(_ place: Int) -> [UInt8] {
      var copy = bytes
      copy[place] ^= 4
      return copy
    }
    #expect(refusal(flipped(0)).contains("not a Setun image"))
    #expect(refusal(flipped(4)).contains("version"))
    #expect(refusal(flipped(20)).contains("header is damaged"))
    #expect(refusal(flipped(model.header.bodyOffset + 1000)).contains("body is damaged"))
    #expect(refusal(flipped(model.header.embeddingOffset + 10)).contains("embedding region is damaged"))
    #expect(refusal(bytes, .wide).contains("another configuration"))
    #expect(refusal(Array(bytes.dropLast(16))).contains("its header says"))
    #expect(refusal(bytes + Array(repeating: 0, count: 16)).contains("its header says"))
    #expect(refusal(Array(bytes.prefix(63))).contains("shorter than its header"))
    #expect(refusal([]).contains("shorter than its header"))
  }

  @Test("regions outside the image, and sizes that no machine has, are refused")
  func hostileHeaders() throws {
    let model = try original
    let huge = Int(UInt32.max)
    let changes: [(inout ImageHeader) -> Void] = [
      { $0.bodyOffset = huge }, { $0.bodyOffset = 0 }, { $0.bodyOffset = 4097 }, { $0.bodyBeats = huge },
      { $0.bodyBeatsWithHead = huge },
      {
        $0.bodyBeatsWithHead = 0
        $0.bodyBeats = 0
      }, { $0.embeddingOffset = huge },
      { $0.embeddingOffset = 0 }, { $0.embeddingBeats = huge }, { $0.embeddingBeats = 1 }, { $0.hiddenSize = huge },
      { $0.hiddenSize = 0 }, { $0.vocabulary = huge }, { $0.vocabulary = 0 }, { $0.imageBeats = huge },
      { $0.epsilon = 0x7F80_0000 }, { $0.epsilon = 0xBF80_0000 }, { $0.bodyBeats -= 1 }, { $0.hiddenSize -= 1 },
      { $0.vocabulary -= 1 },
    ]
    for (index, change) in changes.enumerated() {
      #expect(refusal(image(model, header: change)) != "accepted", "change \(index)")
    }
  }

  @Test("a body whose instructions are not the program's is refused, with the beat")
  func strangePrograms() throws {
    let model = try original
    let beatBytes = model.configuration.beatBytes
    func place(_ opcode: Opcode) throws -> Int {
      try #require(model.program.entries.first { $0.instruction.opcode == opcode }).beat
    }
    for opcode in Opcode.allCases {
      let beat = try place(opcode)
      let unknown = image(model, body: { bytes, start in bytes[start + beat * beatBytes] = 0x7F })
      #expect(refusal(unknown).contains("Beat \(beat) of the body holds no legal instruction"))
      // Another count, and so another operand or another program.
      let changed = image(model, body: { bytes, start in bytes[start + beat * beatBytes + 2] ^= 1 })
      #expect(refusal(changed) != "accepted", "\(opcode)")
    }
    let norm = try place(.rmsNorm)
    let scaled = image(model, body: { bytes, start in bytes[start + norm * beatBytes + 8] ^= 1 })
    #expect(refusal(scaled) == "accepted")
  }

  @Test("random changes with right CRCs never crash", arguments: [UInt64(1), 2, 3])
  func mutations(seed: UInt64) throws {
    let model = try original
    var generator = SeededGenerator(seed: seed)
    let beats = model.program.entries.map(\.beat)
    for round in 0..<150 {
      let bytes = image(
        model,
        header: { header in
          switch Int.random(in: 0..<12, using: &generator) {
          case 0: header.bodyBeats = Int.random(in: 0..<20000, using: &generator)
          case 1: header.bodyBeatsWithHead = Int.random(in: 0..<20000, using: &generator)
          case 2: header.hiddenSize = Int.random(in: 0..<300, using: &generator)
          case 3: header.vocabulary = Int.random(in: 0..<3000, using: &generator)
          case 4: header.embeddingBeats = Int.random(in: 0..<40, using: &generator)
          default: break
          }
        },
        body: { bytes, start in
          let beat = beats.randomElement(using: &generator) ?? 0
          let place = start + beat * model.configuration.beatBytes + Int.random(in: 0..<16, using: &generator)
          bytes[place] = UInt8.random(in: 0...255, using: &generator)
        })
      guard let again = try? CompiledModel(MemoryImage(bytes), for: .tiny) else { continue }
      var simulator = MachineSimulator(again)
      var observer = NoObserver()
      // Only a scale can have changed.
      _ = try simulator.run(RunRequest(prompt: [0], budget: 1), observer: &observer)
      #expect(again.program.bodyBeats == model.program.bodyBeats, "seed \(seed), round \(round)")
    }
  }
}
