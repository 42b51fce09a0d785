import ArgumentParser
import SetunMachine

struct ISACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isa", abstract: "Print the instruction set's reference page.")

  func run() { Console.write(InstructionSet.referencePage) }
}
