import HardwareDescription
import HardwareSimulator
import Testing

/// Words through a design: sent into one stream, taken from another that is held to the rules of streams.
enum StreamExchange {
  /// What arrives, until as many words have come as were sent, or for `limit` cycles. With a seed both ends stall at random.
  static func run(
    _ simulation: Simulation, sending words: [Int], into input: String = "in", from output: String = "out",
    isSigned: Bool = false, seed: UInt64?, limit: Int, with others: [any BenchProcess] = []
  ) throws -> [Int] {
    let width = try simulation.signal("\(input)_data_i").width
    let driver = try StreamDriver(
      simulation, input, words: words.map { BitPattern($0, width: width) },
      stalls: seed.map { .phases(seed: $0, longest: 20) } ?? .never)
    let monitor = try StreamMonitor(simulation, output, stalls: seed.map { .phases(seed: ~$0) } ?? .never)
    try simulation.run([driver, monitor] + others, atMost: limit) { monitor.received.count == words.count }
    #expect(monitor.violations == [], "seed \(seed.map(String.init) ?? "none")")
    return monitor.received.compactMap { $0.integer(signed: isSigned) }
  }
}
