import HardwareDescription
import SetunMachine

/// Everything behind the row sums that belongs to one stream of tokens.
public struct StreamPath: HardwareModule {
  public let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var moduleName: String { "stream_path" }

  public var documentation: String {
    """
    The way of one token: row sums are queued, leave it one \(configuration.phrase("row", "group")) a cycle, are scaled and pass the armed row unit, whose
    elements go to the x, h and z memories and into the statistics; then an RMSNORM quantises z into the activations
    that meet the next weights. Backpressure exists in one place: while the logits port has no space, no row leaves the
    queue. Everything else is a fixed-latency pipeline that the sequencer enters with credit.\(streamNote)
    Source: ARCHITECTURE.md, sections 1 and 3.
    """
  }

  private var streamNote: String {
    guard configuration.streams > 1 else { return "" }
    return """

      There are \(configuration.streams) of these, with the same control and in step with each other: whatever says when something happens is the
      same in all of them, and is taken from the first.
      """
  }

  /// A port by name: one bit, or so many.
  struct Port {
    var name: String
    /// nil for a bit.
    var width: Int?
    /// It is the same in every stream.
    var isCommon = false
  }

  /// What the path gives to the core.
  static func results(_ c: Configuration) -> [Port] {
    func bit(_ name: String) -> Port { Port(name: name, isCommon: true) }
    func word(_ name: String, _ width: Int) -> Port { Port(name: name, width: width) }
    var ports: [Port] = SlotPlace.fieldNames(c).map { field in
      let width = c.rowLanes == 1 ? Configuration.indexBits : SlotPlace(c).width(ofField: field)
      return Port(name: "slot_element\(field)", width: width, isCommon: true)
    }
    ports += ["group_left", "activations_filled", "norm_retired", "element_valid", "element_last"].map(bit)
    if c.rowLanes > 1 { ports.append(Port(name: "element_lanes", width: c.rowLanes, isCommon: true)) }
    ports += [word("element_value", c.stepBits)] + (0..<3).map { word("element_z\($0)", c.stepBits) }
    ports += [bit("quantise_valid"), bit("quantise_last"), word("quantise_data", c.beatBits)]
    ports += [bit("scale_valid"), bit("scale_last"), word("scale", c.floatBits)]
    ports += [word("activation", c.beatBits), bit("token_valid"), word("token", Configuration.indexBits)]
    ports += [Port(name: "logits_tvalid"), word("logits_tdata", 32 * c.rowLanes)]
    if c.rowLanes > 1 { ports.append(word("logits_tkeep", 4 * c.rowLanes)) }
    ports.append(Port(name: "logits_tlast"))
    if c.streams > 1 {
      ports.append(Port(name: "logits_space"))
      ports += ["chain_forget", "chain_fresh", "chain_state"].map { word($0, c.stepBits) }
    }
    return ports
  }

  /// What every path gets from the sequencer, under its names.
  static func instructions(_ c: Configuration) -> [Port] {
    let bits = ["unit_armed", "unit_is_embed", "unit_is_residual", "unit_is_mlgru", "unit_is_glu", "unit_is_argmax"]
    func word(_ name: String, _ width: Int) -> Port { Port(name: name, width: width) }
    let index = Configuration.indexBits
    return bits.map { Port(name: $0) } + [
      word("unit_count", index), word("unit_outputs", 2), word("unit_state", 24), Port(name: "matvec_start"),
      word("matvec_rows", index), word("matvec_last_matrix", 2),
      word("activation_word", indexWidth(c.activationWords)), Port(name: "norm_start"), Port(name: "norm_inner"),
      word("norm_count", index), word("norm_matrices", 2), word("norm_inverse", c.floatBits),
    ] + (0..<3).map { word("norm_scale\($0)", c.floatBits) }
  }

  public func build(_ m: ModuleBuilder) {
    let parts = StreamPathBuilder(m, configuration)
    parts.buildRowSums()
    parts.buildRowUnits()
    parts.buildNorm()
    parts.buildMemories()
    parts.declareResults()
  }
}

/// Wires a path's instances, in the order in which a token meets them.
///
/// Instances refer to each other in loops, so all of them exist before any input is connected.
final class StreamPathBuilder {
  let m: ModuleBuilder
  let c: Configuration
  let activations, serialiser, scale, buffer: InstanceHandle
  let embedding, mlgru, glu, residual, argmax: InstanceHandle
  let statistics, norm, quantiser: InstanceHandle
  let xMemory, stateMemory: InstanceHandle
  let zMemories: [InstanceHandle]
  /// Inputs and named nets.
  var bits: [String: Bit] = [:]
  var words: [String: Unsigned] = [:]

