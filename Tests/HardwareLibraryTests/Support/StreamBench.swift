import HardwareDescription
import HardwareSimulator
import Testing

/// A word as bits.
typealias Word = BitPattern

/// Senders and receivers at every stream of a module, which stall at random, and monitors of the four rules.
struct StreamBench {
  /// Feeds a stream that enters.
  private struct Sender {
    let name: String
    let width: Int
    var pending: [Word] = []
    var isOffering = false
  }

  /// Empties a stream that leaves.
  private struct Receiver {
    let name: String
    /// What was offered and not taken in the last cycle.
    var waiting: Word?
  }

  /// A word that has passed.
  struct Transfer: Equatable {
    let cycle: Int
    let word: Word
  }

  let simulation: Simulation
  private var senders: [Sender] = []
  private var receivers: [Receiver] = []
  private var random: SeededGenerator
  private let seed: UInt64
  /// Of four cycles, in how many a sender that has a word begins to offer it.
  var eagerness = 4
  /// Of four cycles, in how many a receiver is ready.
  var readiness = 4
  private(set) var cycle = 0
  /// What has passed at each stream since the last reset, in order.
  private(set) var transfers: [String: [Transfer]] = [:]
  /// What was broken, at most a few.
  private(set) var complaints: [String] = []

  init(_ module: some HardwareModule, seed: UInt64) throws {
    let elaboration = Elaborator().run(module)
    simulation = try Simulation(elaboration, initialState: .random(seed: seed))
    random = SeededGenerator(seed: seed)
    self.seed = seed
    for port in elaboration.design.top?.ports ?? [] where port.name.hasSuffix("_valid") {
      let name = String(port.name.dropLast("_valid".count))
      transfers[name] = []
      if port.direction == .output {
        receivers.append(Receiver(name: name))
      } else {
        let data = elaboration.design.top?.port("\(name)_data")
        senders.append(Sender(name: name, width: data?.width ?? 1))
      }
    }
    try reset()
  }

  func words(_ stream: String) -> [Word] { transfers[stream, default: []].map(\.word) }

  /// What has passed at each stream that enters, and what is on offer there.
  var offered: [String: [Word]] {
    var words = transfers.mapValues { $0.map(\.word) }
    for sender in senders where sender.isOffering { words[sender.name]?.append(sender.pending[0]) }
    return words
  }

  mutating func complain(_ text: String) {
    if complaints.count < 5 { complaints.append("seed \(seed), cycle \(cycle): \(text)") }
  }

  /// `count` random words more for every stream that enters, as `limit` leaves them.
  mutating func queue(_ count: Int, _ limit: (String, Word) -> Word = { $1 }) {
    for index in senders.indices {
      for _ in 0..<count {
        let width = senders[index].width
        let words = (0..<(width + 63) / 64).map { _ in random.next() }
        senders[index].pending.append(limit(senders[index].name, Word(words: words, width: width)))
      }
    }
  }

  var isSent: Bool { senders.allSatisfy { $0.pending.isEmpty } }

  /// A reset of three cycles, in which nothing may be offered. Words that have not passed are forgotten.
  mutating func reset() throws {
    for index in senders.indices {
      senders[index].isOffering = false
      senders[index].pending = []
      try simulation.poke("\(senders[index].name)_valid", 0)
    }
    simulation.assertReset()
    for _ in 0..<3 {
      for index in receivers.indices {
        receivers[index].waiting = nil
        try simulation.poke("\(receivers[index].name)_ready", Int(random.next() & 1))
        if try simulation.peek("\(receivers[index].name)_valid") != 0 {
          complain("\(receivers[index].name): \(StreamRule.reset)")
        }
      }
      simulation.step()
      cycle += 1
    }
    simulation.releaseReset()
    for name in transfers.keys { transfers[name] = [] }
  }

  mutating func run(_ cycles: Int) throws { for _ in 0..<cycles { try step() } }

  /// Offers, takes, looks, and then clocks.
  mutating func step() throws {
    for index in senders.indices {
      let name = senders[index].name
      if !senders[index].isOffering, let word = senders[index].pending.first, chance(eagerness) {
        senders[index].isOffering = true
        try simulation.poke("\(name)_data", word)
      } else if !senders[index].isOffering {
        // What stands beside a valid of 0 must not matter.
        try simulation.poke("\(name)_data", Word(words: [random.next(), random.next()], width: senders[index].width))
      }
      try simulation.poke("\(name)_valid", senders[index].isOffering)
    }
    let takes = receivers.map { _ in chance(readiness) }
    try checkIndependence(takes)
    for (receiver, takes) in zip(receivers, takes) { try simulation.poke("\(receiver.name)_ready", takes) }
    try look(takes)
    simulation.step()
    cycle += 1
  }

  private mutating func chance(_ ofFour: Int) -> Bool { Int(random.next() & 3) < ofFour }

  /// Rule 3: what is offered is the same whatever the receivers say.
  private mutating func checkIndependence(_ takes: [Bool]) throws {
    var offered: [[Word?]] = []
    for flip in [true, false] {
      for (receiver, takes) in zip(receivers, takes) {
        try simulation.poke("\(receiver.name)_ready", takes != flip)
      }
      offered.append(try receivers.map { try offer($0.name) })
    }
    if offered[0] != offered[1] { complain("\(StreamRule.independence)") }
  }

  private func offer(_ name: String) throws -> Word? {
    try simulation.peek("\(name)_valid") == 1 ? simulation.peekBits("\(name)_data") : nil
  }

  private mutating func look(_ takes: [Bool]) throws {
    for index in receivers.indices {
      let name = receivers[index].name
      let offered = try offer(name)
      if let waiting = receivers[index].waiting, offered != waiting { complain("\(name): \(StreamRule.stability)") }
      receivers[index].waiting = takes[index] ? nil : offered
      if takes[index], let offered { transfers[name, default: []].append(Transfer(cycle: cycle, word: offered)) }
    }
    for index in senders.indices where senders[index].isOffering {
      let name = senders[index].name
      guard try simulation.peek("\(name)_ready") == 1 else { continue }
      transfers[name, default: []].append(Transfer(cycle: cycle, word: senders[index].pending.removeFirst()))
      senders[index].isOffering = false
    }
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
