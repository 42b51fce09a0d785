import Foundation
import HardwareDescription
import Testing

/// Runs an emitted module in Icarus Verilog: inputs are set after a clock edge, outputs are read just before the next.
enum ClockedBench {
  /// One dictionary of outputs (hexadecimal) for each cycle of inputs, after two cycles of reset.
  static func run(_ top: some HardwareModule, _ cycles: [[String: UInt64]]) throws -> [[String: String]] {
    let elaboration = Elaborator().run(top)
    guard let module = elaboration.design.top else { return [] }
    return try Tools.withDirectory { directory in
      var files: [String] = []
      for file in try elaboration.systemVerilog(configuration: "test") {
        try file.text.write(to: directory.appendingPathComponent(file.name), atomically: true, encoding: .utf8)
        files.append(file.name)
      }
      let bench = text(module, cycles)
      try bench.write(to: directory.appendingPathComponent("bench.sv"), atomically: true, encoding: .utf8)
      let build = try Tools.run(
        "iverilog", ["-g2012", "-s", "bench", "-o", "bench.out"] + files + ["bench.sv"], in: directory)
      #expect(build.status == 0, "\(build.text)")
      let run = try Tools.run("vvp", ["bench.out"], in: directory)
      let names = module.ports.filter { $0.direction == .output }.map(\.name)
      return run.text.split(separator: "\n").map { line in
        Dictionary(uniqueKeysWithValues: zip(names, line.split(separator: " ").map(String.init)))
      }
    }
  }

  private static func text(_ module: ModuleDefinition, _ cycles: [[String: UInt64]]) -> String {
    let inputs = module.ports.filter { $0.direction == .input }
    let outputs = module.ports.filter { $0.direction == .output }
    var text = "module bench;\n  reg clk = 0;\n  reg rst_n = 0;\n"
    for port in inputs { text += "  reg [\(port.width - 1):0] \(port.emittedName) = 0;\n" }
    for port in outputs { text += "  wire [\(port.width - 1):0] \(port.emittedName);\n" }
    var connections = (inputs + outputs).map { ".\($0.emittedName)(\($0.emittedName))" }
    if module.usesClock { connections.append(".clk_i(clk)") }
    if module.usesReset { connections.append(".rst_ni(rst_n)") }
    text += "  \(module.name) dut (\(connections.joined(separator: ", ")));\n  initial begin\n"
    text += "    #5 clk = 1; #5 clk = 0; #5 clk = 1; #5 clk = 0; rst_n = 1;\n"
    let format = outputs.map { _ in "%h" }.joined(separator: " ")
    for cycle in cycles {
      for port in inputs {
        if let value = cycle[port.name] {
          text += "    \(port.emittedName) = \(port.width)'h\(String(value, radix: 16));\n"
        }
      }
      text += "    #4 $display(\"\(format)\", \(outputs.map(\.emittedName).joined(separator: ", ")));\n"
      text += "    #1 clk = 1; #5 clk = 0;\n"
    }
    return text + "  end\nendmodule\n"
  }
}