  init(_ m: ModuleBuilder, _ c: Configuration) {
    self.m = m
    self.c = c
    Self.declareInputs(m, c, &bits, &words)
    activations = m.instance(
      "u_activations", ActivationMemory(configuration: c),
      comment: "Quantised activations, a word of lanes for each beat of a group.")
    serialiser = m.instance(
      "u_serialiser", RowSerialiser(configuration: c),
      comment: "Queue of row groups; one \(c.phrase("row", "group")) a cycle leaves it.")
    scale = m.instance(
      "u_row_scale", RowScale(configuration: c), comment: "Row sum to machine float, times its matrix's scale.")
    buffer = m.instance(
      "u_row_buffer", RowBuffer(configuration: c),
      comment: "Keeps the rows of all but the last of interleaved matrices.")
    embedding = m.instance(
      "u_embedding", EmbeddingUnit(configuration: c), comment: "Buffers the embedding row of the next token.")
    mlgru = m.instance(
      "u_mlgru", MLGRUUnit(configuration: c), comment: "Row unit: the recurrence.")
    glu = m.instance(
      "u_glu", GLUUnit(configuration: c), comment: "Row unit: the gated product.")
    residual = m.instance(
      "u_residual", ResidualUnit(configuration: c), comment: "Row unit: the residual sum, also for embeddings.")
    argmax = m.instance(
      "u_argmax", ArgmaxUnit(configuration: c), comment: "Row unit: the next token and the logits stream.")
    statistics = m.instance(
      "u_statistics", Statistics(configuration: c), comment: "Sums of squares and maxima of what a row unit writes.")
    norm = m.instance(
      "u_norm", NormUnit(configuration: c), comment: "Scalar part of RMSNORM: quantiser scales and row scales.")
    quantiser = m.instance(
      "u_quantiser", Quantiser(configuration: c), comment: "z vectors to activations, a word a cycle.")
    xMemory = m.instance(
      "u_x", ElementMemory(configuration: c, name: "x_memory", capacity: c.hiddenCapacity),
      comment: "The residual vector x.")
    stateMemory = m.instance(
      "u_state", ElementMemory(configuration: c, name: "state_memory", capacity: c.stateCapacity),
      comment: "The recurrent state h of all layers.")
    zMemories = (0..<3).map { index in
      m.instance(
        "u_z\(index)",
        ZMemory(configuration: c, depth: index == 0 ? c.vectorCapacity : c.hiddenCapacity, index: index),
        comment: "z_\(index), the quantiser's input for matrix \(index).")
    }
  }

  // MARK: Shorthand

  /// Several row lanes; then a step's numbers lie side by side in one word, lane 0 lowest.
  var hasLanes: Bool { c.rowLanes > 1 }
  func bit(_ instance: InstanceHandle, _ port: String) -> Bit { instance.output(port, Bit.self) }
  func word(_ instance: InstanceHandle, _ port: String) -> Unsigned { instance.output(port, Unsigned.self) }
  func input(_ name: String) -> Bit { bits[name] ?? Bit(false) }
  func inputWord(_ name: String) -> Unsigned { words[name] ?? Unsigned(0) }

  // MARK: Ports

  private static func declareInputs(
    _ m: ModuleBuilder, _ c: Configuration, _ bits: inout [String: Bit], _ words: inout [String: Unsigned]
  ) {
    func bit(_ name: String) { bits[name] = m.input(name, Bit.self) }
    func word(_ name: String, _ width: Int) { words[name] = m.input(name, Unsigned.self, width: width) }
    m.comment("Run.")
    for name in ["clear", "halt", "first_position"] { bit(name) }
    if c.channels > 1 { bit("position_done") }
    m.comment("What the sequencer has accepted.")
    for port in StreamPath.instructions(c) {
      if let width = port.width { word(port.name, width) } else { bit(port.name) }
    }
    m.comment("Row sums of all channels, channel 0 lowest.")
    bit("sums_valid")
    word("sum", c.channels * 5 * c.sumBits)
    m.comment("Beats of the embedding row.")
    words["row_valid"] = m.channelInput("row_valid", c)
    if c.streams > 1 { words["last_row_valid"] = m.channelInput("last_row_valid", c) }
    word("row_data", c.channels * c.beatBits)
    word("epsilon", c.floatBits)
    m.comment("What each vector slot has for the \(c.phrase("element", "group")).")
    for index in 0..<8 { word("weight\(index)", c.stepBits) }
    m.comment("Logits stream.")
    bit("logits_enable")
    if c.streams > 1 { bit("logits_all_space") }
    bit("logits_tready")
    if c.streams > 1 {
      m.comment("The state after this stream's position.")
      word("chain_next", c.stepBits)
    }
  }

  /// Outputs, in the order of `StreamPath.results`.
  func declareResults() {
    var outputs: [String: Unsigned] = [
      "group_left": bit(serialiser, "group_left").asUnsigned,
      "activations_filled": bit(quantiser, "filled").asUnsigned, "norm_retired": bit(norm, "retired").asUnsigned,
      "element_valid": elementValid.asUnsigned, "element_last": elementLast.asUnsigned,
      "element_value": elementFirst, "quantise_valid": bit(quantiser, "write_valid").asUnsigned,
      "quantise_last": bit(quantiser, "write_last").asUnsigned, "quantise_data": quantisedWord,
      "scale_valid": bit(norm, "scale_valid").asUnsigned, "scale_last": bit(norm, "scale_last").asUnsigned,
      "scale": word(norm, "scale"), "activation": word(activations, "read_data"),
      "token_valid": bit(argmax, "token_valid").asUnsigned, "token": word(argmax, "token"),
      "logits_tvalid": bit(argmax, "logits_tvalid").asUnsigned, "logits_tdata": word(argmax, "logits_tdata"),
      "logits_tlast": bit(argmax, "logits_tlast").asUnsigned,
    ]
    if hasLanes {
      m.comment("Where the vector slots are read.")
      let place = slotPlace
      outputs["slot_element_word"] = place.word
      outputs["slot_element_channel"] = place.channel
      outputs["slot_element_place"] = place.place
    } else {
      outputs["slot_element"] = slotElement
    }
    for index in 0..<3 { outputs["element_z\(index)"] = elementZ[index] }
    if hasLanes {
      outputs["element_lanes"] = elementLanes
      outputs["logits_tkeep"] = word(argmax, "logits_tkeep")
    }
    if c.streams > 1 {
      outputs["logits_space"] = bit(argmax, "space").asUnsigned
      for name in ["chain_forget", "chain_fresh", "chain_state"] { outputs[name] = word(mlgru, name) }
    }
    for port in StreamPath.results(c) {
      let value = outputs[port.name] ?? Unsigned(0)
      if port.width == nil { m.output(port.name, value.asBit) } else { m.output(port.name, value) }
    }
  }
}
