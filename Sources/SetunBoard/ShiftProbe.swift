import HardwareDescription

/// A module between two shift registers, so that four pins keep every path of it: to be placed and routed by itself.
///
/// Inputs come from `serial_i`; outputs are taken when the first input bit is 1, and leave through `serial_o`.
public struct ShiftProbe: Sendable {
  /// The probe's own name.
  public static let name = "shift_probe"

  private let module: ModuleDefinition
  private let isKept: @Sendable (ModulePort) -> Bool

  /// - Parameters:
  ///   - module: with one clock.
  ///   - isKept: tells which outputs are watched; what only serves the others falls away.
  public init(_ module: ModuleDefinition, isKept: @escaping @Sendable (ModulePort) -> Bool = { _ in true }) {
    self.module = module
    self.isKept = isKept
  }

  /// SystemVerilog of the probe.
  public var text: String {
    let hasReset = module.clocks.contains { $0.hasReset }
    let inputs = module.ports.filter { $0.direction == .input }
    let outputs = module.ports.filter { $0.direction == .output && isKept($0) }
    let inputBits = max(2, inputs.reduce(0) { $0 + $1.width })
    let outputBits = max(2, outputs.reduce(0) { $0 + $1.width })
    var connections = module.clocks.flatMap { $0.hasReset ? [".clk_i", ".rst_ni"] : [".clk_i"] }
    func connect(_ ports: [ModulePort], _ vector: String) {
      var low = 0
      for port in ports {
        let range = port.width == 1 ? "[\(low)]" : "[\(low + port.width - 1):\(low)]"
        connections.append(".\(port.emittedName) (\(vector)\(range))")
        low += port.width
      }
    }
    connect(inputs, "shifted_q")
    connect(outputs, "taken")
    return """
      // \(module.name) between shift registers, to be placed and routed by itself. Not a board: it talks to no host.
      module \(Self.name) (
        input  logic clk_i,\(hasReset ? "\n  input  logic rst_ni," : "")
        input  logic serial_i,
        output logic serial_o
      );
        logic [\(inputBits - 1):0] shifted_q;
        logic [\(outputBits - 1):0] taken, kept_q;

        always_ff @(posedge clk_i) begin
          shifted_q <= {shifted_q[\(inputBits - 2):0], serial_i};
          kept_q <= shifted_q[0] ? taken : {kept_q[\(outputBits - 2):0], 1'b0};
          serial_o <= kept_q[\(outputBits - 1)];
        end

        \(module.name) u_probed (
          \(connections.joined(separator: ",\n    "))
        );
      endmodule

      """
  }
}
