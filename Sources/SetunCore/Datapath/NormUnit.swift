import HardwareDescription
import SetunMachine

/// The scalar work of an RMSNORM: quantiser scales first, row scales later.
public struct NormUnit: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The scalar part of RMSNORM. start_i begins with the statistics as they are. The quantiser scales k_j = 127 / max_j
    leave first, one a cycle in k_o. The row scales alpha_j = max_j * r * scale_j, with
    r = 1 / sqrt(mean u^2 + 1e-6 * (mean x^2 + eps)), follow at a fixed distance, in the shadow of the next matrix.
    What is under way when the core stops ends by itself while the core is held cleared.
    A start a time and no backpressure: the sequencer keeps the next RMSNORM back until retired_o. The maxima and the
    instruction's fields are stable from the cycle after start_i until then, epsilon_i for the whole run.
    Source: ARCHITECTURE.md, section 1, "Norms without a pass".
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    typealias L = OperatorLatency
    let timing = MachineTiming(c)
    let start = m.input("start", Bit.self)
    m.comment("The instruction.")
    let matrices = m.input("matrices", Unsigned.self, width: 2)
    let inner = m.input("inner", Bit.self)
    let inverse = m.input("inverse", Unsigned.self, width: c.floatBits)
    let scales = (0..<3).map { m.input("scale\($0)", Unsigned.self, width: c.floatBits) }
    m.comment("The image's rms_norm_eps.")
    let epsilon = m.input("epsilon", Unsigned.self, width: c.floatBits)
    m.comment("Statistics.")
    let largest = (0..<3).map { m.input("largest\($0)", Unsigned.self, width: c.floatBits) }
    let sum = m.input("sum", Unsigned.self, width: Statistics.sumBits)
    let innerSum = m.input("inner_sum", Unsigned.self, width: Statistics.sumBits)
    m.comment("The quantiser has written its last word.")
    let quantiseLast = m.input("quantise_last", Bit.self)

    m.comment("Cycles since the start.")
    let cycle = m.register("cycle", Unsigned.self, width: indexWidth(timing.rowScales + 4))
    let running = m.register("running", Bit.self, reset: false)
    m.when(running) { cycle.next(cycle &+ 1) }
    m.when(start) {
      running.next(true)
      cycle.next(1)
    }
    // Found a cycle before, since multiplexers in front of multipliers wait for it.
    func isCycle(_ name: String, _ value: Int) -> Bit {
      if value < 2 { return m.wire(name, running && cycle == Unsigned(value, width: cycle.width)) }
      return m.registered(name, running && cycle == Unsigned(value - 1, width: cycle.width))
    }

    m.comment("Three maxima follow each other through one reciprocal.")
    let maximum = m.register("maximum", Unsigned.self, width: c.floatBits)
    maximum.next(largest[0])
    m.when(isCycle("second_maximum", 1)) { maximum.next(largest[1]) }
    m.when(isCycle("third_maximum", 2)) { maximum.next(largest[2]) }

    let pipeline = m.pipeline("norm", valid: start)
    let datapath = HardwareDatapath(configuration: c, builder: m, pipeline: pipeline)
    let reciprocal = pipeline.instance(
      "u_reciprocal", FloatReciprocal(format: c.format), ["a": pipeline.input(maximum, stage: 1)]
    ).output("result", Unsigned.self, name: "reciprocal")
    let hundredTwentySeven = pipeline.input(
      Unsigned((127 + 6) << c.fractionBits | (127 - 64) << (c.fractionBits - 6), width: c.floatBits))
    let k = datapath.multiply(reciprocal, hundredTwentySeven, "quantiser_scale")
    m.output("k", k.aligned(to: timing.quantiserScale))

    m.comment("The sums are complete a few cycles after the maxima: the inner one converts first, the other follows.")
    let isInner = isCycle("converts_inner", timing.sumsReady)
    let converted = pipeline.instance(
      "u_from_wide", FloatFromWide(format: c.format),
      ["a": pipeline.input(m.wire("converting", isInner.select(innerSum, sum)), stage: timing.sumsReady)]
    ).output("result", Unsigned.self, name: "converted")
    let mean = datapath.multiply(converted, pipeline.input(inverse, stage: converted.stage), "mean")
    let meanStage = mean.stage
    m.comment("mean x^2 is one cycle behind mean u^2.")
    let outerMean = pipeline.input(mean.value, stage: meanStage + 1)
    let shifted = datapath.add(outerMean, pipeline.input(epsilon, stage: meanStage + 1), "mean_and_epsilon")
    let scaled = datapath.multiply(shifted, pipeline.input(oneMillionth), "outer_floor")
    let floor = scaled.map { m.wire("variance_floor", inner.select(oneMillionth, $0)) }
    let variance = datapath.add(mean, floor, "variance")
    let root = pipeline.instance(
      "u_root", FloatReciprocalSquareRoot(format: c.format), ["a": variance]
    ).output("result", Unsigned.self, name: "inverse_root")

    m.comment("The row scales, one a cycle, from the cycle after the root on, which is held.")
    let rootStage = root.stage + 1
    let heldRoot = m.register("held_root", Unsigned.self, width: c.floatBits)
    m.when(isCycle("root_arrives", root.stage)) { heldRoot.next(root.value) }
    m.comment("Multipliers are far away: what they take is chosen a cycle before.")
    func chosen(_ name: String, _ values: [Unsigned], from stage: Int) -> Unsigned {
      let register = m.register(name, Unsigned.self, width: c.floatBits)
      register.next(values[0])
      for index in 1...2 {
        m.when(isCycle("\(name)\(index)_follows", stage + index - 1)) { register.next(values[index]) }
      }
      return register
    }
    let product = datapath.multiply(
      pipeline.input(chosen("factor", largest, from: rootStage), stage: rootStage),
      pipeline.input(heldRoot, stage: rootStage), "scaled_maximum")
    let scaleStage = product.stage
    let chosenScale = chosen("chosen_scale", scales, from: scaleStage)
    let alpha = datapath.multiply(product, pipeline.input(chosenScale, stage: scaleStage), "alpha")
    let alphaStage = alpha.stage
    precondition(
      alphaStage == timing.rowScales && k.stage == timing.quantiserScale, "the timing model has other latencies")

    let writes = (0..<3).map { index in
      m.wire(
        "writes\(index)",
        isCycle("alpha\(index)_arrives", alphaStage + index) && matrices > Unsigned(index, width: 2))
    }
    for index in 0..<3 {
      let register = m.register("row_scale\(index)", Unsigned.self, width: c.floatBits)
      m.when(writes[index]) { register.next(alpha.value) }
      m.output("row_scale\(index)", register)
    }
    let written = m.wire("written", writes[0] || writes[1] || writes[2])
    let last = m.wire(
      "written_last",
      (writes[0] && matrices == 1) || (writes[1] && matrices == 2) || writes[2])
    let valid = m.register("scales_valid", Bit.self)
    m.when(start) { valid.next(false) }.elseWhen(last) {
      valid.next(true)
      running.next(false)
    }
    m.comment("The RMSNORM retires when both the last activation word and the last row scale are written.")
    let quantised = m.register("quantised", Bit.self)
    let retired = m.wire("retired", (quantiseLast && (valid || last)) || (last && quantised))
    m.when(start) { quantised.next(false) }.elseWhen(quantiseLast) { quantised.next(true) }
    m.output("retired", retired)
    m.output("scales_valid", valid)
    m.output("scale_valid", written)
    m.output("scale_last", last)
    m.output("scale", alpha.value)
  }

  /// 1e-6, rounded to the machine's fraction.
  private var oneMillionth: Unsigned {
    Unsigned(Int(configuration.format.fromDouble(1e-6).bits), width: configuration.floatBits)
  }
}
