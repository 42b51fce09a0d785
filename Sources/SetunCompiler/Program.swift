import Checkpoint
import SetunMachine

/// A vector of bf16 values in the stream, loaded into a slot.
public enum VectorOperand: Hashable, Sendable {
  /// A norm weight as it is.
  case norm(NormVector)
  /// The norm weight of a BitLinear as it is.
  case inner(BitLinear)
  /// The product of a norm's weight and the BitLinear's own: two norms in one.
  case folded(NormVector, BitLinear)
  /// lb of a layer.
  case lowerBound(layer: Int)
}

/// What follows an instruction in the stream.
public enum Operand: Hashable, Sendable {
  case none
  case vector(VectorOperand)
  /// Row groups of these matrices in turns; `expand` counts as two, its halves a and b.
  case weights([BitLinear])
}

/// Which part of a model an instruction works for.
public enum ProgramPart: Hashable, Sendable, CustomStringConvertible {
  case embedding
  case layer(Int)
  case head

  public var description: String {
    switch self {
    case .embedding: "embedding"
    case .layer(let index): "layer \(index)"
    case .head: "head"
    }
  }
}

/// One instruction of a token's body with its operand and place.
public struct ProgramEntry: Hashable, Sendable {
  public var instruction: Instruction
  public var operand: Operand
  /// For people.
  public var part: ProgramPart
  public var label: String
  /// Beat of the instruction on each channel, counted from the body's start. All channels hold it.
  public var beats: [Int]
  /// Operand beats that follow, on all channels together.
  public var operandBeats: Int
  /// Steps in which they are accepted: a beat of each channel that has one.
  public var operandSteps: Int
  /// For a MATVEC: the channel of its first row group.
  public var firstChannel: Int

  /// Beat of the instruction on channel 0.
  public var beat: Int { beats[0] }
}

/// The instructions of one token's body, in stream order.
public struct Program: Hashable, Sendable {
  public let shape: ModelConfiguration
  public let configuration: Configuration
  public internal(set) var entries: [ProgramEntry] = []
  /// Beats of a channel without and with the head.
  public struct Body: Hashable, Sendable {
    public var beats = 0
    public var beatsWithHead = 0
  }

  /// The body's beats on each channel.
  public private(set) var bodies: [Body]
  /// Beats without and with the head, on all channels together.
  public var bodyBeats: Int { bodies.reduce(0) { $0 + $1.beats } }
  public var bodyBeatsWithHead: Int { bodies.reduce(0) { $0 + $1.beatsWithHead } }

  /// How many of the entries a position without the head executes.
  public var bodyEntries: Int { entries.prefix { $0.beat < bodies[0].beats }.count }

  /// Beats of one embedding row on each channel.
  public var embeddingBeats: Int { configuration.vectorBeats(of: shape.hiddenSize) }
  /// The channel of the next MATVEC's first row group.
  private var nextChannel = 0
  /// Ternary weights of a token, head included; each is used once.
  public var usefulTrits: Int {
    let d = shape.hiddenSize
    let layer = 4 * d * d + 3 * d * shape.intermediateSize
    return shape.layerCount * layer + shape.vocabularySize * d
  }
  /// Beats of weights in a token, head included.
  public var weightBeats: Int {
    entries.reduce(0) { if case .weights = $1.operand { $0 + $1.operandBeats } else { $0 } }
  }

  /// Where everything lies in the image.
  public var layout: ImageLayout { ImageLayout(self) }

  /// Schedules a model on a machine.
  ///
  /// - Parameter scale: mean|W| of a BitLinear (1 when only the layout matters).
  /// - Throws: the first capacity that the model exceeds, with both numbers.
  public init(
    shape: ModelConfiguration, configuration: Configuration, scale: (BitLinear) throws(CheckpointError) -> Double
  ) throws(CompilerError) {
    try Self.check(shape, configuration)
    self.shape = shape
    self.configuration = configuration
    bodies = Array(repeating: Body(), count: configuration.channels)
    do {
      try schedule(scale)
    } catch {
      throw .checkpoint(error)
    }
    for entry in entries {
      if let problem = entry.instruction.violation(for: configuration) {
        throw .doesNotFit("\(entry.part), \(entry.label): \(problem)")
      }
    }
  }

