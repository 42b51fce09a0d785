/// The fixed latencies and offsets of the machine, in cycles, derived from the operators' latencies.
///
/// Compiler, simulator and core read them from here. "Written at cycle t" means the write enable is high in cycle t.
public struct MachineTiming: Hashable, Sendable {
  // MARK: Stream

  /// Cycles that a signal takes between a channel and the middle of the core.
  public let crossing: Int
  /// From a beat's arrival to the first cycle in which the sequencer may accept it, on channel 0, whose FIFO lies in the
  /// middle.
  public let fifo = 2
  /// The same on another channel: the arrival is told, and the beats that are there are counted.
  public var remoteFIFO: Int { crossing == 0 ? fifo : crossing + 1 }
  /// From START to the first possible request decision; the settings of several streams are looked at one a cycle.
  public let startToRequest: Int
  /// From the header's last beat to the cycle in which the run begins.
  public let headerCheck = 66
  /// From the event that makes a token's embedding row fetchable to the first possible request decision.
  public let tokenToRequest: Int
  /// From a decision that ends one row of a step's embeddings to the first possible one of the next row.
  public let rowToRow = 2
  /// From the first cycle without an armed row unit to the first acceptance of the next position's beats.
  public let nextPosition = 2
  /// From acceptance of a LOAD's operand to its write.
  public let load: Int

  /// From acceptance of a MATVEC to the first acceptance of its weights: with several channels it is found out first which
  /// of them take part.
  public let matvec: Int

  // MARK: Ternary engine

  /// From acceptance of a group's last beat to its sums entering the queue: beat register, decode and activation
  /// read, tree, accumulator, and the way to the channel and back.
  public let engine: Int
  /// From a group entering the queue to the first cycle in which its first row may issue.
  public let queue = 1

  // MARK: Row units

  /// From a step's issue to its scaled rows: row register, conversion, scaling.
  public let rowScale = 1 + OperatorLatency.fromInteger + OperatorLatency.multiply
  /// From the issue of a step of an embedding to its values: address register, buffer read, selection, value register.
  public let embed = 4
  /// From the state before a stream's position to the one after it: the next stream of one sequence is so much behind.
  public static let stateChain = OperatorLatency.multiply + OperatorLatency.add
  /// From a unit's input to its written outputs. The MLGRU's streams wait for each other.
  public let mlgru: Int
  public let glu: Int
  public let residual: Int
  /// From ARGMAX's scaled rows to its logits: they are registered, and several rows compared with each other.
  public let argmax = 1
  /// From ARGMAX's last element to the token.
  public let token = 1
  /// Places for steps of logits that are issued or wait for the receiver of their stream: a power of two, and more than
  /// lie between the serialiser's issue and the port, so that a receiver that is always ready never holds the serialiser
  /// back.
  public let logitPlaces = 32
  /// From a unit's last written element to the first cycle in which the norm unit may start.
  public let statistics: Int

  // MARK: Norm unit, offsets from its start

  /// k_0 leaves the reciprocal and its scaling; k_j follows j cycles later.
  public let quantiserScale: Int
  /// The first activation word is written; one a cycle follows.
  public let quantise: Int
  /// The first cycle in which a MATVEC's first operand may be accepted.
  public let activationsReady: Int
  /// The squares of the last element are in the accumulators.
  public let sumsReady: Int
  /// alpha_0 is written; alpha_j follows j cycles later.
  public let rowScales: Int

  // MARK: Stop

  /// Cycles for which the control state is held cleared after a stop: longer than any element, group or word takes from
  /// the last register that is cleared to the first one that would remember it.
  public let settle: Int

  public init(_ configuration: Configuration) {
    typealias L = OperatorLatency
    matvec = configuration.channels == 1 ? 1 : 2
    crossing = configuration.channelRegisters
    load = 1 + 2 * crossing
    engine = 1 + L.tritDecode + L.tree(lanes: configuration.lanes) + 1 + 2 * crossing
    let delay = DelayDatapath()
    mlgru =
      MLGRUDatapath(inputRow: 0, forgetRow: 0, gateRow: 0, lowerBound: 0, gateWeight: 0, outputWeight: 0, state: 0)(
        delay
      ).z + (configuration.streams - 1) * Self.stateChain
    startToRequest = configuration.streams == 1 ? 1 : 3 + configuration.streams
    // Several streams' tokens are looked up one a cycle.
    tokenToRequest = configuration.streams == 1 ? 4 : 6 + configuration.streams
    glu = GLUDatapath(gateRow: 0, upRow: 0, downWeight: 0)(delay).z
    residual = ResidualDatapath(x: 0, y: 0, outerWeight: 0, weight0: 0, weight1: 0, weight2: 0)(delay).u

    let operand = L.statisticsOperand(lanes: configuration.rowLanes)
    statistics = operand + L.maximum(lanes: configuration.rowLanes)

    quantiserScale = 1 + L.reciprocal + L.multiply
    quantise = quantiserScale + L.memory + L.laneChoice + L.quantise
    // A word written at t is read from t + 1 on. An accepted beat is registered, and its activations are read so that
    // they arrive together with its decoded trits.
    activationsReady = quantise + 1 - (1 + L.tritDecode - L.memory)
    sumsReady = operand + L.squareAlign + L.squareSum(lanes: configuration.rowLanes) + 1 - statistics
    let means = sumsReady + L.fromWide + L.multiply + 1  // mean x^2 follows mean u^2 by one cycle
    let variance = means + L.add + L.multiply + L.add
    rowScales = variance + L.reciprocalSquareRoot + 1 + L.multiply + L.multiply  // the root is held first

    let rows = rowScale + max(mlgru, max(glu, residual), argmax) + token
    // Header check, quantiser and norm unit are not cleared: they end by themselves.
    let quantiser = quantise + configuration.activationWords
    let pipelines = [
      headerCheck + 2 * crossing, engine, rows, embed + residual + token, quantiser, activationsReady, rowScales + 2,
    ]
    settle = (pipelines.max() ?? 0) + 8  // a margin for the registers of the control side
  }
}
