import HardwareDescription
import SetunMachine

extension CoreBuilder {
  /// The read channel's beat goes where ARID said.
  private func arrives(_ name: String, _ destination: Int) -> Bit {
    m.wire(name, input("axi_rvalid") && inputWord("axi_rid") == Unsigned(destination, width: 2))
  }

  /// Host port, run control and header check.
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

    if !HeaderCheck.isOneBurst(c) { header.connect("start", bit(registers, "start")) }
    header.connect("valid", arrives("header_beat", 2))
    header.connect("data", inputWord("axi_rdata"))
  }

  /// Request list, FIFO and sequencer.
  func buildStream() {
    let clear = bit(run, "clear")
    streamer.connect("clear", clear)
    connectBits(streamer, from: registers, "start")
    connectWords(streamer, from: registers, "image_base")
    connectBits(streamer, from: run, "begin", "halt", "embedding_valid")
    connectWords(streamer, from: run, "embedding_address", "positions", "first_head_position")
    connectWords(streamer, from: header, "body_offset", "body_beats", "body_beats_with_head", "embedding_beats")
    streamer.connect("fifo_pop", bit(sequencer, "pop"))
    streamer.connect("beat_received", input("axi_rvalid"))
    streamer.connect("axi_arready", input("axi_arready"))
    m.comment("Beats are counted, so the end of a burst needs no attention.")
    m.unused(input("axi_rlast"))

    fifo.connect("clear", clear)
    fifo.connect("push", arrives("stream_beat", 0))
    fifo.connect("push_data", inputWord("axi_rdata"))
    fifo.connect("pop", bit(sequencer, "pop"))

    sequencer.connect("clear", clear)
    connectBits(sequencer, from: run, "halt", "begin", "hold", "has_head")
    connectWords(sequencer, from: header, "body_beats", "body_beats_with_head", "embedding_beats")
    sequencer.connect("beat_valid", bit(fifo, "valid"))
    sequencer.connect("beat", word(fifo, "data"))
    sequencer.connect("element_last", elementLast)
    sequencer.connect("norm_retired", bit(norm, "retired"))
    sequencer.connect("activations_filled", bit(quantiser, "filled"))
    sequencer.connect("group_left", bit(serialiser, "group_left"))
  }

  /// The run's events.
  func connectControl() {
    connectBits(
      run, from: registers, "start", "abort", "soft_reset", "clear_state", "use_eos", "score", "token_space")
    connectWords(run, from: registers, "prompt_length", "token_budget", "eos_id", "prompt_data")
    run.connect("header_ok", bit(header, "ok"))
    run.connect("header_error_format", bit(header, "error_format"))
    run.connect("header_error_hash", bit(header, "error_hash"))
    run.connect("header_error_crc", bit(header, "error_crc"))
    connectWords(run, from: header, "vocabulary", "embedding_offset", "embedding_beats")
    run.connect("embed_retired", elementLast && bit(sequencer, "unit_is_embed"))
    run.connect("token_valid", bit(argmax, "token_valid"))
    run.connect("token_id", word(argmax, "token"))
    connectBits(run, from: streamer, "embedding_taken", "drained")
    run.connect("memory_error", m.wire("memory_error", input("axi_rvalid") && inputWord("axi_rresp")[1]))
    m.unused(inputWord("axi_rresp")[0])
    run.connect("bad_trit", bit(engine, "bad_trit"))
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
    m.output("retire_load_data", word(sequencer, "operand"))
    m.output(
      "retire_sums",
      RetireEvent(valid: bit(engine, "sums_valid"), last: bit(engine, "sums_final"), tag: word(sequencer, "matvec_tag"))
    )
    let sums = engine.outputVector("sum", Signed.self, name: "group_sum")
    let wide = m.outputVector("retire_sums_data", Signed.self, width: 32, count: 5)
    m.generate("retire_sum", count: 5) { k in wide[k].drive(sums[k].extended(to: 32)) }
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
