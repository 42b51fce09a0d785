import ArgumentParser
import HardwareDescription

struct PassesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passes", abstract: "List what the hardware elaborator does, pass by pass.",
    discussion: "With --glossary the page on every diagnostic, in Markdown.")

  @Flag(name: .long, help: "Print the page on every diagnostic instead.")
  var glossary = false

  func run() throws {
    if glossary { return Console.write(Diagnostic.glossary) }
    var table = Table(["pass", "what it does"])
    for pass in Elaborator.standardPasses { table.add([pass.name, pass.summary]) }
    Console.write(table.text)
  }
}
