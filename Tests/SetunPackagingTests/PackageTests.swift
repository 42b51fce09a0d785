import Foundation
import HardwareDescription
import HostTools
import SetunCore
import SetunMachine
import SetunPackaging
import Testing

@Suite("Packages of cores")
struct PackageTests {
  /// Two channels, two streams, and little else: every port is taken apart, and front ends are fast.
  static let small: Configuration = {
    var configuration = Configuration.tiny
    (configuration.name, configuration.channels, configuration.streams) = ("two-by-two", 2, 2)
    (configuration.rowLanes, configuration.channelRegisters) = (5, 1)
    return configuration
  }()

  static let configurations = Configuration.named + [small]

  static func file(_ path: String, _ package: CorePackage) throws -> String {
    try #require(package.files.first { $0.path == path }?.text, "\(path)")
  }

  static func ports(of module: some HardwareModule) throws -> [ModulePort] {
    try #require(Elaborator(passes: []).run(module).design.top).ports
  }

  /// The ports that a package of a core must have, with their widths, from the core's own: `i1` an input of one bit.
  static func expected(_ configuration: Configuration) throws -> [String: String] {
    var ports = ["clk_i": "i1", "rst_ni": "i1"]
    for port in try Self.ports(of: SetunCore(configuration: configuration)) where !port.name.hasPrefix("retire_") {
      let direction = port.direction == .input ? "i" : "o"
      let (prefix, copies) =
        port.name.hasPrefix("axi_")
        ? ("axi", configuration.channels) : port.name.hasPrefix("logits_") ? ("logits", configuration.streams) : ("", 1)
      for copy in 0..<copies {
        let name =
          prefix.isEmpty ? port.name : "\(prefix)\(copies == 1 ? "0" : "\(copy)")\(port.name.dropFirst(prefix.count))"
        ports["\(name)_\(direction)"] = "\(direction)\(port.width / copies)"
      }
    }
    return ports
  }

  /// The mapped ports of a script; one that is mapped twice is an issue.
  static func mapped(_ script: String, _ line: (_ words: [String]) -> (name: String, port: String)?) -> [String: String]
  {
    var ports: [String: String] = [:]
    for text in script.split(separator: "\n") {
      guard let (name, port) = line(text.split(separator: " ").map(String.init)) else { continue }
      #expect(ports[name] == nil, "\(name) is mapped twice")
      ports[name] = port
    }
    return ports
  }

  static func direction(_ word: String) -> String { word.lowercased().hasPrefix("in") ? "i" : "o" }

  @Test("every port of the core is in each script once, as wide as it is", arguments: configurations)
  func ports(_ configuration: Configuration) throws {
    let package = try CorePackage(configuration)
    let expected = try Self.expected(configuration)
    let vivado = Self.mapped(try Self.file("package_ip.tcl", package)) { words in
      words.first == "setun_port" ? (words[2], Self.direction(words[3]) + words[4]) : nil
    }
    #expect(vivado == expected)
    let quartus = Self.mapped(try Self.file("setun_\(configuration.name)_hw.tcl", package)) { words in
      words.first == "add_interface_port" ? (words[2], Self.direction(words[4]) + words[5]) : nil
    }
    // With the write channels that Platform Designer wants: twins of the read channels, as wide as these.
    var withWrites = expected
    for (name, port) in expected where name.hasPrefix("axi") && !name.hasPrefix("axil") {
      let parts = name.split(separator: "_", maxSplits: 1)
      let (prefix, role) = (parts[0], String(parts[1]))
      if role.hasPrefix("ar") { withWrites["\(prefix)_aw\(role.dropFirst(2))"] = port }
      switch role {
      case "rid_i", "rresp_i": withWrites["\(prefix)_b\(role.dropFirst())"] = port
      case "rdata_i":
        let bits = try #require(Int(port.dropFirst()))
        withWrites["\(prefix)_wdata_o"] = "o\(bits)"
        withWrites["\(prefix)_wstrb_o"] = "o\(bits / 8)"
        for output in ["wvalid_o", "wlast_o", "bready_o"] { withWrites["\(prefix)_\(output)"] = "o1" }
        for input in ["wready_i", "bvalid_i"] { withWrites["\(prefix)_\(input)"] = "i1" }
      default: break
      }
    }
    #expect(quartus == withWrites)
  }

