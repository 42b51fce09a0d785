/// Cycles from a pipelined operator's inputs to its result, the only place where they are written down.
///
/// The hardware modules are checked against this table when they are elaborated; the timing model and the simulator
/// read it.
public enum OperatorLatency {
  public static let multiply = 3
  public static let add = 6
  public static let fromInteger = 4
  public static let fromWide = 5
  public static let reciprocal = 5
  public static let reciprocalSquareRoot = 5
  public static let sigmoid = 16
  public static let quantise = 4
  /// From the words of three z vectors to the value that a quantiser lane takes.
  public static let laneChoice = 1
  /// From a float to its square, aligned in the wide accumulator's window.
  public static let squareAlign = 3
  /// A register between the row units, of which one is chosen, and the statistics of single elements; those of groups
  /// compare and square in separate lanes at once.
  public static func statisticsOperand(lanes: Int) -> Int { lanes == 1 ? 1 : 0 }
  /// From the magnitudes of a step to the running maximum that includes them: comparisons of at most three a cycle.
  public static func maximum(lanes: Int) -> Int { lanes == 1 ? 1 : 2 }
  /// From the squares of a step to their sum: one addition of two a cycle.
  public static func squareSum(lanes: Int) -> Int { lanes == 1 ? 0 : bitWidth(of: lanes - 1) }
  /// From a byte of the stream to five trits.
  public static let tritDecode = 2
  /// Reading a memory in LUTs, or the first register of one in block RAM.
  public static let memory = 1

  /// Cycles of a dot-product tree with `lanes` inputs: a product register, then a register every two levels.
  public static func tree(lanes: Int) -> Int {
    let levels = bitWidth(of: lanes - 1)
    return 1 + (levels + 1) / 2
  }
}
