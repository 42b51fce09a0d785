import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator

/// The models in `Tests/Fixtures`.
enum Fixture: String, CaseIterable {
  case tales1M = "tales-1m"
  case tales5M = "tales-5m"

  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  var path: String { Self.directory + "/" + rawValue }
  func checkpoint() throws -> Checkpoint { try Checkpoint(directory: path) }
  func golden() throws -> SafetensorsFile { try SafetensorsFile(path: path + "/golden.safetensors") }
  func compiled(for configuration: Configuration) throws -> CompiledModel {
    try CompiledModel(checkpoint(), for: configuration)
  }
}

/// Keeps the tokens and logits of a run.
struct RunTranscript: RunObserver {
  var tokens: [Int] = []
  /// The stream of each token and row.
  var streams: [Int] = []
  var cycles: [Int] = []
  var rows: [[Float]] = []
  var keepsLogits = true

  mutating func token(_ id: Int, stream: Int, cycle: Int, isGenerated: Bool) {
    tokens.append(id)
    streams.append(stream)
    cycles.append(cycle)
  }

  /// The rows of a stream, in the order of its positions.
  func rows(stream: Int) -> [[Float]] { zip(rows, streams).filter { $1 == stream }.map(\.0) }
  /// The tokens of a stream, in the order of its positions.
  func tokens(stream: Int) -> [Int] { zip(tokens, streams).filter { $1 == stream }.map(\.0) }

  mutating func logits(_ values: [Float], stream: Int) { if keepsLogits { rows.append(values) } }
}
