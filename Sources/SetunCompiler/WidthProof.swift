import Checkpoint
import SetunMachine
import TernaryArithmetic

/// The proof that nothing a program makes the machine count or add leaves its register.
///
/// For every such quantity it holds the largest value that the program can reach and the register's bits; making one
/// throws when a value does not fit.
public struct WidthProof: Hashable, Sendable, Encodable {
  /// What happens at the end of a register's range.
  public enum Rule: String, Hashable, Sendable, Encodable {
    /// The range is never left: this is what is proved.
    case fits
    /// The value stays at the largest one, as documented.
    case saturates
    /// The value begins anew, as documented.
    case wraps
  }

  public struct Bound: Hashable, Sendable, Encodable {
    public let quantity: String
    /// The largest magnitude; nil where the register's own end is the largest.
    public let largest: UInt64?
    public let isSigned: Bool
    /// The register's bits.
    public let bits: Int
    public let rule: Rule
    /// How the largest value comes about.
    public let reason: String

    /// The bits that the largest value takes.
    public var needed: Int? {
      largest.map { max(1, UInt64.bitWidth - $0.leadingZeroBitCount) + (isSigned ? 1 : 0) }
    }
    public var holds: Bool { rule != .fits || needed.map { $0 <= bits } ?? true }

    enum CodingKeys: String, CodingKey {
      case quantity, largest, bits, rule, reason
      case isSigned = "signed"
      case needed = "bits_needed"
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(quantity, forKey: .quantity)
      try container.encode(largest, forKey: .largest)
      try container.encode(isSigned, forKey: .isSigned)
      try container.encode(bits, forKey: .bits)
      try container.encode(needed, forKey: .needed)
      try container.encode(rule, forKey: .rule)
      try container.encode(reason, forKey: .reason)
    }
  }

  public let bounds: [Bound]

  public func encode(to encoder: any Encoder) throws { try bounds.encode(to: encoder) }

  /// Proves a program on its machine.
  ///
  /// - Parameters:
  ///   - weights: for each BitLinear the largest number of weights in a row that are not 0; where it is missing, every
  ///     weight counts.
  ///   - widths: other widths than the machine's, for tests.
  /// - Throws: the first quantity that does not fit, with both numbers.
  public init(
    _ program: Program, weights: [BitLinear: Int] = [:], widths: MachineWidths? = nil
  ) throws(CompilerError) {
    var proof = Prover(program: program, widths: widths ?? MachineWidths(program.configuration))
    proof.sums(weights)
    proof.image()
    proof.instructions()
    proof.run()
    bounds = proof.bounds
    for bound in bounds where !bound.holds {
      guard let largest = bound.largest, let needed = bound.needed else { continue }
      throw .doesNotFit(
        "the \(bound.quantity) can reach \(largest) (\(bound.reason)), which takes \(needed) bits where the machine has "
          + "\(bound.bits)")
    }
  }
}

private struct Prover {
  let program: Program
  let widths: MachineWidths
  var bounds: [WidthProof.Bound] = []

  private var machine: Configuration { program.configuration }
  private var shape: ModelConfiguration { program.shape }

  private mutating func add(
    _ quantity: String, _ largest: Int?, _ bits: Int, signed: Bool = false, _ reason: String,
    rule: WidthProof.Rule = .fits
  ) {
    bounds.append(
      .init(
        quantity: quantity, largest: largest.map(UInt64.init), isSigned: signed, bits: bits, rule: rule, reason: reason)
    )
  }

  // MARK: Sums

