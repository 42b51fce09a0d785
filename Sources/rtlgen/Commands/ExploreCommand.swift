import ArgumentParser
import Checkpoint
import Files
import Foundation
import SetunExploration

struct ExploreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore",
    abstract: "Sweep machines for a model over the simulator: how fast each is, and what it takes.",
    discussion: """
      Every combination of the axes' values is a point. A point that cannot be built is refused with the reason, one that is \
      larger than the budget is said to exceed it, all others are simulated. OUT/points.csv has a row for every point, and is \
      continued by the same command after an interruption; OUT/pareto.svg shows tokens a second against LUTs.

      Resources are estimated from stored syntheses of the emitted core, cycles are simulated, and the clock is assumed. \
      --calibrate shows how far the estimate lies from each synthesis when it is fitted to the others alone.
      """)

  @OptionGroup var model: ModelOptions

  @OptionGroup var axes: SpaceOptions

  @Option(
    name: .long,
    help: ArgumentHelp("The device to stay within: \(ResourceBudget.known.map(\.name).joined(separator: ", "))."))
  var budget: String?

  @Option(name: .long, help: "The part of the device that the core may take, in percent.")
  var share = 100

  @Option(name: .long, help: "Tokens that are generated at every point; all but the first count.")
  var tokens = 4

  @Option(name: .long, help: "Images that are worked on at once; as many as there are processors when absent.")
  var jobs: Int?

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out: String?

  @Flag(name: .long, help: "Compare the estimate with the stored syntheses instead.")
  var calibrate = false

  @Flag(
    name: .long, help: "With --calibrate: synthesise anew with Yosys, and store what it measures (some 20 minutes).")
  var store = false

  @Flag(name: .long, help: "Print one JSON object instead of the table.")
  var json = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1.") }
    if tokens < 2 { throw ValidationError("--tokens must be at least 2.") }
    if share != 100, budget == nil { throw ValidationError("--share is the part of a --budget.") }
    if store, !calibrate { throw ValidationError("--store goes with --calibrate.") }
    if out == nil, !calibrate { throw ValidationError("Give the directory to write to with --out.") }
    do {
      _ = try budget.map { try ResourceBudget.named($0, share: share) }
      if axes.space == nil { _ = try axes.designSpace() }
    } catch { throw ValidationError("\(error)") }
  }

  func run() throws {
    if calibrate { return try Calibration.run(storing: store, json: json) }
    guard let out else { return }
    let space = try axes.designSpace()
    let budget = try budget.map { try ResourceBudget.named($0, share: share) }
    let checkpoint = try model.checkpoint()
    let exploration = try Exploration(
      shape: checkpoint.configuration, space: space, budget: budget, tokens: tokens)
    let name = URL(fileURLWithPath: checkpoint.directory).lastPathComponent
    let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    try Blocking.run {
      let rows = try await Self.explore(exploration, checkpoint, jobs: jobs, directory: out)
      let title = "\(name)\(budget.map { " within \($0.name)" } ?? ""): speed against size"
      let picture = out + "/" + Self.pictureName
      try OutputFile.write(Data(ParetoPicture(rows, title: title, budget: budget).svg.utf8), to: picture)
      let report = Report(rows, out: out)
      if json { try Console.write(json: report) } else { Console.write(report.table) }
    }
  }

  static let pictureName = "pareto.svg"

  private static func explore(
    _ exploration: Exploration, _ checkpoint: Checkpoint, jobs: Int, directory: String
  ) async throws -> [ResultRow] {
    let journal = try ResultJournal(directory: directory, exploration)
    let count = exploration.points.count
    var progress = Progress("Exploring")
    defer { progress.finish() }
    var done = journal.done.count
    for try await outcome in exploration.outcomes(of: checkpoint, skipping: journal.done, jobs: jobs) {
      try journal.append(outcome)
      done += 1
      progress.update(Double(done) / Double(count), of: count)
    }
    return try journal.finish()
  }
}

extension ExploreCommand {
  /// The outcome in short, for people and programs.
  struct Report: Encodable {
    let points: Int
    let simulated: Int
    let exceeding: Int
    let refused: Int
    let front: [Entry]
    let csv: String
    let picture: String

    struct Entry: Encodable {
      let point: Int
      let widthBits: String
      let channels: String
      let rowLanes: String
      let fractionBits: String
      let fifoBeats: String
      let memory: String
      let clockMHz: String
      let cyclesPerToken: String
      let tokensPerSecond: String
      let deliverable: String
      let luts: String
      let blockRAMs: String
      let dsps: String

      enum CodingKeys: String, CodingKey {
        case point, channels, memory
        case widthBits = "width_bits"
        case rowLanes = "row_lanes"
        case fractionBits = "fraction_bits"
        case fifoBeats = "fifo_beats"
        case clockMHz = "clock_mhz_assumed"
        case cyclesPerToken = "cycles_per_token_simulated"
        case tokensPerSecond = "tokens_per_second_simulated"
        case deliverable = "fraction_of_deliverable_simulated"
        case luts = "luts_estimated"
        case blockRAMs = "block_rams_estimated"
        case dsps = "dsps_estimated"
      }
    }

    init(_ rows: [ResultRow], out: String) {
      points = rows.count
      simulated = rows.count(where: \.isSimulated)
      exceeding = rows.count { $0[.status] == "exceeds" }
      refused = rows.count { $0[.status] == "refused" }
      csv = out + "/" + ResultJournal.name
      picture = out + "/" + ExploreCommand.pictureName
      front = rows.filter(\.isPareto).sorted { ($0.luts, $0.index) < ($1.luts, $1.index) }.map { row in
        Entry(
          point: row.index, widthBits: row[.widthBits], channels: row[.channels], rowLanes: row[.rowLanes],
          fractionBits: row[.fractionBits], fifoBeats: row[.fifoBeats], memory: row[.memory],
          clockMHz: row[.clockMHz], cyclesPerToken: row[.cyclesPerToken], tokensPerSecond: row[.tokensPerSecond],
          deliverable: row[.deliverableFraction], luts: row[.luts], blockRAMs: row[.blockRAMs], dsps: row[.dsps])
      }
    }

    enum CodingKeys: String, CodingKey {
      case points, simulated, refused, front, csv, picture
      case exceeding = "beyond_budget"
    }

    var table: String {
      var table = Table([
        "bits", "channels", "lanes", "F", "FIFO", "memory", "MHz", "cycles", "tokens/s", "deliverable", "LUTs",
        "block RAMs", "DSPs",
      ])
      for entry in front {
        table.add([
          entry.widthBits, entry.channels, entry.rowLanes, entry.fractionBits, entry.fifoBeats, entry.memory,
          entry.clockMHz, entry.cyclesPerToken, entry.tokensPerSecond, entry.deliverable, entry.luts, entry.blockRAMs,
          entry.dsps,
        ])
      }
      return """
        \(points) points: \(simulated) simulated, \(exceeding) beyond the budget, \(refused) refused.
        The Pareto front; cycles and tokens/s are simulated at an assumed clock, LUTs, block RAMs and DSPs estimated:

        \(table.text)
        \(csv)
        \(picture)

        """
    }
  }
}
