import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// Folds what retires and what crosses the AXI port into records, when someone wants them.
struct AddressWatcher: StreamTiming.Watcher {
  let keeps: Bool
  let image: MemoryImage
  let imageBase: Int
  let beatBytes: Int
  var log: RetireLog

  init(keeps: Bool, image: MemoryImage, imageBase: Int, configuration: Configuration) {
    self.keeps = keeps
    self.image = image
    self.imageBase = imageBase
    beatBytes = configuration.beatBytes
    log = RetireLog(channels: configuration.channels)
  }

  @inline(__always)
  private func word(_ offset: Int) -> UInt64 {
    image.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  mutating func address(channel: Int, cycle: Int, burst: StreamTiming.Burst) {
    guard keeps else { return }
    log.recordAddress(
      cycle: cycle, address: UInt64(burst.address), beats: burst.beats, id: burst.destination, channel: channel)
  }

  @inline(__always)
  mutating func data(channel: Int, cycle: Int, address: Int, isLast: Bool) {
    guard keeps else { return }
    let offset = address - imageBase
    log.foldData(UInt64(cycle), channel: channel)
    for place in stride(from: offset, to: offset + beatBytes, by: 8) { log.foldData(word(place), channel: channel) }
    if isLast { log.recordData(cycle: cycle, channel: channel) }
  }

  /// The 64-bit words of a beat, low first.
  @inline(__always)
  mutating func foldBeat(_ kind: RetireKind, offset: Int) {
    guard keeps else { return }
    for place in stride(from: offset, to: offset + beatBytes, by: 8) { log.fold(kind, word(place)) }
  }

  /// The 64-bit words of a word of activations, low first.
  mutating func foldActivations(_ activations: ArraySlice<Int8>) {
    var word: UInt64 = 0
    for (index, activation) in activations.enumerated() {
      word |= UInt64(UInt8(bitPattern: activation)) << UInt64(8 * (index & 7))
      if index & 7 == 7 {
        log.fold(.quantise, word)
        word = 0
      }
    }
  }

  /// A slot's sums enter the queue at `cycle`; those of its channels follow, in the order of the channels.
  mutating func foldSlot(cycle: Int) {
    guard keeps else { return }
    log.fold(.sums, UInt64(cycle))
  }

  /// The sums of one channel that enter the queue.
  mutating func foldSums(_ sums: TernaryGroup.Sums) {
    guard keeps else { return }
    for row in 0..<5 { log.fold(.sums, UInt64(bitPattern: Int64(sums[row]))) }
  }

  @inline(__always)
  mutating func foldElement(
    _ a: SmallFloat, _ b: SmallFloat = .zero, _ c: SmallFloat = .zero, _ d: SmallFloat = .zero
  ) {
    if keeps { keepElement(a, b, c, d) }
  }

  // By itself, so that the loops over rows do not prepare for it.
  @inline(never)
  private mutating func keepElement(_ a: SmallFloat, _ b: SmallFloat, _ c: SmallFloat, _ d: SmallFloat) {
    log.foldElement(a.bits, b.bits, c.bits, d.bits)
  }

  mutating func close(_ kind: RetireKind, cycle: Int, tag: RetireTag) {
    guard keeps else { return }
    log.close(kind, cycle: cycle, tag: tag)
  }

  mutating func recordToken(cycle: Int, id: Int, stream: Int) {
    guard keeps else { return }
    log.recordToken(cycle: cycle, id: id, stream: stream)
  }
}
