import Checkpoint
import SetunMachine
import TernaryArithmetic

extension CompiledModel {
  /// Takes up an image that the compiler wrote.
  ///
  /// Header, sizes and both regions' CRCs are checked, and the program is decoded from the image itself: it must be,
  /// apart from the row scales, the one that the compiler makes for a model of that shape.
  ///
  /// - Parameters:
  ///   - beginToken: the model's BOS, which an image does not hold; used when it is in the vocabulary. So `endToken`.
  public init(
    _ image: MemoryImage, for configuration: Configuration, beginToken: Int? = nil, endToken: Int? = nil
  ) throws(ImageError) {
    let headers = try Self.headers(of: image, configuration)
    for header in headers { try Self.checkRegions(header, of: image, configuration) }
    let program = try Self.decode(headers, of: image, configuration, beginToken: beginToken, endToken: endToken)
    let widths: WidthProof
    do { widths = try WidthProof(program) } catch { throw ImageError(error.description) }
    self.init(program: program, headers: headers, image: image, widths: widths)
  }

  /// Maps an image file; see `init(_:for:beginToken:endToken:)`.
  public init(
    imagePath path: String, for configuration: Configuration, beginToken: Int? = nil, endToken: Int? = nil
  ) throws(ImageError) {
    let image = try MemoryImage(path: path)
    do {
      try self.init(image, for: configuration, beginToken: beginToken, endToken: endToken)
    } catch {
      throw ImageError("\(path): \(error.description)")
    }
  }

  /// The headers of all channels' parts, which must be of one image.
  private static func headers(
    of image: MemoryImage, _ configuration: Configuration
  ) throws(ImageError) -> [ImageHeader] {
    let first = try ImageHeader(bytes: image, configuration: configuration)
    let channelBytes = first.imageBeats * configuration.beatBytes
    // The factors have 32 and 9 bits, and there are at most 32 channels.
    guard image.count == configuration.channels * channelBytes else {
      throw ImageError(
        "The image has \(image.count) bytes, but its header says \(configuration.channels * channelBytes).")
    }
    var headers = [first]
    for channel in 1..<configuration.channels {
      let part = image[channel * channelBytes..<(channel + 1) * channelBytes]
      headers.append(try ImageHeader(bytes: part, configuration: configuration))
    }
    for (channel, header) in headers.enumerated() {
      guard header.channel == channel else {
        throw ImageError("The image's part \(channel) is that of channel \(header.channel).")
      }
      var own = first
      (own.channel, own.bodyBeats, own.bodyBeatsWithHead) = (channel, header.bodyBeats, header.bodyBeatsWithHead)
      (own.bodyCRC, own.embeddingCRC) = (header.bodyCRC, header.embeddingCRC)
      guard header == own else { throw ImageError("The image's parts 0 and \(channel) belong to different images.") }
    }
    return headers
  }

  private static func checkRegions(
    _ header: ImageHeader, of image: MemoryImage, _ configuration: Configuration
  ) throws(ImageError) {
    let beatBytes = configuration.beatBytes
    guard (1...configuration.hiddenCapacity).contains(header.hiddenSize) else {
      throw ImageError("The image's hidden size is \(header.hiddenSize), not 1 to \(configuration.hiddenCapacity).")
    }
    guard (1...configuration.vocabularyCapacity).contains(header.vocabulary) else {
      throw ImageError("The image's vocabulary is \(header.vocabulary), not 1 to \(configuration.vocabularyCapacity).")
    }
    guard header.embeddingBeats * configuration.halvesPerBeat * configuration.channels >= header.hiddenSize,
      header.embeddingBeats <= configuration.hiddenCapacity
    else {
      throw ImageError(
        "The image's embedding rows have \(header.embeddingBeats) beats, which do not fit its hidden size.")
    }
    let epsilon = Float(bitPattern: header.epsilon)
    guard epsilon.isFinite, epsilon >= 0 else { throw ImageError("The image's epsilon is not a number of at least 0.") }
    let partBytes = header.imageBeats * beatBytes
    // Every product is far from overflow: the header's fields have 32 bits, and the factors were checked above.
    let bodyEnd = header.bodyOffset + header.bodyBeatsWithHead * beatBytes
    let embeddingBytes = header.vocabulary * header.embeddingBeats * beatBytes
    guard header.bodyOffset % ImageHeader.regionAlignment == 0, header.bodyOffset >= ImageHeader.byteCount,
      header.bodyBeats <= header.bodyBeatsWithHead, header.embeddingOffset % ImageHeader.regionAlignment == 0,
      bodyEnd <= header.embeddingOffset, header.embeddingOffset + embeddingBytes <= partBytes
    else { throw ImageError("The regions in the image's header do not lie in its \(partBytes) bytes.") }
    let part = header.channel * partBytes

    func check(_ name: String, _ offset: Int, _ count: Int, _ expected: UInt32) throws(ImageError) {
      var crc = CRC32()
      crc.update(UnsafeRawBufferPointer(rebasing: image.bytes[part + offset..<part + offset + count]))
      guard crc.value == expected else { throw ImageError("The image's \(name) is damaged (CRC-32).") }
    }
    try check("body", header.bodyOffset, bodyEnd - header.bodyOffset, header.bodyCRC)
    try check("embedding region", header.embeddingOffset, embeddingBytes, header.embeddingCRC)
  }

  // MARK: Program

