import HardwareDescription
import HardwareSimulator
import Testing

/// Sends words into one stream of a simulated design and takes them from another, with random stalls at both ends.
struct StreamBench {
  let simulation: Simulation
  let input: String
  let output: String
  let isSigned: Bool
  private(set) var received: [Int] = []
  private var waiting: ArraySlice<Int>
  private var random: SeededGenerator
  /// The word that was on offer and not taken in the cycle before.
  private var held: Int?
  private var isOffering = false
  private let seed: UInt64

  init(
    _ simulation: Simulation, sending words: [Int], into input: String, from output: String, isSigned: Bool = false,
    seed: UInt64
  ) {
    (self.simulation, self.input, self.output, self.isSigned, self.seed) = (simulation, input, output, isSigned, seed)
    waiting = words[...]
    random = SeededGenerator(seed: seed)
  }

  /// All words were taken by the design.
  var hasSentAll: Bool { waiting.isEmpty }

  /// One cycle. The receiver is now slower, now faster than the sender; with `stalls` false both are always ready.
  mutating func step(stalls: Bool = true) throws {
    let phase = simulation.cycle / 50 % 3
    if !isOffering, let word = waiting.first, !stalls || Int.random(in: 0..<4, using: &random) >= (phase == 1 ? 3 : 1) {
      isOffering = true
      try simulation.poke("\(input)_data", word)
    }
    try simulation.poke("\(input)_valid", isOffering)
    let isReady = !stalls || Int.random(in: 0..<4, using: &random) >= (phase == 2 ? 3 : 1)
    try simulation.poke("\(output)_ready", isReady)

    let valid = try simulation.peek("\(output)_valid") == 1
    if let held {
      let isKept = try valid && word() == held
      #expect(isKept, "\(StreamRule.stability), cycle \(simulation.cycle), seed \(seed)")
    }
    held = nil
    if valid {
      if isReady { received.append(try word()) } else { held = try word() }
    }
    let isTaken = isOffering ? try simulation.peek("\(input)_ready") == 1 : false
    simulation.step()
    if isTaken {
      isOffering = false
      waiting.removeFirst()
    }
  }

  private func word() throws -> Int {
    try isSigned ? simulation.peekSigned("\(output)_data") : Int(simulation.peek("\(output)_data"))
  }
}