  @Test("an interface is mapped by the names of its protocol")
  func roles() throws {
    let package = try CorePackage(Self.small)
    let vivado = try Self.file("package_ip.tcl", package)
    let quartus = try Self.file("setun_two-by-two_hw.tcl", package)
    for line in [
      "setun_interface clock signal:clock slave\nsetun_port CLK clk_i in 1\n",
      "setun_interface reset signal:reset slave\nsetun_port RST rst_ni in 1\nsetun_parameter POLARITY ACTIVE_LOW\n",
      "setun_port AWADDR axil_awaddr_i in 16\n", "setun_port ARADDR axi1_araddr_o out 40\n",
      "setun_port TKEEP logits1_tkeep_o out 20\n", "setun_parameter READ_WRITE_MODE READ_ONLY\n",
      "set_property range \(1 << 40) $space\n",
    ] { #expect(vivado.contains("\n" + line), "\(line)") }
    for line in [
      "add_interface clock clock end\n", "add_interface_port reset rst_ni reset_n Input 1\n",
      "add_interface axi1 axi4 start\nset_interface_property axi1 associatedClock clock\n",
      "add_interface_port axi1 axi1_araddr_o araddr Output 40\n", "add_interface axil axi4lite end\n",
      "add_interface logits1 axi4stream start\n", "add_interface_port logits1 logits1_tdata_o tdata Output 160\n",
    ] { #expect(quartus.contains("\n" + line), "\(line)") }
    let copies = (0..<2).map { "setun_interface axi\($0) interface:aximm master" }
    for copy in copies { #expect(vivado.components(separatedBy: copy).count == 2) }
  }

  @Test("the memory map of the script is that of the registers", arguments: [Configuration.tiny, .u250x4])
  func registers(_ configuration: Configuration) throws {
    let script = try Self.file("package_ip.tcl", CorePackage(configuration))
    let lines = script.split(separator: "\n").filter { $0.hasPrefix("setun_register ") }.map { line in
      line.split(separator: " ").dropFirst().prefix(3).joined(separator: " ")
    }
    let access = [ControlRegister.Access.read: "read-only", .write: "write-only", .readWrite: "read-write"]
    let expected = ControlRegister.allCases.filter { $0.isPresent(in: configuration) }.map { register in
      "\(register.name) 0x\(String(register.address, radix: 16)) \(access[register.access] ?? "")"
    }
    #expect(lines == expected)
    let fields = script.split(separator: "\n").filter { $0.hasPrefix("setun_field ") }
    #expect(fields.count == ControlRegister.allCases.reduce(0) { $0 + $1.fields.count })
  }

  @Test("scripts are whole commands that are known", arguments: [Configuration.tiny, .u280, .d5005])
  func commands(_ configuration: Configuration) throws {
    let known: Set<String> = [
      "set", "if", "proc", "foreach", "package", "create_project", "close_project", "add_files", "set_property",
      "update_compile_order", "ipx::package_project", "ipx::create_xgui_files", "ipx::update_checksums",
      "ipx::check_integrity", "ipx::save_core", "ipx::associate_bus_interfaces", "setun_interface", "setun_port",
      "setun_parameter", "setun_register", "setun_field", "set_module_property", "add_fileset",
      "set_fileset_property", "add_fileset_file", "add_interface", "set_interface_property", "add_interface_port",
      "create_clock", "create_pblock", "resize_pblock", "add_cells_to_pblock",
    ]
    let package = try CorePackage(configuration)
    let scripts = package.files.filter { file in [".tcl", ".xdc", ".sdc"].contains { file.path.hasSuffix($0) } }
    #expect(scripts.count >= 3)
    for script in scripts {
      let commands = try Self.commands(script.text)
      for command in commands {
        let name = command.prefix { !$0.isWhitespace }
        #expect(known.contains(String(name)), "\(script.path): \(command)")
      }
      #expect(commands.count > 0 && script.text.contains("yet"), "\(script.path) says that no vendor tool read it")
    }
  }

  /// The commands of a Tcl text, comments left out; braces, brackets and quotes must close.
  static func commands(_ text: String) throws -> [String] {
    var commands: [String] = []
    var command = ""
    var depth: [Character] = []
    var isEscaped = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if depth.isEmpty, line.first == "#" { continue }
      for character in line {
        if isEscaped {
          isEscaped = false
          continue
        }
        switch character {
        case "\\": isEscaped = true
        case "{": depth.append("}")
        case "[": depth.append("]")
        case "\"":
          if depth.last == "\"" { depth.removeLast() } else { depth.append("\"") }
        case "}", "]": try #require(depth.popLast() == character, "\(line)")
        default: break
        }
      }
      command += line
      if depth.isEmpty {
        if !command.isEmpty { commands.append(command) }
        command = ""
      } else {
        command += "\n"
      }
    }
    try #require(depth.isEmpty)
    return commands
  }

  @Test("the FuseSoC description names every file of the package's SystemVerilog once in each target")
  func fuseSoC() throws {
    let package = try CorePackage(.u250)
    let text = try Self.file("setun_u250.core", package)
    #expect(text.hasPrefix("CAPI=2:\n") && text.contains("\nname: setun:core:setun_u250:1.0.0\n"))
    var filesets: [String: [String]] = [:]
    var name = ""
    for line in text.split(separator: "\n").map(String.init) {
      if line == "targets:" { break }
      if line.hasPrefix("  "), !line.hasPrefix("   "), line.hasSuffix(":") {
        name = String(line.dropFirst(2).dropLast())
      }
      if line.hasPrefix("      - ") { filesets[name, default: []].append(String(line.dropFirst(8))) }
    }
    let paths = Set(package.files.map(\.path))
    let listed = filesets.values.flatMap { $0 }
    #expect(Set(listed).count == listed.count && Set(listed).isSubset(of: paths))
    #expect(paths.filter { $0.hasPrefix("rtl/") || $0.hasPrefix("constraints/") } == Set(listed))
    #expect(filesets["rtl"]?.last == "rtl/setun_core.sv")
    #expect(filesets["shell"] == ["rtl/setun_shell.sv"])
    #expect(filesets["shell_idle_writes"] == ["rtl/setun_shell_idle_writes.sv"])
  }

  @Test("the shells are clean in every front end", arguments: ["setun_shell", "setun_shell_idle_writes"])
  func lint(top: String) throws {
    let place = FileManager.default.temporaryDirectory.appending(path: "setun-package-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    for file in try CorePackage(Self.small).files where file.path.hasPrefix("rtl/") {
      let other = top == "setun_shell" ? "setun_shell_idle_writes.sv" : "setun_shell.sv"
      guard !file.path.hasSuffix("/" + other) else { continue }
      let url = place.appending(path: file.path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(file.text.utf8).write(to: url)
    }
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let run = try #require(
      Tool.run(
        "/usr/bin/env", ["TOP=\(top)", "Sim/lint.sh", place.appending(path: "rtl").path], directory: repository))
    #expect(run.status == 0, "\(run.text)")
  }

  @Test("every channel and stream is connected to its own part of the core's ports")
  func slices() throws {
    let text = try Self.file("rtl/setun_shell.sv", CorePackage(Self.small))
    for line in [
      "assign axi0_araddr_o = core_axi_araddr[39:0];", "assign axi1_araddr_o = core_axi_araddr[79:40];",
      "assign axi1_arvalid_o = core_axi_arvalid[1];", "assign all_axi_rdata[127:0] = axi0_rdata_i;",
      "assign all_axi_rdata[255:128] = axi1_rdata_i;", "assign all_axi_rvalid[1] = axi1_rvalid_i;",
      "assign logits1_tdata_o = core_logits_tdata[319:160];", "assign all_logits_tready[0] = logits0_tready_i;",
    ] { #expect(text.contains("  \(line)\n"), "\(line)") }
  }
}
