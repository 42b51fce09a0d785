/// What is wrong with a checkpoint, a tensor file or a tokenizer, as one sentence for the person who gave it.
public enum CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file or directory cannot be read or written.
  case file(path: String, problem: String)
  /// The file was read, but its content is not what the format demands.
  case malformed(path: String, problem: String)
  /// The file is well formed but describes something that is not supported.
  case unsupported(path: String, problem: String)
  /// One tensor is missing, or has the wrong shape, type or values.
  case tensor(path: String, name: String, problem: String)
  /// Input to an otherwise good model is outside its domain (a token outside the vocabulary, ...).
  case input(problem: String)

  public var description: String {
    switch self {
    case .file(let path, let problem): "\(path): \(problem)."
    case .malformed(let path, let problem): "\(path): \(problem)."
    case .unsupported(let path, let problem): "\(path): \(problem)."
    case .tensor(let path, let name, let problem): "\(path): tensor \(name) \(problem)."
    case .input(let problem): "\(problem)."
    }
  }
}
