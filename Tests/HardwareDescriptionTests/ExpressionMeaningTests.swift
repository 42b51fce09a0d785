import Foundation
import HardwareDescription
import HardwareSimulator
import Testing

/// The emitted text means to each tool what the Swift simulator makes of the expressions.
@Suite struct ExpressionMeaningTests {
  /// `SEED` chooses other modules, `COUNT` more of them.
  static let seeds: [UInt64] = {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["SEED"].flatMap(UInt64.init) ?? 100
    let count = environment["COUNT"].flatMap(UInt64.init) ?? 2
    return (0..<count).map { first &+ $0 }
  }()

  @Test(arguments: seeds) func randomExpressionsAgree(_ seed: UInt64) throws {
    let record = RandomModuleRecord()
    let module = RandomModule(seed: seed, outputs: 60, record: record)
    let vectors = 40
    try Tools.withDirectory { directory in
      let elaboration = Elaborator().run(module)
      // The same record is filled by each elaboration; keep the first.
      let inputs = record.inputs
      let outputs = record.outputs
      #expect(elaboration.errors == [], "seed \(seed)")
      for file in try elaboration.systemVerilog(configuration: "test") {
        try file.text.write(to: directory.appendingPathComponent(file.name), atomically: true, encoding: .utf8)
      }
      var random = SeededGenerator(seed: seed ^ 0xABCD)
      let values = (0..<vectors).map { vector in
        inputs.map { input -> UInt64 in
          let all = (UInt64(1) << UInt64(input.width)) - 1
          let drawn = UInt64.random(in: 0...UInt64.max, using: &random) & all
          return vector == 0 ? 0 : vector == 1 ? all : drawn
        }
      }
      let sim = try Simulation(elaboration)
      let expected = try values.map { stimulus in
        for (input, value) in zip(inputs, stimulus) {
          try sim.poke(input.name, BitPattern(words: [value], width: input.width))
        }
        return try outputs.map { String(try sim.peek($0.name), radix: 16) }.joined(separator: " ")
      }
      let bench = testBench(module.moduleName, inputs, outputs, values)
      try bench.write(to: directory.appendingPathComponent("bench.sv"), atomically: true, encoding: .utf8)

      let lint = try Tools.complaints(about: ["\(module.moduleName).sv"], top: module.moduleName, in: directory)
        .filter { !isRandomNonsense($0) }
      #expect(lint == [], "seed \(seed)")

      let icarus = try simulate(["\(module.moduleName).sv", "bench.sv"], directory)
      expectEqual(icarus, expected, outputs, "iverilog, seed \(seed)")
      let synthesis = try Tools.run(
        "yosys", ["-q", "-p", "read_verilog -sv \(module.moduleName).sv; proc; write_verilog -noattr netlist.v"],
        in: directory)
      #expect(synthesis.status == 0, "\(synthesis.text)")
      let netlist = try simulate(["netlist.v", "bench.sv"], directory)
      expectEqual(netlist, expected, outputs, "yosys, seed \(seed)")
      let verilated = try verilate(module.moduleName, directory, inputs, outputs, values)
      expectEqual(verilated, expected, outputs, "verilator, seed \(seed)")
    }
  }

  /// Random expressions compare and shift constants in ways an author would not; tools may remark on that.
  private func isRandomNonsense(_ complaint: String) -> Bool {
    let allowed = ["CMPCONST", "UNSIGNED", "shift-count-overflow", "vector-overflow"]
    let warnings = complaint.split(separator: "\n").filter {
      $0.contains("warning:") || $0.contains("%Warning") || $0.contains(": error:")
    }
    return !warnings.isEmpty && warnings.allSatisfy { line in allowed.contains { line.contains($0) } }
  }

  private func expectEqual(
    _ got: [String], _ expected: [String], _ outputs: [(name: String, expression: ExpressionNode)], _ what: String
  ) {
    guard got != expected else { return }
    #expect(got.count == expected.count, "\(what): \(got.count) lines for \(expected.count)")
    for (line, pair) in zip(got, expected).enumerated() where pair.0 != pair.1 {
      let (a, b) = (pair.0.split(separator: " "), pair.1.split(separator: " "))
      for (number, words) in zip(a, b).enumerated() where words.0 != words.1 {
        Issue.record("\(what): vector \(line), \(outputs[number].name) is \(words.0), expected \(words.1)")
        return
      }
    }
  }

  private func simulate(_ files: [String], _ directory: URL) throws -> [String] {
    let build = try Tools.run("iverilog", ["-g2012", "-s", "bench", "-o", "bench.out"] + files, in: directory)
    #expect(build.status == 0, "\(build.text)")
    let run = try Tools.run("vvp", ["bench.out"], in: directory)
    return run.text.split(separator: "\n").map(String.init)
  }

  private func testBench(
    _ name: String, _ inputs: [(name: String, signal: SignalID, width: Int)],
    _ outputs: [(name: String, expression: ExpressionNode)], _ values: [[UInt64]]
  ) -> String {
    var text = "module bench;\n"
    for input in inputs { text += "  reg [\(input.width - 1):0] \(input.name);\n" }
    for output in outputs { text += "  wire [\(output.expression.width - 1):0] \(output.name);\n" }
    let ports = inputs.map { ".\($0.name)_i(\($0.name))" } + outputs.map { ".\($0.name)_o(\($0.name))" }
    text += "  \(name) dut (\(ports.joined(separator: ", ")));\n  initial begin\n"
    let format = outputs.map { _ in "%0h" }.joined(separator: " ")
    let names = outputs.map(\.name).joined(separator: ", ")
    for stimulus in values {
      for (input, value) in zip(inputs, stimulus) {
        text += "    \(input.name) = \(input.width)'h\(String(value, radix: 16));\n"
      }
      text += "    #1 $display(\"\(format)\", \(names));\n"
    }
    return text + "  end\nendmodule\n"
  }

  private func verilate(
    _ name: String, _ directory: URL, _ inputs: [(name: String, signal: SignalID, width: Int)],
    _ outputs: [(name: String, expression: ExpressionNode)], _ values: [[UInt64]]
  ) throws -> [String] {
    var text = "#include \"Vdut.h\"\n#include <cstdio>\nint main() {\n  Vdut d;\n"
    for stimulus in values {
      for (input, value) in zip(inputs, stimulus) { text += "  d.\(input.name)_i = \(value)ull;\n" }
      text += "  d.eval();\n"
      for (number, output) in outputs.enumerated() {
        text +=
          "  printf(\"%llx\(number == outputs.count - 1 ? "\\n" : " ")\", (unsigned long long)d.\(output.name)_o);\n"
      }
    }
    text += "}\n"
    try text.write(to: directory.appendingPathComponent("main.cpp"), atomically: true, encoding: .utf8)
    let build = try Tools.run(
      "verilator",
      [
        "--cc", "--exe", "--build", "-O3", "--prefix", "Vdut", "-Wno-fatal", "-CFLAGS", "-O0", "\(name).sv", "main.cpp",
      ], in: directory)
    #expect(build.status == 0, "\(build.text)")
    let run = try Tools.run(directory.appendingPathComponent("obj_dir/Vdut").path, [], in: directory)
    return run.text.split(separator: "\n").map(String.init)
  }
}
