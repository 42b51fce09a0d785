import Checkpoint
import Foundation
import SetunMachine
import TernaryArithmetic

/// A program with its memory image: all that the machine needs.
public struct CompiledModel: Sendable {
  public let program: Program
  /// The header of each channel's part of the image.
  public let headers: [ImageHeader]
  /// Channel 0's header.
  public var header: ImageHeader { headers[0] }
  /// The image as it lies in memory from the image base.
  public let image: MemoryImage
  /// That no sum, count or address of the program leaves its register.
  public let widths: WidthProof

  public var configuration: Configuration { program.configuration }

  init(program: Program, headers: [ImageHeader], image: MemoryImage, widths: WidthProof) {
    self.program = program
    self.headers = headers
    self.image = image
    self.widths = widths
  }

  /// Compiles a checkpoint for a machine; `progress` is told the share done, 0 ... 1.
  public init(
    _ checkpoint: Checkpoint, for configuration: Configuration, progress: (Double) -> Void = { _ in }
  ) throws(CompilerError) {
    // Layout first: what does not fit is refused before any weight is read.
    let layout = try Program(shape: checkpoint.configuration, configuration: configuration) {
      _ throws(CheckpointError) in 1
    }
    _ = try WidthProof(layout)
    self = try ImageWriter(checkpoint: checkpoint, layout: layout).write(progress)
  }
}

/// Fills the image: header, body, embeddings.
struct ImageWriter {
  let checkpoint: Checkpoint
  let layout: Program

  private var configuration: Configuration { layout.configuration }
  private var shape: ModelConfiguration { layout.shape }

  func write(_ progress: (Double) -> Void) throws(CompilerError) -> CompiledModel {
    let regions = layout.layout
    var result: (Program, [ImageHeader], WidthProof)?
    let image = try MemoryImage(byteCount: regions.byteCount) { bytes throws(CompilerError) in
      result = try fill(bytes, regions, progress)
    }
    guard let (program, headers, widths) = result else { preconditionFailure("the image is filled or an error thrown") }
    progress(1)
    return CompiledModel(program: program, headers: headers, image: image, widths: widths)
  }

  private func fill(
    _ image: UnsafeMutableRawBufferPointer, _ regions: ImageLayout, _ progress: (Double) -> Void
  ) throws(CompilerError) -> (Program, [ImageHeader], WidthProof) {
    let beatBytes = configuration.beatBytes
    var scales: [BitLinear: Double] = [:]
    var weights: [BitLinear: Int] = [:]
    do {
      for entry in layout.entries {
        let starts = entry.beats.enumerated().map { channel, beat in
          channel * regions.channelBytes + regions.bodyOffset + (beat + 1) * beatBytes
        }
        switch entry.operand {
        case .none: break
        case .vector(let vector): writeHalves(try values(of: vector), to: image, at: starts)
        case .weights(let modules):
          progress(Double(starts[0]) / Double(regions.channelBytes))
          let matrices = try ternarise(modules)
          for (module, matrix) in zip(modules, matrices) {
            scales[module] = matrix.scale
            weights[module] = matrix.largestRowWeight
          }
          writeWeights(matrices, entry, to: image, at: starts)
        }
      }
      for token in 0..<shape.vocabularySize {
        let start = regions.embeddingOffset + token * layout.embeddingBeats * beatBytes
        if token & 1023 == 0 { progress(Double(start) / Double(regions.channelBytes)) }
        let starts = (0..<configuration.channels).map { $0 * regions.channelBytes + start }
        writeHalves(try checkpoint.embedding(token), to: image, at: starts)
      }
    } catch {
      throw .checkpoint(error)
    }
    let program = try Program(shape: shape, configuration: configuration) { module throws(CheckpointError) in
      scales[module] ?? 1
    }
    for entry in program.entries {
      for (channel, beat) in entry.beats.enumerated() {
        let start = channel * regions.channelBytes + regions.bodyOffset + beat * beatBytes
        writeInstruction(entry.instruction, to: image, at: start)
      }
    }

    let format = FloatFormat(exponentBits: 8, fractionBits: configuration.fractionBits)
    let headers = layout.bodies.enumerated().map { channel, body in
      let part = UnsafeMutableRawBufferPointer(
        rebasing: image[channel * regions.channelBytes..<(channel + 1) * regions.channelBytes])
      let header = ImageHeader(
        configurationHash: configuration.hash, channel: channel, bodyOffset: regions.bodyOffset,
        bodyBeats: body.beats, bodyBeatsWithHead: body.beatsWithHead, embeddingOffset: regions.embeddingOffset,
        embeddingBeats: layout.embeddingBeats, hiddenSize: shape.hiddenSize, vocabulary: shape.vocabularySize,
        epsilon: format.toFloat(format.fromFloat(shape.normEpsilon)).bitPattern,
        bodyCRC: crc(part, regions.bodyOffset, body.beatsWithHead * beatBytes),
        embeddingCRC: crc(part, regions.embeddingOffset, regions.embeddingBytes),
        imageBeats: regions.channelBytes / beatBytes)
      part.copyBytes(from: header.bytes)
      return header
    }
    return (program, headers, try WidthProof(program, weights: weights))
  }

