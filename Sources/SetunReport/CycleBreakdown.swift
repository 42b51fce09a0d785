import SetunCompiler
import SetunMachine
import SetunSimulator

/// What the sequencer did in a cycle: took a step of one kind, or none for one reason. Each cycle is in exactly one class.
public enum CycleClass: String, Codable, CaseIterable, Hashable, Sendable {
  case weights
  case normWeights = "norm_weights"
  case instructions
  case memory
  case norm
  case latency
  case rows
  case embedding
  case scoreboard
  case turnaround

  public var title: String {
    switch self {
    case .weights: "Weights taken"
    case .normWeights: "Norm weights taken"
    case .instructions: "Instructions taken"
    case .memory: "Waiting for memory"
    case .norm: "Waiting for norm and quantiser"
    case .latency: "Waiting for a pipeline"
    case .rows: "Waiting for the row units"
    case .embedding: "Waiting for the embedding row"
    case .scoreboard: "Waiting for the scoreboard"
    case .turnaround: "From token to token"
    }
  }

  public var explanation: String {
    switch self {
    case .weights: "a step of weight beats went to the ternary engine"
    case .normWeights: "a step of norm weights or lower bounds went to a vector slot"
    case .instructions: "an instruction was taken"
    case .memory: "the stream FIFO was empty: the memory had not delivered"
    case .norm: "the next matrix' activations were being scaled and quantised"
    case .latency: "sums or rows were under way in engine, row scale, row unit or statistics"
    case .rows: "rows waited for their turn: the row-sum queue was full, or emptied itself after the last product"
    case .embedding: "the token's embedding row was fetched and passed the residual unit"
    case .scoreboard: "a vector slot was still read, or the norm unit had not retired"
    case .turnaround: "the token was known and the next position began"
    }
  }

  /// Whether the sequencer took a step.
  public var isWork: Bool { self == .weights || self == .normWeights || self == .instructions }

  init(_ cause: StallCause) {
    switch cause {
    case .memory: self = .memory
    case .embedding: self = .embedding
    case .norm: self = .norm
    case .latency: self = .latency
    case .rows: self = .rows
    case .scoreboard: self = .scoreboard
    case .turnaround: self = .turnaround
    }
  }
}

/// Where every cycle of some tokens went: by what the sequencer did, for each part of the work.
public struct CycleBreakdown: Codable, Hashable, Sendable {
  public struct Row: Codable, Hashable, Sendable {
    public var part: LayerPart
    /// Cycles of all the tokens, in the order of ``CycleBreakdown/classes``.
    public var cycles: [Int]
    public var total: Int { cycles.reduce(0, +) }
  }

  public var evidence = Evidence.simulated
  /// Tokens that were added up.
  public var tokens: Int
  public var classes = CycleClass.allCases
  public var rows: [Row]

  /// Cycles of all tokens and parts.
  public var total: Int { rows.reduce(0) { $0 + $1.total } }

  /// Cycles of a class over all parts.
  public func total(of kind: CycleClass) -> Int {
    guard let place = classes.firstIndex(of: kind) else { return 0 }
    return rows.reduce(0) { $0 + $1.cycles[place] }
  }

  init(_ program: Program, _ positions: [PositionAccount]) {
    tokens = positions.count
    var cycles: [LayerPart: [CycleClass: Int]] = [:]
    func add(_ part: LayerPart, _ waits: [Int]) {
      for cause in StallCause.allCases {
        let own = cause == .embedding || cause == .turnaround ? LayerPart.embedding : part
        cycles[own, default: [:]][CycleClass(cause), default: 0] += waits[cause.rawValue]
      }
    }
    let parts = LayerPart.parts(of: program)
    for position in positions {
      for (index, entry) in position.instructions.enumerated() {
        let operand: CycleClass = program.entries[index].instruction.opcode == .matvec ? .weights : .normWeights
        cycles[parts[index], default: [:]][operand, default: 0] += entry.steps - 1
        cycles[parts[index], default: [:]][.instructions, default: 0] += 1
        add(parts[index], entry.waits)
      }
      add(parts[position.instructions.count - 1], position.drain)
    }
    rows = LayerPart.allCases.map { part in
      Row(part: part, cycles: CycleClass.allCases.map { cycles[part]?[$0] ?? 0 })
    }
  }
}
