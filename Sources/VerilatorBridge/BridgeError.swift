import Foundation

/// Why a model could not be built or a session went wrong.
public enum BridgeError: Error, Equatable, Sendable, CustomStringConvertible, LocalizedError {
  /// A program is not installed; `remedy` says how to get it.
  case toolMissing(String, remedy: String)
  /// A directory holds no SystemVerilog.
  case noSources(String)
  /// The harness sources were not found beside the package.
  case harnessMissing(String)
  /// A file could not be read, written or moved.
  case file(String, reason: String)
  /// Verilator refused the sources; the end of its log.
  case verilation(String)
  /// The C++ compiler refused the model; the end of its log.
  case compilation(String)
  /// The shared library could not be loaded.
  case library(String)
  /// The model has another number of memory ports than asked for.
  case channels(expected: Int, found: Int)
  /// The model has another number of streams than asked for.
  case streams(expected: Int, found: Int)
  /// The model's memory port has another width than asked for, in bits.
  case beatWidth(expected: Int, found: Int)
  /// An image that is not one part of whole 4 KiB pages for each channel.
  case imageParts(bytes: Int, channels: Int)
  /// A DRAM's times need the core's clock, and it was not given.
  case clockMissing(memory: String)
  /// The control port did not answer a transaction.
  case noAnswer(address: UInt16)
  /// The control port answered a transaction with an error response.
  case refused(address: UInt16, response: Int)
  /// The core neither gave a token nor went idle.
  case stuck(cycle: Int, waitedFor: String)
  /// The core refused the start or a prompt is impossible for the port.
  case badStart(String)
  /// The trace file cannot be written, or the model was built without tracing.
  case trace(String)

  public var description: String {
    switch self {
    case .toolMissing(let tool, let remedy): "\(tool) is not installed; \(remedy)."
    case .noSources(let path): "\(path): holds no SystemVerilog files (.sv, .v)."
    case .harnessMissing(let path): "The Verilator harness (Sim/harness.cpp) was not found; looked in \(path)."
    case .file(let path, let reason): "\(path): \(reason)."
    case .verilation(let log): "Verilator did not accept the SystemVerilog:\n\(log)"
    case .compilation(let log): "The C++ compiler did not accept the Verilated model:\n\(log)"
    case .library(let reason): "The Verilated model could not be loaded: \(reason)."
    case .channels(let expected, let found):
      "The SystemVerilog has memory ports for \(found) channels, the configuration has \(expected)."
    case .streams(let expected, let found):
      "The SystemVerilog has \(found) streams, the configuration has \(expected)."
    case .beatWidth(let expected, let found):
      "The SystemVerilog has a memory beat of \(found) bits, the configuration one of \(expected)."
    case .imageParts(let bytes, let channels):
      "The image of \(bytes) bytes is not \(channels) equal parts of whole 4 KiB pages."
    case .clockMissing(let memory): "The memory '\(memory)' needs the clock of the core."
    case .noAnswer(let address): "The core did not answer at control address 0x\(String(address, radix: 16))."
    case .refused(let address, let response):
      "The core answered control address 0x\(String(address, radix: 16)) with error response \(response)."
    case .stuck(let cycle, let awaited): "The core is stuck: at cycle \(cycle) it still had not reached \(awaited)."
    case .badStart(let reason): "The sequence cannot start: \(reason)."
    case .trace(let reason): "\(reason)."
    }
  }

  public var errorDescription: String? { description }
}
