import Checkpoint
import Foundation
import SeededRandom
import SetunCompiler
import SetunMachine
import SetunSimulator

/// A small random model, compiled, with what the simulator says of its runs.
final class BenchFixture {
  let compiled: CompiledModel
  let image: [UInt8]
  let imageBase: Int
  private var results: [String: RunResult] = [:]
  private var rows: [String: [[Float]]] = [:]

  var configuration: Configuration { compiled.configuration }
  var vocabulary: Int { compiled.header.vocabulary }

  /// - Parameters:
  ///   - shape: with several channels, whose row groups have two beats at least, sizes that would give one are made larger
  ///     by a beat.
  ///   - imageBase: where the image lies, a multiple of 4096.
  init(_ configuration: Configuration, _ shape: ModelConfiguration, seed: UInt64 = 1, imageBase: Int = 0) throws {
    func size(_ given: Int) -> Int {
      configuration.channels > 1 && given <= configuration.lanes ? given + configuration.lanes : given
    }
    let shape = ModelConfiguration(
      hiddenSize: size(shape.hiddenSize), intermediateSize: size(shape.intermediateSize),
      layerCount: shape.layerCount, vocabularySize: shape.vocabularySize, beginToken: shape.beginToken,
      endToken: shape.endToken)
    let directory = FileManager.default.temporaryDirectory.appending(path: "setun-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try RandomCheckpoint.write(shape, seed: seed, to: directory)
    compiled = try CompiledModel(try Checkpoint(directory: directory), for: configuration)
    image = Array(compiled.image)
    self.imageBase = imageBase
  }

  /// A model that is compiled already, at address 0.
  init(_ compiled: CompiledModel) {
    self.compiled = compiled
    image = Array(compiled.image)
    imageBase = 0
  }

  /// Less than one FIFO of beats a token, nothing a power of two.
  static func small(_ configuration: Configuration) throws -> BenchFixture {
    try BenchFixture(
      configuration, ModelConfiguration(hiddenSize: 24, intermediateSize: 40, layerCount: 2, vocabularySize: 37))
  }

  /// More than one FIFO of beats a token on the narrowest machine; lies beyond 4 GiB.
  static func long(_ configuration: Configuration) throws -> BenchFixture {
    try BenchFixture(
      configuration, ModelConfiguration(hiddenSize: 64, intermediateSize: 112, layerCount: 2, vocabularySize: 130),
      seed: 2, imageBase: 0x12_3456_7000)
  }

  /// A little more than one FIFO of beats a token, without and with the head: what is over is one burst; nil when no
  /// model of two narrow layers has that many.
  static func barelyLong(_ configuration: Configuration) throws -> BenchFixture? {
    for intermediate in stride(from: 20, through: configuration.intermediateCapacity, by: 10) {
      let fixture = try BenchFixture(
        configuration,
        ModelConfiguration(hiddenSize: 24, intermediateSize: intermediate, layerCount: 2, vocabularySize: 9))
      let bodies = fixture.compiled.program.bodies
      guard bodies.allSatisfy({ $0.beats > configuration.fifoBeats }) else { continue }
      let limit = configuration.fifoBeats + configuration.burstBeats
      return bodies.allSatisfy { $0.beatsWithHead <= limit } ? fixture : nil
    }
    return nil
  }

  /// A random shape of few beats.
  static func random(_ configuration: Configuration, seed: UInt64) throws -> BenchFixture {
    var random = SeededGenerator(seed: seed)
    let shape = ModelConfiguration(
      hiddenSize: random.pick(2...70), intermediateSize: random.pick(1...130), layerCount: random.pick(1...2),
      vocabularySize: random.pick(2...150), beginToken: nil, endToken: nil)
    return try BenchFixture(configuration, shape, seed: seed, imageBase: random.pick(0...1 << 27) << 12)
  }

  /// The shape, for people.
  var shapeText: String {
    let shape = compiled.program.shape
    return
      "d \(shape.hiddenSize) I \(shape.intermediateSize) layers \(shape.layerCount) vocabulary \(shape.vocabularySize)"
  }

  private func key(_ request: RunRequest, _ memory: MemoryModel) -> String {
    "\(request) \(memory) \(memory.latency)"
  }

  private struct Rows: RunObserver {
    var rows: [[Float]] = []
    mutating func token(_ id: Int, stream: Int, cycle: Int, isGenerated: Bool) {}
    mutating func logits(_ values: [Float], stream: Int) { rows.append(values) }
  }

  /// The simulator's run from a cleared state; computed once.
  func expected(_ request: RunRequest, _ memory: MemoryModel) throws -> RunResult {
    let key = key(request, memory)
    if let known = results[key] { return known }
    var simulator = MachineSimulator(compiled, imageBase: imageBase)
    var observer = Rows()
    let result = try simulator.run(request, memory: memory, records: true, observer: &observer)
    results[key] = result
    rows[key] = observer.rows
    return result
  }

  /// The logits of the positions with a head, in order.
  func expectedLogits(_ request: RunRequest, _ memory: MemoryModel) throws -> [[Float]] {
    _ = try expected(request, memory)
    return rows[key(request, memory)] ?? []
  }

  /// A prompt of `count` tokens.
  func prompt(_ count: Int, seed: UInt64 = 1) -> [Int] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in random.pick(0...vocabulary - 1) }
  }
}