  private func crc(_ image: UnsafeMutableRawBufferPointer, _ offset: Int, _ count: Int) -> UInt32 {
    var check = CRC32()
    check.update(UnsafeRawBufferPointer(rebasing: image[offset..<offset + count]))
    return check.value
  }

  // MARK: Operands

  private func values(of vector: VectorOperand) throws(CheckpointError) -> [Float] {
    switch vector {
    case .norm(let norm): return try checkpoint.vector(norm)
    case .inner(let module): return try checkpoint.normWeight(of: module)
    case .folded(let norm, let module):
      return zip(try checkpoint.vector(norm), try checkpoint.normWeight(of: module)).map { $0 * $1 }
    case .lowerBound(let layer): return checkpoint.lowerBounds[layer]
    }
  }

  /// The matrices in the order in which their row groups take turns.
  private func ternarise(_ modules: [BitLinear]) throws(CheckpointError) -> [TernaryMatrix] {
    var matrices: [TernaryMatrix] = []
    for module in modules { matrices.append(try checkpoint.ternary(module)) }
    return matrices
  }

  /// A vector's values: a beat's worth on each channel in turn, from the given offsets on.
  private func writeHalves(_ values: [Float], to image: UnsafeMutableRawBufferPointer, at starts: [Int]) {
    let perBeat = configuration.halvesPerBeat
    for (index, value) in values.enumerated() {
      let half = BFloat16.bits(value)
      let (word, place) = index.quotientAndRemainder(dividingBy: perBeat)
      let start = starts[word % starts.count] + word / starts.count * configuration.beatBytes + 2 * place
      image[start] = UInt8(truncatingIfNeeded: half)
      image[start + 1] = UInt8(truncatingIfNeeded: half >> 8)
    }
  }

  private func writeInstruction(_ instruction: Instruction, to image: UnsafeMutableRawBufferPointer, at start: Int) {
    let word = instruction.word
    for byte in 0..<8 {
      image[start + byte] = UInt8(truncatingIfNeeded: word.low >> UInt64(8 * byte))
      image[start + 8 + byte] = UInt8(truncatingIfNeeded: word.high >> UInt64(8 * byte))
    }
  }

  /// Row groups where their placement says: `beats` beats of C columns, a byte holding one column of five rows.
  private func writeWeights(
    _ matrices: [TernaryMatrix], _ entry: ProgramEntry, to image: UnsafeMutableRawBufferPointer, at starts: [Int]
  ) {
    let rows = Int(entry.instruction["rows"])
    let groupBytes = Int(entry.instruction["beats"]) * configuration.lanes
    let turns = Int(entry.instruction["matrices"])
    let groups = (rows + 4) / 5
    let columns = matrices[0].columns
    let placement = entry.instruction.placement(configuration, firstChannel: entry.firstChannel)
    nonisolated(unsafe) let region = image
    DispatchQueue.concurrentPerform(iterations: 2) { half in
      var trits = [Int8](repeating: 0, count: columns)
      var sums = [Int16](repeating: 0, count: columns)
      for group in stride(from: half, to: groups, by: 2) {
        for turn in 0..<turns {
          // The halves of one matrix (a over b) or one matrix each.
          let matrix = matrices.count == 1 ? matrices[0] : matrices[turn]
          let firstRow = matrices.count == 1 ? turn * rows : 0
          for column in 0..<columns { sums[column] = Int16(TernaryCode.zero) }
          var weight: Int16 = 1
          for row in 5 * group..<min(5 * group + 5, rows) {
            matrix.unpack(row: firstRow + row, into: &trits)
            for column in 0..<columns { sums[column] &+= Int16(trits[column]) &* weight }
            weight *= 3
          }
          let place = placement.place(group: group, matrix: turn)
          let base = starts[place.channel] + place.index * groupBytes
          for column in 0..<columns { region[base + column] = UInt8(truncatingIfNeeded: sums[column]) }
          for column in columns..<groupBytes { region[base + column] = TernaryCode.zero }
        }
      }
    }
  }
}
