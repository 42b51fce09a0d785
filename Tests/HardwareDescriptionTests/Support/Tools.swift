import Foundation
import HardwareDescription
import Testing

/// What a tool said and how it ended.
struct ToolOutput {
  let status: Int32
  let text: String
}

/// The front ends that must accept the emitted text.
enum Tools {
  struct Missing: Error, CustomStringConvertible {
    let tool: String
    var description: String { "`\(tool)` is not installed; `make setup` installs it" }
  }

  /// Runs a program found in PATH and returns its standard output and error together.
  static func run(_ program: String, _ arguments: [String], in directory: URL) throws -> ToolOutput {
    let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
    guard
      program.hasPrefix("/")
        || paths.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") })
    else { throw Missing(tool: program) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = directory
    // A file and not a pipe: long output would fill a pipe and block the tool.
    let log = directory.appendingPathComponent(".log-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    let handle = try FileHandle(forWritingTo: log)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    try handle.close()
    let text = try String(contentsOf: log, encoding: .utf8)
    try? FileManager.default.removeItem(at: log)
    if process.terminationStatus == 127 { throw Missing(tool: program) }
    return ToolOutput(status: process.terminationStatus, text: text)
  }

  /// A fresh directory for the duration of `body`.
  static func withDirectory<T>(_ body: (URL) throws -> T) throws -> T {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("hdl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory)
  }

  /// Writes the modules below `top` and returns their file names.
  static func emit(_ top: some HardwareModule, to directory: URL) throws -> [String] {
    let files = try Elaborator().run(top).systemVerilog(configuration: "test")
    for file in files {
      try file.text.write(to: directory.appendingPathComponent(file.name), atomically: true, encoding: .utf8)
    }
    return files.map(\.name).filter { $0.hasSuffix(".sv") }
  }

  /// Complaints of all four front ends about the files; empty when all accept them.
  static func complaints(about files: [String], top: String, in directory: URL) throws -> [String] {
    var complaints: [String] = []
    let lint = try run("verilator", ["--lint-only", "-Wall", "--top-module", top] + files, in: directory)
    if lint.status != 0 || !lint.text.isEmpty { complaints.append("verilator: \(lint.text)") }
    let icarus = try run("iverilog", ["-g2012", "-s", top, "-o", "icarus.out"] + files, in: directory)
    // Icarus prints "sorry" where it simulates a superset of what the standard asks for.
    let remarks = icarus.text.split(separator: "\n").filter { !$0.contains("sorry: ") }
    if icarus.status != 0 || !remarks.isEmpty { complaints.append("iverilog: \(icarus.text)") }
    let script = "read_verilog -sv \(files.joined(separator: " ")); hierarchy -check -top \(top); proc; check -assert"
    let yosys = try run("yosys", ["-q", "-p", script], in: directory)
    let warnings = yosys.text.split(separator: "\n").filter {
      !$0.contains("Replacing memory") && $0.contains("Warning")
    }
    if yosys.status != 0 || !warnings.isEmpty { complaints.append("yosys: \(yosys.text)") }
    let slang = try run(python, ["-c", slangScript, top] + files, in: directory)
    if slang.text.contains("No module named") { throw Missing(tool: "pyslang") }
    if slang.status != 0 || !slang.text.isEmpty { complaints.append("slang: \(slang.text)") }
    return complaints
  }

  /// The interpreter into which `make setup` installed pyslang, if it did.
  private static var python: String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let installed = root.appendingPathComponent(".build/venv/bin/python").path
    return FileManager.default.isExecutableFile(atPath: installed) ? installed : "python3"
  }

  private static let slangScript = """
    import sys, pyslang
    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    if not driver.parseCommandLine("slang -Wextra -Wconversion -Werror --top " + " ".join(sys.argv[1:])): sys.exit(2)
    if not driver.processOptions() or not driver.parseAllSources(): sys.exit(2)
    sys.exit(0 if driver.runFullCompilation(True) else 1)
    """
}
