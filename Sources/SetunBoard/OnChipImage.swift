import HardwareDescription
import SetunCompiler
import SetunMachine

/// A memory image without the gaps between its regions, as it lies in the block RAM of a chip.
public struct OnChipImage: Hashable, Sendable {
  /// A run of beats: in the image's address space, and where it lies on the chip.
  public struct Region: Hashable, Sendable {
    public let name: String
    /// The first beat, counted from the image base.
    public let firstBeat: Int
    public let beats: Int
    /// The first word on the chip.
    public let place: Int

    var endBeat: Int { firstBeat + beats }
  }

  /// In the order of their addresses, without a gap between them on the chip.
  public let regions: [Region]
  /// Beats, and bits of each.
  public let words: [BitPattern]
  public let beatBits: Int

  /// The image of a model for a configuration of one channel.
  ///
  /// - Throws: when the configuration has several channels.
  public init(_ model: CompiledModel) throws(BoardError) {
    let configuration = model.configuration
    guard configuration.channels == 1 else {
      throw BoardError(
        "Memory on the chip serves one channel, and '\(configuration.name)' has \(configuration.channels).")
    }
    let beatBytes = configuration.beatBytes
    let header = model.header
    self.init(
      bytes: Array(model.image), beatBits: configuration.beatBits,
      regions: [
        ("header", 0, ImageHeader.byteCount / beatBytes),
        ("body", header.bodyOffset / beatBytes, header.bodyBeatsWithHead),
        ("embeddings", header.embeddingOffset / beatBytes, header.vocabulary * header.embeddingBeats),
      ])
  }

  /// Takes the given beats of an image, which must be in it, in the order of their addresses.
  package init(bytes: [UInt8], beatBits: Int, regions: [(name: String, firstBeat: Int, beats: Int)]) {
    let beatBytes = beatBits / 8
    var place = 0
    var placed: [Region] = []
    var words: [BitPattern] = []
    for region in regions {
      placed.append(Region(name: region.name, firstBeat: region.firstBeat, beats: region.beats, place: place))
      place += region.beats
      for beat in region.firstBeat..<region.firstBeat + region.beats {
        let parts = stride(from: beat * beatBytes, to: (beat + 1) * beatBytes, by: 8).map { start in
          (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
        }
        words.append(BitPattern(words: parts, width: beatBits))
      }
    }
    self.regions = placed
    self.words = words
    self.beatBits = beatBits
  }

  /// Words on the chip.
  public var depth: Int { words.count }
}

/// Why a board cannot be built: one sentence.
public struct BoardError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
