import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// The parameters of the energy estimate: for each a range, and where it comes from. What is assumed is called so.
public enum EnergyModel {
  /// One parameter.
  public struct Parameter: Codable, Hashable, Sendable {
    public var name: String
    /// "pJ" for what is spent an event, "W" for what is spent all the time.
    public var unit: String
    public var low: Double
    public var high: Double
    public var source: String
  }

  /// Kinds of boards, by the memory that they have.
  enum Board {
    case hbm, ddr, module, unknown

    init(_ memory: MemoryModel) {
      guard case .dram(let timing) = memory.mode else {
        self = .unknown
        return
      }
      self = timing.name == DRAMTiming.hbm2.name ? .hbm : timing.sharingPorts > 1 ? .module : .ddr
    }
  }

  // What of this was checked. Kuon and Rose: their abstract says approximately 14 times the dynamic power, less with hard
  // blocks; the 7 is an assumption. Horowitz: 0.1 pJ for the 32-bit addition, 3.7 pJ for the 32-bit float multiplication and
  // 10 pJ for 64 bits of an 8 KB cache were found again in an article that quotes them (PMC8934428, table 3). From memory of the
  // papers and unchecked: his other figures, and the 3.92 and 14 pJ of O'Connor et al., whose text could not be opened.
  private static let oConnor = "O'Connor et al., \"Fine-Grained DRAM\", MICRO-50 (2017)"
  private static let horowitz = "Horowitz, \"Computing's energy problem\", ISSCC 2014, 45 nm"
  private static let kuon = "Kuon and Rose, \"Measuring the gap between FPGAs and ASICs\", IEEE TCAD 26(2), 2007"

  static func memoryBit(_ board: Board) -> Parameter {
    switch board {
    case .hbm:
      Parameter(
        name: "HBM2, a bit read", unit: "pJ", low: 3.9, high: 8,
        source: "low: \(oConnor), 3.92 pJ without controller; high: twice that for controller and port, assumed")
    case .ddr, .module:
      Parameter(
        name: "DDR4, a bit read", unit: "pJ", low: 10, high: 41,
        source: "low: assumed, below the 14 pJ of GDDR5 in \(oConnor); high: \(horowitz): 2.6 nJ for 64 bits")
    case .unknown:
      Parameter(
        name: "DRAM of no stated kind, a bit read", unit: "pJ", low: 3.9, high: 41,
        source: "low: HBM2 as in \(oConnor); high: \(horowitz): 2.6 nJ for 64 bits")
    }
  }

  static func staticPower(_ board: Board) -> Parameter {
    switch board {
    case .hbm:
      Parameter(
        name: "Card with HBM, idle", unit: "W", low: 10, high: 41,
        source:
          "low: assumed, below the 18 W a U280 that TerEffic v2 states in all; high: readings of U280 cards, 39 to 58 W, "
          + "Paderborn Center for Parallel Computing, \"Power and Energy Measurements of FPGAs\"")
    case .ddr:
      Parameter(
        name: "Card with DDR4, idle", unit: "W", low: 15, high: 45,
        source: "assumed, below the 53 W that Ternip measured on a U250 at work")
    case .module:
      Parameter(
        name: "Zynq UltraScale+ module, idle", unit: "W", low: 1.5, high: 5,
        source:
          "low: assumed; high: less than 5 W in all on a KV260, TeLLMe v2, arXiv 2510.15926 "
          + "(AMD's smart-camera design: 7.9 W)"
      )
    case .unknown:
      Parameter(
        name: "Board of no stated kind, idle", unit: "W", low: 0.3, high: 45,
        source: "low: assumed, below the 0.49 W of ternfpga's estimate for an Artix-7; high: as a card with DDR4")
    }
  }

  static let trit = Parameter(
    name: "A trit in the dot-product trees", unit: "pJ", low: 0.07, high: 0.7,
    source:
      "\(horowitz): an 8-bit addition 0.03 pJ, a 32-bit one 0.1 pJ, so 16 bits about 0.05 pJ; "
      + "times 7 to 14 for LUTs (\(kuon)); low divided by 3 for 16 nm, assumed"
  )

  static let onChipBit = Parameter(
    name: "A bit read or written on chip", unit: "pJ", low: 0.05, high: 1.6,
    source:
      "\(horowitz): SRAM of 8 KB 0.16 pJ, of 1 MB 1.6 pJ a bit; low divided by 3 for 16 nm, assumed; "
      + "block RAM is a hard block"
  )

  static let vectorOperation = Parameter(
    name: "An operation of the vector units", unit: "pJ", low: 1, high: 52,
    source:
      "\(horowitz): a 16-bit addition 0.4 pJ, a 32-bit multiplication 3.7 pJ; "
      + "times 7 to 14 for LUTs (\(kuon)); low divided by 3 for 16 nm, assumed"
  )
}

/// The energy of a token: an estimate, and therefore a range.
public struct EnergyEstimate: Codable, Hashable, Sendable {
  /// What one kind of event costs.
  public struct Item: Codable, Hashable, Sendable {
    public var parameter: EnergyModel.Parameter
    /// Events of a token; nil for static power.
    public var count: Double?
    public var lowMillijoules: Double
    public var highMillijoules: Double

