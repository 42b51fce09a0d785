/// Why nothing was proved.
public enum FormalError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A module that is not emitted, and what is wrong with it.
  case cannotElaborate(String, String)
  /// A module without the stream that is asked for.
  case noStream(String, module: String)
  /// A name in a property that no instance has.
  case unknownName(String, module: String)
  /// A text to be replaced that is not in the module, or more than once.
  case notOneReplacement(String, file: String, count: Int)
  case toolMissing(String)
  /// A tool that refused the harness or gave up.
  case toolFailed(String, module: String, message: String)
  case outOfTime(module: String, seconds: Int)
  case cannotWrite(String)

  public var description: String {
    switch self {
    case .cannotElaborate(let module, let message): "\(module): has errors:\n\(message)"
    case .noStream(let name, let module): "\(module): has no stream '\(name)' with a payload in that direction."
    case .unknownName(let name, let module): "\(module): a property names '\(name)', which is no signal of an instance."
    case .notOneReplacement(let text, let file, let count): "\(file): has the text '\(text)' \(count) times, not once."
    case .toolMissing(let tool): "\(tool) is not installed; 'make setup' installs it."
    case .toolFailed(let tool, let module, let message): "\(module): \(tool) failed: \(message)"
    case .outOfTime(let module, let seconds): "\(module): the solver was stopped after \(seconds) s."
    case .cannotWrite(let path): "\(path): cannot be written."
    }
  }
}