  mutating func sums(_ weights: [BitLinear: Int]) {
    let largest = MachineWidths.largestActivation
    add(
      "sum of a beat", machine.lanes * largest, widths.beatSum, signed: true,
      "\(machine.lanes) columns x \(largest)")
    for (name, modules) in kinds {
      let columns = modules[0].columns(in: shape)
      let known = modules.compactMap { weights[$0] }
      let count = known.count == modules.count ? known.max() ?? columns : columns
      // What is added on the way is a part of the row, so no sum on the way is larger.
      add(
        "row sum of \(name)", count * largest, widths.rowSum, signed: true,
        "\(count) of \(columns) weights in a row x \(largest)")
    }
    let elements = max(shape.hiddenSize, shape.intermediateSize)
    add(
      "sum of squares", nil, widths.squareSum,
      "exact below 2^\(widths.squareSum - WideAccumulator.fractionBits), \(elements) squares; beyond it stays there",
      rule: .saturates)
  }

  /// The matrices that share a name, over all layers.
  private var kinds: [(String, [BitLinear])] {
    let layers = 0..<shape.layerCount
    return [
      ("i, f and g", layers.flatMap { [BitLinear.input(layer: $0), .forget(layer: $0), .gate(layer: $0)] }),
      ("o", layers.map { .output(layer: $0) }), ("a and b", layers.map { .expand(layer: $0) }),
      ("down", layers.map { .down(layer: $0) }), ("the head", [.head]),
    ]
  }

  // MARK: Addresses

  mutating func image() {
    let layout = program.layout
    let longest = program.bodies.reduce(0) { max($0, $1.beatsWithHead) }
    add("beats of a body", longest, widths.beats, "with the head")
    add("offset of the embeddings", layout.embeddingOffset, widths.offset, "bytes after the body")
    add("beats of the image", layout.channelBytes / machine.beatBytes, widths.beats, "\(layout.channelBytes) bytes")
    add("address in the image", layout.byteCount - 1, widths.address, "plus the image base that the host gives")
    add("beats of an embedding row", program.embeddingBeats, widths.embeddingBeats, "\(shape.hiddenSize) elements")
    add("token", shape.vocabularySize - 1, widths.token, "the last of the vocabulary")
  }

  // MARK: Fields

  mutating func instructions() {
    var (count, groupBeats) = (0, 0)
    for entry in program.entries {
      switch entry.operand {
      case .none: break
      case .vector: count = max(count, Int(entry.instruction["count"]))
      case .weights(let modules):
        let beats = machine.words(of: modules[0].columns(in: shape))
        groupBeats = max(groupBeats, beats)
      }
    }
    count = max(count, shape.hiddenSize, shape.intermediateSize, shape.vocabularySize)
    add("rows and elements", count, widths.count, "of one instruction")
    add("beats of a row group", groupBeats, widths.groupBeats, "\(machine.lanes) columns a beat")
    add(
      "first word of a state", (shape.layerCount - 1) * machine.steps(of: shape.hiddenSize), widths.state,
      "of the last layer")
    add("beats in the stream FIFO", machine.fifoBeats, widths.fifo, "a place is reserved before a request")
    add("slots in the row-sum queue", machine.sumQueueGroups, widths.queue, "a group enters when there is a place")
  }

  // MARK: Counters

  mutating func run() {
    let positions = MachineWidths.mostPositions
    add("positions of a run", positions, widths.beats, "a start with more is refused with cause 11")
    let beats = program.bodyBeatsWithHead + machine.channels * program.embeddingBeats
    let (all, isTooLarge) = positions.multipliedReportingOverflow(by: beats)
    add("beats of a run", isTooLarge ? .max : all, widths.statistics, "\(beats) beats in \(positions) positions")
    let (cycles, isTooLong) = positions.multipliedReportingOverflow(by: Prediction(program).cyclesPerToken)
    add(
      "cycles of a run", isTooLong ? .max : cycles, widths.statistics,
      "as predicted; 2^\(widths.statistics) cycles last \(years) years")
    add("number of an instruction", nil, widths.sequence, "only in records of a simulation", rule: .wraps)
  }

  private var years: Int {
    let seconds = Double(sign: .plus, exponent: widths.statistics, significand: 1) / (Double(machine.clockMHz) * 1e6)
    return Int(clamping: Int64(seconds / (365.25 * 24 * 3600)))
  }
}
