import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// A copy of an image that can be spoilt: its headers by words, its bodies by instructions.
struct ImageEdit {
  private(set) var bytes: [UInt8]
  let configuration: Configuration
  /// That of each channel's part.
  let headers: [ImageHeader]
  /// Bytes from one channel's part to the next.
  let channelBytes: Int

  init(_ fixture: BenchFixture) {
    bytes = fixture.image
    configuration = fixture.configuration
    headers = fixture.compiled.headers
    channelBytes = fixture.image.count / fixture.configuration.channels
  }

  subscript(offset: Int) -> UInt8 {
    get { bytes[offset] }
    set { bytes[offset] = newValue }
  }

  /// Word `index`, 0 to 15, of a channel's header.
  func headerWord(_ index: Int, channel: Int = 0) -> UInt32 {
    let start = channel * channelBytes + 4 * index
    return (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
  }

  mutating func setHeaderWord(_ index: Int, _ value: UInt32, channel: Int = 0) {
    let start = channel * channelBytes + 4 * index
    for byte in 0..<4 { bytes[start + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
  }

  /// Makes a header's CRC right again.
  mutating func seal(channel: Int = 0) {
    setHeaderWord(15, ImageHeader.headerCRC(of: (0..<15).map { headerWord($0, channel: channel) }), channel: channel)
  }

  /// Beats that a channel's body may have without reaching the embeddings.
  var bodyCapacity: Int { (headers[0].embeddingOffset - headers[0].bodyOffset) / configuration.beatBytes }

  /// Replaces the body and states its place and sizes; what lies behind it stays.
  ///
  /// - Parameter beats: how much later it begins than the compiler's.
  mutating func setBody(_ body: HandBody, later beats: Int = 0) {
    let plain = body.plainBeats(configuration)
    let whole = body.beats(upTo: body.items.count, configuration)
    for (channel, content) in body.bytes(configuration).enumerated() {
      let start = headers[channel].bodyOffset + beats * configuration.beatBytes
      setHeaderWord(4, UInt32(start), channel: channel)
      let first = channel * channelBytes + start
      let count = min(content.count, bytes.count - first)
      bytes.replaceSubrange(first..<first + count, with: content.prefix(count))
      setHeaderWord(5, UInt32(clamping: plain[channel]), channel: channel)
      setHeaderWord(6, UInt32(clamping: whole[channel] + body.beatsOff), channel: channel)
      seal(channel: channel)
    }
  }
}
