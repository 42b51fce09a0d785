import SetunMachine

/// Which bench reached which cause how often.
public struct CauseCoverage: Sendable {
  private var rows: [(bench: String, log: BenchLog)] = []

  public init() {}

  public mutating func add(_ bench: Bench, _ log: BenchLog) { rows.append((bench.id, log)) }

  /// How many runs ended with a cause.
  public subscript(cause: StopCause) -> Int { rows.reduce(0) { $0 + ($1.log.causes[cause] ?? 0) } }

  /// Causes that no run ended with; none is no end.
  public var missing: [StopCause] { StopCause.allCases.filter { $0 != .none && self[$0] == 0 } }

  /// A table: a row a bench, a column a cause.
  public var markdown: String {
    let causes = StopCause.allCases.filter { $0 != .none }
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var text = line(["bench", "runs"] + causes.map { "\($0.rawValue)" } + ["of the bound"])
    text += line(Array(repeating: "---", count: causes.count + 3))
    for (bench, log) in rows {
      let share = "\(Int((100 * log.largestShareOfBound).rounded(.up))) %"
      text += line([bench, "\(log.runs)"] + causes.map { log.causes[$0].map(String.init) ?? "" } + [share])
    }
    let runs = rows.reduce(0) { $0 + $1.log.runs }
    text += line(["all", "\(runs)"] + causes.map { "\(self[$0])" } + [""])
    return text + "\n" + causes.map { "\($0.rawValue) \($0.explanation)" }.joined(separator: ", ") + ".\n"
  }
}
