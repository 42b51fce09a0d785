import Files
import Foundation
import SetunMachine

extension CompiledModel {
  /// The image in a directory that `rtlgen compile` wrote.
  public static let imageName = "image.bin"
  /// What `rtlgen compile` says of the image, the model's special tokens included.
  public static let summaryName = "summary.json"

  /// Takes up what `rtlgen compile` wrote to a directory; see `init(_:for:beginToken:endToken:)`.
  ///
  /// - Parameter configuration: what the image was compiled for; nil finds the named configuration by its hash.
  public init(directory: String, for configuration: Configuration? = nil) throws(ImageError) {
    let path = directory + "/" + Self.imageName
    let image = try MemoryImage(path: path)
    let tokens = try SpecialTokens(summary: directory + "/" + Self.summaryName)
    do {
      try self.init(
        image, for: try Self.configuration(of: image, given: configuration), beginToken: tokens.begin,
        endToken: tokens.end)
    } catch {
      throw ImageError("\(path): \(error.description)")
    }
  }

  /// The configuration given, else the named one whose hash an image's header has.
  private static func configuration(
    of image: MemoryImage, given: Configuration?
  ) throws(ImageError) -> Configuration {
    if let given { return given }
    // What is no image at all is refused by whoever reads the whole header.
    guard let hash = ImageHeader.configurationHash(of: image) else { return .tiny }
    guard let configuration = Configuration.named.first(where: { $0.hash == hash }) else {
      throw ImageError("The image was compiled for no configuration that has a name; give its JSON file with --config.")
    }
    return configuration
  }
}

/// The special tokens that `rtlgen compile` notes beside an image.
private struct SpecialTokens: Decodable {
  var begin: Int?
  var end: Int?

  enum CodingKeys: String, CodingKey {
    case begin = "bos_token_id"
    case end = "eos_token_id"
  }

  /// No tokens where there is no such file.
  init(summary path: String) throws(ImageError) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    do {
      self = try JSONDecoder().decode(SpecialTokens.self, from: try TextFile.contents(path))
    } catch {
      throw ImageError("\(path): is not the summary that 'rtlgen compile' writes.")
    }
  }
}
