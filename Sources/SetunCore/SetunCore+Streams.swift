import HardwareDescription
import SetunMachine

/// The streams as one: what all of them get, and what each of them gives, stream 0 lowest.
extension CoreBuilder {
  /// What the streams give under a name, side by side.
  func streams(_ name: String) -> Unsigned { streamResults[name] ?? Unsigned(0) }

  /// What all streams give alike: a bit.
  func common(_ name: String) -> Bit { streams(name)[0] }

  /// The same: several bits.
  func commonWord(_ name: String) -> Unsigned {
    let all = streams(name)
    return c.streams == 1 ? all : all.slice(at: 0, width: all.width / c.streams)
  }

  /// Declares what the streams give, before anything is connected to it.
  func declareStreams() {
    guard c.streams > 1 else {
      let stream = m.instance(
        "u_stream", StreamPath(configuration: c), comment: "From the row sums to the next activations.")
      for result in StreamPath.results(c) {
        streamResults[result.name] =
          result.width == nil ? bit(stream, result.name).asUnsigned : word(stream, result.name)
      }
      onlyStream = stream
      return
    }
    m.comment("What the streams give, stream 0 lowest.")
    for result in StreamPath.results(c) {
      streamResults[result.name] = m.wire(
        "streams_\(result.name)", Unsigned.self, width: c.streams * (result.width ?? 1))
    }
  }

  /// Vector slots: written by LOADs, read for all streams at once.
  func buildSlots() {
    slots.connect("write_valid", bit(sequencer, "load_valid_early"))
    slots.connect("write_slot", word(sequencer, "load_slot_early"))
    slots.connect("write_word", word(sequencer, "load_word_early"))
    slots.connect("write_data", channels("operand"))
  }

  /// What a slot holds for the element that is read, as machine floats.
  private func weights() -> [Unsigned] {
    (0..<8).map { index in
      guard !hasLanes else {
        let convert = m.instance("u_weight\(index)", FloatsFromBFloat16(configuration: c))
        convert.connect("half", word(slots, "slot_\(index)"))
        return word(convert, "result")
      }
      let convert = m.instance("u_weight\(index)", FloatFromBFloat16(format: c.format))
      convert.connect("half", word(slots, "slot_\(index)"))
      return convert.output("result", Unsigned.self)
    }
  }

  /// Connects the streams.
  func buildStreams() {
    let shared = SharedInputs(sumsValid: anyChannel("sums_valid"), epsilon: channel0("epsilon"), weights: weights())
    for field in SlotPlace.fieldNames(c) { slots.connect("element\(field)", commonWord("slot_element\(field)")) }
    if let onlyStream {
      connect(onlyStream, shared)
      onlyStream.connect("clear", word(run, "stream_clear").asBit)
      onlyStream.connect("sum", channels("sum"))
      if let single {
        onlyStream.connect("row_valid", bit(single, "embedding_beat"))
      } else {
        onlyStream.connect("row_valid", channels("embedding_beat"))
      }
      onlyStream.connect("logits_enable", bit(registers, "logits_enable"))
      onlyStream.connect("logits_tready", input("logits_tready"))
      return
    }
    buildChain()
    let rowValid = buildRowBeats()
    let lastRow = m.wire("last_row_valid", rowValid.slice(at: (c.streams - 1) * c.channels, width: c.channels))
    let allSpace = m.wire("logits_all_space", streams("logits_space").reducedAnd)
    m.generate("stream", count: m.constant("Streams", c.streams), index: "s") { s in
      let stream = m.instance("u_stream", StreamPath(configuration: c))
      connect(stream, shared)
      stream.connect("clear", word(run, "stream_clear")[s])
      stream.connect("sum", sums(s))
      let ownRow = rowValid.slice(at: s * c.channels, width: c.channels)
      if c.channels == 1 {
        stream.connect("row_valid", ownRow.asBit)
        stream.connect("last_row_valid", lastRow.asBit)
      } else {
        stream.connect("row_valid", ownRow)
        stream.connect("last_row_valid", lastRow)
      }
      stream.connect("logits_enable", bit(registers, "logits_enable") && word(run, "stream_decides")[s])
      stream.connect("logits_all_space", allSpace)
      stream.connect("logits_tready", inputWord("logits_tready")[s])
      stream.connect("chain_next", streams("chain_next").slice(at: s * c.stepBits, width: c.stepBits))
      for result in StreamPath.results(c) {
        if let width = result.width {
          streams(result.name).slice(at: s * width, width: width).drive(word(stream, result.name))
        } else {
          streams(result.name)[s].drive(bit(stream, result.name))
        }
      }
    }
    m.comment("The streams are in step: what is common is taken from the first.")
    for result in StreamPath.results(c) where result.isCommon {
      let width = result.width ?? 1
      m.unused(streams(result.name).slice(at: width, width: (c.streams - 1) * width))
    }
  }

  /// What every stream gets alike, besides the sequencer's instructions.
  private struct SharedInputs {
    var sumsValid: Bit
    var epsilon: Unsigned
    /// What the vector slots hold for the element that is read, as machine floats.
    var weights: [Unsigned]
  }

  /// Connects what is the same for all streams.
  private func connect(_ stream: InstanceHandle, _ shared: SharedInputs) {
    stream.connect("halt", bit(run, "stream_halt"))
    stream.connect("first_position", bit(run, "first_position"))
    if c.channels > 1 { stream.connect("position_done", bit(sequencer, "position_done")) }
    for port in StreamPath.instructions(c) {
      if port.width == nil {
        stream.connect(port.name, bit(sequencer, port.name))
      } else {
        stream.connect(port.name, word(sequencer, port.name))
      }
    }
    stream.connect("sums_valid", shared.sumsValid)
    stream.connect("row_data", channels("embedding_data"))
    stream.connect("epsilon", shared.epsilon)
    for (index, weight) in shared.weights.enumerated() { stream.connect("weight\(index)", weight) }
  }

  /// The sums of one stream of all channels, channel 0 lowest.
  private func sums(_ s: Index) -> Unsigned {
    let width = 5 * c.sumBits
    let sum = m.wire("stream_sum", Unsigned.self, width: c.channels * width)
    m.generate("channel_sum", count: c.channels) { k in
      sum.slice(at: k * width, width: width).drive(
        channels("sum").slice(at: (k * c.streams + s) * width, width: width))
    }
    return sum
  }

  /// Beats of the streams' embedding rows: a bit of every channel for stream 0, then for stream 1, and so on.
  private func buildRowBeats() -> Unsigned {
    let bits = indexWidth(c.streams)
    m.comment("The stream whose embedding row a channel brings.")
    let valid = m.wire("row_valid", Unsigned.self, width: c.streams * c.channels)
    m.generate("row_beat", count: c.channels) { k in
      let stream = m.wire("row_stream", channels("embedding_stream").slice(at: k * bits, width: bits))
      m.generate("row_stream", count: c.streams, index: "s") { s in
        valid[s * c.channels + k].drive(channels("embedding_beat")[k] && stream == Unsigned(s, width: bits))
      }
    }
    return valid
  }

  /// The recurrence, which may go from stream to stream.
  private func buildChain() {
    let chain = m.instance(
      "u_state_chain", StateChain(configuration: c), comment: "The recurrent state, from stream to stream or of each.")
    chain.connect("one_sequence", bit(registers, "one_sequence"))
    chain.connect("active", word(run, "stream_active"))
    for name in ["forget", "fresh", "state"] { chain.connect(name, streams("chain_\(name)")) }
    streamResults["chain_next"] = word(chain, "next")
  }
}
