import HardwareDescription
import SetunMachine
import TernaryArithmetic

extension Configuration {
  /// The machine float.
  var format: FloatFormat { FloatFormat(exponentBits: 8, fractionBits: fractionBits) }
}

/// The accelerator: AXI4-Lite control, AXI4 read master, logits stream, retire port.
public struct SetunCore: HardwareModule {
  public var configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var documentation: String {
    """
    A MatMul-free language model accelerator. The weight stream carries the program: the streamer reads a token's body in one
    sequence of bursts, the sequencer hands instructions to units and weights to the ternary engine, row sums flow through
    the armed row unit, and the next activations are quantised in step with the next matrix. Backpressure exists in one
    place, between the stream FIFO and the sequencer, and between the logits port and the row serialiser; everything else is
    a fixed-latency pipeline entered with credit.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let parts = CoreBuilder(m, configuration)
    parts.declarePorts()
    parts.buildControl()
    parts.buildStream()
    parts.buildEngine()
    parts.buildRowUnits()
    parts.buildNorm()
    parts.buildMemories()
    parts.connectControl()
    parts.buildRetirePort()
  }
}

/// Wires the core's instances, in the order in which a token meets them.
///
/// Instances refer to each other in loops, so all of them exist before any input is connected.
final class CoreBuilder {
  let m: ModuleBuilder
  let c: Configuration
  let registers, run, header, streamer, fifo, sequencer: InstanceHandle
  let engine, activations, serialiser, scale, buffer: InstanceHandle
  let slots, embedding, mlgru, glu, residual, argmax: InstanceHandle
  let statistics, norm, quantiser: InstanceHandle
  let xMemory, stateMemory: InstanceHandle
  let zMemories: [InstanceHandle]
  /// Inputs of the core by name.
  var bits: [String: Bit] = [:]
  var words: [String: Unsigned] = [:]

  init(_ m: ModuleBuilder, _ c: Configuration) {
    self.m = m
    self.c = c
    Self.declareInputs(m, c, &bits, &words)
    registers = m.instance("u_registers", ControlRegisters(configuration: c))
    run = m.instance("u_run_control", RunControl(configuration: c))
    header = m.instance("u_header_check", HeaderCheck(configuration: c))
    streamer = m.instance("u_streamer", WeightStreamer(configuration: c))
    fifo = m.instance("u_fifo", StreamFIFO(configuration: c))
    sequencer = m.instance("u_sequencer", Sequencer(configuration: c))
    engine = m.instance("u_engine", TernaryEngine(configuration: c))
    activations = m.instance("u_activations", ActivationMemory(configuration: c))
    serialiser = m.instance("u_serialiser", RowSerialiser(configuration: c))
    scale = m.instance("u_row_scale", RowScale(configuration: c))
    buffer = m.instance("u_row_buffer", RowBuffer(configuration: c))
    slots = m.instance("u_slots", VectorSlots(configuration: c))
    embedding = m.instance("u_embedding", EmbeddingUnit(configuration: c))
    mlgru = m.instance("u_mlgru", MLGRUUnit(configuration: c))
    glu = m.instance("u_glu", GLUUnit(configuration: c))
    residual = m.instance("u_residual", ResidualUnit(configuration: c))
    argmax = m.instance("u_argmax", ArgmaxUnit(configuration: c))
    statistics = m.instance("u_statistics", Statistics(configuration: c))
    norm = m.instance("u_norm", NormUnit(configuration: c))
    quantiser = m.instance("u_quantiser", Quantiser(configuration: c))
    xMemory = m.instance("u_x", ElementMemory(name: "x_memory", depth: c.hiddenCapacity, elementBits: c.floatBits))
    stateMemory = m.instance(
      "u_state", ElementMemory(name: "state_memory", depth: c.stateCapacity, elementBits: c.floatBits))
    zMemories = (0..<3).map { index in
      m.instance(
        "u_z\(index)",
        ZMemory(configuration: c, depth: index == 0 ? c.vectorCapacity : c.hiddenCapacity, index: index))
    }
  }

  // MARK: Shorthand

  func bit(_ instance: InstanceHandle, _ port: String) -> Bit { instance.output(port, Bit.self) }
  func word(_ instance: InstanceHandle, _ port: String) -> Unsigned { instance.output(port, Unsigned.self) }

  /// Connects inputs to outputs of the same name of another instance.
  func connectBits(_ target: InstanceHandle, from source: InstanceHandle, _ ports: String...) {
    for port in ports { target.connect(port, bit(source, port)) }
  }

  func connectWords(_ target: InstanceHandle, from source: InstanceHandle, _ ports: String...) {
    for port in ports { target.connect(port, word(source, port)) }
  }

  // MARK: Ports

  private static func declareInputs(
    _ m: ModuleBuilder, _ c: Configuration, _ bits: inout [String: Bit], _ words: inout [String: Unsigned]
  ) {
    func bit(_ name: String) { bits[name] = m.input(name, Bit.self) }
    func word(_ name: String, _ width: Int) { words[name] = m.input(name, Unsigned.self, width: width) }
    m.comment("AXI4-Lite control port.")
    bit("axil_awvalid")
    word("axil_awaddr", 16)
    bit("axil_wvalid")
    word("axil_wdata", 32)
    word("axil_wstrb", 4)
    bit("axil_bready")
    bit("axil_arvalid")
    word("axil_araddr", 16)
    bit("axil_rready")
    m.comment("AXI4 read master.")
    bit("axi_arready")
    bit("axi_rvalid")
    word("axi_rdata", c.beatBits)
    word("axi_rid", 2)
    word("axi_rresp", 2)
    bit("axi_rlast")
    m.comment("Logits stream.")
    bit("logits_tready")
  }

  func input(_ name: String) -> Bit { bits[name] ?? Bit(false) }
  func inputWord(_ name: String) -> Unsigned { words[name] ?? Unsigned(0) }

  /// Outputs that only pass on what an instance drives.
  func declarePorts() {
    for port in ["axil_awready", "axil_wready", "axil_bvalid", "axil_arready", "axil_rvalid"] {
      m.output(port, bit(registers, port))
    }
    for port in ["axil_bresp", "axil_rdata", "axil_rresp"] { m.output(port, word(registers, port)) }
    m.output("axi_arvalid", bit(streamer, "axi_arvalid"))
    for port in ["axi_araddr", "axi_arid", "axi_arlen", "axi_arsize", "axi_arburst"] {
      m.output(port, word(streamer, port))
    }
    m.output("axi_rready", Bit(true))
    m.output("logits_tvalid", bit(argmax, "logits_tvalid"))
    m.output("logits_tdata", word(argmax, "logits_tdata"))
    m.output("logits_tlast", bit(argmax, "logits_tlast"))
  }
}
