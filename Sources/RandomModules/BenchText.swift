import Foundation
import HardwareDescription

/// The SystemVerilog around the modules of a batch, the same for Verilator and Icarus: each module has a wrapper with its
/// inputs of all cycles, which prints its outputs when `sample_i` rises.
enum BenchText {
  /// A module under test.
  struct Entry {
    /// Starts each line the wrapper prints.
    let label: String
    let moduleName: String
    let module: PreparedModule

    var stimulusFile: String { "\(label).hex" }
  }

  static let top = "random_batch"
  private static let cycleBits = 8

  static func wrapper(_ entry: Entry) -> String {
    guard let definition = entry.module.design.top else { return "" }
    let inputs = definition.ports.filter { $0.direction == .input }
    let outputs = definition.ports.filter { $0.direction == .output }
    let digits = inputs.reduce(0) { $0 + digitCount($1.width) }
    var text = "module bench_\(entry.label) (input logic clk_i, input logic rst_ni, input logic sample_i,"
    text += " input logic [\(cycleBits - 1):0] cycle_i);\n"
    if digits > 0 {
      text += "  logic [\(4 * digits - 1):0] stimulus [0:\(Stimulus.cycles - 1)];\n  logic [\(4 * digits - 1):0] now;\n"
      text += "  initial $readmemh(\"\(entry.stimulusFile)\", stimulus);\n  assign now = stimulus[cycle_i[4:0]];\n"
    }
    var connections: [String] = []
    if definition.usesClock { connections.append(".clk_i(clk_i)") }
    if definition.usesReset { connections.append(".rst_ni(rst_ni)") }
    var place = 4 * digits
    for port in inputs {
      place -= 4 * digitCount(port.width)
      connections.append(".\(port.emittedName)(now[\(place + port.width - 1):\(place)])")
    }
    for port in outputs {
      text += "  wire [\(port.width - 1):0] \(port.emittedName);\n"
      connections.append(".\(port.emittedName)(\(port.emittedName))")
    }
    text += "  \(entry.moduleName) dut (\(connections.joined(separator: ", ")));\n"
    let format = outputs.map { _ in " %h" }.joined()
    let values = outputs.map { ", \($0.emittedName)" }.joined()
    text += "  always @(posedge sample_i) $display(\"\(entry.label)\(format)\"\(values));\nendmodule\n"
    return text
  }

  /// One line for each cycle, the inputs in the order of the ports.
  static func stimulus(_ entry: Entry) -> String {
    let inputs = entry.module.design.top?.ports.filter { $0.direction == .input } ?? []
    return (0..<Stimulus.cycles).map { cycle in
      zip(inputs, entry.module.stimulus.values).map { hexadecimal($1[cycle], width: $0.width) }.joined() + "\n"
    }.joined()
  }

  static func top(_ entries: [Entry]) -> String {
    var text = "module \(top) (input logic clk_i, input logic rst_ni, input logic sample_i,"
    text += " input logic [\(cycleBits - 1):0] cycle_i);\n"
    for entry in entries { text += "  bench_\(entry.label) \(entry.label) (.*);\n" }
    return text + "endmodule\n"
  }

  /// Drives the top in Icarus. State without a reset is zero at the start, as in the two-state tools.
  static func icarusBench(_ entries: [Entry]) -> String {
    var text = "module bench;\n  logic clk_i = 0, rst_ni = 1, sample_i = 0;\n"
    text += "  logic [\(cycleBits - 1):0] cycle_i = 0;\n  integer i;\n  \(top) all (.*);\n  initial begin\n"
    for entry in entries {
      for line in UndefinedState(entry.module.design).assignments(below: "all.\(entry.label).dut") {
        text += "    \(line)\n"
      }
    }
    for cycle in 0..<Stimulus.cycles {
      text += "    #1 cycle_i = \(cycle); rst_ni = \(Stimulus.isReset(cycle) ? 0 : 1);\n"
      text += "    #1 sample_i = 1; #1 sample_i = 0; clk_i = 1; #1 clk_i = 0;\n"
    }
    return text + "  end\nendmodule\n"
  }

  /// Icarus 11.0 may run an `always_comb` for ever when another one assigns to parts of what it reads (its issue 508). It
  /// is given `always @*`, with a signal that starts each process once.
  static func icarusText(_ text: String) -> String {
    guard text.contains("always_comb begin") else { return text }
    var result = text.replacingOccurrences(of: "always_comb begin", with: "always @* begin if (bench_start) ;")
    let declaration = "  logic bench_start; initial bench_start = #0 1'b1;\n"
    if let ports = result.range(of: ");\n") { result.insert(contentsOf: declaration, at: ports.upperBound) }
    return result
  }

  /// Drives the top in Verilator's model.
  static let verilatorMain = """
    #include "verilated.h"
    int main() {
      V\(top) top;
      top.rst_ni = 1;
      top.eval();
      for (int cycle = 0; cycle < \(Stimulus.cycles); cycle++) {
        top.cycle_i = cycle;
        top.rst_ni = !(\(resetCondition));
        top.eval();
        top.sample_i = 1;
        top.eval();
        top.sample_i = 0;
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
      }
      top.final();
      return 0;
    }

    """

  private static var resetCondition: String {
    (0..<Stimulus.cycles).filter(Stimulus.isReset).map { "cycle == \($0)" }.joined(separator: " || ")
  }
}

/// The state of a design that no reset sets: what a four-state simulator starts as unknown.
struct UndefinedState {
  private let design: Design

  init(_ design: Design) { self.design = design }

  /// Statements that set all of it to zero; `i` is a variable.
  func assignments(below path: String) -> [String] {
    guard let top = design.top else { return [] }
    return assignments(top, path)
  }

  private func assignments(_ module: ModuleDefinition, _ path: String) -> [String] {
    assignments(module, module.items, path, [:])
  }

  private func assignments(
    _ module: ModuleDefinition, _ items: [Item], _ path: String, _ iteration: [LoopVariable: Int]
  ) -> [String] {
    var lines: [String] = []
    func zero(_ name: String, count: Int?) {
      guard let count else { return lines.append("\(path).\(name) = 0;") }
      lines.append("for (i = 0; i < \(count); i = i + 1) \(path).\(name)[i] = 0;")
    }
    for item in items {
      switch item {
      case .declaration(let id):
        let signal = module[id]
        guard signal.reset == nil else { continue }
        let count = signal.count?.value(iteration)
        switch signal.role {
        case .register: zero(signal.emittedName, count: count)
        case .delay(_, let firstStage, _):
          let stages = count ?? 1
          if stages > 2 {
            zero(signal.emittedName, count: signal.width == 1 ? nil : stages)
          } else {
            for stage in 0..<stages { zero("\(signal.name)_p\(firstStage + stage)_q", count: nil) }
          }
        default: break
        }
      case .memory(let id): zero(module[id].name, count: module[id].depth.value(iteration))
      case .instance(let id):
        let instance = module[id]
        guard let child = design.module(instance.moduleName) else { continue }
        lines += assignments(child, "\(path).\(instance.name)")
      case .generate(let loop):
        for value in loop.lower.value(iteration)..<loop.upper.value(iteration) {
          var inner = iteration
          inner[loop.variable] = value
          lines += assignments(module, loop.items, "\(path).\(loop.name)[\(value)]", inner)
        }
      case .comment, .statement: break
      }
    }
    return lines
  }
}
