import HardwareDescription

/// What is written: a signal or a memory of the module, by number.
enum Driven: Hashable {
  case signal(Int)
  case memory(Int)

  /// Any fixed order.
  var order: Int {
    switch self {
    case .signal(let number): number
    case .memory(let number): -1 - number
    }
  }
}

/// The part of a statement that writes one signal or memory.
indirect enum DriverTree {
  case assign(Assignment)
  case write(MemoryWrite)
  case conditional([(condition: ExpressionNode, body: [DriverTree])], otherwise: [DriverTree])
  /// Without `otherwise` nothing happens when no label fits.
  case selection(ExpressionNode, [(labels: [ExpressionNode], body: [DriverTree])], otherwise: [DriverTree])

  /// What a statement writes, thing by thing.
  static func split(_ statement: Statement) -> [Driven: DriverTree] {
    switch statement {
    case .comment: return [:]
    case .assign(let assignment): return [.signal(assignment.target.signal.number): .assign(assignment)]
    case .memoryWrite(let write): return [.memory(write.memory.number): .write(write)]
    case .conditional(let conditional):
      let bodies = conditional.branches.map { split($0.body) }
      let otherwise = split(conditional.otherwise ?? [])
      return merged(bodies + [otherwise]) { driven in
        .conditional(
          zip(conditional.branches, bodies).map { ($0.condition, $1[driven] ?? []) },
          otherwise: otherwise[driven] ?? [])
      }
    case .selection(let selection):
      let bodies = selection.arms.map { split($0.body) }
      let otherwise = split(selection.otherwise ?? [])
      return merged(bodies + [otherwise]) { driven in
        .selection(
          selection.subject, zip(selection.arms, bodies).map { ($0.labels, $1[driven] ?? []) },
          otherwise: otherwise[driven] ?? [])
      }
    }
  }

  private static func split(_ statements: [Statement]) -> [Driven: [DriverTree]] {
    var result: [Driven: [DriverTree]] = [:]
    for statement in statements {
      for (driven, tree) in split(statement) { result[driven, default: []].append(tree) }
    }
    return result
  }

  private static func merged(
    _ bodies: [[Driven: [DriverTree]]], _ tree: (Driven) -> DriverTree
  ) -> [Driven: DriverTree] {
    var result: [Driven: DriverTree] = [:]
    for body in bodies { for driven in body.keys where result[driven] == nil { result[driven] = tree(driven) } }
    return result
  }

  /// Every target of an assignment inside.
  func visitTargets(_ action: (Target) -> Void) {
    switch self {
    case .assign(let assignment): action(assignment.target)
    case .write: break
    case .conditional(let branches, let otherwise):
      for branch in branches { for tree in branch.body { tree.visitTargets(action) } }
      for tree in otherwise { tree.visitTargets(action) }
    case .selection(_, let arms, let otherwise):
      for arm in arms { for tree in arm.body { tree.visitTargets(action) } }
      for tree in otherwise { tree.visitTargets(action) }
    }
  }
}

/// The statements of one module, gathered by what they write; shared by all its instances.
final class ModulePlan {
  /// A region of the module: its body or that of a loop.
  final class Region {
    /// In the author's order.
    var drivers: [(driven: Driven, tree: DriverTree, targets: [Target])] = []
    var loops: [(loop: GenerateLoop, body: Region)] = []
    var instances: [InstanceID] = []
    var signals: [Signal] = []
    var memories: [Memory] = []
  }

  let module: ModuleDefinition
  let body: Region

  init(_ module: ModuleDefinition) {
    self.module = module
    var regions: [Int: Region] = [:]
    // A wire that only passed an output of an instance on is no longer declared.
    var declared = Set(module.ports.map(\.signal))
    func gathered(_ scope: ScopeID?, _ items: [Item]) -> Region {
      let region = Region()
      regions[scope?.number ?? 0] = region
      for item in items {
        switch item {
        case .comment, .memory: break
        case .declaration(let id): declared.insert(id)
        case .statement(let statement):
          for (driven, tree) in DriverTree.split(statement).sorted(by: { $0.key.order < $1.key.order }) {
            var targets: [Target] = []
            tree.visitTargets { targets.append($0) }
            region.drivers.append((driven, tree, targets))
          }
        case .instance(let id): region.instances.append(id)
        case .generate(let loop):
          region.loops.append((loop, gathered(loop.scope, loop.items)))
        }
      }
      return region
    }
    body = gathered(nil, module.items)
    for signal in module.signals where declared.contains(signal.id) {
      regions[signal.scope.number]?.signals.append(signal)
    }
    for memory in module.memories { regions[memory.scope.number]?.memories.append(memory) }
  }
}
