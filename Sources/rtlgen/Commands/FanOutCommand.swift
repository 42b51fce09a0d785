import ArgumentParser
import HardwareDescription
import SetunCore
import SetunMachine

struct FanOutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fanout",
    abstract: "Count the loads of every net of the core, and the operands of its widest sum.",
    discussion: """
      Without --config every named configuration is counted. Clocks and resets are left out. Ends with an error when a net has \
      more loads than --limit, or more operands than --cone are added between two registers.
      """)

  @Option(name: .long, help: "A named configuration or a JSON file of one.")
  var config: String?

  @Option(name: .long, help: "The most loads a net may have.")
  var limit = FanOutReport.loadLimit

  @Option(name: .long, help: "The most operands that may be added between two registers.")
  var cone = FanOutReport.operandLimit

  @Option(name: .long, help: "How many nets to print.")
  var top = 10

  @Flag(name: .long, help: "Print one JSON object instead of the tables.")
  var json = false

  private struct Entry: Encodable {
    struct Net: Encodable {
      let loads: Int
      let bits: Int
      let net: String
      let source: String
      let largest: Int
      let largestSource: String
    }
    struct Cone: Encodable {
      let operands: Int
      let module: String
      let source: String
    }
    let configuration: String
    let mostLoads: Int
    let netsAboveLimit: Int
    let mostOperands: Int
    let nets: [Net]
    let cones: [Cone]
  }

  func validate() throws {
    guard limit >= 1, cone >= 1, top >= 1 else { throw ValidationError("Limits and counts are at least 1.") }
  }

  func run() throws {
    let configurations = try config.map { [try Configuration.load($0)] } ?? Configuration.named
    var entries: [Entry] = []
    for configuration in configurations { entries.append(try entry(configuration)) }
    if json {
      try Console.write(json: ["fanout": entries])
    } else {
      for entry in entries { write(entry) }
    }
    let failed = entries.filter { $0.mostLoads > limit || $0.mostOperands > cone }.map(\.configuration)
    if !failed.isEmpty { throw Failure("Above the limits: \(failed.joined(separator: ", ")).") }
  }

  private func entry(_ configuration: Configuration) throws -> Entry {
    let elaboration = Elaborator().run(SetunCore(configuration: configuration))
    guard elaboration.errors.isEmpty else {
      throw Failure(elaboration.errors.map(\.description).joined(separator: "\n"))
    }
    let report = FanOutReport(elaboration.design, kept: .max)
    return Entry(
      configuration: configuration.name, mostLoads: report.nets.first?.loads ?? 0,
      netsAboveLimit: report.nets.count { $0.loads > limit },
      mostOperands: report.cones.first?.operands ?? 0,
      nets: report.nets.prefix(top).map { net in
        Entry.Net(
          loads: net.loads, bits: net.bits, net: net.path, source: "\(net.location)", largest: net.largest.loads,
          largestSource: "\(net.largest.location)")
      },
      cones: report.cones.prefix(3).map { Entry.Cone(operands: $0.operands, module: $0.path, source: "\($0.location)") }
    )
  }

  private func write(_ entry: Entry) {
    Console.write(
      "\(entry.configuration): a net has \(entry.mostLoads) loads at most (limit \(limit), \(entry.netsAboveLimit) signals "
        + "above); \(entry.mostOperands) operands are added between registers at most (limit \(cone))")
    var nets = Table(["loads", "bits", "net", "declared", "most of them at"])
    for net in entry.nets {
      nets.add(["\(net.loads)", "\(net.bits)", net.net, net.source, "\(net.largest): \(net.largestSource)"])
    }
    Console.write(nets.text)
    var cones = Table(["operands", "module", "sum"])
    for cone in entry.cones { cones.add(["\(cone.operands)", cone.module, cone.source]) }
    Console.write(cones.text)
  }
}
