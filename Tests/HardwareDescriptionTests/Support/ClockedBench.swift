import Foundation
import HardwareDescription
import HardwareSimulator
import Testing

/// Runs an emitted module in Icarus Verilog: inputs are set after a clock edge, outputs are read just before the next. The
/// design itself runs beside it in the Swift simulator and must show the same.
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
      // Icarus has remarks of its own on reads out of range.
      let lines = run.text.split(separator: "\n").filter { $0.hasPrefix("outputs ") }
      let outputs = lines.map { line in
        Dictionary(uniqueKeysWithValues: zip(names, line.split(separator: " ").dropFirst().map(String.init)))
      }
      try compare(try Simulation(elaboration), module, cycles, outputs)
      return outputs
    }
  }

  /// Holds the Swift simulator to what Icarus showed; where that was unknown, anything is right.
  private static func compare(
    _ sim: Simulation, _ module: ModuleDefinition, _ cycles: [[String: UInt64]], _ outputs: [[String: String]]
  ) throws {
    sim.reset(cycles: 2)
    for (number, (cycle, shown)) in zip(cycles, outputs).enumerated() {
      for (name, value) in cycle {
        guard let port = module.port(name), port.direction == .input else { continue }
        try sim.poke(name, BitPattern(words: [value], width: port.width))
      }
      for port in module.ports where port.direction == .output {
        guard let text = shown[port.name], !text.contains(where: { "xXzZ".contains($0) }) else { continue }
        let value = try sim.peekBits(port.emittedName)
        let digits = value.words.reversed().map { word in
          let part = String(word, radix: 16)
          return String(repeating: "0", count: 16 - part.count) + part
        }.joined().suffix((port.width + 3) / 4)
        if digits != text {
          Issue.record("\(module.name), cycle \(number): \(port.name) is \(digits), Icarus shows \(text)")
          return
        }
      }
      sim.step()
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
      text += "    #4 $display(\"outputs \(format)\", \(outputs.map(\.emittedName).joined(separator: ", ")));\n"
      text += "    #1 clk = 1; #5 clk = 0;\n"
    }
    return text + "  end\nendmodule\n"
  }
}
