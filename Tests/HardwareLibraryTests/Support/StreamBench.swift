import HardwareDescription
import HardwareSimulator
import SeededRandom
import Testing

/// A word as bits.
typealias Word = BitPattern

/// A driver at every stream that enters a module and a monitor at every one that leaves it.
struct StreamBench {
  let simulation: Simulation
  private(set) var drivers: [String: StreamDriver] = [:]
  private(set) var monitors: [String: StreamMonitor] = [:]
  /// Names and widths of the streams that enter.
  private let inputs: [(name: String, width: Int)]
  /// Names of the streams that leave.
  private let outputs: [String]
  private var random: SeededGenerator
  private var past: [StreamViolation] = []

  init(_ module: some HardwareModule, seed: UInt64 = 1) throws {
    let elaboration = Elaborator().run(module)
    simulation = try Simulation(elaboration, initialState: .random(seed: seed))
    random = SeededGenerator(seed: seed)
    let ports = elaboration.design.top?.ports ?? []
    let streams = ports.filter { $0.name.hasSuffix("_data") }.map { (String($0.name.dropLast(5)), $0) }
    inputs = streams.filter { $0.1.direction == .input }.map { ($0.0, $0.1.width) }
    outputs = streams.filter { $0.1.direction == .output }.map(\.0)
  }

  /// What a monitor has complained of, since the beginning.
  var violations: [StreamViolation] { past + monitors.values.flatMap(\.violations) }
  var isSent: Bool { drivers.values.allSatisfy(\.isDone) }
  /// What has entered at each stream.
  var sent: [String: [Word]] { drivers.mapValues(\.sent) }
  /// The same with the word that comes next, of which a part may have left.
  var offered: [String: [Word]] { drivers.mapValues { $0.sent + $0.waiting.suffix(1) } }
  /// What has left.
  var received: [String: [Word]] { monitors.mapValues(\.received) }

  /// A reset of three cycles, in which nothing may be offered, and then `count` random words, as `limit` leaves them, for
  /// every stream that enters. What was inside is forgotten.
  mutating func start(
    words count: Int, sending: StallPattern = .never, receiving: StallPattern = .never, limit: (Word) -> Word = { $0 }
  ) throws {
    past = violations
    for input in inputs { try simulation.poke("\(input.name)_valid", 0) }
    monitors = [:]
    for name in outputs { monitors[name] = try StreamMonitor(simulation, name, stalls: receiving) }
    simulation.assertReset()
    try simulation.run(Array(monitors.values), cycles: 3)
    simulation.releaseReset()
    drivers = [:]
    for input in inputs {
      let words = (0..<count).map { _ in
        limit(Word(words: (0..<(input.width + 63) / 64).map { _ in random.next() }, width: input.width))
      }
      drivers[input.name] = try StreamDriver(simulation, input.name, words: words, stalls: sending)
    }
  }

  func run(_ cycles: Int) throws {
    let processes = drivers.values.map { $0 as any BenchProcess } + monitors.values.map { $0 as any BenchProcess }
    try simulation.run(processes, cycles: cycles)
  }
}

extension StallPattern {
  /// Different ones for different seeds: bursts or single stalls, faster or slower than the other side.
  static func varied(_ seed: UInt64) -> StallPattern {
    seed % 3 == 0 ? .phases(seed: seed) : .random(seed: seed, percent: seed % 3 == 1 ? 25 : 70)
  }
}

extension Word {
  /// Words side by side, the first in the highest bits.
  static func joined(_ parts: [Word]) -> Word {
    let width = parts.reduce(0) { $0 + $1.width }
    var words = [UInt64](repeating: 0, count: (width + 63) / 64)
    var low = width
    for part in parts {
      low -= part.width
      for bit in 0..<part.width where part[bit] { words[(low + bit) / 64] |= 1 << UInt64((low + bit) % 64) }
    }
    return Word(words: words, width: width)
  }
}
