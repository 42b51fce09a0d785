import SeededRandom
import SetunMachine
import Testing

@Suite("Assembler and disassembler")
struct AssemblerTests {
  private func assemble(_ text: String) throws -> Instruction? { try Assembler.assemble(text[...], number: 1) }

  @Test("10,000 random instructions come back from their text")
  func instructionsComeBack() throws {
    let seed: UInt64 = 0xA55E
    print("assembler: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let instruction = Instruction.random(using: &generator)
      let text = Assembler.disassemble(instruction)
      let back = try assemble(text)
      #expect(back == instruction, "\(text)")
      // And so does the text: it is the canonical one.
      #expect(back.map(Assembler.disassemble) == text)
    }
  }

  @Test("every 24-bit float comes back, whatever its bits")
  func floatsComeBack() throws {
    for exponent in 0..<256 as Range<UInt32> {
      for low in [0, 1, 2, 0x7FFE, 0x7FFF, 0x4000, 0x2AAA] as [UInt32] {
        for sign in [0, 1] as [UInt32] {
          let bits = sign << 23 | exponent << 15 | low
          let instruction = Instruction(.rmsNorm, ["matrices": 1, "count": 1, "inverse": bits])
          let text = Assembler.disassemble(instruction)
          #expect(try assemble(text) == instruction, "\(text)")
        }
      }
    }
  }

  @Test("a listing is read line by line, with comments, blanks and any line ending", arguments: ["\n", "\r\n"])
  func listing(ending: String) throws {
    let lines = [
      "# a comment", "", "load slot=3 count=0x10 # weights", "  EMBED\tcount=5 outputs=3;done", ";",
      "RMSNORM inverse=0.2 count=5 matrices=1 scale0=1e-3",
    ]
    let expected = [
      Instruction(.load, ["slot": 3, "count": 16]), Instruction(.embed, ["outputs": 3, "count": 5]),
      Instruction(
        .rmsNorm,
        [
          "matrices": 1, "count": 5, "inverse": Assembler.float24(0.2), "scale0": Assembler.float24(1e-3),
        ]),
    ]
    #expect(try Assembler.assemble(lines.joined(separator: ending)) == expected)
    #expect(try Assembler.assemble(lines.joined(separator: ending) + ending) == expected)
    #expect(try Assembler.assemble("") == [])
  }

  @Test("numbers are rounded to 24 bits, to nearest, ties to even")
  func rounding() {
    #expect(Assembler.float24(1) == 0x3F8000)
    #expect(Assembler.float24(Float(bitPattern: 0x3F80_0080)) == 0x3F8000)
    #expect(Assembler.float24(Float(bitPattern: 0x3F80_0081)) == 0x3F8001)
    #expect(Assembler.float24(Float(bitPattern: 0x3F80_0180)) == 0x3F8002)
    #expect(Assembler.float24(-2) == 0xC00000)
    #expect(Assembler.float24(0) == 0)
  }

  @Test(
    "what is wrong is said with the line and the reason",
    arguments: [
      ("JUMP", "'JUMP' is not an instruction"), ("LOAD slot", "'slot' is not of the form name=value"),
      ("LOAD slot=", "'slot=' is not of the form name=value"), ("LOAD =3", "is not of the form name=value"),
      ("LOAD place=3", "LOAD has no field 'place'; it has slot, count"),
      ("LOAD Slot=3", "LOAD has no field 'Slot'"),
      ("LOAD slot=3 slot=3", "the field 'slot' is given twice"),
      ("LOAD slot=8", "'8' does not fit the 3 bits of 'slot'"),
      ("LOAD count=65536", "'65536' does not fit the 16 bits of 'count'"),
      ("LOAD count=0x10000", "'0x10000' does not fit the 16 bits of 'count'"),
      ("LOAD count=99999999999999999999999", "does not fit the 16 bits of 'count'"),
      ("LOAD count=-1", "'-1' is not a number for 'count'"),
      ("LOAD count=1.5", "'1.5' is not a number for 'count'"),
      ("LOAD count=many", "'many' is not a number for 'count'"),
      ("LOAD count=0x", "'0x' is not a number for 'count'"),
      ("LOAD count=0xfg", "'0xfg' is not a number for 'count'"),
      ("MATVEC shared=2", "'2' does not fit the 1 bits of 'shared'"),
      ("RMSNORM inverse=many", "'many' is not a finite number for 'inverse'"),
      ("RMSNORM inverse=inf", "'inf' is not a finite number for 'inverse'"),
      ("RMSNORM inverse=nan", "'nan' is not a finite number for 'inverse'"),
      ("RMSNORM inverse=1e39", "'1e39' is not a finite number for 'inverse'"),
      ("RMSNORM inverse=3.4028235e38", "'3.4028235e38' is not a finite number for 'inverse'"),
      ("RMSNORM inverse=0x1000000", "'0x1000000' does not fit the 24 bits of 'inverse'"),
    ])
  func errors(text: String, reason: String) throws {
    let error = try #require(throws: AssemblerError.self) { try Assembler.assemble("EMBED count=1\n\n" + text) }
    #expect(error.line == 3)
    #expect(error.description.hasPrefix("Line 3: "))
    #expect(error.description.contains(reason), "\(error.description)")
  }
}
