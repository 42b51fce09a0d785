import SetunMachine

extension CauseCoverage {
  /// The page of stop causes: which bench reaches which, and how soon the core is idle.
  ///
  /// - Parameter seed: with which the benches ran.
  public func page(_ configuration: Configuration, seed: UInt64) -> String {
    """
    # Stop causes

    Every way in which a run ends, the benches that reach it, and how many cycles it takes at most until the core is idle.
    Written by `rtlgen verify --config \(configuration.name) --seed \(seed) --page FILE`; a test holds the page to the list of
    benches, to every cause being reached, and to the bound.

    ## Benches

    Runs of each bench by the cause with which they ended, simulated on the RTL of `\(configuration.name)`. The last column is the
    longest time from START, or from what stopped a run, to idle, as a share of its bound.

    \(markdown)
    ## The bound

    \(Self.bounds)
    """
  }

  /// Cycles from whatever stops a run to idle, for every cause and each named configuration.
  public static var bounds: String {
    let configurations = Configuration.singleChannel
    func row(_ name: String, _ memory: MemoryModel) -> String {
      let cells = configurations.map { "\(CycleBound($0, memory: memory).stop)" }
      return "| \(name) | \(cells.joined(separator: " | ")) |\n"
    }
    let names = configurations.map { "`\($0.name)`" }.joined(separator: " | ")
    return """
      From the cycle in which something stops a run, whatever it is, the core is idle within so many cycles: it waits for the
      beats that are requested, at most a full FIFO and an embedding row, and for its pipelines. A START that is refused at
      once requests nothing and ends sooner. The memory's latency is \(MemoryModel.ideal.latency) cycles.

      | memory | \(names) |
      |---|\(configurations.map { _ in "---|" }.joined())
      \(row("without stalls", .ideal))\(row("with stalls of at most 15 cycles", .random(seed: 1)))
      """
  }

  /// The causes that a page's table shows as reached, and the benches it has, in order.
  public static func contents(ofPage page: String) -> (causes: Set<StopCause>, benches: [String]) {
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
      .map { $0.split(separator: "|").map { $0.drop { $0 == " " }.prefix { $0 != " " } } }
    guard let first = rows.firstIndex(where: { $0.first == "bench" }) else { return ([], []) }
    let body = rows[(first + 2)...].prefix { $0.first != "all" }
    let causes = StopCause.allCases.filter { $0 != .none }
    var reached: Set<StopCause> = []
    for row in body {
      for (number, cause) in causes.enumerated() where row.indices.contains(number + 2) {
        if let count = Int(row[number + 2]), count > 0 { reached.insert(cause) }
      }
    }
    return (reached, body.compactMap { $0.first.map(String.init) })
  }
}
