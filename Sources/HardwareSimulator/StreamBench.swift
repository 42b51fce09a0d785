import HardwareDescription
import SeededRandom

/// Sends words into a stream of the design and keeps the stream's rules: a word that is offered stays until it has passed.
///
/// The ports are `name_valid`, `name_ready` and `name_data`. While nothing is offered, the data is random.
public final class StreamDriver: BenchProcess {
  public let domain: ClockDomain?
  /// Words that have passed.
  public private(set) var sent: [BitPattern] = []
  /// Cycle numbers of these words.
  public private(set) var cycles: [Int] = []
  /// Words not yet passed.
  public private(set) var waiting: [BitPattern]
  private let valid, ready, data: SignalHandle
  private var stalls: StallPattern
  private var noise: SeededGenerator
  private var isOffering = false

  public init(
    _ simulation: Simulation, _ name: String, words: [BitPattern], stalls: StallPattern = .never,
    domain: ClockDomain? = nil
  ) throws(SimulationError) {
    valid = try simulation.inputHandle("\(name)_valid")
    ready = try simulation.signal("\(name)_ready")
    data = try simulation.inputHandle("\(name)_data")
    waiting = words.reversed()
    self.stalls = stalls
    self.domain = domain
    noise = SeededGenerator(seed: UInt64(words.count))
  }

  /// Words of at most 64 bits; bits beyond the port's width are an error when they are sent.
  public convenience init(
    _ simulation: Simulation, _ name: String, words: [UInt64], stalls: StallPattern = .never,
    domain: ClockDomain? = nil
  ) throws(SimulationError) {
    let width = try simulation.inputHandle("\(name)_data").width
    try self.init(
      simulation, name, words: words.map { BitPattern(words: [$0], width: max(width, 64)) }, stalls: stalls,
      domain: domain)
  }

  /// Every word has passed.
  public var isDone: Bool { waiting.isEmpty }

  public func drive(_ simulation: Simulation) throws(SimulationError) {
    if !isOffering { isOffering = !waiting.isEmpty && !stalls.next() }
    try simulation.poke(valid, isOffering ? 1 : 0)
    if isOffering, let word = waiting.last {
      try simulation.poke(data, word)
    } else {
      let words = (0..<(data.width + 63) / 64).map { _ in noise.next() }
      try simulation.poke(data, BitPattern(words: words, width: data.width))
    }
  }

  public func sample(_ simulation: Simulation) throws(SimulationError) {
    guard isOffering, !simulation.isInReset(domain), try simulation.peek(ready) == 1 else { return }
    sent.append(waiting.removeLast().resized(to: data.width, signed: false))
    cycles.append(simulation.cycle)
    isOffering = false
  }
}

/// What a stream did against its rules.
public struct StreamViolation: Hashable, Sendable, CustomStringConvertible {
  /// 2 to 4, as `Stream` numbers them.
  public let rule: Int
  public let stream: String
  public let cycle: Int
  let detail: String

  public var description: String { "cycle \(cycle): stream `\(stream)` breaks rule \(rule): \(detail)" }
}

/// Receives words from a stream of the design and holds it to the four rules of `Stream`.
///
/// The ports are `name_valid`, `name_ready` and `name_data`. In each cycle it asks what `valid` and the word would be with the
/// other `ready`, so that a path from one to the other is found.
public final class StreamMonitor: BenchProcess {
  public let domain: ClockDomain?
  public let name: String
  /// Words that have passed.
  public private(set) var received: [BitPattern] = []
  /// Cycle numbers of these words.
  public private(set) var cycles: [Int] = []
  public private(set) var violations: [StreamViolation] = []
  private let valid, ready, data: SignalHandle
  private var stalls: StallPattern
  private var isReady = false
  /// The word that was offered and not taken.
  private var held: BitPattern?

  public init(
    _ simulation: Simulation, _ name: String, stalls: StallPattern = .never, domain: ClockDomain? = nil
  ) throws(SimulationError) {
    self.name = name
    valid = try simulation.signal("\(name)_valid")
    ready = try simulation.inputHandle("\(name)_ready")
    data = try simulation.signal("\(name)_data")
    self.stalls = stalls
    self.domain = domain
  }

  /// The words, when they have at most 64 bits.
  public var words: [UInt64] { received.map { $0.words[0] } }

  public func drive(_ simulation: Simulation) throws(SimulationError) {
    isReady = !stalls.next()
    try simulation.poke(ready, isReady ? 1 : 0)
  }

  public func sample(_ simulation: Simulation) throws(SimulationError) {
    let isValid = try simulation.peek(valid) == 1
    let word = simulation.peekBits(data)
    try simulation.poke(ready, isReady ? 0 : 1)
    let otherwise = try simulation.peek(valid) == 1
    let otherWord = simulation.peekBits(data)
    try simulation.poke(ready, isReady ? 1 : 0)
    if otherwise != isValid {
      report(3, "`valid` follows `ready` in the same cycle", simulation)
    } else if isValid, otherWord != word {
      report(3, "the word follows `ready` in the same cycle", simulation)
    }
    if simulation.isInReset(domain) {
      if isValid { report(4, "`valid` is 1 during reset", simulation) }
      held = nil
      return
    }
    if let held {
      if !isValid {
        report(2, "`valid` fell before the word had passed", simulation)
      } else if word != held {
        report(2, "the word 0x\(held.hexadecimalDigits) became 0x\(word.hexadecimalDigits)", simulation)
      }
    }
    held = isValid && !isReady ? word : nil
    if isValid, isReady {
      received.append(word)
      cycles.append(simulation.cycle)
    }
  }

  private func report(_ rule: Int, _ detail: String, _ simulation: Simulation) {
    violations.append(StreamViolation(rule: rule, stream: name, cycle: simulation.cycle, detail: detail))
  }
}
