import SetunMachine

/// Where the regions of an image lie, in bytes.
public struct ImageLayout: Hashable, Sendable {
  public let bodyOffset = ImageHeader.regionAlignment
  public let bodyBytes: Int
  public let embeddingOffset: Int
  public let embeddingBytes: Int
  /// Bytes of the whole image.
  public var byteCount: Int { embeddingOffset + embeddingBytes }

  init(_ program: Program) {
    let alignment = ImageHeader.regionAlignment
    let beatBytes = program.configuration.beatBytes
    bodyBytes = program.bodyBeatsWithHead * beatBytes
    embeddingOffset = (bodyOffset + bodyBytes + alignment - 1) / alignment * alignment
    embeddingBytes = program.shape.vocabularySize * program.embeddingBeats * beatBytes
  }
}
