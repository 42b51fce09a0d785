import ArgumentParser
import BuiltInModel
import Checkpoint
import Foundation

struct ModelOptions: ParsableArguments {
  @Option(
    name: .long, help: "Directory of a checkpoint; the built-in tales-1m when absent.", completion: .directory)
  var model: String?

  var directory: String { model ?? BuiltInModel.directory }

  func checkpoint() throws -> Checkpoint { try Checkpoint(directory: directory) }

  /// The tokenizer, where text cannot be had without.
  func tokenizer() throws -> Tokenizer {
    guard let tokenizer = try Tokenizer.ifPresent(in: directory) else {
      throw Failure("\(directory): has no tokenizer.json.")
    }
    return tokenizer
  }
}

extension Tokenizer {
  /// The tokenizer of a directory; nil when it has none.
  static func ifPresent(in directory: String) throws -> Tokenizer? {
    let path = directory + "/tokenizer.json"
    return FileManager.default.fileExists(atPath: path) ? try Tokenizer(path: path) : nil
  }
}
