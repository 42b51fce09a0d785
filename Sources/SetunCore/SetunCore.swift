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
    A MatMul-free language model accelerator. The weight stream carries the program: the streamer reads a token's body
    in one sequence of bursts, the sequencer hands instructions to units and weights to the ternary engine, row sums
    flow through the armed row unit, and the next activations are quantised in step with the next matrix.
    Backpressure exists in two places, from the sequencer to the stream FIFO and from the logits port to the row
    serialiser; everything else is a fixed-latency pipeline entered with credit. RREADY is always 1: a beat is requested
    only when a place is reserved for it.
    Everything runs on clk_i. rst_ni is asynchronous in its assertion and must be released synchronously to clk_i;
    control has a reset, data has none. Synthesis removes the retire port where it is left open.
    Source: ARCHITECTURE.md.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let parts = CoreBuilder(m, configuration)
    parts.declarePorts()
    parts.buildControl()
    parts.buildChannels()
    parts.buildSequencer()
    parts.buildSlots()
    parts.buildStreams()
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
  let registers, run, sequencer, slots: InstanceHandle
  /// The channel, where there is one.
  var single: InstanceHandle?
  /// What the channels give, side by side, by name.
  var channelResults: [String: Unsigned] = [:]
  /// The stream, where there is one.
  var onlyStream: InstanceHandle?
  /// What the streams give, side by side, by name.
  var streamResults: [String: Unsigned] = [:]
  /// Inputs of the core by name.
  var bits: [String: Bit] = [:]
  var words: [String: Unsigned] = [:]

  init(_ m: ModuleBuilder, _ c: Configuration) {
    self.m = m
    self.c = c
    Self.declareInputs(m, c, &bits, &words)
    registers = m.instance(
      "u_registers", ControlRegisters(configuration: c),
      comment: "Host port: settings in, commands, tokens and counters out.")
    run = m.instance(
      "u_run_control", RunControl(configuration: c), comment: "From START to idle: feeds tokens, ends and clears runs.")
    sequencer = m.instance(
      "u_sequencer", Sequencer(configuration: c), comment: "Takes the stream apart and keeps the scoreboard.")
    slots = m.instance(
      "u_slots", VectorSlots(configuration: c), comment: "Norm weights and lower bounds of the row units.")
  }

  // MARK: Shorthand

  /// Several row lanes; then a step's numbers lie side by side in one word, lane 0 lowest.
  var hasLanes: Bool { c.rowLanes > 1 }
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
    m.comment(c.channels == 1 ? "AXI4 read master." : "AXI4 read masters, channel 0 lowest.")
    for (name, width) in channelInputs(c) {
      if c.channels == 1, width == 1 { bit(name) } else { word(name, c.channels * width) }
    }
    m.comment(c.streams == 1 ? "Logits stream." : "Logits streams, stream 0 lowest.")
    if c.streams == 1 { bit("logits_tready") } else { word("logits_tready", c.streams) }
  }

  func input(_ name: String) -> Bit { bits[name] ?? Bit(false) }
  func inputWord(_ name: String) -> Unsigned { words[name] ?? Unsigned(0) }

  /// Outputs that only pass on what an instance drives.
  func declarePorts() {
    for port in ["axil_awready", "axil_wready", "axil_bvalid", "axil_arready", "axil_rvalid"] {
      m.output(port, bit(registers, port))
    }
    for port in ["axil_bresp", "axil_rdata", "axil_rresp"] { m.output(port, word(registers, port)) }
    declareChannels()
    for port in ["axi_arvalid", "axi_araddr", "axi_arid", "axi_arlen", "axi_arsize", "axi_arburst", "axi_rready"] {
      if let single, port == "axi_arvalid" || port == "axi_rready" {
        m.output(port, bit(single, port))
      } else {
        m.output(port, channels(port))
      }
    }
    declareStreams()
    for port in ["logits_tvalid", "logits_tdata"] + (hasLanes ? ["logits_tkeep"] : []) + ["logits_tlast"] {
      outputStream(port, port)
    }
  }

  /// An output that passes on what the streams give.
  func outputStream(_ name: String, _ result: String) {
    if let onlyStream, !(StreamPath.results(c).first { $0.name == result }?.width != nil) {
      m.output(name, bit(onlyStream, result))
    } else {
      m.output(name, streams(result))
    }
  }
}
