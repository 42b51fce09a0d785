import ArgumentParser
import Foundation
import SetunMachine

struct MemoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory",
    abstract: "Measure what a memory model delivers to a sequential reader, and where the rest goes.",
    discussion: """
      One port of the configuration reads one burst after the other, as early as the memory accepts them, over 64 refreshes. \
      What refreshes and rows cost is the difference to the same read without them. The figures are simulated.
      """)

  @Option(name: .long, help: ArgumentHelp("The memory: \(CompareCommand.memories)."))
  var memory = "ddr4"

  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file.")
  var config = "wide"

  @Flag(name: .long, help: "Print one JSON object instead of the table.")
  var json = false

  func validate() throws {
    do { _ = try MemoryModel(parsing: memory) } catch { throw ValidationError("\(error).") }
  }

  func run() throws {
    let configuration = try Configuration.load(config)
    let memory = try MemoryModel(parsing: memory)
    let report = Report(memory, configuration, MemoryChannel.deliverable(memory, for: configuration))
    if json { try Console.write(json: report) } else { Console.write(report.table) }
  }
}

extension MemoryCommand {
  /// The outcome, for people and programs.
  struct Report: Encodable {
    let configuration: String
    let memory: String
    let clockMHz: Int
    let beatBits: Int
    let peak: Double
    let deliverable: Double
    let fraction: Double
    let refresh: Double
    let rows: Double
    let rest: Double
    let latencyOpenRow: Int
    let latencyClosedRow: Int
    let latencyOtherRow: Int

    init(_ memory: MemoryModel, _ configuration: Configuration, _ result: Deliverable) {
      self.configuration = configuration.name
      self.memory = memory.description
      clockMHz = configuration.clockMHz
      beatBits = configuration.beatBits
      peak = result.peak
      deliverable = result.delivered
      fraction = result.fraction
      refresh = result.refresh
      rows = result.rows
      rest = result.rest
      latencyOpenRow = result.openRow
      latencyClosedRow = result.closedRow
      latencyOtherRow = result.otherRow
    }

    enum CodingKeys: String, CodingKey {
      case configuration, memory, fraction
      case clockMHz = "clock_mhz"
      case beatBits = "beat_bits"
      case peak = "peak_beats_per_cycle"
      case deliverable = "deliverable_beats_per_cycle"
      case refresh = "lost_to_refresh"
      case rows = "lost_to_rows"
      case rest = "lost_otherwise"
      case latencyOpenRow = "latency_open_row"
      case latencyClosedRow = "latency_closed_row"
      case latencyOtherRow = "latency_other_row"
    }

    var table: String {
      func rate(_ beats: Double) -> String {
        let gigabytes = beats * Double(beatBits / 8 * clockMHz) / 1000
        return String(format: "%.4f beats a cycle, %.2f GB/s", beats, gigabytes)
      }
      func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
      var table = Table(["what", "value"])
      table.add(["configuration, memory", "\(configuration), \(memory)"])
      table.add(["port", "\(beatBits) bits at \(clockMHz) MHz"])
      table.add(["peak", rate(peak)])
      table.add(["deliverable", rate(deliverable)])
      table.add(["deliverable, of the peak", percent(fraction)])
      table.add(["lost to refresh", percent(refresh)])
      table.add(["lost to row changes", percent(rows)])
      table.add(["lost otherwise", percent(rest)])
      table.add([
        "latency, open / closed / other row", "\(latencyOpenRow) / \(latencyClosedRow) / \(latencyOtherRow) cycles",
      ])
      return table.text
    }
  }
}
