import HardwareDescription
import SetunCore
import SetunMachine

/// The core with its weights on the chip: what is left for a board is a host.
public struct OnChipSystem: HardwareModule, Sendable {
  public let configuration: Configuration
  public let memory: OnChipMemory

  public init(configuration: Configuration, memory: OnChipMemory) {
    self.configuration = configuration
    self.memory = memory
  }

  public var moduleName: String { "setun_on_chip" }

  public var documentation: String {
    """
    The accelerator with its weights in block RAM. A host has the AXI4-Lite port of the core and its stream of logits, each as
    the core has them. IMAGE_BASE stays 0.
    """
  }

  /// Ports of the core that a host uses: inputs, then outputs.
  static let hostInputs: [(name: String, width: Int)] = [
    ("axil_awvalid", 1), ("axil_awaddr", 16), ("axil_wvalid", 1), ("axil_wdata", 32), ("axil_wstrb", 4),
    ("axil_bready", 1), ("axil_arvalid", 1), ("axil_araddr", 16), ("axil_rready", 1), ("logits_tready", 1),
  ]
  static let hostBits = [
    "axil_awready", "axil_wready", "axil_bvalid", "axil_arready", "axil_rvalid", "logits_tvalid", "logits_tlast",
  ]
  static let hostWords: [(name: String, width: Int)] = [
    ("axil_bresp", 2), ("axil_rdata", 32), ("axil_rresp", 2), ("logits_tdata", 32),
  ]

  public func build(_ m: ModuleBuilder) {
    let core = m.instance("u_core", SetunCore(configuration: configuration), comment: "The core.")
    let channel = m.instance("u_memory", memory, comment: "Its memory.")
    channel.connect("axi_arvalid", core.output("axi_arvalid", Bit.self))
    for port in ["axi_araddr", "axi_arid", "axi_arlen"] { channel.connect(port, core.output(port, Unsigned.self)) }
    for port in ["axi_arready", "axi_rvalid", "axi_rlast"] { core.connect(port, channel.output(port, Bit.self)) }
    for port in ["axi_rdata", "axi_rid", "axi_rresp"] { core.connect(port, channel.output(port, Unsigned.self)) }
    m.comment("Bursts always increment, in whole beats, and the core takes every beat.")
    m.unused(outputsOf: core) { ["axi_arsize", "axi_arburst", "axi_rready"].contains($0) || $0.hasPrefix("retire_") }

    for (name, width) in Self.hostInputs {
      if width == 1 {
        core.connect(name, m.input(name, Bit.self))
      } else {
        core.connect(name, m.input(name, Unsigned.self, width: width))
      }
    }
    for name in Self.hostBits { m.output(name, core.output(name, Bit.self)) }
    for (name, _) in Self.hostWords { m.output(name, core.output(name, Unsigned.self)) }
  }
}
