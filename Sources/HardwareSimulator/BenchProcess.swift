import HardwareDescription
import SeededRandom

/// A part of a bench that acts in every cycle of a clock: a driver, a monitor, a model of a memory.
public protocol BenchProcess: AnyObject {
  /// The clock it follows; nil for all of them.
  var domain: ClockDomain? { get }
  /// Right after an edge, and once before the first: pokes inputs. Must not depend on what others poke in the same cycle.
  func drive(_ simulation: Simulation) throws(SimulationError)
  /// Right before the next edge, when everybody has poked: looks at what happens in this cycle.
  func sample(_ simulation: Simulation) throws(SimulationError)
}

extension BenchProcess {
  public var domain: ClockDomain? { nil }
}

extension Simulation {
  /// Runs processes for `cycles` cycles; with several clocks, for so many instants with edges.
  public func run(_ processes: [any BenchProcess], cycles: Int) throws(SimulationError) {
    try run(processes, atMost: cycles) { false }
  }

  /// Runs processes until `isDone` after an edge, at most for `limit` cycles. Returns whether it was done in that time.
  @discardableResult
  public func run(
    _ processes: [any BenchProcess], atMost limit: Int, until isDone: () -> Bool
  ) throws(SimulationError) -> Bool {
    for process in processes { try process.drive(self) }
    for _ in 0..<max(0, limit) {
      let next = clocks.map(\.nextEdge).min() ?? time
      let firing = clocks.filter { $0.nextEdge <= next }.map(\.domain)
      func acts(_ process: any BenchProcess) -> Bool { process.domain.map(firing.contains) ?? true }
      for process in processes where acts(process) { try process.sample(self) }
      advance(to: next)
      if isDone() { return true }
      for process in processes where acts(process) { try process.drive(self) }
    }
    return false
  }
}

/// When a sender or receiver holds back.
public struct StallPattern: Sendable {
  private enum Form {
    case never
    /// So many of 100 cycles.
    case random(percent: Int)
    /// Times of full speed and times of standstill, each of 1 to `longest` cycles.
    case phases(longest: Int)
  }

  private let form: Form
  private var generator: SeededGenerator
  private var left = 0
  private var isOpen = false

  private init(_ form: Form, seed: UInt64) {
    self.form = form
    generator = SeededGenerator(seed: seed)
  }

  public static let never = StallPattern(.never, seed: 0)

  /// Stalls in `percent` of 100 cycles, each drawn by itself.
  public static func random(seed: UInt64, percent: Int = 50) -> StallPattern {
    StallPattern(.random(percent: percent), seed: seed)
  }

  /// Alternates between full speed and standstill, for 1 to `longest` cycles each: fills and empties what lies between.
  public static func phases(seed: UInt64, longest: Int = 12) -> StallPattern {
    StallPattern(.phases(longest: max(1, longest)), seed: seed)
  }

  /// Whether the next cycle is a stall.
  mutating func next() -> Bool {
    switch form {
    case .never: return false
    case .random(let percent): return Int.random(in: 0..<100, using: &generator) < percent
    case .phases(let longest):
      if left == 0 {
        left = Int.random(in: 1...longest, using: &generator)
        isOpen.toggle()
      }
      left -= 1
      return !isOpen
    }
  }
}
