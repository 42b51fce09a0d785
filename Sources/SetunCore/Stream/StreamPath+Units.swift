import HardwareDescription
import SetunMachine

extension StreamPathBuilder {
  var isEmbed: Bit { input("unit_is_embed") }
  var isResidual: Bit { input("unit_is_residual") }
  var isMLGRU: Bit { input("unit_is_mlgru") }
  var isGLU: Bit { input("unit_is_glu") }
  var isArgmax: Bit { input("unit_is_argmax") }
  private var zero: Unsigned { Unsigned(0, width: c.stepBits) }

  // MARK: From beats to row sums

  func buildRowSums() {
    m.comment("A beat's activations are read so that they meet its decoded trits.")
    let early = OperatorLatency.tritDecode - OperatorLatency.memory
    let read = m.delayed("activation_read", inputWord("activation_word"), by: early - 1)
    activations.connect("read_address", m.registeredCopies("activation_read", read, count: c.activationParts))
    activations.connect("write_valid", bit(quantiser, "write_valid"))
    activations.connect("write_address", word(quantiser, "write_address"))
    activations.connect("write_data", quantisedWord)

    serialiser.connect("clear", input("clear"))
    serialiser.connect(
      "enable",
      m.wire("row_enable", bit(norm, "scales_valid") && (!isArgmax || logitsSpace) && !input("halt")))
    serialiser.connect("start", input("matvec_start"))
    serialiser.connect("rows", inputWord("matvec_rows"))
    serialiser.connect("last_matrix", inputWord("matvec_last_matrix"))
    serialiser.connect("sums_valid", input("sums_valid"))
    serialiser.connect("sum", inputWord("sum"))
    if c.channels > 1 { serialiser.connect("restart", input("position_done") || input("clear")) }

    scale.connect("row", serialiser.output("row", RowTag(c)))
    if hasLanes {
      scale.connect("slot", serialiser.output("slot", SlotPlace(c)))
      scale.connect("row_sum", word(serialiser, "row_sum"))
    } else {
      scale.connect("row_sum", serialiser.output("row_sum", Signed.self))
    }
    scale.connect("shares_scale", isGLU)
    for index in 0..<3 { scale.connect("alpha\(index)", word(norm, "row_scale\(index)")) }

    buffer.connect("valid", scaledRow.valid)
    buffer.connect("matrix", scaledRow.matrix)
    if let place = scaledRow.place { buffer.connect("place", place) }
    if c.channels > 1 { buffer.connect("group", scaledRow.index.slice(at: 0, width: indexWidth(c.channels))) }
    buffer.connect("y", word(scale, "y"))
    buffer.connect("last_matrix", inputWord("matvec_last_matrix"))
  }

  // MARK: Row units

  func buildRowUnits() {
    let weights = (0..<8).map { inputWord("weight\($0)") }

    embedding.connect("clear", input("clear"))
    if c.channels == 1 {
      embedding.connect("beat_valid", inputWord("row_valid").asBit)
      if c.streams > 1 { embedding.connect("last_row_valid", inputWord("last_row_valid").asBit) }
    } else {
      embedding.connect("beat_valid", inputWord("row_valid"))
      if c.streams > 1 { embedding.connect("last_row_valid", inputWord("last_row_valid")) }
    }
    embedding.connect("beat", inputWord("row_data"))
    embedding.connect("armed", embedArmed)
    embedding.connect("count", inputWord("unit_count"))

    m.comment("The armed unit takes the element that the last matrix's row completes.")
    let trigger = bit(buffer, "trigger")
    let y = word(scale, "y")
    let mlgruElement = m.wire("mlgru_element", trigger && isMLGRU)
    let gluElement = m.wire("glu_element", trigger && isGLU)
    let residualRow = m.wire("residual_row", trigger && isResidual)
    mlgru.connect("element", scaledRow.element(when: mlgruElement, c))
    mlgru.connect("input_row", word(buffer, "buffered0"))
    mlgru.connect("forget_row", word(buffer, "buffered1"))
    mlgru.connect("gate_row", y)
    mlgru.connect("lower_bound", weights[4])
    mlgru.connect("gate_weight", weights[5])
    mlgru.connect("output_weight", weights[6])
    m.comment("At the first position of a sequence the recurrent state reads as 0. It is known long before.")
    let isFirst = m.registered("is_first_position", input("first_position"))
    mlgru.connect(
      "state", m.wire("state", isFirst.select(zero, word(stateMemory, "read_data"))))
    if c.streams > 1 { mlgru.connect("chain_next", inputWord("chain_next")) }

    glu.connect("element", scaledRow.element(when: gluElement, c))
    glu.connect("gate_row", word(buffer, "buffered0"))
    glu.connect("up_row", y)
    glu.connect("down_weight", weights[7])

    m.comment("An embedding takes the way of a residual whose x is 0.")
    let embedded = embedding.output("issued", ElementTag(c))
    var element = isEmbed.select(embedded, scaledRow.element(when: residualRow, c))
    element.valid = embedded.valid || residualRow
    residual.connect("element", m.wire("residual_element", element))
    residual.connect("x", m.wire("residual_x", embedded.valid.select(zero, word(xMemory, "read_data"))))
    residual.connect("y", m.wire("residual_y", embedded.valid.select(word(embedding, "value"), y)))
    residual.connect("outer_weight", weights[0])
    for index in 0..<3 { residual.connect("weight\(index)", weights[1 + index]) }
    residual.connect("outputs", inputWord("unit_outputs"))

    argmax.connect("element", scaledRow.element(when: logitElement, c))
    argmax.connect("logit", y)
    argmax.connect("logits_enable", input("logits_enable"))
    argmax.connect("issue", m.wire("logit_issue", bit(serialiser, "issue") && isArgmax))
    argmax.connect("logits_tready", input("logits_tready"))
  }

