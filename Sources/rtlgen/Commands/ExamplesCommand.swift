import ArgumentParser
import HardwareExamples

struct ExamplesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "examples",
    abstract: "Write the SystemVerilog of the example designs: an add-accumulate pipeline, a UART, an FIR filter.")

  @Option(name: .long, help: "The directory to write to; other .sv files in it are removed.", completion: .directory)
  var out: String

  @Flag(name: .long, help: "Leave out the modules of the library that the examples use.")
  var withoutLibrary = false

  func run() throws {
    let files = try ExampleCatalogue.files(includesLibrary: !withoutLibrary)
    try Emission.write(files.map { ($0.name, $0.text) }, to: out)
    var table = Table(["module", "lines"])
    for file in files {
      table.add([file.name, "\(file.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1)"])
    }
    Console.write(table.text)
  }
}
