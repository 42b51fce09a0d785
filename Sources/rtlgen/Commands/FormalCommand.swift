import ArgumentParser
import Foundation
import HardwareFormal
import Proofs

struct FormalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "formal",
    abstract: "Prove what modules guarantee: rules of streams, order, no overflow, bursts.",
    discussion: """
      Prints each property with how it was decided: by induction, so for ever; bounded, for so many cycles after power-up; \
      in the netlist; or as a cover, reached in that cycle. Exits with status 1, and shows the cycles that lead there, when \
      a property fails. Needs yosys, yosys-smtbmc and z3.
      """)

  @Option(name: .long, help: "Only these proofs, with commas between; --list names them.")
  var only: String?

  @Option(name: .long, help: "Cycles, instead of the number that each proof has chosen.")
  var depth: Int?

  @Option(name: .long, help: "Keep harnesses and traces in this directory.", completion: .directory)
  var out: String?

  @Flag(name: .long, help: "List the proofs.")
  var list = false

  private var names: [String] { only?.split(separator: ",").map(String.init) ?? [] }

  func validate() throws {
    if let depth, depth < 1 { throw ValidationError("--depth must be at least 1.") }
    if let name = names.first(where: { name in !Proof.all.contains { $0.name == name } }) {
      throw ValidationError("There is no proof called '\(name)'; --list names them.")
    }
  }

  func run() throws {
    if list {
      for proof in Proof.all { Console.write("\(proof.name): \(proof.summary)\n") }
      return
    }
    let run = FormalRun(directory: out.map { URL(fileURLWithPath: $0) })
    var isGood = true
    for proof in Proof.all where names.isEmpty || names.contains(proof.name) {
      var harness = try proof.harness()
      if let depth { harness.depth = depth }
      let report = try run.run(harness)
      Console.write("\(report.heading)\n\(report.table)\n\(report.counterexample)")
      isGood = isGood && report.isGood
    }
    guard isGood else { throw ExitCode.failure }
  }
}

extension FormalReport {
  fileprivate var heading: String {
    let time = String(format: "%.1f s", seconds)
    return remark.isEmpty ? "\(module): \(time)" : "\(module): \(time); \(remark)"
  }

  fileprivate var table: String {
    var table = Table(["property", "method", "depth"])
    for line in lines {
      let (method, depth) =
        switch line.verdict {
        case .proved(let cycles): ("induction", "\(cycles)")
        case .holds(let cycles): ("bounded", "\(cycles)")
        case .absent: ("netlist", "-")
        case .reached(let cycle): ("cover", "\(cycle)")
        case .failed(let reason): ("FAILED: \(reason)", "-")
        case .undecided: ("undecided", "-")
        }
      table.add(["  " + line.name, method, depth])
    }
    return table.text
  }
}
