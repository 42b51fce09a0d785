import HardwareDescription
import HardwareLibrary
import SetunMachine

extension ElementTag {
  /// Declares a unit's inputs that accompany an element.
  static func inputs(_ m: ModuleBuilder, _ c: Configuration) -> ElementTag {
    let what = c.phrase("An element", "A row group, an element a lane,")
    m.comment("\(what) enters in each cycle in which element_valid_i is 1; there is no backpressure.")
    return m.input("element", ElementTag(c))
  }
}

extension ModuleBuilder {
  /// The tag of the elements that leave a unit with several lanes, and copies of its valid bit, each to select one of the
  /// results.
  fileprivate func results(_ element: ElementTag, _ latency: Int, copies: Int) {
    output("result", delayed("element", element, by: latency))
    let early = delayedWithReset("element_valid", element.valid, by: latency - 1)
    output("result_copies", registeredCopies("result_copies", early.asUnsigned, count: copies))
  }
}

extension Configuration {
  /// Ports of machine floats.
  fileprivate func floats(_ names: String...) -> [(name: String, width: Int)] { names.map { ($0, floatBits) } }
}

/// The MLGRU's element-wise recurrence as one pipeline, an element a cycle.
public struct MLGRUUnit: HardwareModule {
  public var configuration: Configuration

  public var moduleName: String { "mlgru_unit" }
  public var sourceFile: String { "RowUnits.swift" }
  public var documentation: String {
    """
    The MLGRU's recurrence: h' = f * h + SiLU(i) * (1 - f), p = (g * w_g) * SiLU(h'), z = p * w_o, with
    f = lb + (1 - lb) * sigmoid(f) and 1 - f computed as (1 - lb) * sigmoid(-f). \(configuration.phrase("One element", "A row group")) enters each cycle and leaves
    after a fixed latency; nothing stalls.\(chainNote)
    """
  }

  private var chainNote: String {
    configuration.streams == 1
      ? "" : "\nThe operands of h' leave in chain_*_o; h' comes back in chain_next_i a fixed time later."
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = ElementTag.inputs(m, c)
    let lane = MLGRULane(configuration: c)
    let latency = MachineTiming(c).mlgru
    guard c.rowLanes == 1 else {
      m.results(element, latency, copies: 4)
      let isChained = c.streams > 1
      m.rowLanes(
        lane, c,
        inputs: c.floats(
          "gate_row", "input_row", "forget_row", "lower_bound", "gate_weight", "output_weight", "state")
          + (isChained ? c.floats("chain_next") : []),
        results: c.floats("next_state", "square", "inner_square", "z")
          + (isChained ? c.floats("chain_forget", "chain_fresh", "chain_state") : []))
      return
    }
    let pipeline = m.pipeline("mlgru", valid: element.valid)
    lane.build(m, pipeline) { m.output("result", pipeline.input(element).aligned(to: latency)) }
  }
}

/// The arithmetic of an MLGRU unit for one row lane.
struct MLGRULane: HardwareModule {
  let configuration: Configuration

  var moduleName: String { "mlgru_lane" }
  var sourceFile: String { "RowUnits.swift" }
  var documentation: String {
    "One lane of the MLGRU unit: an element each cycle, \(MachineTiming(configuration).mlgru) cycles."
  }

  func build(_ m: ModuleBuilder) { build(m, m.pipeline("mlgru", valid: Bit(true))) {} }

  /// Operands, datapath, what `tag` declares, results.
  func build(_ m: ModuleBuilder, _ pipeline: Pipeline, tag: () -> Void) {
    let c = configuration
    func operand(_ name: String) -> Staged<Unsigned> {
      pipeline.input(m.input(name, Unsigned.self, width: c.floatBits))
    }
    let gateRow = operand("gate_row")
    let datapath = MLGRUDatapath(
      inputRow: operand("input_row"), forgetRow: operand("forget_row"), gateRow: gateRow,
      lowerBound: operand("lower_bound"), gateWeight: operand("gate_weight"), outputWeight: operand("output_weight"),
      state: operand("state"))
    let result = datapath(HardwareDatapath(configuration: c, builder: m, pipeline: pipeline))
    let latency = MachineTiming(c).mlgru
    tag()
    m.output("next_state", result.state.aligned(to: latency))
    m.output("square", gateRow.aligned(to: latency))
    m.output("inner_square", result.product.aligned(to: latency))
    m.output("z", result.z.aligned(to: latency))
  }
}

/// The gated linear unit's product as one pipeline, an element a cycle.
public struct GLUUnit: HardwareModule {
  public var configuration: Configuration

