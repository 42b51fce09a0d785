import SetunMachine

/// The core as a CAPI2 description for FuseSoC.
struct FuseSoCCore {
  let configuration: Configuration
  let sources: CorePackage.Sources
  let constraints: [String]

  init(_ configuration: Configuration, _ sources: CorePackage.Sources, constraints: [String]) {
    (self.configuration, self.sources, self.constraints) = (configuration, sources, constraints)
  }

  var text: String {
    let header = configuration.packageHeader("CAPI2 description of", "Set up with FuseSoC 2.4.")
    // The shells are the last file of their list; the rest is the core, the same in both.
    let core = sources.shell.dropLast()
    var lines = ["CAPI=2:"] + header.map { "# \($0)" }
    lines += [
      "", "name: setun:core:setun_\(configuration.name):1.0.0",
      "description: MatMul-free language model accelerator, configuration \(configuration.name)", "", "filesets:",
    ]
    lines += fileset("rtl", Array(core), type: "systemVerilogSource")
    lines += fileset("shell", sources.shell.suffix(1), type: "systemVerilogSource")
    lines += fileset("shell_idle_writes", sources.idleWrites.suffix(1), type: "systemVerilogSource")
    for (name, ending, type) in [("xdc", ".xdc", "xdc"), ("sdc", ".sdc", "SDC")] {
      let files = constraints.filter { $0.hasSuffix(ending) && !$0.contains("floorplan") }
      if !files.isEmpty { lines += fileset("constraints_\(name)", files, type: type) }
    }
    let floorplan = constraints.filter { $0.contains("floorplan") }
    if !floorplan.isEmpty { lines += fileset("floorplan", floorplan, type: "xdc") }
    lines += ["targets:"]
    lines += [
      "  default:", "    filesets: [rtl]", "    toplevel: setun_core", "",
      "  packaged:", "    description: The core in the shell that gives every channel and stream ports of its own",
      "    filesets: [rtl, shell]", "    toplevel: \(CoreShell.shellName)", "",
    ]
    lines += lint("lint", "The core in Verilator, with every warning", ["rtl"], "setun_core")
    lines += lint("lint_shell", "The core and its shell", ["rtl", "shell"], CoreShell.shellName)
    lines += lint(
      "lint_shell_idle_writes", "The core and its shell with write channels", ["rtl", "shell_idle_writes"],
      CoreShell.idleWritesName)
    return lines.joined(separator: "\n") + "\n"
  }

  private func fileset(_ name: String, _ files: [String], type: String) -> [String] {
    ["  \(name):", "    files:"] + files.map { "      - \($0)" } + ["    file_type: \(type)", ""]
  }

  private func lint(_ name: String, _ description: String, _ filesets: [String], _ top: String) -> [String] {
    [
      "  \(name):", "    description: \(description)", "    flow: lint", "    flow_options:", "      tool: verilator",
      "      verilator_options: [-Wall, --unroll-count, \"4096\", --unroll-stmts, \"100000\"]",
      "    filesets: [\(filesets.joined(separator: ", "))]", "    toplevel: \(top)", "",
    ]
  }
}
