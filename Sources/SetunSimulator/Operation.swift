import SetunMachine

/// An instruction with its fields by name: looking them up in the table for every token would take longer than some
/// instructions themselves.
struct Operation: Sendable {
  let opcode: Opcode
  let destination: UInt8
  let count: Int
  let slot: Int
  let outputs: Int
  let matrices: Int
  /// RMSNORM: one norm only.
  let isInner: Bool
  /// RMSNORM: float24 constants.
  let inverse: UInt32
  let scales: [UInt32]
  /// MLGRU: first word of the layer's state.
  let state: Int
  let rows: Int
  let beats: Int
  /// MATVEC: all matrices take activation vector 0.
  let isShared: Bool

  init(_ instruction: Instruction) {
    opcode = instruction.opcode
    destination = UInt8(truncatingIfNeeded: instruction.destination)
    count = Int(instruction["count"])
    slot = Int(instruction["slot"])
    outputs = Int(instruction["outputs"])
    matrices = Int(instruction["matrices"])
    isInner = instruction["inner"] == 1
    inverse = instruction["inverse"]
    scales = (0..<3).map { instruction["scale\($0)"] }
    state = Int(instruction["state"])
    rows = Int(instruction["rows"])
    beats = Int(instruction["beats"])
    isShared = instruction["shared"] == 1
  }
}