  /// Walks the body on channel 0: an instruction, its operand beats, the next instruction.
  private static func instructions(
    _ header: ImageHeader, of image: MemoryImage, _ configuration: Configuration
  ) throws(ImageError) -> [(beat: Int, instruction: Instruction)] {
    var result: [(beat: Int, instruction: Instruction)] = []
    var beat = 0
    var firstChannel = 0
    while beat < header.bodyBeatsWithHead {
      let offset = header.bodyOffset + beat * configuration.beatBytes
      let word = word(image, offset)
      guard let instruction = Instruction(word) else {
        throw ImageError("Beat \(beat) of the body holds no legal instruction (\(word.hexadecimal)).")
      }
      if let violation = instruction.violation(for: configuration) {
        throw ImageError("Beat \(beat) of the body holds an illegal instruction: \(violation).")
      }
      result.append((beat, instruction))
      let operands = instruction.operandBeats(configuration, firstChannel: firstChannel)
      beat += 1 + operands.beats[0]
      firstChannel = operands.nextChannel
    }
    guard beat == header.bodyBeatsWithHead else {
      throw ImageError("The operand of the body's last instruction ends beyond its \(header.bodyBeatsWithHead) beats.")
    }
    return result
  }

  private static func word(_ image: MemoryImage, _ offset: Int) -> InstructionWord {
    InstructionWord(
      low: UInt64(littleEndian: image.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
      high: UInt64(littleEndian: image.bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
  }

  private static func decode(
    _ headers: [ImageHeader], of image: MemoryImage, _ configuration: Configuration, beginToken: Int?, endToken: Int?
  ) throws(ImageError) -> Program {
    let header = headers[0]
    let found = try instructions(header, of: image, configuration)
    let layers = found.count { $0.instruction.opcode == .mlgru }
    guard layers > 0, let glu = found.first(where: { $0.instruction.opcode == .glu }) else {
      throw ImageError("The image's program has no complete layer.")
    }
    let vocabulary = header.vocabulary
    func token(_ id: Int?) -> Int? { id.flatMap { (0..<vocabulary).contains($0) ? $0 : nil } }
    let shape = ModelConfiguration(
      hiddenSize: header.hiddenSize, intermediateSize: Int(glu.instruction["count"]), layerCount: layers,
      vocabularySize: vocabulary, normEpsilon: Float(bitPattern: header.epsilon), beginToken: token(beginToken),
      endToken: token(endToken))
    var program: Program
    do {
      program = try Program(shape: shape, configuration: configuration) { _ throws(CheckpointError) in 1 }
    } catch {
      throw ImageError(error.description)
    }
    let bodies = headers.map { Program.Body(beats: $0.bodyBeats, beatsWithHead: $0.bodyBeatsWithHead) }
    guard program.bodies == bodies,
      program.embeddingBeats == header.embeddingBeats, program.entries.count == found.count
    else {
      throw ImageError(
        "The image's program is not that of a model with d \(shape.hiddenSize), I \(shape.intermediateSize) and \(layers) layers."
      )
    }
    for (index, (beat, instruction)) in found.enumerated() {
      let expected = program.entries[index]
      guard expected.beat == beat, instruction.isEqualButForScales(to: expected.instruction) else {
        throw ImageError(
          "Beat \(beat) of the body holds '\(Assembler.disassemble(instruction))' where the program has "
            + "'\(Assembler.disassemble(expected.instruction))'.")
      }
      program.entries[index].instruction = instruction
      for channel in 1..<configuration.channels {
        let part = channel * header.imageBeats * configuration.beatBytes
        let offset = part + header.bodyOffset + expected.beats[channel] * configuration.beatBytes
        guard word(image, offset) == instruction.word else {
          throw ImageError(
            "Channel \(channel) holds another instruction than channel 0 at beat \(beat) of that one's body.")
        }
      }
    }
    return program
  }
}

extension Instruction {
  /// Beats that follow an instruction in the body.
  public struct OperandBeats: Hashable, Sendable {
    /// On each channel.
    public var beats: [Int]
    /// Steps in which they are accepted.
    public var steps: Int
    /// The channel of the next MATVEC's first row group.
    public var nextChannel: Int
  }

  /// Beats that follow the instruction in the body.
  ///
  /// - Parameter firstChannel: the channel of the next row group.
  public func operandBeats(_ configuration: Configuration, firstChannel: Int) -> OperandBeats {
    let channels = configuration.channels
    switch opcode {
    case .load:
      let beats = configuration.vectorBeats(of: Int(self["count"]))
      return OperandBeats(beats: Array(repeating: beats, count: channels), steps: beats, nextChannel: firstChannel)
    case .matvec:
      let placement = placement(configuration, firstChannel: firstChannel)
      let beats = Int(self["beats"])
      return OperandBeats(
        beats: (0..<channels).map { placement.groups(on: $0) * beats },
        steps: placement.slots * placement.matrices * beats, nextChannel: placement.next)
    default:
      return OperandBeats(beats: Array(repeating: 0, count: channels), steps: 0, nextChannel: firstChannel)
    }
  }

  /// Where the row groups of a MATVEC lie.
  public func placement(_ configuration: Configuration, firstChannel: Int) -> GroupPlacement {
    GroupPlacement(
      channels: configuration.channels, first: firstChannel, groups: (Int(self["rows"]) + 4) / 5,
      matrices: Int(self["matrices"]))
  }

  /// Whether two instructions differ at most in the row scales, which belong to the weights and not to the program.
  func isEqualButForScales(to other: Instruction) -> Bool {
    guard opcode == .rmsNorm else { return self == other }
    var (mine, theirs) = (self, other)
    for index in 0..<3 {
      mine["scale\(index)"] = 0
      theirs["scale\(index)"] = 0
    }
    return mine == theirs
  }
}