  /// An EMBED is armed, and the vectors that were loaded before it have come.
  private var embedArmed: Bit {
    let isArmed = m.wire("embed_armed", isEmbed && input("unit_armed"))
    guard c.channelRegisters > 0 else { return isArmed }
    return isArmed && m.delayedWithReset("embed_was_armed", isArmed, by: MachineTiming(c).load - 1)
  }

  /// Every stream's logits have a place.
  private var logitsSpace: Bit { c.streams > 1 ? input("logits_all_space") : bit(argmax, "space") }

  /// Where the vector slots are read, three cycles ahead of the element; x and h are read two cycles ahead.
  var slotPlace: SlotPlace {
    let places = [embedding, scale].map { $0.output("slot_three_early", SlotPlace(c)) }
    return isEmbed.select(places[0], places[1])
  }

  /// The same where there is one row lane.
  var slotElement: Unsigned { isEmbed.select(word(embedding, "index_three_early"), word(scale, "index_three_early")) }

  /// The row that leaves the scaling in this cycle.
  private var scaledRow: RowTag { scale.output("scaled", RowTag(c)) }

  /// A unit other than ARGMAX writes an element in this cycle.
  private var resultValid: Bit {
    named("result_valid") {
      bit(residual, "result_valid") || bit(mlgru, "result_valid") || bit(glu, "result_valid")
    }
  }

  /// A logit reaches the argmax unit in this cycle.
  private var logitElement: Bit {
    named("logit_element") { bit(buffer, "trigger") && isArgmax }
  }

  /// Logits retire in this cycle, in which they are compared with the best.
  private var logitRetires: Bit { bit(argmax, "result_valid") }

  /// A unit writes an element in this cycle.
  var elementValid: Bit {
    named("element_valid") {
      resultValid || logitRetires
    }
  }

  /// Which lanes have an element.
  var elementLanes: Unsigned {
    namedWord("element_lanes") {
      bit(residual, "result_valid").select(
        word(residual, "result_lanes"),
        bit(mlgru, "result_valid").select(
          word(mlgru, "result_lanes"),
          bit(glu, "result_valid").select(word(glu, "result_lanes"), word(argmax, "result_lanes"))))
    }
  }

  /// What a copy of a unit's valid bit selects, in the order of the copies.
  private enum Selected: Int {
    case first, z0, square, innerSquare, z1, z2
  }

  /// A unit writes an element in this cycle, as far as one of its results is concerned.
  private func selects(_ unit: InstanceHandle, _ result: Selected) -> Bit {
    hasLanes ? word(unit, "result_copies")[result.rawValue] : bit(unit, "result_valid")
  }

  /// It is the operation's last.
  var elementLast: Bit {
    named("element_last") {
      (bit(residual, "result_valid") && bit(residual, "result_last"))
        || (bit(mlgru, "result_valid") && bit(mlgru, "result_last"))
        || (bit(glu, "result_valid") && bit(glu, "result_last"))
        || (logitRetires && bit(argmax, "result_last"))
    }
  }

  /// Which row or element it is.
  var elementIndex: Unsigned {
    namedWord("element_index") {
      bit(mlgru, "result_valid").select(
        word(mlgru, "result_index"),
        bit(glu, "result_valid").select(word(glu, "result_index"), word(residual, "result_index")))
    }
  }

  /// What the unit writes besides z: x, h, s or the logit.
  var elementFirst: Unsigned {
    namedWord("element_value") {
      selects(residual, .first).select(
        word(residual, "next_x"),
        selects(mlgru, .first).select(
          word(mlgru, "next_state"),
          selects(glu, .first).select(
            word(glu, "inner_square"), word(argmax, "result_logit"))))
    }
  }

