import HardwareDescription
import SetunMachine

/// Collects the 64-byte image header that follows every START and judges it in a fixed number of cycles.
///
/// Exactly one of `ok`, `error_format`, `error_hash` and `error_crc` is 1 in cycle r + ``MachineTiming/headerCheck``, where r
/// is the cycle of the header's last beat. The fields are stable from cycle r + 2 until the next header arrives.
public struct HeaderCheck: HardwareModule {
  public let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var moduleName: String { "header_check" }

  public var documentation: String {
    """
    Image header: collects the 64 bytes, checks magic, version, configuration hash and CRC-32.

    valid_i is an R handshake of the header's burst; the first beat after start_i holds the lowest bytes. With the last
    beat in cycle r, exactly one of ok_o, error_format_o, error_hash_o and error_crc_o is 1 in cycle r + \(timing.headerCheck), for one
    cycle. When several checks fail, magic or version goes before the CRC, and the CRC before the hash. In a header that
    passes them, a body or an embedding row of no beats, a row longer than the buffer, or a vocabulary of 0 or beyond the
    capacity is a wrong format, too.
    The fields are stable from cycle r + 2 until the next header arrives. epsilon_o is the upper part of the binary32
    pattern: sign, exponent and \(configuration.fractionBits) fraction bits.
    No backpressure: a beat is taken in every cycle. When the core stops a check ends by itself while the core is held
    cleared.
    Source: ARCHITECTURE.md, section 1, "Image"; the CRC is that of IEEE 802.3, reflected, as in zlib.
    """
  }

  /// Whether the whole header is requested at once; otherwise a stop may come between its bursts.
  static func isOneBurst(_ configuration: Configuration) -> Bool {
    8 * ImageHeader.byteCount <= configuration.beatBits * configuration.burstBeats
  }

  /// Bits of the header that one register's enable carries.
  private static let partBits = 128

  private var timing: MachineTiming { MachineTiming(configuration) }

  // Byte offsets of the header's words.
  private enum Word {
    static let magic = 0, version = 4, hash = 8, bodyOffset = 16, bodyBeats = 20, bodyBeatsWithHead = 24
    static let embeddingOffset = 28, embeddingBeats = 32, vocabulary = 40, epsilon = 44, crc = 60
  }

