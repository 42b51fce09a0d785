import ArgumentParser
import Files
import Foundation
import SetunBoard
import SetunMachine
import SetunPackaging

struct ConstraintsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "constraints",
    abstract:
      "Write the named configurations' clock constraints, floorplans for devices of several dies, and the pins of the boards."
  )

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out = "Constraints"

  func run() throws {
    let cores = try ConstraintFile.named().map { ($0.name, Data($0.text.utf8)) }
    let boards = Board.all.map { ($0.name + ".lpf", Data($0.pinConstraints.utf8)) }
    try OutputDirectory.write(cores + boards, to: out)
  }
}
