import HardwareDescription
import SetunMachine

/// Hardware views of the instruction table: field extraction and legality, derived from `InstructionSet`.
struct InstructionDecode {
  /// The 128-bit instruction word.
  let word: Unsigned

  /// A field of an operation code, by its name in the table.
  func field(_ opcode: Opcode, _ name: String) -> Unsigned {
    guard let field = InstructionSet[opcode].fields.first(where: { $0.name == name }) else {
      preconditionFailure("\(opcode) has no field \(name)")
    }
    return word.slice(at: field.lsb, width: field.width)
  }

  func flag(_ opcode: Opcode, _ name: String) -> Bit { field(opcode, name).asBit }

  /// The word has this operation code.
  func isOpcode(_ opcode: Opcode) -> Bit {
    let field = InstructionSet.opcodeField
    return word.slice(at: field.lsb, width: field.width) == Unsigned(Int(opcode.rawValue), width: field.width)
  }

  /// No bit outside the fields of the operation code is set.
  func reservedBitsAreZero(_ opcode: Opcode) -> Bit {
    let fields = (InstructionSet[opcode].fields + [InstructionSet.opcodeField]).sorted { $0.lsb < $1.lsb }
    var gaps: [Bit] = []
    var next = 0
    for field in fields {
      if field.lsb > next {
        gaps.append(word.slice(at: next, width: field.lsb - next) == Unsigned(0, width: field.lsb - next))
      }
      next = field.lsb + field.width
    }
    if next < InstructionSet.wordBits {
      let width = InstructionSet.wordBits - next
      gaps.append(word.slice(at: next, width: width) == Unsigned(0, width: width))
    }
    return gaps.dropFirst().reduce(gaps.first ?? Bit(true)) { $0 && $1 }
  }

  /// 1 <= value <= limit.
  static func isWithin(_ value: Unsigned, _ limit: Int) -> Bit {
    let positive = value != Unsigned(0, width: value.width)
    guard limit < (1 << value.width) - 1 else { return positive }
    return positive && value <= Unsigned(limit, width: value.width)
  }
}
