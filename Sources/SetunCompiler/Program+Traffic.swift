import Checkpoint
import SetunMachine
import TernaryArithmetic

/// What a token with the head reads from memory, in bytes on all channels together, by purpose. With several streams it is
/// what a step reads, in which each of them passes a token.
public struct TokenTraffic: Hashable, Sendable {
  /// Ternary weights, at five a byte: not always a whole number.
  public var weights = 0.0
  /// Weights that fill the last row group of a matrix, and the last beat of a row group.
  public var rowPadding = 0.0
  public var columnPadding = 0.0
  /// Norm weights and lower bounds, bf16, and what fills their last beats.
  public var vectors = 0
  public var vectorPadding = 0
  /// Beats of instructions, which every channel holds.
  public var instructions = 0
  /// The embedding row of each stream, bf16, and what fills its last beats.
  public var embedding = 0
  public var embeddingPadding = 0
  /// Everything, in whole beats.
  public var total = 0
  /// The least that the ternary weights could take: log2(3) bits each.
  public var entropy = 0.0

  /// log2(3).
  public static let bitsPerTrit = 1.584962500721156

  /// Bytes read over the entropy of the ternary weights.
  public var overEntropy: Double { Double(total) / entropy }
}

extension Program {
  /// What a token with the head reads from memory.
  public var traffic: TokenTraffic {
    var traffic = TokenTraffic()
    let beatBytes = configuration.beatBytes
    let weightsPerByte = Double(TernaryCode.rows)
    var all = 0
    for entry in entries {
      traffic.instructions += configuration.channels * beatBytes
      all += configuration.channels * beatBytes
      let operandBytes = entry.operandBeats * beatBytes
      all += operandBytes
      switch entry.operand {
      case .none: break
      case .vector:
        let useful = 2 * Int(entry.instruction["count"])
        traffic.vectors += useful
        traffic.vectorPadding += operandBytes - useful
      case .weights(let modules):
        let matrices = Int(entry.instruction["matrices"])
        let rows = matrices * Int(entry.instruction["rows"])
        let columns = modules[0].columns(in: shape)
        let groups = matrices * ((Int(entry.instruction["rows"]) + TernaryCode.rows - 1) / TernaryCode.rows)
        let useful = Double(rows * columns) / weightsPerByte
        let complete = Double(groups * columns)
        traffic.weights += useful
        traffic.rowPadding += complete - useful
        traffic.columnPadding += Double(operandBytes) - complete
      }
    }
    traffic.embedding = configuration.streams * 2 * shape.hiddenSize
    let rows = configuration.streams * configuration.channels * embeddingBeats * beatBytes
    traffic.embeddingPadding = rows - traffic.embedding
    traffic.total = all + rows
    traffic.entropy = Double(usefulTrits) * TokenTraffic.bitsPerTrit / 8
    return traffic
  }
}