    init(_ parameter: EnergyModel.Parameter, count: Double) {
      self.parameter = parameter
      self.count = count
      lowMillijoules = count * parameter.low * 1e-9
      highMillijoules = count * parameter.high * 1e-9
    }

    init(_ parameter: EnergyModel.Parameter, seconds: Double) {
      self.parameter = parameter
      lowMillijoules = seconds * parameter.low * 1e3
      highMillijoules = seconds * parameter.high * 1e3
    }
  }

  public var evidence = Evidence.estimated
  public var items: [Item]
  public var lowMillijoules: Double
  public var highMillijoules: Double
  public var lowWatts: Double
  public var highWatts: Double

  /// - Parameters:
  ///   - seconds: of a step.
  ///   - tokens: of a step, all streams together.
  init(_ program: Program, memory: MemoryModel, seconds: Double, tokens: Double) {
    let board = EnergyModel.Board(memory)
    let counts = EventCounts(program, tokens: tokens)
    let seconds = seconds / tokens
    items = [
      Item(EnergyModel.memoryBit(board), count: counts.memoryBits), Item(EnergyModel.trit, count: counts.trits),
      Item(EnergyModel.onChipBit, count: counts.onChipBits),
      Item(EnergyModel.vectorOperation, count: counts.vectorOperations),
      Item(EnergyModel.staticPower(board), seconds: seconds),
    ]
    lowMillijoules = items.reduce(0) { $0 + $1.lowMillijoules }
    highMillijoules = items.reduce(0) { $0 + $1.highMillijoules }
    lowWatts = lowMillijoules / 1e3 / seconds
    highWatts = highMillijoules / 1e3 / seconds
  }
}

/// The events of a token that cost energy: of a step, divided among its tokens.
struct EventCounts {
  /// Bits read from memory.
  var memoryBits: Double
  /// Trits that go through the trees, padding included.
  var trits: Double
  /// Bits that stream FIFOs, activation, vector, slot and state memories take or give.
  var onChipBits = 0.0
  var vectorOperations = 0.0

  /// - Parameter tokens: of a step. Streams that decide none use energy for the others.
  init(_ program: Program, tokens: Double) {
    let configuration = program.configuration
    let traffic = program.traffic
    let streams = Double(configuration.streams)
    memoryBits = 8 * Double(traffic.total) / tokens
    trits = streams / tokens * Double(program.weightBeats * configuration.lanes * TernaryCode.rows)
    // Each beat enters and leaves a FIFO, and each beat of weights is met by as many int8 activations as it has columns.
    let activationBits = Double(8 * configuration.lanes)
    onChipBits = activationBits * Double(program.weightBeats)
    let wordBits = Double(FloatFormat(exponentBits: 8, fractionBits: configuration.fractionBits).width)
    for entry in program.entries {
      let instruction = entry.instruction
      let count = Double(instruction["count"])
      let (words, operations) = Self.element(instruction)
      onChipBits += count * words * wordBits
      vectorOperations += count * operations
      switch instruction.opcode {
      case .rmsNorm:
        let matrices = Double(instruction["matrices"])
        onChipBits += Double(configuration.words(of: Int(count))) * matrices * activationBits
      case .matvec:
        // Each row sum is converted and scaled.
        vectorOperations += Double(2 * instruction["rows"] * instruction["matrices"])
      default: break
      }
    }
    onChipBits = 2 * memoryBits + streams / tokens * onChipBits
    vectorOperations *= streams / tokens
  }

  /// Words of vector memories that an element of an instruction reads and writes, and its operations.
  private static func element(_ instruction: Instruction) -> (words: Double, operations: Double) {
    let counter = OperationCounter()
    let outputs = Double(instruction["outputs"])
    let squares = 4.0  // two squares, and each is added to a sum
    switch instruction.opcode {
    case .load: return (1, 0)
    case .rmsNorm: return (Double(instruction["matrices"]), Double(instruction["matrices"]))
    case .mlgru:
      let unit = MLGRUDatapath(
        inputRow: (), forgetRow: (), gateRow: (), lowerBound: (), gateWeight: (), outputWeight: (), state: ())
      _ = unit(counter)
      // Three slots and the state read, state and z written.
      return (6, Double(counter.count) + squares)
    case .glu:
      _ = GLUDatapath(gateRow: (), upRow: (), downWeight: ())(counter)
      return (2, Double(counter.count) + squares / 2)
    case .embed, .residual:
      _ = ResidualDatapath(x: (), y: (), outerWeight: (), weight0: (), weight1: (), weight2: ())(counter)
      // x read and written, the outer weight, and for each output its weight and z.
      return (3 + 2 * outputs, Double(counter.count) - 3 + outputs + squares)
    case .argmax: return (0, 1)
    case .matvec: return (0, 0)
    }
  }
}

/// Counts the operations of a datapath.
private final class OperationCounter: FloatDatapath {
  private(set) var count = 0
  var one: Void { () }
  func multiply(_ a: Void, _ b: Void, _ name: StaticString) { count += 1 }
  func add(_ a: Void, _ b: Void, _ name: StaticString) { count += 1 }
  func subtract(_ a: Void, _ b: Void, _ name: StaticString) { count += 1 }
  /// An exponential and a reciprocal, each a table with a multiplication and an addition, and what joins them.
  func sigmoidPair(_ a: Void, _ name: StaticString) -> (positive: Void, negative: Void) {
    count += 8
    return ((), ())
  }
}
