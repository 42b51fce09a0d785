import Foundation

/// A module that is fed a vector in each cycle, as an operator is: operands in, results out a fixed time later.
public struct OperatorPorts: Hashable, Sendable {
  public struct Port: Hashable, Sendable {
    /// Without the ending `_i` or `_o`; `rst_n` is the port `rst_ni`.
    public var name: String
    /// In bits.
    public var width: Int

    public init(_ name: String, width: Int) {
      self.name = name
      self.width = width
    }

    /// 32-bit words of its value, low word first.
    public var words: Int { (width + 31) / 32 }
  }

  public var module: String
  public var inputs: [Port]
  public var outputs: [Port]
  /// Whether it has a `clk_i`.
  public var isClocked: Bool

  public init(module: String, inputs: [Port], outputs: [Port], isClocked: Bool) {
    self.module = module
    self.inputs = inputs
    self.outputs = outputs
    self.isClocked = isClocked
  }

  public var inputWords: Int { inputs.reduce(0) { $0 + $1.words } }
  public var outputWords: Int { outputs.reduce(0) { $0 + $1.words } }
}

/// Operators side by side in one Verilator model: each takes operands and gives results in every cycle.
///
/// Cached like `VerilatorModel`. A model is one set of registers, so it is run on one thread at a time.
public final class OperatorModel {
  private typealias Run = @convention(c) (UnsafePointer<UInt32>, UnsafeMutablePointer<UInt32>, UInt64) -> Void

  /// In the order of their words.
  public let operators: [OperatorPorts]
  /// Where the library lies.
  public let library: URL
  private let runCycles: Run

  private init(_ operators: [OperatorPorts], library: URL) throws(BridgeError) {
    guard let image = dlopen(library.path, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(image, "setun_operators_run")
    else { throw .library(dlerror().map { String(cString: $0) } ?? library.path) }
    self.operators = operators
    self.library = library
    runCycles = unsafeBitCast(symbol, to: Run.self)
  }

  /// Builds the operators that the SystemVerilog of a directory describes, or finds them in the cache, and loads them.
  ///
  /// - Parameters:
  ///   - rtlDirectory: every `.sv` and `.v` file directly in it belongs to the design.
  ///   - operators: each module once.
  public static func build(
    rtlDirectory: URL, operators: [OperatorPorts], options: VerilatorModel.Options = .init(),
    cacheDirectory: URL? = nil
  ) throws(BridgeError) -> OperatorModel {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("setun-operators-\(UUID().uuidString)")
    try BuildRecipe.makeDirectory(place)
    defer { try? FileManager.default.removeItem(at: place) }
    func write(_ name: String, _ text: String) throws(BridgeError) -> BuildRecipe.Source {
      let url = place.appendingPathComponent(name)
      let bytes = Data(text.utf8)
      do { try bytes.write(to: url) } catch { throw .file(url.path, reason: error.localizedDescription) }
      return BuildRecipe.Source(path: url.path, bytes: bytes)
    }
    let recipe = try BuildRecipe(
      rtlDirectory: rtlDirectory, top: top, options: options,
      cacheDirectory: cacheDirectory ?? VerilatorModel.defaultCacheDirectory,
      bench: BuildRecipe.Bench(
        sources: [try write("\(top).sv", wrapper(operators))],
        harness: try write("operators.cpp", harness(operators))))
    return try OperatorModel(operators, library: try recipe.library { _ in }.url)
  }

  /// Runs `cycles` cycles. `input` holds the words of all operators' inputs for each cycle, `output` receives those of
  /// their outputs as they are before the clock edge that ends it, so that a latency of 0 is the same cycle.
  public func run(_ input: UnsafePointer<UInt32>, _ output: UnsafeMutablePointer<UInt32>, cycles: Int) {
    runCycles(input, output, UInt64(cycles))
  }

  // MARK: Generated sources

  private static let top = "operator_bench"

  /// The port's full name.
  private static func portName(_ port: OperatorPorts.Port, isInput: Bool) -> String {
    // Active-low names end in `_ni`.
    "\(port.name)\(port.name.hasSuffix("_n") ? "" : "_")\(isInput ? "i" : "o")"
  }

  private static func each(_ operators: [OperatorPorts], _ body: (OperatorPorts, OperatorPorts.Port, Bool) -> Void) {
    for ports in operators {
      for port in ports.inputs { body(ports, port, true) }
      for port in ports.outputs { body(ports, port, false) }
    }
  }

  /// A module with an instance of each operator, whose ports are its own.
  private static func wrapper(_ operators: [OperatorPorts]) -> String {
    var ports = ["  input logic clk_i"]
    each(operators) { module, port, isInput in
      ports.append(
        "  \(isInput ? "input" : "output") logic [\(port.width - 1):0] "
          + "\(module.module)_\(portName(port, isInput: isInput))")
    }
    var text = "module \(top) (\n\(ports.joined(separator: ",\n"))\n);\n"
    for module in operators {
      var connections = module.isClocked ? ["    .clk_i (clk_i)"] : []
      each([module]) { module, port, isInput in
        let name = portName(port, isInput: isInput)
        connections.append("    .\(name) (\(module.module)_\(name))")
      }
      text += "  \(module.module) u_\(module.module) (\n\(connections.joined(separator: ",\n"))\n  );\n"
    }
    return text + "endmodule\n"
  }

  private static func harness(_ operators: [OperatorPorts]) -> String {
    var (writes, reads, input, output) = ("", "", 0, 0)
    each(operators) { module, port, isInput in
      let signal = "top->\(module.module)_\(portName(port, isInput: isInput))"
      switch (isInput, port.words) {
      case (true, 1): writes += "    \(signal) = in[\(input)];\n"
      case (true, 2): writes += "    \(signal) = in[\(input)] | uint64_t(in[\(input + 1)]) << 32;\n"
      case (true, let words): for word in 0..<words { writes += "    \(signal)[\(word)] = in[\(input + word)];\n" }
      case (false, 1): reads += "    out[\(output)] = \(signal);\n"
      case (false, 2):
        reads += "    out[\(output)] = uint32_t(\(signal)); out[\(output + 1)] = uint32_t(\(signal) >> 32);\n"
      case (false, let words): for word in 0..<words { reads += "    out[\(output + word)] = \(signal)[\(word)];\n" }
      }
      if isInput { input += port.words } else { output += port.words }
    }
    return """
      #include <cstdint>
      #include SETUN_MODEL_HEADER
      #include "verilated.h"

      extern "C" __attribute__((visibility("default")))
      void setun_operators_run(const uint32_t* in, uint32_t* out, uint64_t cycles) {
        static auto* context = new VerilatedContext;
        static auto* top = new SETUN_MODEL{context, "\(top)"};
        for (uint64_t n = 0; n < cycles; ++n) {
      \(writes)    top->clk_i = 0;
          top->eval();
      \(reads)    top->clk_i = 1;
          top->eval();
          in += \(input);
          out += \(output);
        }
      }

      """
  }
}
