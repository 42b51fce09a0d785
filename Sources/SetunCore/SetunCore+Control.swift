import HardwareDescription
import SetunMachine

extension CoreBuilder {
  /// Host port.
  func buildControl() {
    for port in ["axil_awvalid", "axil_wvalid", "axil_bready", "axil_arvalid", "axil_rready"] {
      registers.connect(port, input(port))
    }
    for port in ["axil_awaddr", "axil_wdata", "axil_wstrb", "axil_araddr"] { registers.connect(port, inputWord(port)) }
    connectBits(registers, from: run, "busy")
    connectWords(registers, from: run, "cause", "cycles", "prompt_address")
    registers.connect("beats", word(sequencer, "beats_accepted"))
    if c.streams == 1 {
      registers.connect("token_valid", bit(run, "token_push"))
    } else {
      registers.connect("token_valid", word(run, "token_push"))
    }
    registers.connect("token_id", streams("token"))
  }

  /// The stream's program.
  func buildSequencer() {
    sequencer.connect("clear", bit(run, "sequencer_clear"))
    // Only what joins several channels takes it itself.
    if c.channels == 1 { m.unused(bit(run, "clear")) }
    connectBits(sequencer, from: run, "halt", "begin", "hold", "has_head")
    sequencer.connect("body_beats", channels("body_beats"))
    sequencer.connect("body_beats_with_head", channels("body_beats_with_head"))
    sequencer.connect("embedding_beats", channel0("embedding_beats"))
    if let single {
      sequencer.connect("beat_valid", bit(single, "beat_valid"))
    } else {
      sequencer.connect("beat_valid", beatsValid)
    }
    sequencer.connect("beat", channel0("instruction"))
    for port in ["element_last", "norm_retired", "activations_filled", "group_left"] {
      sequencer.connect(port, common(port))
    }
  }

  /// The channels that have a beat. Of channels far away those that arrived and those that were popped are counted.
  private var beatsValid: Unsigned {
    let told = channels("beat_valid")
    guard c.channelRegisters > 0 else { return told }
    let valid = m.wire("beats_valid", Unsigned.self, width: c.channels)
    valid[0].drive(told[0])
    let countBits = bitWidth(of: c.fifoBeats)
    let pop = word(sequencer, "pop")
    m.generate("beats", count: m.constant("OtherChannels", c.channels - 1)) { k in
      let count = m.register("beats", Unsigned.self, width: countBits, reset: 0)
      let isThere = m.register("is_there", Bit.self, reset: false)
      let next = m.wire("next_beats", count &+ told[k + 1].asUnsigned &- pop[k + 1].asUnsigned)
      count.next(next)
      isThere.next(next != 0)
      m.when(bit(run, "clear")) {
        count.next(0)
        isThere.next(false)
      }
      valid[k + 1].drive(isThere)
    }
    return valid
  }

  /// The run's events.
  func connectControl() {
    connectBits(
      run, from: registers, "start", "abort", "soft_reset", "clear_state", "use_eos", "score", "token_space")
    connectWords(run, from: registers, "prompt_length", "token_budget", "eos_id", "prompt_data")
    for port in ["header_error_hash", "header_error_crc"] { run.connect(port, anyChannel(port)) }
    for port in ["vocabulary", "embedding_offset", "embedding_beats"] { run.connect(port, channel0(port)) }
    if c.streams > 1 { connectBits(run, from: registers, "one_sequence") }
    run.connect("embed_retired", common("element_last") && bit(sequencer, "unit_is_embed"))
    run.connect("token_valid", common("token_valid"))
    run.connect("token_id", streams("token"))
    run.connect("drained", allChannels("drained"))
    run.connect("memory_error", anyChannel("memory_error"))
    run.connect("bad_trit", anyChannel("bad_trit"))
    run.connect("illegal_instruction", bit(sequencer, "illegal"))
    connectBits(run, from: sequencer, "position_done")
  }

  /// The harness's view: what retires, when. Synthesis removes whatever a design leaves unconnected.
  func buildRetirePort() {
    m.comment("Retire port.")
    m.output("retire_start", bit(registers, "start"))
    m.output(
      "retire_load",
      RetireEvent(
        valid: bit(sequencer, "load_valid"), last: bit(sequencer, "load_last"), tag: word(sequencer, "load_tag")))
    m.output("retire_load_data", channels("operand"))
    let sumsLast = channel0("sums_final")[0]
    let sumsTag = word(sequencer, "matvec_tag")
    if let single {
      m.output("retire_sums", RetireEvent(valid: bit(single, "sums_valid"), last: sumsLast, tag: sumsTag))
    } else {
      m.comment("Which channels' sums retire.")
      m.output("retire_sums_valid", channels("sums_valid"))
      m.output("retire_sums_last", sumsLast)
      m.output("retire_sums_tag", sumsTag)
    }
    let wide = m.outputVector("retire_sums_data", Signed.self, width: 32, count: 5 * c.channels * c.streams)
    let sums = channels("sum")
    m.generate("retire_sum", count: 5 * c.channels * c.streams) { k in
      wide[k].drive(sums.slice(at: k * c.sumBits, width: c.sumBits).asSigned.extended(to: 32))
    }
    buildElementRetirement()
    let normTag = word(sequencer, "norm_tag")
    m.output(
      "retire_quantise",
      RetireEvent(valid: common("quantise_valid"), last: common("quantise_last"), tag: normTag))
    m.output("retire_quantise_data", streams("quantise_data"))
    m.output("retire_scale", RetireEvent(valid: common("scale_valid"), last: common("scale_last"), tag: normTag))
    outputExtended("retire_scale_data", streams("scale"))
    if c.streams == 1 {
      m.output("retire_token_valid", common("token_valid"))
    } else {
      m.output("retire_token_valid", word(run, "token_push"))
    }
    outputExtended("retire_token_data", streams("token"))
  }

  /// An output with a word of 32 bits for each stream.
  private func outputExtended(_ name: String, _ values: Unsigned) {
    guard c.streams > 1 else {
      m.output(name, values.extended(to: 32))
      return
    }
    let width = values.width / c.streams
    let words = m.outputVector(name, Unsigned.self, width: 32, count: c.streams)
    m.generate(name, count: c.streams, index: "s") { s in
      words[s].drive(values.slice(at: s * width, width: width).extended(to: 32))
    }
  }

  /// Elements: each lane has a valid bit, which all streams share, and 128 bits of data for each of them.
  private func buildElementRetirement() {
    let tag = word(sequencer, "unit_tag")
    let parts = ["element_z2", "element_z1", "element_z0", "element_value"].map { streams($0) }
    if hasLanes {
      m.output("retire_element_valid", commonWord("element_lanes") & common("element_valid").replicated(c.rowLanes))
      m.output("retire_element_last", common("element_last"))
      m.output("retire_element_tag", tag)
    } else {
      m.output(
        "retire_element",
        RetireEvent(valid: common("element_valid"), last: common("element_last"), tag: tag))
    }
    guard hasLanes || c.streams > 1 else {
      m.output("retire_element_data", concatenate(parts.map { $0.extended(to: 32) }))
      return
    }
    let count = c.streams * c.rowLanes
    let data = m.outputVector("retire_element_data", Unsigned.self, width: 128, count: count)
    m.generate("retire_element", count: count) { k in
      data[k].drive(
        concatenate(parts.map { $0.slice(at: k * c.floatBits, width: c.floatBits).extended(to: 32) }))
    }
  }
}
