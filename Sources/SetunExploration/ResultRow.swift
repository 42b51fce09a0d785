import Foundation

/// A point's outcome as a row of the table: text, so that a row that was read again is the row that was written.
public struct ResultRow: Hashable, Sendable {
  /// The form of the table; another one is another exploration.
  static let version = 1

  /// The columns. What is estimated or simulated says so; everything else was asked for or follows from it.
  public enum Column: String, CaseIterable, Sendable {
    case point
    case widthBits = "width_bits"
    case channels
    case streams
    case rowLanes = "row_lanes"
    case fractionBits = "fraction_bits"
    case fifoBeats = "fifo_beats"
    case memory
    case clockMHz = "clock_mhz_assumed"
    /// simulated, exceeds (the budget), or refused.
    case status
    case reason
    case luts = "luts_estimated"
    case flipFlops = "flip_flops_estimated"
    case blockRAMs = "block_rams_estimated"
    case ultraRAMs = "ultra_rams_estimated"
    case dsps = "dsps_estimated"
    case cyclesPerToken = "cycles_per_token_simulated"
    case predictedCycles = "cycles_per_token_predicted_ideal"
    case tokensPerSecond = "tokens_per_second_simulated"
    case deliverableFraction = "fraction_of_deliverable_simulated"
    case utilisation = "stream_utilisation_simulated"
    case bytesPerToken = "bytes_per_token"
    case bytesOverEntropy = "bytes_over_entropy"
    /// yes or no for what was simulated, once all points are known.
    case pareto
  }

  /// The cells in the order of the columns.
  public private(set) var cells: [String]

  public subscript(column: Column) -> String {
    get { cells[Self.places[column] ?? 0] }
    set { cells[Self.places[column] ?? 0] = newValue }
  }

  private static let places = Dictionary(
    uniqueKeysWithValues: Column.allCases.enumerated().map { ($1, $0) })

  public init(_ outcome: Outcome) {
    cells = Array(repeating: "", count: Column.allCases.count)
    let point = outcome.point
    self[.point] = "\(point.index)"
    self[.widthBits] = "\(point.width)"
    self[.channels] = "\(point.channels)"
    self[.streams] = "\(point.streams)"
    self[.rowLanes] = "\(point.rowLanes)"
    self[.fractionBits] = "\(point.fraction)"
    self[.fifoBeats] = "\(point.fifoBeats)"
    self[.memory] = "\(point.memory)"
    self[.clockMHz] = "\(point.clockMHz)"
    if let resources = outcome.resources {
      self[.luts] = "\(resources.luts)"
      self[.flipFlops] = "\(resources.flipFlops)"
      self[.blockRAMs] = "\(resources.blockRAMs)"
      self[.ultraRAMs] = "\(resources.ultraRAMs)"
      self[.dsps] = "\(resources.dsps)"
    }
    switch outcome.verdict {
    case .refused(let reason):
      self[.status] = "refused"
      self[.reason] = reason
    case .exceeds(let reason):
      self[.status] = "exceeds"
      self[.reason] = reason
    case .simulated(let measurement):
      self[.status] = "simulated"
      self[.cyclesPerToken] = String(format: "%.1f", measurement.cyclesPerToken)
      self[.predictedCycles] = "\(measurement.predictedCycles)"
      self[.tokensPerSecond] = String(format: "%.3f", outcome.tokensPerSecond ?? 0)
      self[.deliverableFraction] = String(format: "%.4f", measurement.deliverableFraction)
      self[.utilisation] = String(format: "%.4f", measurement.utilisation)
      self[.bytesPerToken] = "\(measurement.bytesPerToken)"
      self[.bytesOverEntropy] = String(format: "%.4f", measurement.bytesOverEntropy)
    }
  }

  public var index: Int { Int(self[.point]) ?? 0 }
  public var isSimulated: Bool { self[.status] == "simulated" }
  public var isPareto: Bool { self[.pareto] == "yes" }
  public var luts: Int { Int(self[.luts]) ?? 0 }
  public var tokensPerSecond: Double { Double(self[.tokensPerSecond]) ?? 0 }

  // MARK: Text

  /// The row as a line of comma-separated values, without its end.
  public var line: String {
    cells.map { cell in
      cell.contains { $0 == "," || $0 == "\"" }
        ? "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : cell
    }.joined(separator: ",")
  }

  /// Reads a line; nil when it is not a whole row.
  public init?(line: some StringProtocol) {
    var cells: [String] = []
    var cell = ""
    var isQuoted = false
    // The character before was a quotation mark that ended a quotation; another one makes both stand for one.
    var hasEnded = false
    for character in line {
      switch character {
      case "\"":
        if hasEnded { cell.append(character) }
        hasEnded = isQuoted
        isQuoted.toggle()
        continue
      case "," where !isQuoted:
        cells.append(cell)
        cell = ""
      default: cell.append(character)
      }
      hasEnded = false
    }
    cells.append(cell)
    guard !isQuoted, cells.count == Column.allCases.count, Int(cells[0]) != nil else { return nil }
    self.cells = cells
  }

  /// The names of the columns as a line.
  static let heading = Column.allCases.map(\.rawValue).joined(separator: ",")

  /// Marks the simulated rows that no other beats in tokens a second against LUTs.
  package static func markFront(_ rows: inout [ResultRow]) {
    let simulated = rows.indices.filter { rows[$0].isSimulated }
    let front = Set(
      ParetoFront.indices(simulated.map { (Double(rows[$0].luts), rows[$0].tokensPerSecond) }).map { simulated[$0] })
    for index in simulated { rows[index][.pareto] = front.contains(index) ? "yes" : "no" }
  }
}
