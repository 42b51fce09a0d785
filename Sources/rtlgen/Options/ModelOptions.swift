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

  var tokenizerPath: String { directory + "/tokenizer.json" }

  /// The tokenizer; nil when the checkpoint has none.
  func tokenizerIfPresent() throws -> Tokenizer? {
    FileManager.default.fileExists(atPath: tokenizerPath) ? try Tokenizer(path: tokenizerPath) : nil
  }

  /// The tokenizer, where text cannot be had without.
  func tokenizer() throws -> Tokenizer {
    guard let tokenizer = try tokenizerIfPresent() else {
      throw Failure("\(directory): has no tokenizer.json, so prompts must be given with --ids.")
    }
    return tokenizer
  }
}
