/// Which signal depends on which within a cycle. Vectors count as one signal.
public struct CombinationalGraph: Sendable {
  /// For each signal, what its value depends on directly.
  public private(set) var sources: [SignalID: Set<SignalID>] = [:]
  private var readers: [SignalID: Set<SignalID>] = [:]
  /// For each output port of the module, the input ports it depends on.
  public private(set) var paths: [String: Set<String>] = [:]

  /// `children` holds the graphs of the modules that are instantiated.
  init(_ module: ModuleDefinition, children: [String: CombinationalGraph]) {
    func visit(_ items: [Item]) {
      for item in items {
        switch item {
        case .statement(let statement): add(statement, [], module)
        case .generate(let loop): visit(loop.items)
        case .instance(let id):
          let instance = module[id]
          let child = children[instance.moduleName]
          for output in instance.outputs {
            let inputs = child?.paths[output.port] ?? []
            for connection in instance.inputs where inputs.contains(connection.port) {
              depend(output.signal, connection.value.signals)
            }
          }
        case .comment, .declaration, .memory: break
        }
      }
    }
    visit(module.items)
    for (signal, from) in sources { for source in from { readers[source, default: []].insert(signal) } }
    for port in module.ports where port.direction == .output {
      let reached = sourcesTransitively(of: port.signal)
      paths[port.name] = Set(module.ports.filter { $0.direction == .input && reached.contains($0.signal) }.map(\.name))
    }
  }

  private mutating func depend(_ signal: SignalID, _ on: Set<SignalID>) {
    sources[signal, default: []].formUnion(on)
  }

  private mutating func add(_ statement: Statement, _ conditions: Set<SignalID>, _ module: ModuleDefinition) {
    var conditions = conditions
    switch statement {
    case .comment, .memoryWrite: return
    case .assign(let assignment):
      guard !module[assignment.target.signal].isRegister else { return }
      var reads = conditions
      statement.visitReads { reads.formUnion($0.signals) }
      depend(assignment.target.signal, reads)
    case .conditional(let conditional):
      for branch in conditional.branches { conditions.formUnion(branch.condition.signals) }
    case .selection(let selection): conditions.formUnion(selection.subject.signals)
    }
    for body in statement.bodies { for inner in body { add(inner, conditions, module) } }
  }

  func sourcesTransitively(of signal: SignalID) -> Set<SignalID> { reach(signal, sources) }

  /// Every signal whose value depends on `signal` within the cycle.
  func dependents(of signal: SignalID) -> Set<SignalID> { reach(signal, readers) }

  private func reach(_ start: SignalID, _ edges: [SignalID: Set<SignalID>]) -> Set<SignalID> {
    var seen: Set<SignalID> = []
    var open = [start]
    while let next = open.popLast() {
      for other in edges[next] ?? [] where seen.insert(other).inserted { open.append(other) }
    }
    return seen
  }
}

extension Design {
  /// The graphs of all modules.
  func combinationalGraphs() -> [String: CombinationalGraph] {
    var graphs: [String: CombinationalGraph] = [:]
    for module in modules { graphs[module.name] = CombinationalGraph(module, children: graphs) }
    return graphs
  }
}

extension ExpressionNode {
  /// All signals read.
  var signals: Set<SignalID> {
    var result: Set<SignalID> = []
    var seen: Set<ObjectIdentifier> = []
    collectSignals(&result, &seen)
    return result
  }

  private func collectSignals(_ result: inout Set<SignalID>, _ seen: inout Set<ObjectIdentifier>) {
    if case .signal(let id, _) = kind { result.insert(id) }
    let operands = self.operands
    guard !operands.isEmpty, seen.insert(ObjectIdentifier(self)).inserted else { return }
    for operand in operands { operand.collectSignals(&result, &seen) }
  }
}
