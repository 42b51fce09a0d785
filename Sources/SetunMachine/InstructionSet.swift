/// A field of the 128-bit instruction word.
public struct InstructionField: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// An unsigned number.
    case number
    /// One bit.
    case flag
    /// The upper 24 bits of a binary32 value.
    case float24
  }

  public let name: String
  /// Lowest bit in the instruction word.
  public let lsb: Int
  /// Bits.
  public let width: Int
  public let kind: Kind
  /// Unit and range, for the reference page.
  public let note: String

  init(_ name: String, _ lsb: Int, _ width: Int, _ kind: Kind = .number, _ note: String) {
    self.name = name
    self.lsb = lsb
    self.width = width
    self.kind = kind
    self.note = note
  }
}

/// The operation codes.
public enum Opcode: UInt8, CaseIterable, Hashable, Sendable {
  case load = 0x01
  case embed = 0x02
  case rmsNorm = 0x03
  case mlgru = 0x04
  case glu = 0x05
  case residual = 0x06
  case argmax = 0x07
  case matvec = 0x08
}

/// One row of the instruction table.
public struct InstructionDescription: Sendable {
  public let opcode: Opcode
  public let mnemonic: String
  public let fields: [InstructionField]
  public let action: String
  public let notes: String
}

/// The one table from which come encoding, assembler, disassembler, the simulator's dispatch, the hardware decoder
/// and the reference page.
public enum InstructionSet {
  /// Changes with any change of meaning; part of the configuration hash.
  public static let version = 1
  /// Bits of an instruction word, the low bits of its beat.
  public static let wordBits = 128
  /// The operation code is in the lowest byte of each word.
  public static let opcodeField = InstructionField("opcode", 0, 8, .number, "operation code")

  static let count = InstructionField("count", 16, 16, .number, "elements, 1 or more")

  public static let table: [InstructionDescription] = [
    InstructionDescription(
      opcode: .load, mnemonic: "LOAD",
      fields: [InstructionField("slot", 8, 3, .number, "vector slot, 0 to 7"), count],
      action:
        "The next beats, bf16 values in order, are written to vector slot `slot`: as many as hold `count` values.",
      notes: "Waits while the armed row unit reads that slot. Retires with its last beat."),
    InstructionDescription(
      opcode: .embed, mnemonic: "EMBED",
      fields: [InstructionField("outputs", 8, 2, .number, "z vectors, 1 to 3"), count],
      action: "x becomes the token's embedding row; its statistics and z vectors are formed (slots 0 to 3).",
      notes: "Waits while a row unit is armed or an RMSNORM waits. Elements flow as the row's beats arrive."),
    InstructionDescription(
      opcode: .rmsNorm, mnemonic: "RMSNORM",
      fields: [
        InstructionField("matrices", 8, 2, .number, "activation vectors and scales, 1 to 3"),
        InstructionField("inner", 10, 1, .flag, "one norm only: the mean square of x counts as 1"),
        count,
        InstructionField("inverse", 32, 24, .float24, "1 / count"),
        InstructionField("scale0", 56, 24, .float24, "mean|W| / 127 of matrix 0"),
        InstructionField("scale1", 80, 24, .float24, "of matrix 1"),
        InstructionField("scale2", 104, 24, .float24, "of matrix 2"),
      ],
      action: "When the statistics are complete: quantises each z vector into activations and computes the row scales.",
      notes: "Waits until the previous RMSNORM has retired. Retires with its last activation word or scale."),
    InstructionDescription(
      opcode: .mlgru, mnemonic: "MLGRU",
      fields: [
        count,
        InstructionField("state", 32, 24, .number, "first word of the layer's state, which holds `rowLanes` elements"),
      ],
      action: "Arms the MLGRU unit: rows of matrices 0, 1, 2 are i, f, g; writes h to state memory and z_0.",
      notes: "Waits while a row unit is armed or an RMSNORM waits. Reads slots 4, 5 and 6."),
    InstructionDescription(
      opcode: .glu, mnemonic: "GLU", fields: [count],
      action: "Arms the GLU unit: rows of matrices 0, 1 are a, b; writes z_0.",
      notes: "Waits while a row unit is armed or an RMSNORM waits. Reads slot 7."),
    InstructionDescription(
      opcode: .residual, mnemonic: "RESIDUAL",
      fields: [InstructionField("outputs", 8, 2, .number, "z vectors, 1 to 3"), count],
      action: "Arms the residual unit: each row is added to x; statistics and z vectors are formed (slots 0 to 3).",
      notes: "Waits while a row unit is armed or an RMSNORM waits."),
    InstructionDescription(
      opcode: .argmax, mnemonic: "ARGMAX", fields: [count],
      action: "Arms the argmax unit: each row is a logit; the first maximum is the next token.",
      notes: "Waits while a row unit is armed or an RMSNORM waits. Retires with its last logit."),
    InstructionDescription(
      opcode: .matvec, mnemonic: "MATVEC",
      fields: [
        InstructionField("matrices", 8, 2, .number, "interleaved matrices, 1 to 3"),
        InstructionField("shared", 10, 1, .flag, "all matrices take activation vector 0"),
        InstructionField("rows", 16, 16, .number, "rows of each matrix, 1 or more"),
        InstructionField("beats", 32, 16, .number, "beats of a row group, ceil(columns / (W/8))"),
      ],
      action:
        "The next matrices * ceil(rows / 5) * beats beats are base-3 weights; row groups of the matrices take turns.",
      notes: "The first beat waits for activations, the last beat of a group for a place in the row-sum queue."),
  ]

  /// The table's row for an operation code.
  public static subscript(opcode: Opcode) -> InstructionDescription {
    guard let row = table.first(where: { $0.opcode == opcode }) else {
      preconditionFailure("the instruction table has a row for every operation code")
    }
    return row
  }
}
