import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator
import TernaryArithmetic
import Testing

/// The image read back by rules of its own: the brief's section 3 and the architecture's section 1, nothing of the
/// compiler.
struct ImageReader {
  let image: [UInt8]
  let beatBytes: Int
  let bodyOffset: Int
  let rowLanes: Int

  func word(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(image[offset + $1]) << (8 * $1) } }

  func half(_ offset: Int) -> UInt16 { UInt16(image[offset]) | UInt16(image[offset + 1]) << 8 }

  /// bf16 values of a beat: with five row lanes a group is never divided.
  var halvesPerBeat: Int { rowLanes == 1 ? beatBytes / 2 : beatBytes / 10 * 5 }

  /// A vector of `count` bf16 values, and whether all that it leaves of its beats is zero.
  func halves(_ offset: Int, count: Int) -> (values: [UInt16], isPadded: Bool) {
    let beats = (count + halvesPerBeat - 1) / halvesPerBeat
    var values: [UInt16] = []
    var isPadded = true
    for beat in 0..<beats {
      for place in 0..<beatBytes / 2 {
        let value = half(offset + beat * beatBytes + 2 * place)
        if place < halvesPerBeat, values.count < count {
          values.append(value)
        } else if value != 0 {
          isPadded = false
        }
      }
    }
    return (values, isPadded)
  }

  /// Digit `row` of a base-3 byte, less 1.
  func trit(_ code: UInt8, row: Int) -> Int { Int(code) / [1, 3, 9, 27, 81][row] % 3 - 1 }

  /// binary32 to bfloat16 by comparing neighbours: the nearest of the two, the even one on a tie.
  static func bfloat16(_ value: Float) -> UInt16 {
    let below = UInt16(value.bitPattern >> 16)
    let low = Double(Float(bitPattern: UInt32(below) << 16))
    let high = Double(Float(bitPattern: UInt32(below + 1) << 16))
    let (toLow, toHigh) = (abs(Double(value) - low), abs(high - Double(value)))
    if toLow == toHigh { return below & 1 == 0 ? below : below + 1 }
    return toLow < toHigh ? below : below + 1
  }
}

@Suite("The compiled image holds the checkpoint")
struct CompiledImageTests {
  static let models: [(RandomCheckpoint, Configuration)] = [
    (RandomCheckpoint(d: 100, intermediate: 260, layers: 2, vocabulary: 77), .tiny),
    (RandomCheckpoint(d: 20, intermediate: 36, layers: 3, vocabulary: 64, type: .f16), .medium),
    (RandomCheckpoint(d: 5, intermediate: 7, layers: 1, vocabulary: 9, lowerBound: false), .small),
    (RandomCheckpoint(d: 130, intermediate: 67, layers: 2, vocabulary: 31), .wide),
    (RandomCheckpoint(d: 1, intermediate: 1, layers: 1, vocabulary: 2), .wide),
    (RandomCheckpoint(d: 101, intermediate: 777, layers: 2, vocabulary: 31), .narrowLanes),
    (RandomCheckpoint(d: 46, intermediate: 67, layers: 2, vocabulary: 31), .mediumLanes),
    (RandomCheckpoint(d: 130, intermediate: 67, layers: 2, vocabulary: 31), .wideLanes),
  ]

  @Test("random models", arguments: models)
  func randomModels(model: RandomCheckpoint, configuration: Configuration) throws {
    try model.withCheckpoint { try Self.expectHeld($0, configuration) }
  }

  @Test("the trained models", arguments: Fixture.allCases, Configuration.singleChannel)
  func trainedModels(fixture: Fixture, configuration: Configuration) throws {
    try Self.expectHeld(try fixture.checkpoint(), configuration)
  }

