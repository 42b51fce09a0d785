import HardwareDescription

/// One copy of a region: the body of an instance, or one iteration of a loop in it.
final class Frame {
  let plan: ModulePlan
  let region: ModulePlan.Region
  /// The frame around a loop's iteration, in the same instance.
  let parent: Frame?
  /// For the body of an instance: where its inputs are connected, and how.
  let outer: Frame?
  let connections: [String: ExpressionNode]
  /// The last part of the path; empty for the top module.
  let name: String
  let path: String
  let variables: [LoopVariable: Int]
  /// Numbers instances: all frames of one share it.
  let instanceNumber: Int
  /// The numbers of the module's clock domains, where they are not those of the top module.
  let domains: [ClockDomain: Int]
  var children: [Frame] = []
  var signals: [Int: SignalState] = [:]
  var memories: [Int: MemoryState] = [:]
  /// Values of expressions that have operands.
  var values: [ObjectIdentifier: WideValue] = [:]

  init(
    plan: ModulePlan, region: ModulePlan.Region, parent: Frame?, outer: Frame?, connections: [String: ExpressionNode],
    name: String, variables: [LoopVariable: Int], instanceNumber: Int, domains: [ClockDomain: Int]
  ) {
    self.plan = plan
    self.region = region
    self.parent = parent
    self.outer = outer
    self.connections = connections
    self.name = name
    self.variables = variables
    self.instanceNumber = instanceNumber
    self.domains = domains
    let around = (parent ?? outer)?.path ?? ""
    path = around.isEmpty ? name : "\(around).\(name)"
  }

  func state(of signal: SignalID) -> SignalState? {
    var frame: Frame? = self
    while let here = frame {
      if let state = here.signals[signal.number] { return state }
      frame = here.parent
    }
    return nil
  }

  func state(of memory: MemoryID) -> MemoryState? {
    var frame: Frame? = self
    while let here = frame {
      if let state = here.memories[memory.number] { return state }
      frame = here.parent
    }
    return nil
  }

  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}

/// A statement that writes to a signal, and where its names mean something.
struct DriverSite {
  let frame: Frame
  let tree: DriverTree
}

/// One copy of a signal.
final class SignalState {
  let signal: Signal
  let frame: Frame
  let elementCount: Int
  /// What drives each element, in order.
  var sites: [[DriverSite]]
  /// Bit positions at which static part assignments begin or end.
  var cuts: [Set<Int>]
  /// The output of an instance that drives the signal.
  var source: SignalState?
  /// Of registers, delays and inputs of the top module.
  var leaves: [WideValue] = []
  var whole: [WideValue?]
  /// Values of the pieces between cuts.
  var pieces: [[Int: WideValue]]
  var busy: Set<Int> = []

  init(signal: Signal, frame: Frame) {
    self.signal = signal
    self.frame = frame
    elementCount = max(1, signal.count?.value(frame.variables) ?? 1)
    sites = Array(repeating: [], count: elementCount)
    cuts = Array(repeating: [], count: elementCount)
    whole = Array(repeating: nil, count: elementCount)
    pieces = Array(repeating: [:], count: elementCount)
  }

  /// Neighbouring cuts around each piece of an element.
  func boundaries(_ element: Int) -> [Int] {
    cuts[element].union([0, signal.width]).filter { (0...signal.width).contains($0) }.sorted()
  }
}

/// One copy of a memory.
final class MemoryState {
  let memory: Memory
  let frame: Frame
  /// In the graph.
  let number: Int
  let depth: Int
  var sites: [DriverSite] = []

  init(memory: Memory, frame: Frame, number: Int) {
    self.memory = memory
    self.frame = frame
    self.number = number
    depth = max(1, memory.depth.value(frame.variables))
  }
}
