import BuiltInModel
import Checkpoint
import Foundation
import SeededRandom
import SetunCompiler
import SetunMachine
import Testing

@Suite("Proofs of width")
struct WidthProofTests {
  private func program(_ shape: ModelConfiguration, _ machine: Configuration) throws -> Program {
    try Program(shape: shape, configuration: machine) { _ throws(CheckpointError) in 1 }
  }

  @Test("a compiled model's row sums are bounded by its own weights", arguments: Configuration.named)
  func trainedModel(machine: Configuration) throws {
    let checkpoint = try Checkpoint(directory: BuiltInModel.directory)
    let proof = try CompiledModel(checkpoint, for: machine).widths
    let shape = checkpoint.configuration
    func largest(_ quantity: String) throws -> UInt64 {
      try #require(proof.bounds.first { $0.quantity == quantity }?.largest)
    }
    // Counted anew from the trits, not from the planes in which they are held.
    func count(_ modules: [BitLinear]) throws -> Int {
      var most = 0
      for module in modules {
        let matrix = try checkpoint.ternary(module)
        var row = [Int8](repeating: 0, count: matrix.columns)
        for index in 0..<matrix.rows {
          matrix.unpack(row: index, into: &row)
          most = max(most, row.reduce(0) { $0 + abs(Int($1)) })
        }
      }
      return most
    }
    let layers = 0..<shape.layerCount
    #expect(try largest("row sum of down") == UInt64(127 * count(layers.map { .down(layer: $0) })))
    #expect(try largest("row sum of o") == UInt64(127 * count(layers.map { .output(layer: $0) })))
    #expect(try largest("row sum of the head") == UInt64(127 * count([.head])))
    let mixer = try count(layers.flatMap { [.input(layer: $0), .forget(layer: $0), .gate(layer: $0)] })
    #expect(try largest("row sum of i, f and g") == UInt64(127 * mixer))
    #expect(!proof.bounds.contains { !$0.holds })
  }

  @Test("the largest model of a configuration fits its widths, whatever the weights")
  func largestModels() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      var machine = Configuration.tiny
      machine.beatBits = [128, 256, 512].randomElement(using: &generator) ?? 128
      machine.burstBeats = 1 << Int.random(in: 0...6, using: &generator)
      machine.fifoBeats = 1 << Int.random(in: 7...16, using: &generator)
      machine.hiddenCapacity = Int.random(in: machine.lanes...2048, using: &generator)
      machine.intermediateCapacity = Int.random(in: machine.lanes...8192, using: &generator)
      machine.vocabularyCapacity = Int.random(in: 2...65535, using: &generator)
      machine.stateCapacity = 2 * machine.hiddenCapacity
      try machine.validate()
      let shape = ModelConfiguration(
        hiddenSize: machine.hiddenCapacity, intermediateSize: machine.intermediateCapacity, layerCount: 2,
        vocabularySize: machine.vocabularyCapacity)
      let proof = try WidthProof(try program(shape, machine))
      #expect(!proof.bounds.contains { !$0.holds })
    }
  }

  @Test("a register of one bit less than a sum needs is refused with the numbers")
  func narrowRegister() throws {
    let shape = ModelConfiguration(hiddenSize: 256, intermediateSize: 768, layerCount: 2, vocabularySize: 2048)
    let program = try program(shape, .tiny)
    let need = try #require(
      try WidthProof(program).bounds.first { $0.quantity == "row sum of down" }?.needed)
    #expect(need == 18)
    var widths = MachineWidths(.tiny)
    widths.rowSum = need
    _ = try WidthProof(program, widths: widths)
    widths.rowSum = need - 1
    let error = #expect(throws: CompilerError.self) { try WidthProof(program, widths: widths) }
    #expect(
      error?.description
        == "The model does not fit the machine: the row sum of down can reach 97536 (768 of 768 weights "
        + "in a row x 127), which takes 18 bits where the machine has 17.")
    // Weights that are 0 make room again.
    let down = (0..<2).map { BitLinear.down(layer: $0) }
    _ = try WidthProof(
      program, weights: Dictionary(uniqueKeysWithValues: down.map { ($0, 500) }), widths: widths)
  }

  @Test(
    "every width that is proved refuses a program when it is too small",
    arguments: [
      (\MachineWidths.beatSum, "sum of a beat"), (\.beats, "beats of a body"), (\.offset, "offset of the embeddings"),
      (\.address, "address in the image"), (\.embeddingBeats, "beats of an embedding row"), (\.token, "token"),
      (\.count, "rows and elements"), (\.groupBeats, "beats of a row group"), (\.state, "first word of a state"),
      (\.fifo, "beats in the stream FIFO"), (\.queue, "slots in the row-sum queue"), (\.statistics, "beats of a run"),
    ] as [(WritableKeyPath<MachineWidths, Int> & Sendable, String)])
  func everyWidth(path: WritableKeyPath<MachineWidths, Int> & Sendable, quantity: String) throws {
    let shape = ModelConfiguration(hiddenSize: 256, intermediateSize: 768, layerCount: 2, vocabularySize: 2048)
    let program = try program(shape, .tiny)
    let bound = try #require(try WidthProof(program).bounds.first { $0.quantity == quantity })
    var widths = MachineWidths(.tiny)
    widths[keyPath: path] = try #require(bound.needed) - 1
    let error = #expect(throws: CompilerError.self) { try WidthProof(program, widths: widths) }
    #expect(error?.description.contains("the \(quantity) can reach") == true, "\(error?.description ?? "")")
  }

  @Test("an image beyond the header's offsets is refused before a weight is read")
  func hugeImage() throws {
    var machine = Configuration.wide
    machine.hiddenCapacity = 16384
    machine.intermediateCapacity = 45056
    machine.stateCapacity = 8 * 16384
    try machine.validate()
    let shape = ModelConfiguration(hiddenSize: 16384, intermediateSize: 45056, layerCount: 8, vocabularySize: 32000)
    let program = try program(shape, machine)
    let error = #expect(throws: CompilerError.self) { try WidthProof(program) }
    #expect(
      error?.description == "The model does not fit the machine: the offset of the embeddings can reach "
        + "\(program.layout.embeddingOffset) (bytes after the body), which takes 33 bits where the machine has 32.")
  }

  @Test("the proof is a JSON array with the numbers")
  func encoding() throws {
    let proof = try WidthProof(try program(ModelConfiguration(hiddenSize: 16, layerCount: 1, vocabularySize: 9), .tiny))
    let rows = try #require(
      try JSONSerialization.jsonObject(with: try JSONEncoder().encode(proof)) as? [[String: Any]])
    #expect(rows.count == proof.bounds.count)
    let beat = try #require(rows.first)
    #expect(beat["quantity"] as? String == "sum of a beat" && beat["largest"] as? Int == 2032)
    #expect(beat["bits"] as? Int == 12 && beat["bits_needed"] as? Int == 12 && beat["signed"] as? Bool == true)
    #expect(rows.compactMap { $0["rule"] as? String }.filter { $0 == "saturates" }.count == 1)
  }
}
