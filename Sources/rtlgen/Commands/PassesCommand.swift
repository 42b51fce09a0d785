import ArgumentParser
import HardwareDescription

struct PassesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passes", abstract: "List what the hardware elaborator does, pass by pass.")

  func run() throws {
    var table = Table(["pass", "what it does"])
    for pass in Elaborator.standardPasses { table.add([pass.name, pass.summary]) }
    Console.write(table.text)
  }
}
