import HardwareDescription
import SetunMachine

/// Buffers an embedding row and hands out its elements.
public struct EmbeddingUnit: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The embedding row of the next token. Beats arrive from the read channel at any time; while an EMBED is armed, one
    \(configuration.phrase("element", "row group")) a cycle is issued as soon as its beat is there, and its value leaves \(MachineTiming(configuration).embed) cycles later. The request list
    fetches the next row only after this one's EMBED has retired, and a row has exactly the beats of its elements (the
    sequencer refuses other EMBEDs): so the buffer never overflows, nothing is issued twice, and no backpressure is
    needed.
    """
  }

  private var bufferWordBits: Int {
    indexWidth(VectorSlot.words(configuration, depth: configuration.hiddenCapacity))
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let wordBits = bufferWordBits
    let indexBits = Configuration.indexBits
    let clear = m.input("clear", Bit.self)
    let beatValid = m.channelInput("beat_valid", c)
    let beat = m.input("beat", Unsigned.self, width: c.beatBits * c.channels)
    let armed = m.input("armed", Bit.self)
    let count = m.input("count", Unsigned.self, width: indexBits)

    if c.streams > 1 {
      m.comment("Beats of the last stream's row, for which all streams wait: they issue together.")
    }
    let lastValid = c.streams == 1 ? beatValid : m.channelInput("last_row_valid", c)

    if c.channels > 1 {
      return buildBanks(
        m, clear: clear, beatValid: beatValid, lastValid: lastValid, beat: beat, armed: armed, count: count)
    }
    let arrived = m.register("arrived", Unsigned.self, width: indexBits, reset: 0)
    let written = c.streams == 1 ? arrived : m.register("written", Unsigned.self, width: indexBits, reset: 0)
    func instantiateBuffer() -> InstanceHandle {
      let buffer = m.instance("u_buffer", VectorSlot(configuration: c, depth: c.hiddenCapacity))
      buffer.connect("write_valid", beatValid[0])
      buffer.connect("write_word", written.slice(at: 0, width: wordBits))
      buffer.connect("write_data", beat)
      return buffer
    }
    guard c.rowLanes == 1 else {
      let buffer = instantiateBuffer()
      advance(m, arrived, lastValid[0])
      if c.streams > 1 { advance(m, written, beatValid[0]) }
      let taken = issueGroups(m, armed: armed, count: count, buffer: buffer) { slot, _ in
        slot.word.extended(to: indexBits) < arrived
      }
      m.when(taken || clear) {
        arrived.next(0)
        if c.streams > 1 { written.next(0) }
      }
      return
    }
    let placeBits = indexWidth(c.halvesPerBeat)
    let element = m.register("element", Unsigned.self, width: indexBits, reset: 0)
    let word = m.wire("word", element >> placeBits)
    let issue = m.wire("issue", armed && word < arrived)
    m.comment("Of all elements but the first it is found beforehand whether they are the last.")
    let isFirst = m.register("is_first", Bit.self, reset: true)
    let nextIsLast = m.register("next_is_last", Bit.self)
    let last = m.wire("last", isFirst.select(count == 1, nextIsLast))
    advance(m, arrived, lastValid[0])
    if c.streams > 1 { advance(m, written, beatValid[0]) }
    m.when(issue) {
      element.next(element &+ 1)
      isFirst.next(false)
      nextIsLast.next(element + 2 == count.extended(to: indexBits + 1))
      m.when(last) {
        element.next(0)
        isFirst.next(true)
        arrived.next(0)
        if c.streams > 1 { written.next(0) }
      }
    }
    m.when(clear) {
      arrived.next(0)
      if c.streams > 1 { written.next(0) }
      element.next(0)
      isFirst.next(true)
    }

    let buffer = instantiateBuffer()
    buffer.connect("element", element.slice(at: 0, width: placeBits + wordBits))
    let convert = m.instance("u_convert", FloatFromBFloat16(format: c.format))
    convert.connect("half", buffer.output("half", Unsigned.self))

    let latency = MachineTiming(c).embed
    m.output("index_three_early", m.delayed("issued_index", element, by: latency - 3))
    m.output("index_two_early", m.delayed("issued_index", element, by: latency - 2))
    var issued = ElementTag(c)
    issued.valid = issue
    issued.index = element
    issued.last = last
    m.output("issued", m.delayed("issued", issued, by: latency))
    m.output("value", m.registered("value", convert.output("result", Unsigned.self)))
  }

  /// Counts a beat.
  private func advance(_ m: ModuleBuilder, _ counter: Unsigned, _ valid: Bit) {
    m.when(valid) { counter.next(counter &+ 1) }
  }

  /// With several channels: a bank for the beats of each.
  private func buildBanks(
    _ m: ModuleBuilder, clear: Bit, beatValid: Unsigned, lastValid: Unsigned, beat: Unsigned, armed: Bit,
    count: Unsigned
  ) {
    let c = configuration
    let wordBits = bufferWordBits
    let indexBits = Configuration.indexBits
    let channels = m.constant("Channels", c.channels)
    m.comment("Beats of the row that each channel has brought.")
    let arrived = m.registerVector("arrived", Unsigned.self, width: indexBits, count: channels, reset: 0)
    let written =
      c.streams == 1
      ? arrived : m.registerVector("written", Unsigned.self, width: indexBits, count: channels, reset: 0)
    let writeWord = m.wire("write_word", Unsigned.self, width: wordBits * c.channels)
    let isTaken = m.wire("is_taken", Bit.self)
    m.comment("The next row is not requested before this one has retired.")
    let restart = m.registeredCopies("restart", (isTaken || clear).asUnsigned, count: c.channels, reset: 0)
    m.generate("channel", count: channels) { k in
      writeWord.slice(at: k * wordBits, width: wordBits).drive(written[k].slice(at: 0, width: wordBits))
      advance(m, arrived[k], lastValid[k])
      if c.streams > 1 { advance(m, written[k], beatValid[k]) }
      m.when(restart[k]) {
        arrived[k].next(0)
        if c.streams > 1 { written[k].next(0) }
      }
    }
    let buffer = m.instance("u_buffer", VectorSlot(configuration: c, depth: c.hiddenCapacity))
    buffer.connect("write_valid", beatValid)
    buffer.connect("write_word", writeWord)
    buffer.connect("write_data", beat)
    isTaken.drive(
      issueGroups(m, armed: armed, count: count, buffer: buffer) { slot, last in
        m.comment(
          "The last group waits for the padding of other channels too, which would else count for the next row.")
        let there = m.wire("is_there", Unsigned.self, width: c.channels)
        m.generate("there", count: channels) { k in there[k].drive(slot.word.extended(to: indexBits) < arrived[k]) }
        return last.select(there.reducedAnd, slot.channel.map { there[$0] } ?? there[0])
      })
  }

  /// With several lanes: a row group a cycle.
  ///
  /// - Parameter isThere: the beats have arrived for a place, which may be the row's last.
  /// - Returns: whether the row's last group is issued.
  private func issueGroups(
    _ m: ModuleBuilder, armed: Bit, count: Unsigned, buffer: InstanceHandle,
    isThere: (_ place: SlotPlace, _ isLast: Bit) -> Bit
  ) -> Bit {
    let c = configuration
    let indexBits = Configuration.indexBits
    m.comment("The group that is issued next, its first element, and where it lies in the buffer.")
    let group = m.register("group", Unsigned.self, width: indexBits)
    let first = m.register("first_element", Unsigned.self, width: indexBits)
    let slot = m.register("slot", SlotPlace(c))
    let left = m.wire("elements_left", count &- first)
    let last = m.wire("last", left <= Unsigned(c.rowLanes, width: indexBits))
    var isReady = isThere(slot, last)
    let taken = m.wire("row_taken", Bit.self)
    if c.channels > 1 {
      m.comment("Padding of other channels may be there when all is issued, until the counts restart.")
      let isOver = m.register("is_over", Bit.self)
      m.when(taken) { isOver.next(true) }
      m.when(!armed) { isOver.next(false) }
      isReady = isReady && !isOver
    }
    let issue = m.wire("issue", armed && isReady)
    m.when(issue) {
      group.next(group &+ 1)
      first.next(first &+ Unsigned(c.rowLanes, width: indexBits))
      slot.advance(m, c)
    }
    taken.drive(issue && last)
    m.comment("Between two EMBEDs no unit is armed for a cycle at least.")
    m.when(!armed) {
      group.next(0)
      first.next(0)
      slot.restart()
    }

    buffer.connect("element_word", slot.word.slice(at: 0, width: bufferWordBits))
    if slot.word.width > bufferWordBits {
      m.unused(slot.word.slice(at: bufferWordBits, width: slot.word.width - bufferWordBits))
    }
    if let channel = slot.channel { buffer.connect("element_channel", channel) }
    if let place = slot.place { buffer.connect("element_place", place) }
    let convert = m.instance("u_convert", FloatsFromBFloat16(configuration: c))
    convert.connect("half", buffer.output("halves", Unsigned.self))

    let latency = MachineTiming(c).embed
    m.output("slot_three_early", m.delayed("issued_slot", slot, by: latency - 3))
    m.output("index_two_early", m.delayed("issued_index", group, by: latency - 2))
    var issued = ElementTag(c)
    issued.valid = issue
    issued.lanes = m.filledLanes("filled", left, c)
    issued.index = group
    issued.last = last
    m.output("issued", m.delayed("issued", issued, by: latency))
    m.output("value", m.registered("value", convert.output("result", Unsigned.self)))
    return taken
  }
}
