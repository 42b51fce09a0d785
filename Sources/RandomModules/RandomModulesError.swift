import HardwareDescription

/// Why random modules cannot be run at all. What a tool says about a module is an outcome, not an error.
public enum RandomModulesError: Error, CustomStringConvertible {
  /// The language finds something wrong with a module.
  case illegal([Diagnostic])
  case toolMissing(String)
  case file(String, reason: String)
  case runtime(String)

  public var description: String {
    switch self {
    case .illegal(let diagnostics): diagnostics.map(\.description).joined(separator: "\n")
    case .toolMissing(let tool): "'\(tool)' is not installed; 'make setup' installs it."
    case .file(let path, let reason): "\(path) cannot be written or read (\(reason))."
    case .runtime(let text): "Verilator's run-time library does not compile: \(text)"
    }
  }
}
