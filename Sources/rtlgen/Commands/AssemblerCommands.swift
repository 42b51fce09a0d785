import ArgumentParser
import Foundation
import SetunMachine

struct AsmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "asm",
    abstract: "Assemble instructions from standard input, one a line, to 32 hexadecimal digits each.")

  func run() throws {
    var lines: [String] = []
    while let line = readLine() { lines.append(line) }
    for instruction in try Assembler.assemble(lines.joined(separator: "\n")) {
      Console.write(instruction.word.hexadecimal + "\n")
    }
  }
}

struct DisasmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disasm",
    abstract: "Disassemble instruction words from standard input, 32 hexadecimal digits a line.")

  func run() throws {
    var number = 0
    while let line = readLine() {
      number += 1
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.isEmpty { continue }
      guard let word = InstructionWord(hexadecimal: text) else {
        throw Failure("Line \(number): '\(text)' is not an instruction word of 32 hexadecimal digits.")
      }
      guard let instruction = Instruction(word) else {
        throw Failure("Line \(number): \(text) is no legal instruction.")
      }
      Console.write(Assembler.disassemble(instruction) + "\n")
    }
  }
}