  private static func check(_ shape: ModelConfiguration, _ configuration: Configuration) throws(CompilerError) {
    let name = configuration.name
    func require(_ what: String, _ value: Int, _ capacity: Int) throws(CompilerError) {
      if value > capacity {
        throw .doesNotFit("the model's \(what) is \(value), but configuration '\(name)' holds \(capacity)")
      }
    }
    try require("hidden size", shape.hiddenSize, configuration.hiddenCapacity)
    try require("intermediate size", shape.intermediateSize, configuration.intermediateCapacity)
    let rounding = configuration.rowLanes == 1 ? "" : ", in multiples of \(configuration.rowLanes)"
    let state = (shape.layerCount - 1) * configuration.rowLanes * configuration.steps(of: shape.hiddenSize)
    try require(
      "recurrent state (layers x hidden size\(rounding))", state + shape.hiddenSize, configuration.stateCapacity)
    try require("vocabulary", shape.vocabularySize, configuration.vocabularyCapacity)
  }

  // MARK: Scheduling

  private mutating func append(
    _ part: ProgramPart, _ label: String, _ instruction: Instruction, _ operand: Operand = .none
  ) {
    let operands = instruction.operandBeats(configuration, firstChannel: nextChannel)
    entries.append(
      ProgramEntry(
        instruction: instruction, operand: operand, part: part, label: label, beats: bodies.map(\.beatsWithHead),
        operandBeats: operands.beats.reduce(0, +), operandSteps: operands.steps, firstChannel: nextChannel))
    for channel in bodies.indices { bodies[channel].beatsWithHead += 1 + operands.beats[channel] }
    nextChannel = operands.nextChannel
  }

  private mutating func load(_ part: ProgramPart, _ slot: UInt32, _ vector: VectorOperand, _ count: Int) {
    let label: String
    switch vector {
    case .norm(let norm): label = norm.name
    case .inner(let module): label = module.name + ".norm"
    case .folded(let norm, let module): label = norm.name + " x " + module.name + ".norm"
    case .lowerBound(let layer): label = "lower bound \(layer)"
    }
    append(part, label, Instruction(.load, ["slot": slot, "count": UInt32(count)]), .vector(vector))
  }

  private mutating func norm(_ part: ProgramPart, _ count: Int, inner: Bool, _ scales: [Double]) {
    func constant(_ value: Double) -> UInt32 {
      let bits = Assembler.float24(Float(value))
      // A machine with fewer fraction bits reads the upper ones only.
      let drop = UInt32(15 - configuration.fractionBits)
      let half: UInt32 = drop == 0 ? 0 : (1 << (drop - 1)) - 1 + (bits >> drop & 1)
      return ((bits + half) >> drop) << drop
    }
    var instruction = Instruction(.rmsNorm)
    instruction["matrices"] = UInt32(scales.count)
    instruction["inner"] = inner ? 1 : 0
    instruction["count"] = UInt32(count)
    instruction["inverse"] = constant(1 / Double(count))
    for (index, scale) in scales.enumerated() { instruction["scale\(index)"] = constant(scale / 127) }
    append(part, "norm and quantise", instruction)
  }

  private mutating func matvec(
    _ part: ProgramPart, _ label: String, _ modules: [BitLinear], shared: Bool, rows: Int, columns: Int
  ) {
    let matrices = shared ? 2 : modules.count
    let beats = configuration.words(of: columns)
    let instruction = Instruction(
      .matvec,
      ["matrices": UInt32(matrices), "shared": shared ? 1 : 0, "rows": UInt32(rows), "beats": UInt32(beats)])
    append(part, label, instruction, .weights(modules))
  }

