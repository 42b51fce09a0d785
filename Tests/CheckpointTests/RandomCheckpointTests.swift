import Checkpoint
import Foundation
import Testing

@Suite("Random checkpoints")
struct RandomCheckpointTests {
  private let shape = ModelConfiguration(hiddenSize: 96, layerCount: 2, vocabularySize: 777)

  private func withDirectory(_ body: (TemporaryDirectory) throws -> Void) throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    try body(directory)
  }

  @Test("one loads as a checkpoint of that shape, and its logits are finite")
  func loads() throws {
    try withDirectory { directory in
      try RandomCheckpoint.write(shape, seed: 1, to: directory.file("model"))
      let checkpoint = try Checkpoint(directory: directory.file("model"))
      #expect(checkpoint.configuration == shape)
      #expect(checkpoint.allTensors.allSatisfy { $0.elementType == .f16 })
      var engine = ReferenceEngine(try ReferenceModel(checkpoint))
      let logits = try engine.logits([1, 5, 776, 0])
      #expect(logits.count == 4 * 777 && logits.allSatisfy { $0.isFinite && abs($0) < 100 })
      #expect(Set(logits).count > 1000)
    }
  }

  @Test("weights have mean 0 and deviation 1/sqrt(columns)")
  func statistics() throws {
    try withDirectory { directory in
      try RandomCheckpoint.write(shape, seed: 2, to: directory.file("model"))
      let weights = try Checkpoint(directory: directory.file("model")).vector("lm_head.weight").map(Double.init)
      let mean = weights.reduce(0, +) / Double(weights.count)
      let variance = weights.reduce(0) { $0 + $1 * $1 } / Double(weights.count)
      // 74592 values: the errors of the estimates are near 0.0004 and 0.0004 of the deviation.
      #expect(abs(mean) < 0.002)
      #expect(abs(variance * 96 - 1) < 0.03)
    }
  }

  @Test("the same seed gives the same bytes, another seed others")
  func seeds() throws {
    try withDirectory { directory in
      for (name, seed) in [("a", UInt64(3)), ("b", 3), ("c", 4)] {
        try RandomCheckpoint.write(shape, seed: seed, to: directory.file(name))
      }
      func bytes(_ name: String) -> Data? {
        FileManager.default.contents(atPath: directory.file(name + "/model.safetensors"))
      }
      #expect(bytes("a") != nil && bytes("a") == bytes("b") && bytes("a") != bytes("c"))
    }
  }

  @Test("a directory with something in it is refused and left as it is")
  func occupied() throws {
    try withDirectory { directory in
      try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file("kept")))
      #expect(throws: CheckpointError.file(path: directory.path, problem: "is not empty")) {
        try RandomCheckpoint.write(shape, seed: 1, to: directory.path)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["kept"])
    }
  }

  @Test("where it cannot be written, nothing is left")
  func unwritable() throws {
    try withDirectory { directory in
      try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file("file")))
      #expect(throws: CheckpointError.self) {
        try RandomCheckpoint.write(shape, seed: 1, to: directory.file("file/model"))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["file"])
    }
  }
}
