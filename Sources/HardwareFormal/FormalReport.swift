/// What a run found out about each property of a harness.
public struct FormalReport: Sendable {
  public enum Verdict: Hashable, Sendable {
    /// Holds in every cycle: the base case, and induction over that many cycles.
    case proved(cycles: Int)
    /// Holds in that many cycles after power-up; beyond them nothing is known.
    case holds(cycles: Int)
    /// No path in the netlist.
    case absent
    /// A cover, reached that many cycles after power-up.
    case reached(cycle: Int)
    /// An assertion that fails, a path that is there, or a cover that is not reached.
    case failed(String)
    /// Not decided, because another property failed before.
    case undecided

    public var isGood: Bool {
      switch self {
      case .failed, .undecided: false
      default: true
      }
    }
  }

  public struct Line: Sendable {
    public let name: String
    public let verdict: Verdict
    /// When the guard of an assertion is first 1, in cycles after power-up; nil when it has none.
    public let guardReached: Int?
  }

  public let module: String
  public let remark: String
  public internal(set) var lines: [Line] = []
  /// The cycles that show a failure, as a table; empty when all is good.
  public internal(set) var counterexample = ""
  public internal(set) var seconds = 0.0

  public var isGood: Bool { lines.allSatisfy { $0.verdict.isGood } }
  public var failures: [Line] { lines.filter { if case .failed = $0.verdict { true } else { false } } }
}
