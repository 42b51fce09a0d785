import ArgumentParser
import BuiltInModel
import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine

/// The model of a command that can run it on a machine: a checkpoint, or what `rtlgen compile` made of one.
struct SourceOptions: ParsableArguments {
  @Option(
    name: .long, help: "Directory of a checkpoint; the built-in tales-1m when absent.", completion: .directory)
  var model: String?

  @Option(
    name: .long, help: "Directory that 'rtlgen compile' wrote, instead of a checkpoint (simulator and rtl).",
    completion: .directory)
  var image: String?

  func validate() throws {
    if model != nil, image != nil { throw ValidationError("Give either --model or --image, not both.") }
  }

  /// Opens it. The machine is only looked at for an image.
  func open(for machine: MachineChoice) throws -> ModelSource {
    if let image { return try ModelSource(image: image, for: machine) }
    return try Self.source(model)
  }

  /// Opens a checkpoint, the built-in one when none is named.
  static func source(_ model: String?) throws -> ModelSource {
    ModelSource(try Checkpoint(directory: model ?? BuiltInModel.directory))
  }
}

/// An opened model.
struct ModelSource {
  /// Where it lies.
  let directory: String
  /// Nil for an image.
  let checkpoint: Checkpoint?
  private let image: CompiledModel?
  let shape: ModelConfiguration

  var isImage: Bool { image != nil }

  init(_ checkpoint: Checkpoint) {
    directory = checkpoint.directory
    self.checkpoint = checkpoint
    image = nil
    shape = checkpoint.configuration
  }

  /// - Parameter machine: what the image was compiled for; when nothing is chosen the named configuration is found by its
  ///   hash.
  init(image directory: String, for machine: MachineChoice) throws {
    self.directory = directory
    checkpoint = nil
    let model = try CompiledModel(directory: directory, for: try machine.configurationIfChosen())
    image = model
    shape = model.program.shape
  }

  /// The program and image for a machine.
  func compiled(for machine: MachineChoice) throws -> CompiledModel {
    if let image { return image }
    guard let checkpoint else { throw Failure("\(directory): holds no model.") }
    let configuration = try machine.configuration()
    var progress = Progress("Compiling")
    defer { progress.finish() }
    return try CompiledModel(checkpoint, for: configuration) { progress.update($0) }
  }

  /// The tokenizer; nil when there is none.
  func tokenizerIfPresent() throws -> Tokenizer? { try Tokenizer.ifPresent(in: directory) }

  /// The tokenizer, where text cannot be had without.
  func tokenizer() throws -> Tokenizer {
    guard let tokenizer = try tokenizerIfPresent() else {
      throw Failure("\(directory): has no tokenizer.json, so prompts must be given with --ids.")
    }
    return tokenizer
  }
}
