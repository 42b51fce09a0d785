/// Connects outputs of instances to the ports and wires that only repeat them, and declares the other wires of an
/// instance next to it.
public struct DirectConnections: Pass {
  public init() {}
  public let name = "connections-direct"
  public let summary = "connects instance outputs straight to the ports and wires that repeat them"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for index in design.modules.indices {
      let module = design.modules[index]
      guard !module.instances.isEmpty else { continue }
      var reads: [SignalID: Int] = [:]
      module.visitExpressions { node in
        if case .signal(let id, _) = node.kind { reads[id, default: 0] += 1 }
      }
      var drives: [SignalID: Int] = [:]
      module.visitStatements { statement, _ in
        if case .assign(let assignment) = statement { drives[assignment.target.signal, default: 0] += 1 }
      }
      var placement = Placement(module: module, reads: reads, drives: drives)
      design.modules[index].items = placement.items(module.items)
      design.modules[index].instances = placement.module.instances
    }
  }
}

private struct Placement {
  var module: ModuleDefinition
  let reads: [SignalID: Int]
  let drives: [SignalID: Int]

  mutating func items(_ items: [Item]) -> [Item] {
    var items = items
    var replaced: [SignalID: SignalID] = [:]
    // An assignment that only passes an output on goes away, and the output takes its target.
    items.removeAll { item in
      guard case .statement(.assign(let assignment)) = item, case .signal(let net, nil) = assignment.value.kind,
        case .instanceOutput(let instance, let port) = module[net].role, reads[net] == 1,
        drives[assignment.target.signal] == 1, assignment.target.element == nil, assignment.target.low == nil,
        module[instance].scope == scope(of: assignment.target.signal, net),
        let position = module[instance].outputs.firstIndex(where: { $0.port == port })
      else { return false }
      let target = module[assignment.target.signal]
      guard target.width == module[net].width, target.isSigned == module[net].isSigned, target.enumeration == nil,
        target.count == nil
      else { return false }
      module.instances[instance.number].outputs[position].signal = target.id
      replaced[net] = target.id
      return true
    }
    var result: [Item] = []
    // Where net or target was declared first: something between may read the target.
    var waiting = Set(replaced.values)
    let moved = waiting
    for item in items {
      if case .declaration(let id) = item, let target = replaced[id] ?? (moved.contains(id) ? id : nil) {
        if waiting.remove(target) != nil, !module[target].isPort { result.append(.declaration(target)) }
        continue
      }
      if case .generate(var loop) = item {
        loop.items = self.items(loop.items)
        result.append(.generate(loop))
        continue
      }
      result.append(item)
    }
    return nextToInstances(result)
  }

  /// The scope in which net and target live, when a connection may replace the assignment.
  private func scope(of target: SignalID, _ net: SignalID) -> ScopeID? {
    let signal = module[target]
    switch signal.role {
    case .output: return module[net].scope.number == 0 ? module[net].scope : nil
    case .wire: return signal.scope == module[net].scope ? signal.scope : nil
    default: return nil
    }
  }

  /// Moves the declaration of an instance's wire right before the instance, unless something before it reads the wire.
  private func nextToInstances(_ items: [Item]) -> [Item] {
    var driver: [SignalID: InstanceID] = [:]
    for case .instance(let id) in items {
      for output in module[id].outputs { driver[output.signal] = id }
    }
    guard !driver.isEmpty else { return items }
    var readBefore: Set<SignalID> = []
    var seen: Set<InstanceID> = []
    for item in items {
      if case .instance(let id) = item { seen.insert(id) }
      for signal in module.signals(readBy: item) {
        if let instance = driver[signal], !seen.contains(instance) { readBefore.insert(signal) }
      }
    }
    var result: [Item] = []
    for item in items {
      switch item {
      case .declaration(let id) where driver[id] != nil && !readBefore.contains(id): continue
      case .instance(let id):
        for output in module[id].outputs where !readBefore.contains(output.signal) && !module[output.signal].isPort {
          result.append(.declaration(output.signal))
        }
        result.append(item)
      default: result.append(item)
      }
    }
    return result
  }
}

extension ModuleDefinition {
  /// Calls `action` for every node of every expression that stands in the module, as often as it stands there.
  func visitExpressions(_ action: (ExpressionNode) -> Void) {
    func visit(_ node: ExpressionNode) { node.visit(action) }
    visitStatements { statement, _ in statement.visitOwnReads(visit) }
    for instance in instances { for connection in instance.inputs { visit(connection.value) } }
    for signal in signals {
      if case .delay(let source, _, _) = signal.role { visit(source) }
    }
  }

  /// All signals an item reads.
  func signals(readBy item: Item) -> Set<SignalID> {
    switch item {
    case .comment, .memory: return []
    case .declaration(let id):
      if case .delay(let source, _, _) = self[id].role { return source.signals }
      return []
    case .statement(let statement):
      var result: Set<SignalID> = []
      statement.visitReads { result.formUnion($0.signals) }
      return result
    case .instance(let id): return self[id].inputs.reduce(into: []) { $0.formUnion($1.value.signals) }
    case .generate(let loop): return loop.items.reduce(into: []) { $0.formUnion(signals(readBy: $1)) }
    }
  }
}
