import Foundation

/// What nextpnr found of a placed and routed design: the frequency that its clock reaches, and the longest path.
public struct TimingReport: Hashable, Sendable {
  /// One step along the path.
  public struct Step: Hashable, Sendable {
    /// clk-to-q, routing, logic or setup.
    public let kind: String
    /// In nanoseconds.
    public let delay: Double
    /// The net, or the cell and port at the end of the step.
    public let name: String
  }

  /// MHz of the slowest clock.
  public let achievedMHz: Double
  /// The clock's net.
  public let clock: String
  public let path: [Step]
  /// Cells used and available, by kind.
  public let utilisation: [String: Use]

  /// Cells of a kind.
  public struct Use: Hashable, Sendable, Codable {
    public let used: Int
    public let available: Int
  }

  /// Nanoseconds of the path that wires take.
  public var routing: Double { path.filter { $0.kind == "routing" }.reduce(0) { $0 + $1.delay } }
  public var delay: Double { path.reduce(0) { $0 + $1.delay } }

  /// Reads the file that `nextpnr --report` wrote.
  ///
  /// - Parameter wanted: the frequency in MHz that the clock is constrained to, within half a percent (nextpnr counts in whole
  ///   picoseconds); nil for the slowest of all clocks.
  public init(json: Data, constrainedTo wanted: Double? = nil) throws(BoardError) {
    guard let report = try? JSONDecoder().decode(Report.self, from: json) else {
      throw BoardError("nextpnr's report cannot be read.")
    }
    let clocks = report.fmax.filter { clock in wanted.map { abs(clock.value.constraint / $0 - 1) < 0.005 } ?? true }
    guard let slowest = clocks.min(by: { $0.value.achieved < $1.value.achieved }) else {
      throw BoardError("nextpnr's report has no clock\(wanted.map { " of \($0) MHz" } ?? "").")
    }
    achievedMHz = slowest.value.achieved
    clock = slowest.key
    let paths = report.criticalPaths.filter { path in
      path.from == "posedge \(slowest.key)" && path.to == "posedge \(slowest.key)"
    }
    path = (paths.first?.path ?? []).map { step in
      Step(kind: step.type, delay: step.delay, name: step.net ?? "\(step.to.cell ?? "").\(step.to.port ?? "")")
    }
    utilisation = report.utilization
  }

  private struct Report: Decodable {
    struct Frequency: Decodable {
      let achieved: Double
      let constraint: Double
    }
    struct End: Decodable {
      let cell: String?
      let port: String?
    }
    struct Step: Decodable {
      let type: String
      let delay: Double
      let net: String?
      let to: End
    }
    struct Path: Decodable {
      let from: String
      let to: String
      let path: [Step]
    }
    let fmax: [String: Frequency]
    let criticalPaths: [Path]
    let utilization: [String: Use]

    enum CodingKeys: String, CodingKey {
      case fmax, utilization
      case criticalPaths = "critical_paths"
    }
  }
}