  public var moduleName: String { "glu_unit" }
  public var sourceFile: String { "RowUnits.swift" }
  public var documentation: String {
    """
    The gated linear unit: s = SiLU(a) * b and z = s * w_d. \(configuration.phrase("One element", "A row group")) enters each cycle and leaves after a fixed
    latency; nothing stalls.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = ElementTag.inputs(m, c)
    let lane = GLULane(configuration: c)
    let latency = MachineTiming(c).glu
    guard c.rowLanes == 1 else {
      m.results(element, latency, copies: 2)
      m.rowLanes(
        lane, c, inputs: c.floats("gate_row", "up_row", "down_weight"), results: c.floats("inner_square", "z"))
      return
    }
    let pipeline = m.pipeline("glu", valid: element.valid)
    lane.build(m, pipeline) { m.output("result", pipeline.input(element).aligned(to: latency)) }
  }
}

/// The arithmetic of a GLU unit for one row lane.
struct GLULane: HardwareModule {
  let configuration: Configuration

  var moduleName: String { "glu_lane" }
  var sourceFile: String { "RowUnits.swift" }
  var documentation: String {
    "One lane of the GLU unit: an element each cycle, \(MachineTiming(configuration).glu) cycles."
  }

  func build(_ m: ModuleBuilder) { build(m, m.pipeline("glu", valid: Bit(true))) {} }

  /// Operands, datapath, what `tag` declares, results.
  func build(_ m: ModuleBuilder, _ pipeline: Pipeline, tag: () -> Void) {
    let c = configuration
    func operand(_ name: String) -> Staged<Unsigned> {
      pipeline.input(m.input(name, Unsigned.self, width: c.floatBits))
    }
    let datapath = GLUDatapath(
      gateRow: operand("gate_row"), upRow: operand("up_row"), downWeight: operand("down_weight"))
    let result = datapath(HardwareDatapath(configuration: c, builder: m, pipeline: pipeline))
    let latency = MachineTiming(c).glu
    tag()
    m.output("inner_square", result.product.aligned(to: latency))
    m.output("z", result.z.aligned(to: latency))
  }
}

/// The residual addition and the products of the norms, as one pipeline, an element a cycle.
public struct ResidualUnit: HardwareModule {
  public var configuration: Configuration

  public var sourceFile: String { "RowUnits.swift" }
  public var documentation: String {
    """
    The residual: x' = x + y (an embedding enters with x = 0), u = x' * w_0, z_j = x' * w_(1+j). z_1 and z_2 are zero
    unless the instruction asks for them. \(configuration.phrase("One element", "A row group")) enters each cycle and leaves after a fixed latency; nothing stalls.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = ElementTag.inputs(m, c)
    let lane = ResidualLane(configuration: c)
    let latency = MachineTiming(c).residual
    guard c.rowLanes == 1 else {
      m.results(element, latency, copies: 6)
      m.rowLanes(
        lane, c, shared: ("outputs", m.input("outputs", Unsigned.self, width: 2)),
        inputs: c.floats("x", "y", "outer_weight", "weight0", "weight1", "weight2"),
        results: c.floats("next_x", "inner_square", "z0", "z1", "z2"))
      return
    }
    let pipeline = m.pipeline("residual", valid: element.valid)
    lane.build(m, pipeline) { m.output("result", pipeline.input(element).aligned(to: latency)) }
  }
}

/// The arithmetic of a residual unit for one row lane.
struct ResidualLane: HardwareModule {
  let configuration: Configuration

  var sourceFile: String { "RowUnits.swift" }
  var documentation: String {
    "One lane of the residual unit: an element each cycle, \(MachineTiming(configuration).residual) cycles."
  }

  func build(_ m: ModuleBuilder) { build(m, m.pipeline("residual", valid: Bit(true))) {} }

  /// Operands, datapath, what `tag` declares, results.
  func build(_ m: ModuleBuilder, _ pipeline: Pipeline, tag: () -> Void) {
    let c = configuration
    func operand(_ name: String) -> Staged<Unsigned> {
      pipeline.input(m.input(name, Unsigned.self, width: c.floatBits))
    }
    let outputs = m.input("outputs", Unsigned.self, width: 2)
    let datapath = ResidualDatapath(
      x: operand("x"), y: operand("y"), outerWeight: operand("outer_weight"), weight0: operand("weight0"),
      weight1: operand("weight1"), weight2: operand("weight2"))
    let result = datapath(HardwareDatapath(configuration: c, builder: m, pipeline: pipeline))
    let latency = MachineTiming(c).residual
    let zero = Unsigned(0, width: c.floatBits)
    tag()
    m.output("next_x", result.x.aligned(to: latency))
    m.output("inner_square", result.u.aligned(to: latency))
    m.output("z0", result.z0.aligned(to: latency))
    m.output("z1", (outputs > 1).select(result.z1.aligned(to: latency), zero))
    m.output("z2", (outputs > 2).select(result.z2.aligned(to: latency), zero))
  }
}

