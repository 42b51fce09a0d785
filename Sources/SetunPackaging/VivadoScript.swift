import SetunMachine

/// A script that packages the core for Vivado's IP integrator.
struct VivadoScript {
  let configuration: Configuration
  let sources: [String]
  let interfaces: [BusInterface]
  let clockFile: String

  init(_ configuration: Configuration, sources: [String], interfaces: [BusInterface], clockFile: String) {
    (self.configuration, self.sources, self.interfaces, self.clockFile) = (
      configuration, sources, interfaces, clockFile
    )
  }

  var text: String {
    let header = configuration.packageHeader("For Vivado's IP integrator:", "Vivado has not run this script yet.")
    var lines = header.map { "# \($0)" }
    lines += [
      "#", "#     vivado -mode batch -source package_ip.tcl \(part == nil ? "-tclargs PART" : "[-tclargs PART]")", "",
    ]
    lines += opening
    for interface in interfaces { lines += declaration(of: interface) + [""] }
    lines += registers
    lines += [
      "ipx::create_xgui_files $core", "ipx::update_checksums $core", "ipx::check_integrity $core",
      "ipx::save_core $core", "close_project",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private var part: String? { Floorplan.amdParts[configuration.name] }

  private var opening: [String] {
    var lines = ["set here [file dirname [file normalize [info script]]]"]
    if let part {
      lines.append("set part [expr {$argc > 0 ? [lindex $argv 0] : \"\(part)\"}]")
    } else {
      lines += ["if {$argc < 1} { error \"name the part: -tclargs PART\" }", "set part [lindex $argv 0]"]
    }
    lines += ["create_project -force setun_package $here/vivado -part $part", "foreach file {"]
    lines += sources.map { "  \($0)" }
    lines += [
      "} { add_files -norecurse $here/$file }",
      "# The clock is the design's own; alone, the core is constrained for the clock that it is made for.",
      "add_files -fileset constrs_1 -norecurse $here/\(clockFile)",
      "set_property FILE_TYPE XDC [get_files *\(clockFile.split(separator: "/").last ?? "")]",
      "set_property USED_IN {synthesis implementation out_of_context} [get_files *\(clockFile.split(separator: "/").last ?? "")]",
      "set_property top \(CoreShell.shellName) [current_fileset]",
      "update_compile_order -fileset sources_1",
      "ipx::package_project -root_dir $here/ip -vendor setun -library core -taxonomy /UserIP -import_files -force",
      "set core [ipx::current_core]",
      "set_property name setun_\(configuration.name.map { $0 == "-" ? "_" : String($0) }.joined()) $core",
      "set_property version 1.0 $core",
      "set_property display_name {Setun (\(configuration.name))} $core",
      "set_property description {MatMul-free language model accelerator} $core",
      "# What was guessed from names goes; every port is mapped below.",
      "foreach bus [ipx::get_bus_interfaces -quiet -of_objects $core] {",
      "  ipx::remove_bus_interface [get_property NAME $bus] $core",
      "}",
      "",
      "# Begins an interface of a type (library:name), master or slave; what follows belongs to it.",
      "proc setun_interface {name type mode} {",
      "  global core current",
      "  set current [ipx::add_bus_interface $name $core]",
      "  set_property bus_type_vlnv xilinx.com:${type}:1.0 $current",
      "  set_property abstraction_type_vlnv xilinx.com:${type}_rtl:1.0 $current",
      "  set_property interface_mode $mode $current",
      "}",
      "# Maps a port, which must be as wide as it is said to be here.",
      "proc setun_port {role name direction width} {",
      "  global core current",
      "  set found [ipx::get_ports -quiet $name -of_objects $core]",
      "  if {[llength $found] != 1} { error \"the packaged core has no port $name\" }",
      "  set left [get_property SIZE_LEFT $found]",
      "  if {($left eq \"\" ? 0 : $left) != $width - 1} { error \"$name is not $width bits wide\" }",
      "  if {[get_property DIRECTION $found] ne $direction} { error \"$name is not an $direction port\" }",
      "  set_property physical_name $name [ipx::add_port_map $role $current]",
      "}",
      "proc setun_parameter {name value} {",
      "  global current",
      "  set_property value $value [ipx::add_bus_parameter $name $current]",
      "}",
      "",
    ]
    return lines
  }

  private func declaration(of interface: BusInterface) -> [String] {
    let (type, mode): (String, String) =
      switch interface.kind {
      case .clock: ("signal:clock", "slave")
      case .reset: ("signal:reset", "slave")
      case .control: ("interface:aximm", "slave")
      case .memory: ("interface:aximm", "master")
      case .stream: ("interface:axis", "master")
      }
    var lines = ["setun_interface \(interface.name) \(type) \(mode)"]
    for signal in interface.signals {
      lines.append(
        "setun_port \(signal.role.uppercased()) \(signal.port) \(signal.isOutput ? "out" : "in") \(signal.width)")
    }
    switch interface.kind {
    case .clock: break
    case .reset:
      lines.append("setun_parameter POLARITY ACTIVE_LOW")
      lines.append("ipx::associate_bus_interfaces -clock clock -reset reset $core")
    case .control:
      lines.append("setun_parameter PROTOCOL AXI4LITE")
    case .memory:
      lines += [
        "setun_parameter PROTOCOL AXI4", "setun_parameter READ_WRITE_MODE READ_ONLY",
        "setun_parameter SUPPORTS_NARROW_BURST 0",
        "setun_parameter MAX_BURST_LENGTH \(configuration.burstBeats)",
        "setun_parameter NUM_READ_OUTSTANDING \(configuration.outstandingBursts)",
        "set space [ipx::add_address_space \(interface.name) $core]",
        "set_property range \(UInt64(1) << UInt64(interface.width("araddr"))) $space",
        "set_property width \(interface.width("rdata")) $space",
        "set_property master_address_space_ref \(interface.name) $current",
      ]
    case .stream:
      lines.append("setun_parameter TDATA_NUM_BYTES \(interface.width("tdata") / 8)")
    }
    switch interface.kind {
    case .control, .memory, .stream:
      lines.append("ipx::associate_bus_interfaces -busif \(interface.name) -clock clock $core")
    case .clock, .reset: break
    }
    return lines
  }

  /// The memory map of the control port, register by register.
  private var registers: [String] {
    let map = RegisterMap(configurations: [configuration])
    let control = interfaces.first { $0.kind == .control }?.name ?? "axil"
    var lines = [
      "set block [ipx::add_address_block registers [ipx::add_memory_map \(control) $core]]",
      "set_property range \(map.addressSpace) $block", "set_property width 32 $block",
      "set_property usage register $block",
      "set_property slave_memory_map_ref \(control) [ipx::get_bus_interfaces \(control) -of_objects $core]",
      "proc setun_register {name address access description} {",
      "  global block register",
      "  set register [ipx::add_register $name $block]",
      "  set_property address_offset $address $register",
      "  set_property size 32 $register",
      "  set_property access $access $register",
      "  set_property description $description $register",
      "}",
      "proc setun_field {name low width access description} {",
      "  global register",
      "  set field [ipx::add_field $name $register]",
      "  set_property bit_offset $low $field",
      "  set_property bit_width $width $field",
      "  set_property access $access $field",
      "  set_property description $description $field",
      "}",
    ]
    let present = Set(map.configurations.flatMap(\.registers))
    for register in map.registers where present.contains(register.name) {
      let access = Self.access(register.access)
      let address = "0x" + String(register.address, radix: 16)
      lines.append("setun_register \(register.name) \(address) \(access) {\(register.meaning)}")
      for field in register.fields {
        lines.append("setun_field \(field.name) \(field.lowBit) \(field.width) \(access) {\(field.meaning)}")
      }
    }
    return lines + [""]
  }

  private static func access(_ access: ControlRegister.Access) -> String {
    switch access {
    case .read: "read-only"
    case .write: "write-only"
    case .readWrite: "read-write"
    }
  }
}
