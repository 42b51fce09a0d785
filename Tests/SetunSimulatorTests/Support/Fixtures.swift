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

/// The splitmix64 generator: random tests are repeated with the seed they print.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// Keeps the tokens and logits of a run.
struct RunTranscript: RunObserver {
  var tokens: [Int] = []
  var cycles: [Int] = []
  var rows: [[Float]] = []
  var keepsLogits = true

  mutating func token(_ id: Int, cycle: Int, isGenerated: Bool) {
    tokens.append(id)
    cycles.append(cycle)
  }

  mutating func logits(_ values: [Float]) { if keepsLogits { rows.append(values) } }
}
