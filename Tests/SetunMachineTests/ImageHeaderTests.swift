import SeededRandom
import SetunMachine
import TernaryArithmetic
import Testing

@Suite("The image header")
struct ImageHeaderTests {
  private func random(_ generator: inout SeededGenerator) -> ImageHeader {
    func word() -> Int { Int(UInt32(truncatingIfNeeded: generator.next())) }
    return ImageHeader(
      configurationHash: Configuration.tiny.hash, bodyOffset: word(), bodyBeats: word(), bodyBeatsWithHead: word(),
      embeddingOffset: word(), embeddingBeats: word(), hiddenSize: word(), vocabulary: word(),
      epsilon: UInt32(word()), bodyCRC: UInt32(word()), embeddingCRC: UInt32(word()), imageBeats: word())
  }

  @Test("what is written is read")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 0x4EAD)
    for _ in 0..<200 {
      let header = random(&generator)
      let bytes = header.bytes
      #expect(bytes.count == ImageHeader.byteCount)
      #expect(try ImageHeader(bytes: bytes, configuration: .tiny) == header)
      #expect(try ImageHeader(bytes: bytes + [1, 2, 3], configuration: .tiny) == header)
    }
  }

  @Test("the layout is that of the architecture page")
  func layout() {
    let header = ImageHeader(
      configurationHash: 0x0807_0605_0403_0201, bodyOffset: 0x1000, bodyBeats: 0x11, bodyBeatsWithHead: 0x12,
      embeddingOffset: 0x2000, embeddingBeats: 0x13, hiddenSize: 0x14, vocabulary: 0x15, epsilon: 0x16,
      bodyCRC: 0x17, embeddingCRC: 0x18, imageBeats: 0x19)
    let bytes = header.bytes
    func word(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) } }
    #expect(Array(bytes[0..<4]) == Array("SETN".utf8))
    #expect(word(4) == 1)
    #expect(Array(bytes[8..<16]) == [1, 2, 3, 4, 5, 6, 7, 8])
    let expected: [UInt32] = [0x1000, 0x11, 0x12, 0x2000, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19]
    #expect((0..<11).map { word(16 + 4 * $0) } == expected)
    // The bit-by-bit definition is the CRC-32 of zlib.
    #expect(word(60) == CRC32.checksum(bytes[0..<60]))
    #expect(ImageHeader.headerCRC(of: [0x3433_3231]) == 0x9BE3_E0A3)
  }

  @Test("a header with any bit flipped is refused")
  func damage() {
    var generator = SeededGenerator(seed: 0xBAD)
    let bytes = random(&generator).bytes
    for bit in 0..<8 * ImageHeader.byteCount {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: ImageError.self, "bit \(bit)") {
        try ImageHeader(bytes: damaged, configuration: .tiny)
      }
    }
  }

  @Test("what is wrong is said")
  func reasons() {
    var generator = SeededGenerator(seed: 3)
    let header = random(&generator)
    func refusal(_ bytes: [UInt8], _ configuration: Configuration = .tiny) -> String {
      do throws(ImageError) {
        _ = try ImageHeader(bytes: bytes, configuration: configuration)
        return "accepted"
      } catch { return error.description }
    }
    #expect(refusal([]) == "The image is shorter than its header.")
    #expect(refusal(Array(header.bytes.dropLast())) == "The image is shorter than its header.")
    #expect(refusal([UInt8](repeating: 0, count: 64)) == "The file is not a Setun image.")
    var bytes = header.bytes
    bytes[4] = 2
    #expect(refusal(bytes) == "The image has version 2; this program reads version 1.")
    bytes = header.bytes
    bytes[20] ^= 1
    #expect(refusal(bytes) == "The image's header is damaged.")
    #expect(refusal(header.bytes, .wide) == "The image was compiled for another configuration than 'wide'.")
  }
}
