import ArgumentParser
import Files
import Foundation
import SetunMachine
import SetunPackaging

struct ConstraintsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "constraints",
    abstract: "Write the clock constraints, and floorplans for devices of several dies, of the named configurations.")

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out = "Constraints"

  func run() throws {
    try OutputDirectory.write(try ConstraintFile.named().map { ($0.name, Data($0.text.utf8)) }, to: out)
  }
}
