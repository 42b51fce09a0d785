/// Finds signals that depend on themselves within a cycle, also through instances.
public struct LoopCheck: Pass {
  public init() {}
  public let name = "loops"
  public let summary = "finds combinational loops, also through instances"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    let graphs = design.combinationalGraphs()
    for module in design.modules {
      guard let graph = graphs[module.name] else { continue }
      // Elements and slices of one signal may feed each other without a loop, so signals assigned in parts are left
      // out.
      var partial: Set<SignalID> = []
      module.visitStatements { statement, _ in
        if case .assign(let assignment) = statement, assignment.target.element != nil || assignment.target.low != nil {
          partial.insert(assignment.target.signal)
        }
      }
      let edges = graph.sources.filter { !partial.contains($0.key) }
        .mapValues { $0.filter { !partial.contains($0) }.sorted { $0.number < $1.number } }
      for chain in loops(edges) {
        let names = (chain + [chain[0]]).map { module[$0].name }.joined(separator: " <- ")
        diagnostics.append(
          Diagnostic(
            .combinationalLoop, "the value depends on itself within a cycle: \(names)",
            suggestion: "put a register into the chain", location: module[chain[0]].location,
            path: module.path(chain[0])))
      }
    }
  }

  /// One loop for each group of signals that depend on each other.
  private func loops(_ edges: [SignalID: [SignalID]]) -> [[SignalID]] {
    var state: [SignalID: Int] = [:]
    var found: [[SignalID]] = []
    var inLoop: Set<SignalID> = []
    for start in edges.keys.sorted(by: { $0.number < $1.number }) where state[start] == nil {
      // Depth-first search with an explicit stack; a chain back onto the stack is a loop.
      var stack: [(node: SignalID, next: Int)] = [(start, 0)]
      state[start] = 1
      while let top = stack.last {
        let targets = edges[top.node] ?? []
        if top.next >= targets.count {
          state[top.node] = 2
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let target = targets[top.next]
        if state[target] == 1, let position = stack.firstIndex(where: { $0.node == target }) {
          let chain = stack[position...].map(\.node)
          if inLoop.isDisjoint(with: chain) {
            found.append(chain)
            inLoop.formUnion(chain)
          }
        } else if state[target] == nil {
          state[target] = 1
          stack.append((target, 0))
        }
      }
    }
    return found
  }
}

/// Finds signals, and bits of signals, that nobody reads. Lint tools would report them in the emitted text.
public struct UseCheck: Pass {
  public init() {}
  public let name = "unused"
  public let summary = "finds signals and bits that are never read"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      var used = module.signals.map { [Bool](repeating: false, count: $0.width) }
      var seen: Set<ObjectIdentifier> = []
      func mark(_ id: SignalID, _ bits: Range<Int>) {
        for bit in bits where used[id.number].indices.contains(bit) { used[id.number][bit] = true }
      }
      func read(_ expression: ExpressionNode) {
        switch expression.kind {
        case .signal(let id, let selector):
          mark(id, 0..<expression.width)
          if let index = selector?.expression { read(index) }
          return
        case .slice(let base, .index(let low)):
          if case .signal(let id, let selector) = base.kind {
            mark(id, low.range.lowerBound..<low.range.upperBound + expression.width)
            if let index = selector?.expression { read(index) }
            return
          }
        case .resize(let base) where expression.width < base.width:
          var inner = base
          if case .reinterpret(let next) = inner.kind { inner = next }
          if case .signal(let id, let selector) = inner.kind {
            mark(id, 0..<expression.width)
            if let index = selector?.expression { read(index) }
            return
          }
        default: break
        }
        guard !expression.operands.isEmpty, seen.insert(ObjectIdentifier(expression)).inserted else { return }
        for operand in expression.operands { read(operand) }
      }
      module.visitStatements { statement, _ in statement.visitOwnReads(read) }
      for instance in module.instances { for connection in instance.inputs { read(connection.value) } }
      for signal in module.signals {
        if case .delay(let source, _, _) = signal.role { read(source) }
      }
      for signal in module.signals {
        switch signal.role {
        case .output, .sink, .delay: continue
        default: break
        }
        let unused = used[signal.id.number].map { !$0 }
        guard unused.contains(true) else { continue }
        let which = unused.contains(false) ? "bits \(ranges(unused)) are" : "the signal is"
        diagnostics.append(
          Diagnostic(
            .unused, severity: .warning, "\(which) never read", suggestion: "remove it or state it with m.unused(_:)",
            location: signal.location, path: module.path(signal.id)))
      }
    }
  }
}
