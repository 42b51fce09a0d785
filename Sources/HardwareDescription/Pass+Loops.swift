/// Finds signals that depend on themselves within a cycle, also through instances.
///
/// Slices and elements known at elaboration are told apart: a carry that ripples through the bits of one signal, or through the
/// elements of a vector, is no loop. A position computed by the circuit counts as every position. (Verilator remarks on a signal
/// whose own bits depend on each other, UNOPTFLAT; the elements of a vector are free of that.)
public struct LoopCheck: Pass {
  public init() {}
  public let name = "loops"
  public let summary = "finds combinational loops, bit by bit and through instances"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    let graphs = design.combinationalGraphs()
    var bits: BitGraph?
    for (position, module) in design.modules.enumerated() {
      guard let graph = graphs[module.name] else { continue }
      for group in graph.members.indices where graph.isCyclic(group) {
        // Nearly no design comes this far: only here does it pay to look at single bits.
        var search = LoopSearch(bits ?? BitGraph(design), position, Set(graph.members[group]))
        search.run(graph.members[group])
        for loop in search.loops { diagnostics.append(search.diagnostic(loop)) }
        bits = search.graph
      }
    }
  }
}

/// Depth-first search for loops among the bits of signals that depend on each other.
private struct LoopSearch {
  /// A bit, and the line by which it depends on the next one.
  typealias Link = (node: BitGraph.Node, location: SourceLocation)

  var graph: BitGraph
  /// Disjoint loops: a signal is part of one at most.
  private(set) var loops: [[Link]] = []
  private let root: Int
  private let suspects: Set<Int>
  private var isDone: [BitGraph.Node: Bool] = [:]
  private var reported: Set<Int> = []

  init(_ graph: BitGraph, _ position: Int, _ suspects: Set<Int>) {
    self.graph = graph
    self.suspects = suspects
    root = self.graph.root(position)
  }

  mutating func run(_ signals: [Int]) {
    for signal in signals {
      for node in graph.nodes(root, signal) where isDone[node] == nil { search(from: node) }
    }
  }

  private mutating func search(from start: BitGraph.Node) {
    var stack: [(node: BitGraph.Node, edges: [BitGraph.Edge], next: Int)] = []
    var depth: [BitGraph.Node: Int] = [:]
    func open(_ node: BitGraph.Node) {
      isDone[node] = false
      depth[node] = stack.count
      stack.append((node, graph.sources(of: node), 0))
    }
    open(start)
    while let top = stack.last {
      guard top.next < top.edges.count else {
        isDone[top.node] = true
        depth[top.node] = nil
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      let source = top.edges[top.next].source
      if source.context == root, !suspects.contains(source.signal) { continue }
      switch isDone[source] {
      case nil: open(source)
      case true?: break
      case false?:
        let chain = stack[(depth[source] ?? 0)...].map { ($0.node, $0.edges[$0.next - 1].location) }
        report(chain)
      }
    }
  }

  private mutating func report(_ chain: [Link]) {
    let own = chain.filter { $0.node.context == root }.map(\.node.signal)
    // A loop inside an instance is found in its own module.
    guard let first = own.min(), reported.isDisjoint(with: own) else { return }
    reported.formUnion(own)
    let start = chain.firstIndex { $0.node.context == root && $0.node.signal == first } ?? 0
    loops.append(Array(chain[start...] + chain[..<start]))
  }

  mutating func diagnostic(_ loop: [Link]) -> Diagnostic {
    let module = graph.module(root)
    let steps = loop.map { link -> Diagnostic.Step in
      Diagnostic.Step(path: graph.path(link.node), role: graph.role(link.node), location: link.location)
    }
    let names = (steps + steps.prefix(1)).map { $0.path.dropFirst(module.path.count + 1) }.joined(separator: " <- ")
    return Diagnostic(
      .combinationalLoop, "the value depends on itself within a cycle: \(names)",
      suggestion: "put a register into the chain, or take the value from before the loop", location: steps[0].location,
      path: module.path(module.signals[loop[0].node.signal].id), signalPath: steps)
  }
}

extension BitGraph {
  /// What a signal is, for a step of a path. Clocks have the names of the top of what is looked at.
  func role(_ node: Node) -> String {
    let module = module(node.context)
    if let memory = node.memory {
      return "memory written with \(domain(module[memory].writeDomain ?? .main, node.context))"
    }
    let signal = module.signals[node.signal]
    switch signal.role {
    case .input: return "input"
    case .output: return "output"
    case .register, .delay: return "register of \(domain(signal.domain ?? .main, node.context))"
    case .instanceOutput, .wire, .sink: return ""
    }
  }

  /// What a domain of an instance is at the top of what is looked at.
  private func domain(_ own: ClockDomain, _ context: Int) -> ClockDomain {
    var (domain, context) = (own, context)
    while let instance = instance(context) {
      domain = instance.clocks[domain] ?? domain
      context = parent(context).context
    }
    return domain
  }
}
