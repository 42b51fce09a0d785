import SetunMachine

/// Where the regions of an image lie, in bytes: every channel's part has a header, a body and its share of the embedding
/// rows at the same offsets, and the parts follow each other.
public struct ImageLayout: Hashable, Sendable {
  public let bodyOffset = ImageHeader.regionAlignment
  public let embeddingOffset: Int
  public let embeddingBytes: Int
  /// Bytes of a channel's part.
  public let channelBytes: Int
  /// Bytes of the whole image.
  public let byteCount: Int

  init(_ program: Program) {
    let alignment = ImageHeader.regionAlignment
    let beatBytes = program.configuration.beatBytes
    func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }
    let longest = program.bodies.reduce(0) { max($0, $1.beatsWithHead) }
    embeddingOffset = aligned(bodyOffset + longest * beatBytes)
    embeddingBytes = program.shape.vocabularySize * program.embeddingBeats * beatBytes
    let channels = program.configuration.channels
    channelBytes = channels == 1 ? embeddingOffset + embeddingBytes : aligned(embeddingOffset + embeddingBytes)
    byteCount = channels * channelBytes
  }
}
