import ArgumentParser
import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Make checkpoints with random weights, and look into checkpoints.",
    subcommands: [RandomModelCommand.self, InspectModelCommand.self])
}

struct RandomModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "random",
    abstract: "Write a checkpoint with random F16 weights, in the format of the released ones.",
    discussion: """
      For trying sizes: config.json and model.safetensors, no tokenizer. The same shape and seed give the same bytes. OUT \
      must not exist or be empty; nothing remains of a checkpoint that could not be completed.
      """)

  @Option(name: .long, help: "370m, 1.3b, 2.7b, or DxL: hidden size and layers, such as 256x4.")
  var shape: ModelShape

  @Option(name: .long, help: "Vocabulary.")
  var vocab = 32000

  @Option(name: .long, help: "Seed, 0 to 2^64 - 1.")
  var seed: UInt64

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out: String

  func validate() throws {
    // BOS is 1 and EOS is 2.
    guard (3...1 << 20).contains(vocab) else { throw ValidationError("--vocab must be 3 to \(1 << 20).") }
  }

  func run() throws {
    let configuration = ModelConfiguration(
      hiddenSize: shape.hiddenSize, layerCount: shape.layerCount, vocabularySize: vocab)
    var progress = Progress("Writing")
    defer { progress.finish() }
    try RandomCheckpoint.write(configuration, seed: seed, to: out) { progress.update($0) }
  }
}

/// A model's size by name or by its numbers.
struct ModelShape: ExpressibleByArgument {
  let hiddenSize: Int
  let layerCount: Int

  private static let released = ["370m": (1024, 24), "1.3b": (2048, 24), "2.7b": (2560, 32)]

  init?(argument: String) {
    if let (size, layers) = Self.released[argument.lowercased()] {
      (hiddenSize, layerCount) = (size, layers)
      return
    }
    let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let size = parts[0], let layers = parts[1], (1...1 << 16).contains(size),
      (1...1024).contains(layers)
    else { return nil }
    (hiddenSize, layerCount) = (size, layers)
  }
}

struct InspectModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a checkpoint holds: shapes, sizes, its ternary weights, and which configurations it fits.")

  @Argument(help: "Directory of a checkpoint.", completion: .directory)
  var directory: String

  @Flag(name: .long, help: "Print one JSON object instead of the tables.")
  var json = false

  func run() throws {
    let checkpoint = try Checkpoint(directory: directory)
    var progress = Progress("Ternarising")
    let inspection = try Inspection(checkpoint) { progress.update($0) }
    progress.finish()
    if json { try Console.write(json: inspection) } else { Console.write(inspection.text) }
  }
}

/// What there is to say about a checkpoint.
struct Inspection: Encodable {
  struct Shape: Encodable {
    let hiddenSize: Int
    let intermediateSize: Int
    let layers: Int
    let vocabulary: Int

    enum CodingKeys: String, CodingKey {
      case layers, vocabulary
      case hiddenSize = "hidden_size"
      case intermediateSize = "intermediate_size"
    }
  }

  /// All matrices of one kind.
  struct Kind: Encodable {
    let kind: String
    let rows: Int
    let columns: Int
    let matrices: Int
    let type: String
    /// Shares of -1, 0 and +1 after ternarisation.
    let negative: Double
    let zero: Double
    let positive: Double
    /// mean|W|: the smallest, the mean and the largest of the matrices.
    let scaleMinimum: Double
    let scaleMean: Double
    let scaleMaximum: Double

    enum CodingKeys: String, CodingKey {
      case kind, rows, columns, matrices, type, negative, zero, positive
      case scaleMinimum = "mean_magnitude_minimum"
      case scaleMean = "mean_magnitude"
      case scaleMaximum = "mean_magnitude_maximum"
    }
  }

  struct Fit: Encodable {
    let configuration: String
    /// Nil when the model fits.
    let problem: String?
    let predictedCyclesPerToken: Int?

    enum CodingKeys: String, CodingKey {
      case configuration, problem, fits
      case predictedCyclesPerToken = "predicted_cycles_per_token"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(configuration, forKey: .configuration)
      try container.encode(problem == nil, forKey: .fits)
      try container.encode(problem, forKey: .problem)
      try container.encode(predictedCyclesPerToken, forKey: .predictedCyclesPerToken)
    }
  }

  let directory: String
  let shape: Shape
  let tensors: Int
  let parameters: Int
  let ternaryParameters: Int
  let bytes: Int
  let hasTokenizer: Bool
  let kinds: [Kind]
  let configurations: [Fit]

  enum CodingKeys: String, CodingKey {
    case directory, shape, tensors, parameters, bytes, configurations
    case ternaryParameters = "ternary_parameters"
    case hasTokenizer = "has_tokenizer"
    case kinds = "matrices"
  }

