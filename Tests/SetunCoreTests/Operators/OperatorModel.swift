import Foundation
import HardwareDescription
import VerilatorBridge

/// The bench as a Verilator model in this process.
///
/// A C++ function generated from the ports feeds one vector a cycle to all operators and records all outputs each
/// cycle.
struct OperatorModel: @unchecked Sendable {
  typealias Run = @convention(c) (UnsafePointer<UInt32>, UnsafeMutablePointer<UInt32>, Int) -> Void
  let run: Run

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  init(_ cases: [OperatorCase]) throws {
    let elaboration = Elaborator().run(OperatorBench(cases: cases))
    let files = try elaboration.systemVerilog(configuration: "operators")
    let harness = Self.harness(cases)

    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in (files.map(\.text).joined() + harness).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let directory = VerilatorModel.defaultCacheDirectory.appendingPathComponent("operators-\(String(hash, radix: 16))")
    let library = directory.appendingPathComponent("libmodel.so")
    let manager = FileManager.default
    if !manager.fileExists(atPath: library.path) {
      try? manager.removeItem(at: directory)
      try manager.createDirectory(at: directory, withIntermediateDirectories: true)
      for file in files {
        try file.text.write(to: directory.appendingPathComponent(file.name), atomically: true, encoding: .utf8)
      }
      try harness.write(to: directory.appendingPathComponent("bench.cpp"), atomically: true, encoding: .utf8)
      try Self.shell(
        """
        cd '\(directory.path)'
        include=$(verilator --getenv VERILATOR_ROOT)/include
        verilator --cc -Wall -O3 --x-assign unique --x-initial unique --noassert --output-split 0 --prefix Vbench \
          --top-module operator_bench -Mdir model *.sv
        cd model
        for file in *.cpp; do echo "#include \\"$file\\""; done > all.inc
        for file in verilated verilated_threads; do echo "#include \\"$include/$file.cpp\\""; done > runtime.cpp
        compiler=$(command -v clang++ || command -v g++)
        "$compiler" -std=gnu++17 -O1 -fPIC -shared -w -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0 -I. -I"$include" \
          -isystem "$include/vltstd" -o libmodel.so ../bench.cpp runtime.cpp -lpthread
        mv libmodel.so ..
        """)
    }
    guard let handle = dlopen(library.path, RTLD_NOW), let symbol = dlsym(handle, "run_bench") else {
      throw Failure(description: "cannot load \(library.path)")
    }
    run = unsafeBitCast(symbol, to: Run.self)
  }

  static func shell(_ script: String) throws {
    let log = FileManager.default.temporaryDirectory.appendingPathComponent("operators-\(UUID().uuidString).log")
    defer { try? FileManager.default.removeItem(at: log) }
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    let output = try FileHandle(forWritingTo: log)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-e", "-c", script]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      throw Failure(description: (try? String(contentsOf: log, encoding: .utf8)) ?? "failed: \(script)")
    }
  }

  /// Words on the ports before the clock edge, outputs read before it, so that a latency of 0 is the same cycle.
  private static func harness(_ cases: [OperatorCase]) -> String {
    var writes = ""
    var reads = ""
    var input = 0
    var output = 0
    for operatorCase in cases {
      for port in operatorCase.inputs {
        let signal = "top.\(operatorCase.name)_\(port.name)_i"
        switch port.words {
        case 1: writes += "    \(signal) = in[\(input)];\n"
        case 2: writes += "    \(signal) = in[\(input)] | (uint64_t)in[\(input + 1)] << 32;\n"
        default: for word in 0..<port.words { writes += "    \(signal)[\(word)] = in[\(input + word)];\n" }
        }
        input += port.words
      }
      for port in operatorCase.outputs {
        let signal = "top.\(operatorCase.name)_\(port.name)_o"
        switch port.words {
        case 1: reads += "    out[\(output)] = \(signal);\n"
        case 2:
          reads += "    out[\(output)] = (uint32_t)\(signal); out[\(output + 1)] = (uint32_t)(\(signal) >> 32);\n"
        default: for word in 0..<port.words { reads += "    out[\(output + word)] = \(signal)[\(word)];\n" }
        }
        output += port.words
      }
    }
    return """
      #include "model/all.inc"

      extern "C" void run_bench(const uint32_t* in, uint32_t* out, long cycles) {
        static Vbench& top = *new Vbench;
        for (long n = 0; n < cycles; ++n) {
      \(writes)    top.clk_i = 0;
          top.eval();
      \(reads)    top.clk_i = 1;
          top.eval();
          in += \(input);
          out += \(output);
        }
      }

      """
  }
}
