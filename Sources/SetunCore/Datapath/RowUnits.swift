import HardwareDescription
import HardwareLibrary
import SetunMachine

extension ElementTag {
  /// Declares a unit's inputs that accompany an element.
  static func inputs(_ m: ModuleBuilder) -> ElementTag {
    m.comment("An element enters in each cycle in which element_valid_i is 1; there is no backpressure.")
    return m.input("element", ElementTag())
  }
}

/// The MLGRU's element-wise recurrence as one pipeline, an element a cycle.
public struct MLGRUUnit: HardwareModule {
  public var configuration: Configuration

  public var moduleName: String { "mlgru_unit" }
  public var sourceFile: String { "RowUnits.swift" }
  public var documentation: String {
    """
    The MLGRU's recurrence: h' = f * h + SiLU(i) * (1 - f), p = (g * w_g) * SiLU(h'), z = p * w_o, with
    f = lb + (1 - lb) * sigmoid(f) and 1 - f computed as (1 - lb) * sigmoid(-f). One element enters each cycle and leaves
    after a fixed latency; nothing stalls.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = ElementTag.inputs(m)
    let pipeline = m.pipeline("mlgru", valid: element.valid)
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
    m.output("result", pipeline.input(element).aligned(to: latency))
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
    The gated linear unit: s = SiLU(a) * b and z = s * w_d. One element enters each cycle and leaves after a fixed
    latency; nothing stalls.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = ElementTag.inputs(m)
    let pipeline = m.pipeline("glu", valid: element.valid)
    func operand(_ name: String) -> Staged<Unsigned> {
      pipeline.input(m.input(name, Unsigned.self, width: c.floatBits))
    }
    let datapath = GLUDatapath(
      gateRow: operand("gate_row"), upRow: operand("up_row"), downWeight: operand("down_weight"))
    let result = datapath(HardwareDatapath(configuration: c, builder: m, pipeline: pipeline))
    let latency = MachineTiming(c).glu
    m.output("result", pipeline.input(element).aligned(to: latency))
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
    unless the instruction asks for them. One element enters each cycle and leaves after a fixed latency; nothing stalls.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let element = ElementTag.inputs(m)
    let pipeline = m.pipeline("residual", valid: element.valid)
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
    m.output("result", pipeline.input(element).aligned(to: latency))
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
    y = float(sum) * alpha: converts a row sum and scales it with its matrix's row scale. One row enters each cycle and
    leaves after a fixed latency; nothing stalls. The row's tag travels with it.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let row = m.input("row", RowTag())
    let sum = m.input("row_sum", Signed.self, width: c.sumBits)
    let alpha = (0..<3).map { m.input("alpha\($0)", Unsigned.self, width: c.floatBits) }
    let sharesScale = m.input("shares_scale", Bit.self)

    let pipeline = m.pipeline("scale", valid: row.valid)
    let converted = pipeline.instance(
      "u_from_integer", FloatFromInteger(format: c.format, width: c.sumBits), ["a": pipeline.input(sum)]
    ).output("result", Unsigned.self, name: "converted")
    let chosen = m.wire("chosen_matrix", sharesScale.select(Unsigned(0, width: 2), row.matrix))
    let selected = m.wire("alpha", (chosen == 0).select(alpha[0], (chosen == 1).select(alpha[1], alpha[2])))
    let scale = pipeline.input(selected).registered("row_alpha")
    let y = pipeline.instance("u_scale", FloatMultiply(format: c.format), ["a": converted, "b": scale]).output(
      "result", Unsigned.self, name: "scaled")
    // The row's register is the first cycle of `rowScale`, and lies in the serialiser.
    let latency = MachineTiming(c).rowScale - 1
    m.output("scaled", pipeline.input(row).aligned(to: latency))
    m.output("y", y.aligned(to: latency))
    m.comment("Two cycles and one cycle ahead of y: addresses for the operand memories.")
    m.output("index_two_early", pipeline.input(row.index).aligned(to: latency - 2))
    m.output("index_one_early", pipeline.input(row.index).aligned(to: latency - 1))
  }
}
