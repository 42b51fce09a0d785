import Files

/// Text to instructions and back, both derived from the instruction table.
///
/// A line is `MNEMONIC name=value ...`; `#` or `;` starts a comment. Values are decimal or `0x` hexadecimal; floats are
/// written as decimal numbers with a point or exponent, or as the hexadecimal of their upper 24 bits.
public enum Assembler {
  /// The canonical text of an instruction: every field, in table order.
  public static func disassemble(_ instruction: Instruction) -> String {
    let row = InstructionSet[instruction.opcode]
    let fields = zip(row.fields, instruction.values).map { field, value in
      "\(field.name)=\(text(value, field))"
    }
    return ([row.mnemonic] + fields).joined(separator: " ")
  }

  private static func text(_ value: UInt32, _ field: InstructionField) -> String {
    guard field.kind == .float24 else { return String(value) }
    let float = Float(bitPattern: value << 8)
    // Only a float that reads back as the same 24 bits is written as a number.
    if float.isFinite, value == 0 || float.isNormal { return float.description }
    return "0x" + String(value, radix: 16)
  }

  /// Reads one line; nil for a line without an instruction.
  /// - Throws: an error that names the line and what is wrong with it.
  public static func assemble(_ line: Substring, number: Int) throws(AssemblerError) -> Instruction? {
    let code = line.prefix { $0 != "#" && $0 != ";" }
    let words = code.split(whereSeparator: \.isWhitespace)
    guard let mnemonic = words.first else { return nil }
    guard let row = InstructionSet.table.first(where: { $0.mnemonic == mnemonic.uppercased() }) else {
      throw AssemblerError(
        line: number,
        reason:
          "'\(mnemonic.printable(limit: 40))' is not an instruction; there are \(InstructionSet.table.map(\.mnemonic).joined(separator: ", "))"
      )
    }
    var instruction = Instruction(row.opcode)
    var seen: Set<String> = []
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else {
        throw AssemblerError(line: number, reason: "'\(word.printable(limit: 40))' is not of the form name=value")
      }
      let name = String(parts[0])
      guard let field = row.fields.first(where: { $0.name == name }) else {
        throw AssemblerError(
          line: number,
          reason: "\(row.mnemonic) has no field '\(name.printable(limit: 40))'; it has "
            + row.fields.map(\.name).joined(separator: ", "))
      }
      guard seen.insert(name).inserted else {
        throw AssemblerError(line: number, reason: "the field '\(name)' is given twice")
      }
      instruction[name] = try value(parts[1], field, number)
    }
    return instruction
  }

  private static func value(_ text: Substring, _ field: InstructionField, _ line: Int) throws(AssemblerError) -> UInt32
  {
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      return try number(text, text.dropFirst(2), radix: 16, field, line)
    }
    if field.kind == .float24 {
      // The largest numbers leave the range when they are rounded to 24 bits.
      guard let value = Float(text), value.isFinite, Float(bitPattern: float24(value) << 8).isFinite else {
        throw AssemblerError(
          line: line, reason: "'\(text.printable(limit: 40))' is not a finite number for '\(field.name)'")
      }
      return float24(value)
    }
    return try number(text, text, radix: 10, field, line)
  }

  private static func number(
    _ text: Substring, _ digits: Substring, radix: Int, _ field: InstructionField, _ line: Int
  ) throws(AssemblerError) -> UInt32 {
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.hexDigitValue.map { $0 < radix } ?? false }) else {
      throw AssemblerError(line: line, reason: "'\(text.printable(limit: 40))' is not a number for '\(field.name)'")
    }
    guard let value = UInt64(digits, radix: radix), value < UInt64(1) << UInt64(field.width) else {
      throw AssemblerError(
        line: line, reason: "'\(text.printable(limit: 40))' does not fit the \(field.width) bits of '\(field.name)'")
    }
    return UInt32(value)
  }

  /// Reads a listing: one instruction a line.
  public static func assemble(_ listing: String) throws(AssemblerError) -> [Instruction] {
    var instructions: [Instruction] = []
    for (index, line) in listing.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if let instruction = try assemble(line, number: index + 1) { instructions.append(instruction) }
    }
    return instructions
  }

  /// The upper 24 bits of `value`, rounded to nearest even: 15 fraction bits.
  public static func float24(_ value: Float) -> UInt32 {
    let bits = value.bitPattern
    return (bits &+ 0x7F &+ (bits >> 8 & 1)) >> 8
  }
}

/// What is wrong with a line of assembly.
public struct AssemblerError: Error, CustomStringConvertible, Sendable {
  public let line: Int
  public let reason: String
  public var description: String { "Line \(line): \(reason)." }
}
