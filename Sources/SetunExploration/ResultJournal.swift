import Files
import Foundation
import SetunMachine

/// The table of an exploration on disk, while it runs and afterwards.
///
/// Each outcome is appended as soon as it is there, so that a run that was cut off goes on where it was. When all points
/// are there the table is written anew, in the order of the points and with the Pareto front marked: the same bytes
/// however many runs and jobs it took.
public final class ResultJournal {
  public let path: String
  private let head: String
  private let count: Int
  private var rows: [Int: ResultRow]
  private var file: FileHandle?

  /// Indices of the points that are there.
  public var done: Set<Int> { Set(rows.keys) }

  /// Opens the table in a directory, which is made if it is missing, or begins one.
  ///
  /// - Throws: when the file there is of another exploration, or cannot be written.
  public init(directory: String, _ exploration: Exploration) throws {
    let place = try OutputDirectory(directory)
    path = directory + "/" + Self.name
    head = Self.head(exploration)
    count = exploration.points.count
    rows = try Self.read(path, key: exploration.key, count: exploration.points.count)
    // A last row that was cut off goes.
    try write(rows.values.sorted { $0.index < $1.index })
    place.keep()
    guard let file = FileHandle(forWritingAtPath: path) else { throw ExplorationError("\(path): cannot be written.") }
    try file.seekToEnd()
    self.file = file
  }

  deinit { try? file?.close() }

  /// Of the table in its directory.
  public static let name = "points.csv"

  public func append(_ outcome: Outcome) throws {
    let row = ResultRow(outcome)
    rows[row.index] = row
    try file?.write(contentsOf: Data((row.line + "\n").utf8))
  }

  /// Writes the finished table, whole, and returns its rows in order.
  public func finish() throws -> [ResultRow] {
    guard rows.count == count else {
      throw ExplorationError("\(path): \(count - rows.count) of \(count) points are missing.")
    }
    try file?.close()
    file = nil
    var sorted = rows.values.sorted { $0.index < $1.index }
    ResultRow.markFront(&sorted)
    try write(sorted)
    return sorted
  }

  private func write(_ rows: [ResultRow]) throws {
    let text = head + ResultRow.heading + "\n" + rows.map { $0.line + "\n" }.joined()
    try OutputFile.write(Data(text.utf8), to: path)
  }

  // MARK: The head

  private static let mark = "# setun explore, key "

  /// What the reader of the table must know: comment lines, the first with the exploration's key.
  private static func head(_ exploration: Exploration) -> String {
    let budget = exploration.budget
    let share = budget.map { $0.share == 100 ? "" : "\($0.share) % of " } ?? ""
    let lines = [
      mark + exploration.key,
      "# model: d \(exploration.shape.hiddenSize), I \(exploration.shape.intermediateSize), "
        + "\(exploration.shape.layerCount) layers, vocabulary \(exploration.shape.vocabularySize)",
      "# space: \(exploration.space.summary)",
      budget.map { "# budget: \(share)\($0.name), \($0.device) (\($0.source))" } ?? "# budget: none",
      "# assumed: every machine runs at its clock_mhz, without registers on the way to its channels; no timing was closed. "
        + "One stream, head included.",
      "# estimated: resources, from stored Yosys syntheses of the core for \(exploration.fabric.measured.rawValue), without "
        + "place and route, memory controllers and shell; cores of 1 to 4 channels were synthesised.",
      "# simulated: cycles of a token, the average of \(exploration.tokens - 1) generated after the first.",
      "# pareto: tokens a second against LUTs; fewer fraction bits are cheaper and cost quality, which is not weighed here.",
      "# block RAMs: 18 Kb on ultrascale-plus (a RAMB36E2 is two) and ecp5, 20 Kb on stratix-10. "
        + "on-chip: ideal memory, \(MemoryModel.onChipLatency) cycles latency.",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The rows of a table that exists; none when there is no file.
  private static func read(_ path: String, key: String, count: Int) throws -> [Int: ResultRow] {
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ExplorationError("\(path): cannot be read.")
    }
    let text = String(decoding: data, as: UTF8.self)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // What follows the last end of a line was being written.
    lines.removeLast()
    guard let first = lines.first, first.hasPrefix(mark) else {
      throw ExplorationError("\(path): is no table of an exploration; give another --out, or remove it.")
    }
    let found = first.dropFirst(mark.count)
    guard found == key else {
      throw ExplorationError(
        "\(path): is of another model, space, budget or version (key \(String(found).printable(limit: 40)), now \(key)); "
          + "give another --out, or remove it.")
    }
    var rows: [Int: ResultRow] = [:]
    for (number, line) in lines.enumerated() where !line.hasPrefix("#") && line != ResultRow.heading {
      guard var row = ResultRow(line: line), (0..<count).contains(row.index) else {
        throw ExplorationError("\(path), line \(number + 1): is no row of the table.")
      }
      row[.pareto] = ""
      rows[row.index] = row
    }
    return rows
  }
}