  public func build(_ m: ModuleBuilder) {
    let headerBits = 8 * ImageHeader.byteCount
    let beatBits = configuration.beatBits
    let beats = headerBits / beatBits

    let start = Self.isOneBurst(configuration) ? nil : m.input("start", Bit.self)
    let valid = m.input("valid", Bit.self)
    let data = m.input("data", Unsigned.self, width: beatBits)
    let channel =
      configuration.channels == 1
      ? nil : m.input("channel", Unsigned.self, width: indexWidth(configuration.channels))
    let ok = m.output("ok", Bit.self)
    let errorFormat = m.output("error_format", Bit.self)
    let errorHash = m.output("error_hash", Bit.self)
    let errorCRC = m.output("error_crc", Bit.self)

    m.comment(
      "A beat enters a cycle late: its enable would load every bit of the header, and has a copy for each part.")
    let isHere = m.registered("beat_is_here", valid, reset: false)
    let beat = m.registered("beat", data)
    let parts = m.constant("Parts", headerBits / Self.partBits)
    let isTaken = m.registeredCopies("part_is_taken", valid.asUnsigned, count: headerBits / Self.partBits)
    m.comment("The header, byte 0 lowest.")
    let header = m.wire("header", Unsigned.self, width: headerBits)
    let next = m.wire("next_header", beats == 1 ? beat : concatenate(beat, header[headerBits - 1, beatBits]))
    m.generate("part", count: parts) { k in
      let part = m.register("part", Unsigned.self, width: Self.partBits)
      m.when(isTaken[k]) { part.next(next.slice(at: k * Self.partBits, width: Self.partBits)) }
      header.slice(at: k * Self.partBits, width: Self.partBits).drive(part)
    }
    func word(_ byte: Int) -> Unsigned { header.slice(at: 8 * byte, width: 32) }

    let lastBeat: Bit
    if beats == 1 {
      lastBeat = isHere
    } else {
      if start == nil {
        m.comment("Beats of the header that have arrived; a burst arrives as a whole, so the next run finds 0.")
      } else {
        m.comment("Beats of the header that have arrived; a run that is stopped may leave some.")
      }
      let beatCount = m.register("beat_count", Unsigned.self, width: indexWidth(beats), reset: 0)
      m.when(isHere) { beatCount.next(beatCount &+ 1) }
      if let start { m.when(start) { beatCount.next(0) } }
      lastBeat = m.wire("last_beat", isHere && beatCount == Unsigned(beats - 1))
    }

    let last = timing.headerCheck - 3
    m.comment("Counts the cycles of the check: in cycle r + 2 the count is 0, and \(last) in the last one.")
    let isChecking = m.register("is_checking", Bit.self, reset: false)
    let count = m.register("count", Unsigned.self, width: bitWidth(of: last))
    let isLastCycle = m.wire("is_last_cycle", count == Unsigned(last))
    m.when(lastBeat) {
      isChecking.next(true)
      count.next(0)
    }.elseWhen(isChecking) {
      count.next(count &+ 1)
      m.when(isLastCycle) { isChecking.next(false) }
    }

    m.comment("Byte-serial CRC: the byte chosen by the count enters two cycles later, its word one.")
    let selected = m.registered(
      "selected_word", header.slice(at: concatenate(count.slice(at: 2, width: 4), Unsigned(0, width: 5)), width: 32))
    let place = m.registered("place", count.slice(at: 0, width: 2))
    let byte = m.registered("byte", selected.slice(at: concatenate(place, Unsigned(0, width: 3)), width: 8))
    let crc = m.register("crc", Unsigned.self, width: 32)
    m.comment("Eight steps of the reflected polynomial, low bit first.")
    var step = m.wire("crc_step0", crc ^ byte.extended(to: 32))
    for bit in 1...8 {
      let polynomial = Unsigned(words: [0xEDB8_8320], width: 32)
      let shifted = concatenate(Unsigned(0, width: 1), step[31, 1])
      step = m.wire("crc_step\(bit)", step[0].select(shifted ^ polynomial, shifted))
    }
    m.when(count == 1) { crc.next(~Unsigned(0, width: 32)) }.otherwise { crc.next(step) }

    m.comment("The verdicts are registered when their operands are there and judged in the last cycle.")
    let constant = Unsigned(Int(ImageHeader.version), width: 32)
    let version =
      channel.map { concatenate($0.extended(to: 16), Unsigned(Int(ImageHeader.version), width: 16)) } ?? constant
    let formatIsGood = m.registered(
      "format_is_good",
      word(Word.magic) == Unsigned(words: [UInt64(ImageHeader.magic)], width: 32)
        && word(Word.version) == version)
    m.comment(
      """
      An item of the request list without beats would be a burst that AXI cannot express; a row longer than its buffer
      would take longer to drain than the core says it does; and the outputs hold no larger vocabulary.
      """)
    let rowBeats = VectorSlot.words(configuration, depth: configuration.hiddenCapacity)
    let sizesAreGood = m.registered(
      "sizes_are_good",
      word(Word.bodyBeats).reducedOr && word(Word.bodyBeatsWithHead).reducedOr
        && InstructionDecode.isWithin(word(Word.embeddingBeats), rowBeats)
        && InstructionDecode.isWithin(word(Word.vocabulary), configuration.vocabularyCapacity))
    let hashIsGood = m.registered(
      "hash_is_good",
      header.slice(at: 8 * Word.hash, width: 64) == Unsigned(words: [configuration.hash], width: 64))
    m.comment("Bytes 0 to \(Word.crc - 1) are in the CRC when the count is \(Word.crc + 2).")
    let crcIsGood = m.register("crc_is_good", Bit.self)
    m.when(count == Unsigned(Word.crc + 2)) { crcIsGood.next(~crc == word(Word.crc)) }

    let verdict = m.wire("verdict", isChecking && isLastCycle)
    let isMine = m.wire("is_mine", formatIsGood && crcIsGood && hashIsGood)
    ok.drive(m.registered("ok", verdict && isMine && sizesAreGood))
    errorFormat.drive(m.registered("error_format", verdict && (!formatIsGood || (isMine && !sizesAreGood))))
    errorCRC.drive(m.registered("error_crc", verdict && formatIsGood && !crcIsGood))
    errorHash.drive(m.registered("error_hash", verdict && formatIsGood && crcIsGood && !hashIsGood))

    m.output("body_offset", word(Word.bodyOffset))
    m.output("body_beats", word(Word.bodyBeats))
    m.output("body_beats_with_head", word(Word.bodyBeatsWithHead))
    m.output("embedding_offset", word(Word.embeddingOffset))
    m.output("embedding_beats", header.slice(at: 8 * Word.embeddingBeats, width: 16))
    m.output("vocabulary", header.slice(at: 8 * Word.vocabulary, width: 17))
    let epsilonBits = 9 + configuration.fractionBits
    m.output("epsilon", header.slice(at: 8 * Word.epsilon + 32 - epsilonBits, width: epsilonBits))
  }
}