  private static func expectHeld(_ checkpoint: Checkpoint, _ configuration: Configuration) throws {
    let compiled = try CompiledModel(checkpoint, for: configuration)
    let shape = checkpoint.configuration
    let image = Array(compiled.image)
    let reader = ImageReader(
      image: image, beatBytes: configuration.beatBits / 8, bodyOffset: compiled.header.bodyOffset,
      rowLanes: configuration.rowLanes)
    try expectHeader(compiled, reader, shape)
    var beat = 0
    var loads: [[UInt16]] = []
    for entry in compiled.program.entries {
      try #require(entry.beat == beat)
      let at = reader.bodyOffset + beat * reader.beatBytes
      var word = InstructionWord(low: 0, high: 0)
      for byte in 0..<16 { word[8 * byte, 8] = UInt32(reader.image[at + byte]) }
      try #require(Instruction(word) == entry.instruction)
      #expect(reader.image[at + 16..<at + reader.beatBytes].allSatisfy { $0 == 0 })
      let operand = at + reader.beatBytes
      switch entry.operand {
      case .none: #expect(entry.operandBeats == 0)
      case .vector:
        let count = Int(entry.instruction["count"])
        #expect(entry.operandBeats * reader.halvesPerBeat >= count)
        #expect((entry.operandBeats - 1) * reader.halvesPerBeat < count)
        let held = reader.halves(operand, count: count)
        #expect(held.isPadded, "\(entry.label)")
        loads.append(held.values)
      case .weights(let modules):
        try expectWeights(entry, modules, reader, at: operand, checkpoint)
      }
      beat += 1 + entry.operandBeats
    }
    #expect(beat == compiled.header.bodyBeatsWithHead)
    #expect(try loads == expectedLoads(checkpoint))
    for token in 0..<shape.vocabularySize {
      let row = compiled.header.embeddingOffset + token * compiled.header.embeddingBeats * reader.beatBytes
      let held = reader.halves(row, count: shape.hiddenSize)
      #expect(held.isPadded)
      #expect(try held.values == checkpoint.embedding(token).map(ImageReader.bfloat16), "embedding \(token)")
    }
  }

  private static func expectHeader(_ compiled: CompiledModel, _ reader: ImageReader, _ shape: ModelConfiguration) throws
  {
    let header = compiled.header
    #expect(try ImageHeader(bytes: compiled.image, configuration: compiled.configuration) == header)
    #expect(header.bodyOffset % 4096 == 0 && header.embeddingOffset % 4096 == 0)
    #expect(header.hiddenSize == shape.hiddenSize && header.vocabulary == shape.vocabularySize)
    #expect(header.imageBeats * reader.beatBytes == compiled.image.count)
    let bodyEnd = header.bodyOffset + header.bodyBeatsWithHead * reader.beatBytes
    #expect(header.embeddingOffset >= bodyEnd)
    let embeddingBytes = shape.vocabularySize * header.embeddingBeats * reader.beatBytes
    #expect(compiled.image.count == header.embeddingOffset + embeddingBytes)
    #expect(header.bodyCRC == crc(compiled.image[header.bodyOffset..<bodyEnd]))
    #expect(header.embeddingCRC == crc(compiled.image[header.embeddingOffset...]))
  }

  /// CRC-32 bit by bit.
  private static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc: UInt32 = .max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }

  /// Every trit and all padding of a MATVEC's operand.
  private static func expectWeights(
    _ entry: ProgramEntry, _ modules: [BitLinear], _ reader: ImageReader, at start: Int, _ checkpoint: Checkpoint
  ) throws {
    let matrices = try modules.map(checkpoint.ternary)
    let isGated = if case .expand = modules[0] { true } else { false }
    let turns = isGated ? 2 : matrices.count
    let rows = isGated ? matrices[0].rows / 2 : matrices[0].rows
    let columns = matrices[0].columns
    let groupBytes = (columns + reader.beatBytes - 1) / reader.beatBytes * reader.beatBytes
    let groups = (rows + 4) / 5
    try #require(entry.operandBeats * reader.beatBytes == groups * turns * groupBytes)
    var wrong = 0
    for group in 0..<groups {
      for turn in 0..<turns {
        let matrix = isGated ? matrices[0] : matrices[turn]
        let base = start + (group * turns + turn) * groupBytes
        for column in 0..<groupBytes {
          let code = reader.image[base + column]
          if code > 242 { wrong += 1 }
          for place in 0..<5 {
            let row = 5 * group + place
            let expected =
              row < rows && column < columns ? matrix.trit(row: row + (isGated ? turn * rows : 0), column: column) : 0
            if reader.trit(code, row: place) != expected { wrong += 1 }
          }
        }
      }
    }
    #expect(wrong == 0, "\(entry.part), \(entry.label)")
  }

  /// The vectors of a token in the order of the architecture's section 1.
  private static func expectedLoads(_ checkpoint: Checkpoint) throws -> [[UInt16]] {
    let layers = checkpoint.configuration.layerCount
    func plain(_ values: [Float]) -> [UInt16] { values.map(ImageReader.bfloat16) }
    func folded(_ a: [Float], _ b: [Float]) -> [UInt16] { zip(a, b).map { ImageReader.bfloat16($0 * $1) } }
    func normsOfLayer(_ layer: Int) throws -> [[UInt16]] {
      let name = "model.layers.\(layer)"
      let outer = try checkpoint.vector(name + ".attn_norm.weight")
      return try [plain(outer)]
        + ["i", "f", "g"].map { folded(outer, try checkpoint.vector("\(name).attn.\($0)_proj.norm.weight")) }
    }
    var loads = try normsOfLayer(0)
    for layer in 0..<layers {
      let name = "model.layers.\(layer)"
      loads.append(plain(checkpoint.lowerBounds[layer]))
      loads.append(plain(try checkpoint.vector(name + ".attn.g_norm.weight")))
      loads.append(plain(try checkpoint.vector(name + ".attn.o_proj.norm.weight")))
      let channel = try checkpoint.vector(name + ".mlp_norm.weight")
      loads.append(plain(channel))
      loads.append(folded(channel, try checkpoint.vector(name + ".mlp.gate_proj.norm.weight")))
      loads.append(plain(try checkpoint.vector(name + ".mlp.down_proj.norm.weight")))
      if layer + 1 < layers {
        loads += try normsOfLayer(layer + 1)
      } else {
        let final = try checkpoint.vector("model.norm.weight")
        loads += [plain(final), folded(final, try checkpoint.vector("lm_head.norm.weight"))]
      }
    }
    return loads
  }
}

