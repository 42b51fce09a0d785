import SeededRandom
import SetunMachine

extension Instruction {
  /// An instruction of any kind with any bits in its fields; extreme values are as likely as all others together.
  static func random(using generator: inout SeededGenerator) -> Instruction {
    let row = InstructionSet.table[Int.random(in: 0..<InstructionSet.table.count, using: &generator)]
    var instruction = Instruction(row.opcode)
    for field in row.fields {
      let largest = UInt32((UInt64(1) << UInt64(field.width)) - 1)
      let choices = [0, 1, largest, largest - 1, largest / 2]
      instruction[field.name] =
        Bool.random(using: &generator)
        ? UInt32.random(in: 0...largest, using: &generator)
        : choices[Int.random(in: 0..<choices.count, using: &generator)] & largest
    }
    return instruction
  }
}