  init(_ checkpoint: Checkpoint, progress: (Double) -> Void) throws {
    let configuration = checkpoint.configuration
    directory = checkpoint.directory
    shape = Shape(
      hiddenSize: configuration.hiddenSize, intermediateSize: configuration.intermediateSize,
      layers: configuration.layerCount, vocabulary: configuration.vocabularySize)
    let all = checkpoint.allTensors
    tensors = all.count
    parameters = all.reduce(0) { $0 + $1.count }
    bytes = all.reduce(0) { $0 + $1.count * $1.elementType.byteCount }
    hasTokenizer = FileManager.default.fileExists(atPath: checkpoint.directory + "/tokenizer.json")

    let layers = 0..<configuration.layerCount
    let groups: [(String, [BitLinear])] = [
      ("attn.i_proj", layers.map { .input(layer: $0) }), ("attn.f_proj", layers.map { .forget(layer: $0) }),
      ("attn.g_proj", layers.map { .gate(layer: $0) }), ("attn.o_proj", layers.map { .output(layer: $0) }),
      ("mlp.gate_proj", layers.map { .expand(layer: $0) }), ("mlp.down_proj", layers.map { .down(layer: $0) }),
      ("lm_head", [.head]),
    ]
    var kinds: [Kind] = []
    var ternary = 0
    for (number, (name, modules)) in groups.enumerated() {
      var statistics = TernaryStatistics()
      for (index, module) in modules.enumerated() {
        progress((Double(number) + Double(index) / Double(modules.count)) / Double(groups.count))
        statistics.add(try checkpoint.ternary(module))
      }
      ternary += statistics.count
      let module = modules[0]
      kinds.append(
        Kind(
          kind: name, rows: module.rows(in: configuration), columns: module.columns(in: configuration),
          matrices: modules.count, type: try checkpoint.tensor(module.name + ".weight").elementType.rawValue,
          negative: statistics.share(statistics.negative), zero: statistics.share(statistics.zero),
          positive: statistics.share(statistics.positive), scaleMinimum: statistics.scales.min() ?? 0,
          scaleMean: statistics.scales.reduce(0, +) / Double(modules.count), scaleMaximum: statistics.scales.max() ?? 0)
      )
    }
    self.kinds = kinds
    ternaryParameters = ternary
    configurations = Configuration.named.map { machine in
      do {
        let program = try Program(shape: configuration, configuration: machine) { _ throws(CheckpointError) in 1 }
        _ = try WidthProof(program)
        return Fit(
          configuration: machine.name, problem: nil, predictedCyclesPerToken: Prediction(program).cyclesPerToken)
      } catch {
        return Fit(configuration: machine.name, problem: "\(error)", predictedCyclesPerToken: nil)
      }
    }
  }

  var text: String {
    var facts = Table(["what", "value"])
    facts.add(["hidden size", "\(shape.hiddenSize)"])
    facts.add(["intermediate size", "\(shape.intermediateSize)"])
    facts.add(["layers", "\(shape.layers)"])
    facts.add(["vocabulary", "\(shape.vocabulary)"])
    facts.add(["tensors", "\(tensors)"])
    facts.add(["parameters", "\(parameters)"])
    facts.add(["  of ternary matrices", "\(ternaryParameters)"])
    facts.add(["bytes", "\(bytes)"])
    var matrices = Table(["matrix", "rows", "columns", "number", "type", "-1", "0", "+1", "mean |W|", "from", "to"])
    func percent(_ share: Double) -> String { String(format: "%.2f%%", 100 * share) }
    func number(_ value: Double) -> String { String(format: "%.6f", value) }
    for kind in kinds {
      matrices.add([
        kind.kind, "\(kind.rows)", "\(kind.columns)", "\(kind.matrices)", kind.type, percent(kind.negative),
        percent(kind.zero), percent(kind.positive), number(kind.scaleMean), number(kind.scaleMinimum),
        number(kind.scaleMaximum),
      ])
    }
    let fits = configurations.map { fit in
      if let problem = fit.problem { return "\(fit.configuration): \(problem)\n" }
      return "\(fit.configuration): fits, \(fit.predictedCyclesPerToken ?? 0) cycles per token predicted\n"
    }
    return facts.text + "tokenizer: \(hasTokenizer ? "yes" : "no")\n\n" + matrices.text + "\n" + fits.joined()
  }
}

/// Counts of trits over several matrices.
private struct TernaryStatistics {
  private(set) var count = 0
  private(set) var negative = 0
  private(set) var zero = 0
  private(set) var scales: [Double] = []
  var positive: Int { count - negative - zero }

  mutating func add(_ matrix: TernaryMatrix) {
    let size = matrix.rows * matrix.columns
    let nonzero = matrix.nonzeroCount
    count += size
    zero += size - nonzero
    negative += matrix.negativeCount
    scales.append(matrix.scale)
  }

  func share(_ part: Int) -> Double { count == 0 ? 0 : Double(part) / Double(count) }
}
