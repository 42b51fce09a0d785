import SeededRandom
import SetunMachine
import Testing

@Suite("The instruction table")
struct InstructionSetTests {
  @Test("opcodes, mnemonics and field names are unique, and each opcode has one row")
  func unique() {
    let table = InstructionSet.table
    #expect(table.map(\.opcode) == Opcode.allCases)
    #expect(Set(table.map(\.mnemonic)).count == table.count)
    #expect(Set(Opcode.allCases.map(\.rawValue)).count == table.count)
    // An erased or never written beat is no instruction.
    #expect(Opcode(rawValue: 0) == nil && Opcode(rawValue: 0xFF) == nil)
    for row in table {
      #expect(Set(row.fields.map(\.name)).count == row.fields.count)
      #expect(InstructionSet[row.opcode].mnemonic == row.mnemonic)
      #expect(!row.action.isEmpty && !row.notes.isEmpty && row.fields.allSatisfy { !$0.note.isEmpty })
    }
  }

  @Test("fields lie beside each other in the word, after the opcode", arguments: Opcode.allCases)
  func fieldsDoNotOverlap(opcode: Opcode) {
    var taken = Set(0..<InstructionSet.opcodeField.width)
    for field in InstructionSet[opcode].fields {
      let bits = Set(field.lsb..<field.lsb + field.width)
      #expect(taken.isDisjoint(with: bits), "\(field.name)")
      #expect(field.lsb + field.width <= InstructionSet.wordBits)
      #expect((1...32).contains(field.width))
      #expect(field.kind != .flag || field.width == 1)
      #expect(field.kind != .float24 || field.width == 24)
      taken.formUnion(bits)
    }
  }

  @Test("a field of the word is read where it was written, and nothing else changes")
  func wordFields() {
    var generator = SeededGenerator(seed: 0xF1E1D)
    for _ in 0..<2_000 {
      let width = Int.random(in: 1...32, using: &generator)
      let lsb = Int.random(in: 0...128 - width, using: &generator)
      let word = InstructionWord(low: generator.next(), high: generator.next())
      var changed = word
      let value = UInt32(truncatingIfNeeded: generator.next() & ((1 << UInt64(width)) - 1))
      changed[lsb, width] = value
      #expect(changed[lsb, width] == value)
      for bit in 0..<128 where !(lsb..<lsb + width).contains(bit) {
        if changed[bit, 1] != word[bit, 1] { Issue.record("writing [\(lsb), \(width)] changed bit \(bit)") }
      }
      #expect(InstructionWord(hexadecimal: word.hexadecimal) == word)
    }
  }

  @Test("what is no hexadecimal word is refused")
  func hexadecimal() {
    let word = String(repeating: "0", count: 31)
    for text in ["", word, word + "g", word + "00", "0x" + word.dropLast(), " " + word, "-" + word, "+" + word] {
      #expect(InstructionWord(hexadecimal: text) == nil, "\(text)")
    }
    #expect(InstructionWord(hexadecimal: word + "F") == InstructionWord(low: 15, high: 0))
  }

  @Test("10,000 random instructions come back from their words")
  func encoding() {
    let seed: UInt64 = 0xC0DE
    print("instruction encoding: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let instruction = Instruction.random(using: &generator)
      #expect(Instruction(instruction.word) == instruction)
    }
  }

  @Test("a word with any reserved bit set is no instruction", arguments: Opcode.allCases)
  func reservedBits(opcode: Opcode) {
    let fields = InstructionSet[opcode].fields
    for bit in 8..<128 where !fields.contains(where: { ($0.lsb..<$0.lsb + $0.width).contains(bit) }) {
      var word = Instruction(opcode).word
      word[bit, 1] = 1
      #expect(Instruction(word) == nil, "bit \(bit)")
    }
  }

  @Test("a word with an unknown opcode is no instruction")
  func unknownOpcodes() {
    for code in 0...255 where Opcode(rawValue: UInt8(code)) == nil {
      #expect(Instruction(InstructionWord(low: UInt64(code), high: 0)) == nil)
    }
  }

  @Test("what a machine cannot execute is said with its numbers")
  func violations() {
    let tiny = Configuration.tiny
    let cases: [(Instruction, String?)] = [
      (Instruction(.load, ["slot": 0, "count": 256]), nil),
      (Instruction(.load, ["slot": 0, "count": 257]), "count is 257, not 1 to 256"),
      (Instruction(.load, ["slot": 7, "count": 768]), nil),
      (Instruction(.load, ["slot": 7, "count": 769]), "count is 769, not 1 to 768"),
      (Instruction(.load, ["slot": 1]), "count is 0, not 1 to 256"),
      (Instruction(.embed, ["outputs": 3, "count": 256]), nil),
      (Instruction(.embed, ["outputs": 0, "count": 256]), "outputs is 0, not 1 to 3"),
      (Instruction(.residual, ["outputs": 1, "count": 300]), "count is 300, not 1 to 256"),
      (Instruction(.rmsNorm, ["matrices": 1, "count": 768]), nil),
      (Instruction(.rmsNorm, ["matrices": 3, "count": 257]), "count is 257, not 1 to 256"),
      (Instruction(.rmsNorm, ["matrices": 0, "count": 5]), "matrices is 0, not 1 to 3"),
      (Instruction(.mlgru, ["count": 256, "state": 1280]), nil),
      (Instruction(.mlgru, ["count": 256, "state": 1281]), "state ends at 1537, beyond 1536"),
      (Instruction(.glu, ["count": 769]), "count is 769, not 1 to 768"),
      (Instruction(.argmax, ["count": 2049]), "count is 2049, not 1 to 2048"),
      (Instruction(.matvec, ["matrices": 3, "rows": 2048, "beats": 16]), nil),
      (Instruction(.matvec, ["matrices": 3, "rows": 5, "beats": 17]), "activation words is 51, not 1 to 48"),
      (Instruction(.matvec, ["matrices": 3, "shared": 1, "rows": 5, "beats": 48]), nil),
      (Instruction(.matvec, ["matrices": 1, "rows": 5, "beats": 0]), "activation words is 0, not 1 to 48"),
      (Instruction(.matvec, ["matrices": 1, "rows": 0, "beats": 1]), "rows is 0, not 1 to 2048"),
    ]
    for (instruction, expected) in cases {
      #expect(instruction.violation(for: tiny) == expected, "\(Assembler.disassemble(instruction))")
    }
  }

  @Test(
    "with five row lanes a state begins at a word of five elements, and may end within one",
    arguments: [
      (257, 256, nil), (258, 256, "state ends at 1538, beyond 1537"), (252, 257, nil),
      (253, 257, "state ends at 1538, beyond 1537"),
    ] as [(UInt32, UInt32, String?)])
  func stateWords(count: UInt32, word: UInt32, violation: String?) {
    var lanes = Configuration.tiny
    lanes.rowLanes = 5
    lanes.hiddenCapacity = 300
    lanes.stateCapacity = 1537
    let instruction = Instruction(.mlgru, ["count": count, "state": word])
    #expect(instruction.violation(for: lanes) == violation)
  }
}
