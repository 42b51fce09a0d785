import HardwareDescription
import SetunCore
import SetunMachine

/// The core with ports of its own for every channel and every stream, as tools that connect buses want them. The retire
/// port is left open, so that synthesis removes it.
///
/// The ports are those of the elaborated core: `axi_araddr` of four channels becomes `axi0_araddr` to `axi3_araddr`.
public struct CoreShell: HardwareModule {
  public var configuration: Configuration
  /// Whether each read master has write channels as well, in which nothing ever happens: Platform Designer wants them of every
  /// AXI4 manager.
  public var hasIdleWrites: Bool

  public init(configuration: Configuration, hasIdleWrites: Bool = false) {
    self.configuration = configuration
    self.hasIdleWrites = hasIdleWrites
  }

  public var moduleName: String { hasIdleWrites ? "setun_shell_idle_writes" : "setun_shell" }

  public var documentation: String {
    """
    The core with ports of its own for every channel and every stream, to be packaged: wires only. The retire port is left
    open, so that synthesis removes it.\(hasIdleWrites ? "\nEach read master has write channels in which nothing ever happens, for tools that want them." : "")
    Source: ARCHITECTURE.md, section 5.
    """
  }

  /// The groups of the core's ports that are taken apart: how many copies lie side by side, by prefix.
  static func copies(_ configuration: Configuration) -> [String: Int] {
    ["axi": configuration.channels, "logits": configuration.streams]
  }

  public func build(_ m: ModuleBuilder) {
    let core = m.instance("u_core", SetunCore(configuration: configuration), comment: "The core.")
    let isUnused = { (port: String) in port.hasPrefix("retire_") }
    m.unused(outputsOf: core, where: isUnused)
    let ports = (Elaborator(passes: []).run(SetunCore(configuration: configuration)).design.top?.ports ?? [])
      .filter { !isUnused($0.name) }
    for port in ports where port.direction == .input { connectInput(m, core, port) }
    for port in ports where port.direction == .output { declareOutput(m, core, port) }
    if hasIdleWrites { declareIdleWrites(m, ports) }
  }

  /// The names of a port's copies, that of copy 0 first; the port's own name where there is nothing to take apart.
  private func names(_ port: ModulePort) -> [String] {
    guard let end = port.name.firstIndex(of: "_"), let copies = Self.copies(configuration)[String(port.name[..<end])]
    else { return [port.name] }
    return (0..<copies).map { "\(port.name[..<end])\($0)\(port.name[end...])" }
  }

  private func connectInput(_ m: ModuleBuilder, _ core: InstanceHandle, _ port: ModulePort) {
    let names = names(port)
    let width = port.width / names.count
    if names.count == 1 {
      if width == 1 {
        core.connect(port.name, m.input(names[0], Bit.self))
      } else {
        core.connect(port.name, m.input(names[0], Unsigned.self, width: width))
      }
      return
    }
    let all = m.wire("all_\(port.name)", Unsigned.self, width: port.width)
    for (index, name) in names.enumerated() {
      if width == 1 {
        all[index].drive(m.input(name, Bit.self))
      } else {
        all.slice(at: index * width, width: width).drive(m.input(name, Unsigned.self, width: width))
      }
    }
    core.connect(port.name, all)
  }

  private func declareOutput(_ m: ModuleBuilder, _ core: InstanceHandle, _ port: ModulePort) {
    let names = names(port)
    let width = port.width / names.count
    if names.count == 1 {
      if width == 1 {
        m.output(names[0], core.output(port.name, Bit.self))
      } else {
        m.output(names[0], core.output(port.name, Unsigned.self))
      }
      return
    }
    let all = core.output(port.name, Unsigned.self)
    for (index, name) in names.enumerated() {
      if width == 1 {
        m.output(name, all[index])
      } else {
        m.output(name, all.slice(at: index * width, width: width))
      }
    }
  }

  /// Write channels beside the read channels, with the widths of these.
  private func declareIdleWrites(_ m: ModuleBuilder, _ ports: [ModulePort]) {
    for channel in 0..<configuration.channels {
      let prefix = "axi\(channel)_"
      func input(_ name: String, _ width: Int) {
        if width == 1 {
          m.unused(m.input(prefix + name, Bit.self))
        } else {
          m.unused(m.input(prefix + name, Unsigned.self, width: width))
        }
      }
      func output(_ name: String, _ width: Int) {
        if width == 1 {
          m.output(prefix + name, Bit(false))
        } else {
          m.output(prefix + name, Unsigned(0, width: width))
        }
      }
      // The address channel is the twin of that of reads, and the answers carry what those of reads do.
      for port in ports where port.name.hasPrefix("axi_ar") {
        let name = "aw" + port.name.dropFirst("axi_ar".count)
        let width = port.width / configuration.channels
        if port.direction == .input { input(name, width) } else { output(name, width) }
      }
      output("wvalid", 1)
      output("wdata", configuration.beatBits)
      output("wstrb", configuration.beatBytes)
      output("wlast", 1)
      input("wready", 1)
      input("bvalid", 1)
      for port in ports where port.name == "axi_rid" || port.name == "axi_rresp" {
        input("b" + port.name.dropFirst("axi_r".count), port.width / configuration.channels)
      }
      m.output(prefix + "bready", Bit(true))
    }
  }
}
