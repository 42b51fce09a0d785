import SetunMachine

/// The splitmix64 generator: random tests are repeated with the seed they print.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

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
