import SetunMachine

/// The core as a component of Quartus Platform Designer (`_hw.tcl`).
struct PlatformDesignerScript {
  let configuration: Configuration
  let sources: [String]
  let interfaces: [BusInterface]

  init(_ configuration: Configuration, sources: [String], interfaces: [BusInterface]) {
    (self.configuration, self.sources, self.interfaces) = (configuration, sources, interfaces)
  }

  var text: String {
    let header = configuration.packageHeader(
      "Component for Quartus Platform Designer:", "Quartus has not read this script yet.")
    let name = "setun_\(configuration.name.map { $0 == "-" ? "_" : String($0) }.joined())"
    var lines = header.map { "# \($0)" }
    lines += [
      "package require -exact qsys 16.1", "", "set_module_property NAME \(name)", "set_module_property VERSION 1.0",
      "set_module_property GROUP \"Accelerators\"",
      "set_module_property DISPLAY_NAME \"Setun (\(configuration.name))\"",
      "set_module_property DESCRIPTION \"MatMul-free language model accelerator\"",
      "set_module_property AUTHOR \"Setun\"", "set_module_property INTERNAL false",
      "set_module_property OPAQUE_ADDRESS_MAP true", "set_module_property EDITABLE false", "",
    ]
    for fileset in ["QUARTUS_SYNTH", "SIM_VERILOG"] {
      lines.append("add_fileset \(fileset) \(fileset) \"\" \"\"")
      lines.append("set_fileset_property \(fileset) TOP_LEVEL \(CoreShell.idleWritesName)")
      for path in sources {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        lines.append("add_fileset_file \(file) SYSTEM_VERILOG PATH \(path)")
      }
      lines.append("")
    }
    for interface in interfaces { lines += declaration(of: interface) + [""] }
    return lines.dropLast().joined(separator: "\n") + "\n"
  }

  private func declaration(of interface: BusInterface) -> [String] {
    let (type, direction): (String, String) =
      switch interface.kind {
      case .clock: ("clock", "end")
      case .reset: ("reset", "end")
      case .control: ("axi4lite", "end")
      case .memory: ("axi4", "start")
      case .stream: ("axi4stream", "start")
      }
    var lines = ["add_interface \(interface.name) \(type) \(direction)"]
    func set(_ property: String, _ value: String) {
      lines.append("set_interface_property \(interface.name) \(property) \(value)")
    }
    switch interface.kind {
    case .clock: set("clockRate", "0")
    case .reset:
      set("associatedClock", "clock")
      set("synchronousEdges", "DEASSERT")
    case .control, .memory, .stream:
      set("associatedClock", "clock")
      set("associatedReset", "reset")
    }
    switch interface.kind {
    case .control:
      set("readAcceptanceCapability", "1")
      set("writeAcceptanceCapability", "1")
      set("combinedAcceptanceCapability", "2")
    case .memory:
      set("readIssuingCapability", "\(configuration.outstandingBursts)")
      set("writeIssuingCapability", "1")
      set("combinedIssuingCapability", "\(configuration.outstandingBursts)")
    case .clock, .reset, .stream: break
    }
    for signal in interface.signals {
      let role = interface.kind == .reset ? "reset_n" : signal.role
      lines.append(
        "add_interface_port \(interface.name) \(signal.port) \(role) \(signal.isOutput ? "Output" : "Input") \(signal.width)"
      )
    }
    return lines
  }
}
