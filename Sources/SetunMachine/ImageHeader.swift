import Files

/// The 64 bytes in front of every image, or of every channel's part of one, little endian; the core checks magic, version, hash and the last CRC.
public struct ImageHeader: Hashable, Sendable {
  public static let magic: UInt32 = 0x4E54_4553
  public static let version: UInt32 = 1
  public static let byteCount = 64
  /// Regions start at multiples of this, so that no aligned burst of the body crosses a 4 KiB boundary.
  public static let regionAlignment = 4096

  public var configurationHash: UInt64
  /// The channel whose part of the image this heads, from 0.
  public var channel: Int
  /// Bytes from the image base of the channel.
  public var bodyOffset: Int
  /// Beats of a token's body that runs no head.
  public var bodyBeats: Int
  /// Beats of a token's body with the head.
  public var bodyBeatsWithHead: Int
  /// Bytes from the image base.
  public var embeddingOffset: Int
  /// Beats of one embedding row.
  public var embeddingBeats: Int
  public var hiddenSize: Int
  public var vocabulary: Int
  /// rms_norm_eps as binary32 bits, rounded to the machine's fraction.
  public var epsilon: UInt32
  public var bodyCRC: UInt32
  public var embeddingCRC: UInt32
  /// Beats of the whole image, or of the channel's part.
  public var imageBeats: Int

  public init(
    configurationHash: UInt64, channel: Int = 0, bodyOffset: Int, bodyBeats: Int, bodyBeatsWithHead: Int,
    embeddingOffset: Int,
    embeddingBeats: Int, hiddenSize: Int, vocabulary: Int, epsilon: UInt32, bodyCRC: UInt32 = 0,
    embeddingCRC: UInt32 = 0, imageBeats: Int
  ) {
    self.configurationHash = configurationHash
    self.channel = channel
    self.bodyOffset = bodyOffset
    self.bodyBeats = bodyBeats
    self.bodyBeatsWithHead = bodyBeatsWithHead
    self.embeddingOffset = embeddingOffset
    self.embeddingBeats = embeddingBeats
    self.hiddenSize = hiddenSize
    self.vocabulary = vocabulary
    self.epsilon = epsilon
    self.bodyCRC = bodyCRC
    self.embeddingCRC = embeddingCRC
    self.imageBeats = imageBeats
  }

  /// The sixteen words; the last is the CRC-32 of the first fifteen.
  public var words: [UInt32] {
    var words: [UInt32] = [
      Self.magic, Self.version | UInt32(channel) << 16, UInt32(truncatingIfNeeded: configurationHash),
      UInt32(configurationHash >> 32),
      UInt32(bodyOffset), UInt32(bodyBeats), UInt32(bodyBeatsWithHead), UInt32(embeddingOffset),
      UInt32(embeddingBeats), UInt32(hiddenSize), UInt32(vocabulary), epsilon, bodyCRC, embeddingCRC,
      UInt32(imageBeats),
    ]
    words.append(Self.headerCRC(of: words))
    return words
  }

  /// The header as bytes.
  public var bytes: [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
  }

  /// CRC-32 (IEEE 802.3) of little-endian words, bit by bit: the definition that the hardware's header check follows.
  public static func headerCRC(of words: some Sequence<UInt32>) -> UInt32 {
    var crc: UInt32 = .max
    for word in words {
      for byte in 0..<4 {
        crc ^= word >> UInt32(8 * byte) & 0xFF
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
    }
    return ~crc
  }

  /// The hash in the header of an image; nil when it is no image of this version. Nothing else is checked.
  public static func configurationHash(of bytes: some Collection<UInt8>) -> UInt64? {
    let all = Array(bytes.prefix(16))
    guard all.count == 16 else { return nil }
    let words = (0..<4).map { word in (0..<4).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(all[4 * word + $1]) } }
    guard words[0] == UInt64(magic), words[1] & 0xFFFF == UInt64(version) else { return nil }
    return words[2] | words[3] << 32
  }

  /// Reads and checks a header.
  public init(bytes: some Collection<UInt8>, configuration: Configuration) throws(ImageError) {
    guard bytes.count >= Self.byteCount else { throw ImageError("The image is shorter than its header.") }
    let all = Array(bytes.prefix(Self.byteCount))
    let words = (0..<16).map { index in (0..<4).reduce(UInt32(0)) { $0 | UInt32(all[4 * index + $1]) << UInt32(8 * $1) }
    }
    guard words[0] == Self.magic else { throw ImageError("The file is not a Setun image.") }
    guard words[1] & 0xFFFF == Self.version else {
      throw ImageError("The image has version \(words[1] & 0xFFFF); this program reads version \(Self.version).")
    }
    guard words[15] == Self.headerCRC(of: words.prefix(15)) else { throw ImageError("The image's header is damaged.") }
    let hash = UInt64(words[2]) | UInt64(words[3]) << 32
    guard hash == configuration.hash else {
      throw ImageError("The image was compiled for another configuration than '\(configuration.name)'.")
    }
    self.init(
      configurationHash: hash, channel: Int(words[1] >> 16), bodyOffset: Int(words[4]), bodyBeats: Int(words[5]),
      bodyBeatsWithHead: Int(words[6]),
      embeddingOffset: Int(words[7]), embeddingBeats: Int(words[8]), hiddenSize: Int(words[9]),
      vocabulary: Int(words[10]), epsilon: words[11], bodyCRC: words[12], embeddingCRC: words[13],
      imageBeats: Int(words[14]))
  }
}

/// Why an image cannot be used.
public struct ImageError: Error, CustomStringConvertible, Sendable {
  public let description: String
  public init(_ description: String) { self.description = description.printable(limit: .max) }
}
