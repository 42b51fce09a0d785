import TernaryArithmetic

/// The bits in which the machine holds what it counts and adds.
///
/// The hardware's registers have these widths, which a test compares; the compiler proves that they suffice.
public struct MachineWidths: Hashable, Sendable {
  /// The quantiser limits activations to this magnitude.
  public static let largestActivation = 127
  /// Bits of a sum of squares.
  public static let squareSumBits = WideAccumulator.width
  /// Tokens of a run, prompt included: more are refused with cause 11.
  public static let mostPositions = Int(UInt32.max)

  /// A signed sum over the columns of one beat.
  public var beatSum: Int
  /// A signed sum over the beats of a row group.
  public var rowSum: Int
  /// A saturating sum of squares, in units of 2^-56.
  public var squareSum = squareSumBits
  /// Rows of a matrix, and elements of a vector.
  public var count = InstructionSet.count.width
  /// Beats of one row group.
  public var groupBeats: Int
  /// The first word of a layer's recurrent state.
  public var state: Int
  /// Beats of a body and of the image; positions of a run.
  public var beats = 32
  /// Beats of an embedding row.
  public var embeddingBeats = 16
  /// Bytes from the image base.
  public var offset = 32
  /// A byte address of the memory port.
  public var address = 40
  public var token = 16
  /// Instructions of a run; wraps, and only records of a simulation hold it.
  public var sequence = 32
  /// Beats and cycles of a run.
  public var statistics = 64
  /// Beats in the stream FIFO.
  public var fifo: Int
  /// Row groups waiting for the row units.
  public var queue: Int

  public init(_ configuration: Configuration) {
    beatSum = configuration.beatSumBits
    rowSum = configuration.sumBits
    groupBeats = Self.bits(.matvec, "beats")
    state = Self.bits(.mlgru, "state")
    fifo = bitWidth(of: configuration.fifoBeats)
    queue = bitWidth(of: configuration.sumQueueGroups)
  }

  private static func bits(_ opcode: Opcode, _ field: String) -> Int {
    InstructionSet[opcode].fields.first { $0.name == field }?.width ?? 0
  }
}
