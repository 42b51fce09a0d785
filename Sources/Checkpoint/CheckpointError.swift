import Files

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
    // Names and problems quote what a file says, which may be anything.
    switch self {
    case .file(let path, let problem), .malformed(let path, let problem), .unsupported(let path, let problem):
      "\(path.printable(limit: .max)): \(problem.printable(limit: 400))."
    case .tensor(let path, let name, let problem):
      "\(path.printable(limit: .max)): tensor \(name.printable()) \(problem.printable(limit: 400))."
    case .input(let problem): "\(problem.printable())."
    }
  }
}
