import HardwareDescription

/// A clock of the top module and its reset.
struct Clock {
  let domain: ClockDomain
  /// Of one cycle, in units of time.
  var period = 10
  /// When the next rising edge comes.
  var nextEdge = 5
  var isInReset = false
  /// When the last rising edge was.
  var lastEdge: Int?

  init(domain: ClockDomain) { self.domain = domain }
}

extension Simulation {
  /// The clocks of the top module.
  public var domains: [ClockDomain] { clocks.map(\.domain) }

  private func number(_ domain: ClockDomain) throws(SimulationError) -> Int {
    if let number = clocks.firstIndex(where: { $0.domain == domain }) { return number }
    let known = clocks.map(\.domain.name).filter { !$0.isEmpty }
    throw .unknownDomain(domain.name, near: nearest(to: domain.name, among: known))
  }

  // MARK: Steps

  /// `count` rising edges of all clocks, together.
  public func step(_ count: Int = 1) {
    let all = Array(clocks.indices)
    for _ in 0..<max(0, count) { tick(all) }
  }

  /// `count` rising edges of one clock, while the others stand still.
  public func step(_ domain: ClockDomain, _ count: Int = 1) throws(SimulationError) {
    let own = [try number(domain)]
    for _ in 0..<max(0, count) { tick(own) }
  }

  /// One rising edge of each of these clocks, at the same instant.
  public func step(together domains: [ClockDomain]) throws(SimulationError) {
    var numbers: [Int] = []
    for domain in domains { numbers.append(try number(domain)) }
    tick(numbers)
  }

  /// An edge now: the time moves on to where the slowest of these clocks has it.
  private func tick(_ domains: [Int]) {
    time = domains.reduce(time + 1) { max($0, clocks[$1].nextEdge) }
    fire(domains)
  }

  private func fire(_ domains: [Int]) {
    edge(domains)
    for domain in domains {
      clocks[domain].lastEdge = time
      clocks[domain].nextEdge = time + clocks[domain].period
    }
  }

  // MARK: Time

  /// Sets the period of a clock, in any unit of time, the same for all clocks, and when its next edge comes, counted from
  /// now; half a period when nothing is said. The period is 10 to begin with.
  public func setPeriod(
    of domain: ClockDomain, _ period: Int, nextEdgeIn offset: Int? = nil
  ) throws(SimulationError) {
    let number = try number(domain)
    clocks[number].period = max(1, period)
    clocks[number].nextEdge = time + max(1, offset ?? (period + 1) / 2)
  }

  /// Lets `duration` pass, with the edges of all clocks that fall into it, in their order; edges at the same time happen
  /// together.
  public func advance(by duration: Int) { advance(to: time + duration) }

  /// Lets time pass until `target`, edges at that time included.
  public func advance(to target: Int) {
    while let next = clocks.map(\.nextEdge).min(), next <= target {
      time = max(time, next)
      fire(clocks.indices.filter { clocks[$0].nextEdge <= next })
    }
    time = max(time, target)
  }

  // MARK: Reset

  /// Holds all resets for `cycles` edges of all clocks, at least one. Registers with a reset take their values at once; the
  /// others are clocked as ever.
  public func reset(cycles: Int = 1) {
    assertReset()
    step(max(1, cycles))
    releaseReset()
  }

  /// Pulls all resets: registers that have one take their reset values now and keep them.
  public func assertReset() {
    for number in clocks.indices { setReset(number, true) }
  }

  public func releaseReset() {
    for number in clocks.indices { setReset(number, false) }
  }

  /// Whether the reset of a domain is pulled; with nil, that of any.
  public func isInReset(_ domain: ClockDomain? = nil) -> Bool {
    clocks.contains { $0.isInReset && (domain == nil || $0.domain == domain) }
  }

  /// Pulls the reset of one domain.
  public func assertReset(_ domain: ClockDomain) throws(SimulationError) { setReset(try number(domain), true) }

  public func releaseReset(_ domain: ClockDomain) throws(SimulationError) { setReset(try number(domain), false) }

  private func setReset(_ number: Int, _ value: Bool) {
    clocks[number].isInReset = value
    if value { applyReset(number) }
  }
}
