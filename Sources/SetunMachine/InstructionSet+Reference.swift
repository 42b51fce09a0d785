extension InstructionSet {
  /// The reference page of the instruction set, in Markdown: format, action and notes of every instruction.
  public static var referencePage: String {
    var lines = [
      "# Instruction set",
      "",
      "Version \(version). Written by `rtlgen isa` from the table from which also come the encoding, the assembler, the",
      "disassembler, the simulator's dispatch and the hardware's decoder; a test holds this page to it.",
      "",
      "An instruction is a word of \(wordBits) bits in the low bits of a stream beat; bits that belong to no field are zero.",
      "Its operand beats follow it. Assembly is one instruction a line, `MNEMONIC name=value ...`.",
      "`float24` is the upper 24 bits of a binary32 number.",
      "",
      "A unit instruction (MLGRU, GLU, RESIDUAL, ARGMAX) is followed by the MATVEC that feeds it, with equal rows.",
      "",
    ]
    for row in table {
      let code = String(row.opcode.rawValue, radix: 16)
      lines += [
        "## \(row.mnemonic)", "", "**Format**", "", "| bits | field | kind | meaning |", "|---|---|---|---|",
        "| \(opcodeField.width - 1):0 | opcode | number | 0x\(code.count == 1 ? "0" : "")\(code) |",
      ]
      for field in row.fields {
        let kind =
          switch field.kind {
          case .number: "number"
          case .flag: "flag"
          case .float24: "float24"
          }
        let bits = field.width == 1 ? "\(field.lsb)" : "\(field.lsb + field.width - 1):\(field.lsb)"
        lines.append("| \(bits) | \(field.name) | \(kind) | \(field.note) |")
      }
      lines += ["", "**Action** \(row.action)", "", "**Notes** \(row.notes)", ""]
    }
    return lines.joined(separator: "\n")
  }
}