@Suite("The compiler refuses what does not fit")
struct CompilerRefusalTests {
  @Test(
    "with what is too large, and both numbers",
    arguments: [
      (RandomCheckpoint(d: 257, intermediate: 5, layers: 1, vocabulary: 2), "hidden size is 257", "holds 256"),
      (RandomCheckpoint(d: 5, intermediate: 769, layers: 1, vocabulary: 2), "intermediate size is 769", "holds 768"),
      (RandomCheckpoint(d: 5, intermediate: 5, layers: 1, vocabulary: 2049), "vocabulary is 2049", "holds 2048"),
      (
        RandomCheckpoint(d: 220, intermediate: 5, layers: 7, vocabulary: 2),
        "recurrent state (layers x hidden size) is 1540", "holds 1536"
      ),
    ])
  func capacities(model: RandomCheckpoint, what: String, capacity: String) throws {
    try model.withCheckpoint { checkpoint in
      do throws(CompilerError) {
        _ = try CompiledModel(checkpoint, for: .tiny)
        Issue.record("\(model) was compiled for tiny")
      } catch {
        #expect(error.description.contains(what), "\(error)")
        #expect(error.description.contains("configuration 'tiny' " + capacity), "\(error)")
        #expect(error.description.hasSuffix(".") && !error.description.contains("\n"))
      }
    }
  }

  @Test("the largest that fits is compiled")
  func largest() throws {
    try RandomCheckpoint(d: 256, intermediate: 768, layers: 6, vocabulary: 2048).withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .tiny)
      for entry in compiled.program.entries { #expect(entry.instruction.violation(for: .tiny) == nil) }
    }
  }
}

@Suite("The simulator refuses what the hardware refuses")
struct SimulatorRefusalTests {
  @Test("bad starts and bad trit codes are named")
  func refusals() throws {
    try RandomCheckpoint(d: 20, intermediate: 36, layers: 1, vocabulary: 64).withCheckpoint { checkpoint in
      let compiled = try CompiledModel(checkpoint, for: .small)
      let cases: [(RunRequest, String)] = [
        (RunRequest(prompt: [], budget: 1), "The prompt has 0 tokens; the core takes 1 to 12."),
        (RunRequest(prompt: Array(repeating: 1, count: 13), budget: 1), "The prompt has 13 tokens"),
        (RunRequest(prompt: [1], budget: 0), "The token budget must be at least 1."),
        (RunRequest(prompt: [64], budget: 1), "Token 64 is outside the vocabulary of 64."),
        (RunRequest(prompt: [-1], budget: 1), "Token -1 is outside the vocabulary of 64."),
      ]
      for (request, reason) in cases {
        var simulator = MachineSimulator(compiled)
        var observer = NoObserver()
        let error = #expect(throws: SimulatorError.self) {
          try simulator.run(request, observer: &observer)
        }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
      }
    }
  }
}
