import Checkpoint
import Foundation

/// The models in `Tests/Fixtures`.
enum Fixture: String, CaseIterable {
  case tales1M = "tales-1m"
  case tales5M = "tales-5m"

  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  var path: String { Self.directory + "/" + rawValue }
  func checkpoint() throws -> Checkpoint { try Checkpoint(directory: path) }
  func golden() throws -> SafetensorsFile { try SafetensorsFile(path: path + "/golden.safetensors") }
}

/// A directory for one test, which removes it when it ends.
struct TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/checkpoint-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}
