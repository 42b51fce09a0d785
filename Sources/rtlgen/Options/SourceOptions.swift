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

  /// Opens it. `configurationName` is only looked at for an image.
  func open(configurationName: String?) throws -> ModelSource {
    if let image { return try ModelSource(image: image, configurationName: configurationName) }
    return ModelSource(try Checkpoint(directory: model ?? BuiltInModel.directory))
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

  /// - Parameter configurationName: what the image was compiled for; nil finds the named configuration by its hash.
  init(image directory: String, configurationName: String?) throws {
    self.directory = directory
    checkpoint = nil
    let path = directory + "/image.bin"
    let tokens = try ImageTokens(directory: directory)
    let configuration: Configuration
    if let configurationName {
      configuration = try Configuration.load(configurationName)
    } else {
      configuration = try Self.configuration(ofImage: path)
    }
    let model = try CompiledModel(imagePath: path, for: configuration, beginToken: tokens.begin, endToken: tokens.end)
    image = model
    shape = model.program.shape
  }

  /// The named configuration whose hash an image's header has.
  private static func configuration(ofImage path: String) throws -> Configuration {
    let start = try Array(MemoryImage(path: path).prefix(16))
    let words = (0..<4).map { word in start.dropFirst(4 * word).prefix(4).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    // What is no image at all is refused by whoever reads the whole header.
    guard words[0] == UInt64(ImageHeader.magic), words[1] == UInt64(ImageHeader.version) else { return .tiny }
    let hash = words[2] | words[3] << 32
    guard let configuration = Configuration.named.first(where: { $0.hash == hash }) else {
      throw Failure("\(path): was compiled for no configuration that has a name; give its JSON file with --config.")
    }
    return configuration
  }

  /// The program and image for a configuration, by name or file.
  func compiled(_ configurationName: String?) throws -> CompiledModel {
    if let image { return image }
    guard let checkpoint else { throw Failure("\(directory): holds no model.") }
    let configuration = try Configuration.load(configurationName ?? EngineFactory.defaultConfiguration)
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

/// The special tokens that `rtlgen compile` notes beside an image.
private struct ImageTokens: Decodable {
  var begin: Int?
  var end: Int?

  enum CodingKeys: String, CodingKey {
    case begin = "bos_token_id"
    case end = "eos_token_id"
  }

  init(directory: String) throws {
    let path = directory + "/summary.json"
    guard let data = FileManager.default.contents(atPath: path) else { return }
    do {
      self = try JSONDecoder().decode(ImageTokens.self, from: data)
    } catch {
      throw Failure("\(path): is not the summary that 'rtlgen compile' writes.")
    }
  }
}
