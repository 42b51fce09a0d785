import SetunMachine

/// What a bench saw: what is not as specified, and the causes with which runs ended.
public struct BenchLog: Sendable {
  /// In words, with all that is needed to repeat it; empty when everything is as specified.
  public private(set) var findings: [String] = []
  /// How many runs ended with each cause.
  public private(set) var causes: [StopCause: Int] = [:]
  /// Runs that were started.
  public private(set) var runs = 0
  /// The longest time from START, or from what stopped a run, to idle, as a share of its bound.
  public private(set) var largestShareOfBound = 0.0

  public init() {}

  mutating func expect(_ condition: Bool, _ finding: @autoclosure () -> String) {
    if !condition { findings.append(finding()) }
  }

  mutating func add(_ finding: String) { findings.append(finding) }

  mutating func count(_ cause: StopCause) { causes[cause, default: 0] += 1 }

  mutating func countRun() { runs += 1 }

  mutating func took(_ cycles: Int, of bound: Int) {
    largestShareOfBound = max(largestShareOfBound, Double(cycles) / Double(max(bound, 1)))
  }

  /// Takes in another log.
  public mutating func merge(_ other: BenchLog) {
    findings += other.findings
    causes.merge(other.causes, uniquingKeysWith: +)
    runs += other.runs
    largestShareOfBound = max(largestShareOfBound, other.largestShareOfBound)
  }
}
