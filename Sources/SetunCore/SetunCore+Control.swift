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
    registers.connect("token_valid", bit(run, "token_push"))
    registers.connect("token_id", word(argmax, "token"))
  }

  /// The stream's program.
  func buildSequencer() {
    let clear = bit(run, "clear")
    sequencer.connect("clear", clear)
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
    sequencer.connect("element_last", elementLast)
    sequencer.connect("norm_retired", bit(norm, "retired"))
    sequencer.connect("activations_filled", bit(quantiser, "filled"))
    sequencer.connect("group_left", bit(serialiser, "group_left"))
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
    run.connect("embed_retired", elementLast && bit(sequencer, "unit_is_embed"))
    run.connect("token_valid", bit(argmax, "token_valid"))
    run.connect("token_id", word(argmax, "token"))
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
    let wide = m.outputVector("retire_sums_data", Signed.self, width: 32, count: 5 * c.channels)
    let sums = channels("sum")
    m.generate("retire_sum", count: 5 * c.channels) { k in
      wide[k].drive(sums.slice(at: k * c.sumBits, width: c.sumBits).asSigned.extended(to: 32))
    }
    buildElementRetirement()
    m.output(
      "retire_quantise",
      RetireEvent(
        valid: bit(quantiser, "write_valid"), last: bit(quantiser, "write_last"), tag: word(sequencer, "norm_tag")))
    m.output("retire_quantise_data", quantisedWord)
    m.output(
      "retire_scale",
      RetireEvent(valid: bit(norm, "scale_valid"), last: bit(norm, "scale_last"), tag: word(sequencer, "norm_tag")))
    m.output("retire_scale_data", word(norm, "scale").extended(to: 32))
    m.output("retire_token_valid", bit(argmax, "token_valid"))
    m.output("retire_token_data", word(argmax, "token").extended(to: 32))
  }

  /// Elements: each lane has a valid bit and 128 bits of data.
  private func buildElementRetirement() {
    let tag = word(sequencer, "unit_tag")
    guard hasLanes else {
      m.output("retire_element", RetireEvent(valid: elementValid, last: elementLast, tag: tag))
      m.output(
        "retire_element_data",
        concatenate(
          elementZ[2].extended(to: 32), elementZ[1].extended(to: 32), elementZ[0].extended(to: 32),
          elementFirst.extended(to: 32)))
      return
    }
    m.output("retire_element_valid", elementLanes & elementValid.replicated(c.rowLanes))
    m.output("retire_element_last", elementLast)
    m.output("retire_element_tag", tag)
    let parts = elementZ.reversed() + [elementFirst]
    let data = m.outputVector("retire_element_data", Unsigned.self, width: 128, count: c.rowLanes)
    m.generate("retire_element", count: c.rowLanes) { k in
      data[k].drive(
        concatenate(parts.map { $0.slice(at: k * c.floatBits, width: c.floatBits).extended(to: 32) }))
    }
  }
}