  /// The norm weights that the statistics in front of a layer (or of the head) need.
  private mutating func loadNorms(before layer: Int) {
    let d = shape.hiddenSize
    if layer < shape.layerCount {
      let outer = NormVector.mixer(layer: layer)
      load(.layer(layer), 0, .norm(outer), d)
      for (index, module) in [BitLinear.input(layer: layer), .forget(layer: layer), .gate(layer: layer)].enumerated() {
        load(.layer(layer), UInt32(1 + index), .folded(outer, module), d)
      }
    } else {
      load(.head, 0, .norm(.final), d)
      load(.head, 1, .folded(.final, .head), d)
    }
  }

  private mutating func schedule(_ scale: (BitLinear) throws(CheckpointError) -> Double) throws(CheckpointError) {
    let d = shape.hiddenSize
    let size = UInt32(d)
    loadNorms(before: 0)
    append(.embedding, "embedding row", Instruction(.embed, ["outputs": 3, "count": size]))
    for layer in 0..<shape.layerCount {
      let part = ProgramPart.layer(layer)
      let mixer = [BitLinear.input(layer: layer), .forget(layer: layer), .gate(layer: layer)]
      load(part, 4, .lowerBound(layer: layer), d)
      load(part, 5, .norm(.gate(layer: layer)), d)
      load(part, 6, .inner(.output(layer: layer)), d)
      norm(part, d, inner: false, [try scale(mixer[0]), try scale(mixer[1]), try scale(mixer[2])])
      append(
        part, "token mixer", Instruction(.mlgru, ["count": size, "state": UInt32(layer * configuration.steps(of: d))]))
      matvec(part, "i, f, g", mixer, shared: false, rows: d, columns: d)

      load(part, 0, .norm(.channel(layer: layer)), d)
      load(part, 1, .folded(.channel(layer: layer), .expand(layer: layer)), d)
      norm(part, d, inner: false, [try scale(.output(layer: layer))])
      append(part, "residual", Instruction(.residual, ["outputs": 1, "count": size]))
      matvec(part, "o", [.output(layer: layer)], shared: false, rows: d, columns: d)

      load(part, 7, .inner(.down(layer: layer)), shape.intermediateSize)
      norm(part, d, inner: false, [try scale(.expand(layer: layer))])
      append(part, "channel mixer", Instruction(.glu, ["count": UInt32(shape.intermediateSize)]))
      matvec(part, "a, b", [.expand(layer: layer)], shared: true, rows: shape.intermediateSize, columns: d)

      loadNorms(before: layer + 1)
      norm(part, shape.intermediateSize, inner: true, [try scale(.down(layer: layer))])
      let outputs: UInt32 = layer + 1 < shape.layerCount ? 3 : 1
      append(part, "residual", Instruction(.residual, ["outputs": outputs, "count": size]))
      matvec(part, "down", [.down(layer: layer)], shared: false, rows: d, columns: shape.intermediateSize)
    }
    for channel in bodies.indices { bodies[channel].beats = bodies[channel].beatsWithHead }
    norm(.head, d, inner: false, [try scale(.head)])
    append(.head, "argmax", Instruction(.argmax, ["count": UInt32(shape.vocabularySize)]))
    matvec(.head, "logits", [.head], shared: false, rows: shape.vocabularySize, columns: d)
  }
}

/// Why a model cannot be compiled.
public enum CompilerError: Error, CustomStringConvertible, Sendable {
  case doesNotFit(String)
  case checkpoint(CheckpointError)
  case image(ImageError)

  public var description: String {
    switch self {
    case .doesNotFit(let reason): "The model does not fit the machine: \(reason)."
    case .checkpoint(let error): "\(error)"
    case .image(let error): "\(error)"
    }
  }
}