  /// The z vectors' elements.
  var elementZ: [Unsigned] {
    (0..<3).map { index in
      namedWord("element_z\(index)") {
        let fromResidual = word(residual, "z\(index)")
        guard index == 0 else { return selects(residual, index == 1 ? .z1 : .z2).select(fromResidual, zero) }
        return selects(residual, .z0).select(
          fromResidual,
          selects(mlgru, .z0).select(word(mlgru, "z"), selects(glu, .z0).select(word(glu, "z"), zero)))
      }
    }
  }

  /// The activation word that is written, as the memory holds it.
  var quantisedWord: Unsigned { word(quantiser, "activation") }

  // MARK: Norm

  func buildNorm() {
    m.comment("Statistics of what the armed unit writes; logits need none.")
    statistics.connect("valid", resultValid)
    if hasLanes { statistics.connect("lanes", elementLanes) }
    statistics.connect("first", m.wire("element_first", elementIndex == 0))
    statistics.connect(
      "square",
      m.wire(
        "element_square",
        selects(residual, .square).select(
          word(residual, "next_x"), selects(mlgru, .square).select(word(mlgru, "square"), zero))))
    statistics.connect(
      "inner_square",
      m.wire(
        "element_inner_square",
        selects(residual, .innerSquare).select(
          word(residual, "inner_square"),
          selects(mlgru, .innerSquare).select(word(mlgru, "inner_square"), word(glu, "inner_square")))))
    for index in 0..<3 { statistics.connect("z\(index)", elementZ[index]) }

    norm.connect("start", input("norm_start"))
    norm.connect("inner", input("norm_inner"))
    for name in ["matrices", "inverse", "scale0", "scale1", "scale2"] {
      norm.connect(name, inputWord("norm_\(name)"))
    }
    norm.connect("epsilon", inputWord("epsilon"))
    for port in ["largest0", "largest1", "largest2", "sum", "inner_sum"] { norm.connect(port, word(statistics, port)) }
    norm.connect(
      "quantise_last", m.wire("quantise_last", bit(quantiser, "write_valid") && bit(quantiser, "write_last")))

    quantiser.connect("start", input("norm_start"))
    for name in ["count", "matrices"] { quantiser.connect(name, inputWord("norm_\(name)")) }
    quantiser.connect("k", word(norm, "k"))
    for index in 0..<3 { quantiser.connect("z\(index)", word(zMemories[index], "read_data")) }
  }

  // MARK: Memories

  func buildMemories() {
    let readIndex = m.wire(
      "operand_element", isEmbed.select(word(embedding, "index_two_early"), word(scale, "index_two_early")))
    let xBits = indexWidth(c.steps(of: c.hiddenCapacity))
    let readBits = max(xBits, indexWidth(c.steps(of: c.stateCapacity)))
    if readBits < Configuration.indexBits {
      m.unused(readIndex.slice(at: readBits, width: Configuration.indexBits - readBits))
    }
    xMemory.connect("read_address", readIndex.slice(at: 0, width: xBits))
    xMemory.connect("write_valid", bit(residual, "result_valid"))
    xMemory.connect("write_address", word(residual, "result_index").slice(at: 0, width: xBits))
    xMemory.connect("write_data", word(residual, "next_x"))

    m.comment("The layer's state begins at the instruction's base.")
    let stateBits = indexWidth(c.steps(of: c.stateCapacity))
    let state = inputWord("unit_state")
    let base = m.wire("state_base", state.slice(at: 0, width: stateBits))
    if state.width > stateBits { m.unused(state.slice(at: stateBits, width: state.width - stateBits)) }
    let stateRead = m.wire("state_read", base &+ readIndex.resized(to: stateBits))
    let stateWrite = m.wire("state_write", base &+ word(mlgru, "result_index").resized(to: stateBits))
    stateMemory.connect("read_address", stateRead)
    stateMemory.connect("write_valid", bit(mlgru, "result_valid"))
    stateMemory.connect("write_address", stateWrite)
    stateMemory.connect("write_data", word(mlgru, "next_state"))

    for (index, memory) in zMemories.enumerated() {
      memory.connect("write_valid", index == 0 ? resultValid : bit(residual, "result_valid"))
      if hasLanes { memory.connect("write_lanes", elementLanes) }
      memory.connect(hasLanes ? "write_group" : "write_element", elementIndex)
      memory.connect("write_data", elementZ[index])
      memory.connect("read_word", word(quantiser, "z_word"))
    }
  }

  // MARK: Named nets that several places use

  private func named(_ name: String, _ build: () -> Bit) -> Bit {
    if let known = bits[name] { return known }
    let wire = m.wire(name, build())
    bits[name] = wire
    return wire
  }

  private func namedWord(_ name: String, _ build: () -> Unsigned) -> Unsigned {
    if let known = words[name] { return known }
    let wire = m.wire(name, build())
    words[name] = wire
    return wire
  }
}
