import ArgumentParser
import Files
import Foundation
import SetunBoard
import SetunCompiler
import SetunExploration
import SetunMachine

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Compile a checkpoint to program and memory image.",
    discussion: """
      Writes OUT/image.bin (what lies in the accelerator's memory), OUT/program.lst (every instruction with its beat, operand \
      and predicted cycles), OUT/summary.json and, when the checkpoint has one, its tokenizer.json. The other commands run \
      it with --image OUT.
      """)

  @OptionGroup var model: ModelOptions

  @OptionGroup var machine: MachineOptions

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out: String

  @Option(
    name: .long,
    help:
      "Refuse what does not fit the block RAM of this device: for weights on the chip. A board's configuration implies it."
  )
  var device: String?

  @Flag(name: .long, help: "Print one JSON object instead of the table.")
  var json = false

  func run() throws {
    let compiled = try ModelSource(try model.checkpoint()).compiled(for: machine.choice)
    let board = Board.all.first { $0.configuration == compiled.configuration }
    if let device = device ?? board?.device {
      try OnChipBudget(compiled, device: try ResourceBudget.named(device)).check()
    }
    let prediction = Prediction(compiled.program)
    let summary = Summary(compiled, prediction)
    try write(compiled, prediction, summary)
    if json {
      try Console.write(json: summary)
    } else {
      Console.write(summary.table)
    }
  }

  /// All files or none.
  private func write(_ compiled: CompiledModel, _ prediction: Prediction, _ summary: Summary) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    // The image is not copied for this; it lives as long as `compiled`.
    let bytes = compiled.image.bytes
    let image = bytes.baseAddress.map {
      Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: $0), count: bytes.count, deallocator: .none)
    }
    var files: [(String, Data)] = [
      (CompiledModel.imageName, image ?? Data()), ("program.lst", Data(listing(compiled, prediction).utf8)),
      (CompiledModel.summaryName, try encoder.encode(summary)),
    ]
    // Beside its own checkpoint the tokenizer is there already.
    let isElsewhere = Self.resolved(out) != Self.resolved(model.directory)
    let tokenizer = isElsewhere ? FileManager.default.contents(atPath: model.directory + "/tokenizer.json") : nil
    if let tokenizer { files.append(("tokenizer.json", tokenizer)) }
    // One of another model would give wrong text.
    try OutputDirectory.write(files, to: out, removing: isElsewhere && tokenizer == nil ? ["tokenizer.json"] : [])
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
  }

  /// The program as a person reads it, and as `rtlgen asm` does.
  private func listing(_ compiled: CompiledModel, _ prediction: Prediction) -> String {
    var lines = [
      "# \(compiled.configuration.name), d \(compiled.program.shape.hiddenSize), \(compiled.program.shape.layerCount) layers",
      "# beat: of the instruction in a token's body; operand: beats that follow it;",
      "# accepted, retired: predicted cycles after the token is known",
    ]
    var part: ProgramPart?
    for (entry, span) in zip(compiled.program.entries, prediction.spans) {
      if entry.part != part {
        lines.append("\n# \(entry.part)")
        part = entry.part
      }
      let text = Assembler.disassemble(entry.instruction)
      let padded = text + String(repeating: " ", count: max(1, 96 - text.count))
      lines.append(
        "\(padded)# beat \(entry.beat), operand \(entry.operandBeats), accepted \(span.accepted), retired \(span.retired): \(entry.label)"
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// What a compiled model amounts to.
private struct Summary: Encodable {
  let configuration: String
  let configurationHash: String
  let beginToken: Int?
  let endToken: Int?
  let imageBytes: Int
  let instructions: Int
  let bodyBeats: Int
  let weightBeats: Int
  let vectorBeats: Int
  let embeddingBeats: Int
  let usefulTrits: Int
  let paddingTrits: Int
  let bytesPerToken: Int
  /// Bytes a token reads over the entropy of its ternary weights.
  let bytesOverEntropy: Double
  let predictedCyclesPerToken: Int
  let predictedStreamUtilisation: Double
  let widths: WidthProof

  init(_ compiled: CompiledModel, _ prediction: Prediction) {
    let program = compiled.program
    let machine = compiled.configuration
    configuration = machine.name
    configurationHash = String(machine.hash, radix: 16)
    beginToken = program.shape.beginToken
    endToken = program.shape.endToken
    imageBytes = compiled.image.count
    instructions = program.entries.count
    bodyBeats = program.bodyBeatsWithHead
    weightBeats = program.weightBeats
    vectorBeats = program.bodyBeatsWithHead - program.weightBeats - machine.channels * program.entries.count
    embeddingBeats = program.embeddingBeats
    usefulTrits = program.usefulTrits
    paddingTrits = program.weightBeats * machine.lanes * 5 - program.usefulTrits
    let traffic = program.traffic
    bytesPerToken = traffic.total
    bytesOverEntropy = traffic.overEntropy
    predictedCyclesPerToken = prediction.cyclesPerToken
    predictedStreamUtilisation = prediction.streamUtilisation(program)
    widths = compiled.widths
  }

  enum CodingKeys: String, CodingKey {
    case configuration, instructions, widths
    case configurationHash = "configuration_hash"
    case beginToken = "bos_token_id"
    case endToken = "eos_token_id"
    case imageBytes = "image_bytes"
    case bodyBeats = "body_beats"
    case weightBeats = "weight_beats"
    case vectorBeats = "vector_beats"
    case embeddingBeats = "embedding_beats"
    case usefulTrits = "useful_trits"
    case paddingTrits = "padding_trits"
    case bytesPerToken = "bytes_per_token"
    case bytesOverEntropy = "bytes_over_entropy"
    case predictedCyclesPerToken = "predicted_cycles_per_token"
    case predictedStreamUtilisation = "predicted_stream_utilisation"
  }

  var table: String {
    var table = Table(["what", "value"])
    table.add(["image, bytes", "\(imageBytes)"])
    table.add(["instructions of a token", "\(instructions)"])
    table.add(["beats of a token's body", "\(bodyBeats)"])
    table.add(["  of weights", "\(weightBeats)"])
    table.add(["  of norm weights and bounds", "\(vectorBeats)"])
    table.add(["beats of an embedding row", "\(embeddingBeats)"])
    table.add(["useful trits", "\(usefulTrits)"])
    table.add(["padding trits", "\(paddingTrits)"])
    table.add(["bytes read per token", "\(bytesPerToken)"])
    table.add(["  over log2(3)/8 x weights", String(format: "%.4f", bytesOverEntropy)])
    table.add(["predicted cycles per token", "\(predictedCyclesPerToken)"])
    table.add(["predicted stream utilisation", String(format: "%.4f", predictedStreamUtilisation)])
    var proof = Table(["proved not to overflow", "largest", "bits needed", "bits", "because"])
    for bound in widths.bounds {
      guard bound.rule == .fits, let largest = bound.largest, let needed = bound.needed else { continue }
      proof.add([bound.quantity, "\(largest)", "\(needed)", "\(bound.bits)", bound.reason])
    }
    let others = widths.bounds.filter { $0.rule != .fits }.map { bound in
      "\(bound.quantity), \(bound.bits) bits, \(bound.rule.rawValue): \(bound.reason)\n"
    }
    return table.text + "\n" + proof.text + "\n" + others.joined()
  }
}