/// From a row sum to a scaled machine float.
public struct RowScale: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    y = float(sum) * alpha: converts a row sum and scales it with its matrix's row scale. \(configuration.phrase("One row", "A group")) enters each cycle and
    leaves after a fixed latency; nothing stalls. The row's tag travels with it.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let row = m.input("row", RowTag(c))
    guard c.rowLanes == 1 else { return buildForGroups(m, row) }
    let sum = m.input("row_sum", Signed.self, width: c.sumBits)
    let alpha = (0..<3).map { m.input("alpha\($0)", Unsigned.self, width: c.floatBits) }
    let sharesScale = m.input("shares_scale", Bit.self)

    let pipeline = m.pipeline("scale", valid: row.valid)
    let converted = pipeline.instance(
      "u_from_integer", FloatFromInteger(format: c.format, width: c.sumBits), ["a": pipeline.input(sum)]
    ).output("result", Unsigned.self, name: "converted")
    let scale = rowAlpha(m, pipeline, row, alpha, sharesScale)
    let y = pipeline.instance("u_scale", FloatMultiply(format: c.format), ["a": converted, "b": scale]).output(
      "result", Unsigned.self, name: "scaled")
    // The row's register is the first cycle of `rowScale`, and lies in the serialiser.
    let latency = MachineTiming(c).rowScale - 1
    m.output("scaled", pipeline.input(row).aligned(to: latency))
    m.output("y", y.aligned(to: latency))
    m.comment("Three and two cycles ahead of y: addresses for the operand memories.")
    m.output("index_three_early", pipeline.input(row.index).aligned(to: latency - 3))
    m.output("index_two_early", pipeline.input(row.index).aligned(to: latency - 2))
  }
  /// The scale of the row's matrix, a cycle after the row.
  private func rowAlpha(
    _ m: ModuleBuilder, _ pipeline: Pipeline, _ row: RowTag, _ alpha: [Unsigned], _ sharesScale: Bit
  ) -> Staged<Unsigned> {
    let chosen = m.wire("chosen_matrix", sharesScale.select(Unsigned(0, width: 2), row.matrix))
    let selected = m.wire("alpha", (chosen == 0).select(alpha[0], (chosen == 1).select(alpha[1], alpha[2])))
    return pipeline.input(selected).registered("row_alpha")
  }

  private func buildForGroups(_ m: ModuleBuilder, _ row: RowTag) {
    let c = configuration
    let lanes = m.constant("Lanes", c.rowLanes)
    let slot = m.input("slot", SlotPlace(c))
    let sums = m.inputVector("row_sum", Signed.self, width: c.sumBits, count: lanes)
    let alpha = (0..<3).map { m.input("alpha\($0)", Unsigned.self, width: c.floatBits) }
    let sharesScale = m.input("shares_scale", Bit.self)

    let pipeline = m.pipeline("scale", valid: row.valid)
    m.comment("All rows of a group belong to one matrix.")
    let scale = rowAlpha(m, pipeline, row, alpha, sharesScale).aligned(to: OperatorLatency.fromInteger)
    let y = m.outputVector("y", Unsigned.self, width: c.floatBits, count: lanes)
    m.generate("lane", count: lanes) { k in
      let convert = m.instance("u_from_integer", FloatFromInteger(format: c.format, width: c.sumBits))
      convert.connect("a", sums[k])
      let multiply = m.instance("u_scale", FloatMultiply(format: c.format))
      multiply.connect("a", convert.output("result", Unsigned.self, name: "converted"))
      multiply.connect("b", scale)
      y[k].drive(multiply.output("result", Unsigned.self, name: "scaled"))
    }
    // The row's register is the first cycle of `rowScale`, and lies in the serialiser.
    let latency = MachineTiming(c).rowScale - 1
    m.output("scaled", pipeline.input(row).aligned(to: latency))
    m.comment("Three and two cycles ahead of y: addresses for the operand memories.")
    m.output("slot_three_early", pipeline.input(slot).aligned(to: latency - 3))
    m.output("index_two_early", pipeline.input(row.index).aligned(to: latency - 2))
  }
}
