/// Which signal of a module depends on which within a cycle.
///
/// Coarse and fast: vectors and numbers count as one signal, instances are crossed from their inputs to their outputs. Signals are
/// given by their numbers. `BitGraph` is the exact one.
struct CombinationalGraph: Sendable {
  /// For each signal, what its value depends on directly, in ascending order.
  let sources: [[Int]]
  /// For each signal, the number of its group: the signals that depend on each other have one, the others one each. A
  /// group depends only on groups of lower numbers.
  let group: [Int]
  /// The signals of each group.
  let members: [[Int]]
  /// For each output port of the module, the input ports it depends on.
  let paths: [String: Set<String>]

  /// `children` holds the graphs of the modules that are instantiated.
  init(_ module: ModuleDefinition, children: [String: CombinationalGraph]) {
    var collector = Collector(module: module, children: children)
    collector.visit(module.items)
    let sources = collector.sources.map(\.sortedWithoutRepetition)
    let (group, members) = Self.groups(sources)
    self.sources = sources
    self.group = group
    self.members = members
    paths = Self.paths(module, sources, group, members)
  }

  /// Whether a group of signals depends on itself.
  func isCyclic(_ group: Int) -> Bool {
    guard let first = members[group].first else { return false }
    return members[group].count > 1 || sources[first].contains(first)
  }

  /// Whether the value of any of `signals` depends on `other`, directly, through others, or by being it.
  func depends(_ signals: some Sequence<Int>, on other: Int) -> Bool {
    var seen: Set<Int> = []
    // Nothing of a lower group can lead to `other`.
    var open = signals.filter { group[$0] >= group[other] && seen.insert($0).inserted }
    while let next = open.popLast() {
      if next == other { return true }
      for source in sources[next] where group[source] >= group[other] && seen.insert(source).inserted {
        open.append(source)
      }
    }
    return false
  }

  /// Walks a module and notes what each signal depends on.
  private struct Collector {
    let module: ModuleDefinition
    let children: [String: CombinationalGraph]
    var sources: [[Int]]

    init(module: ModuleDefinition, children: [String: CombinationalGraph]) {
      self.module = module
      self.children = children
      sources = Array(repeating: [], count: module.signals.count)
    }

    mutating func visit(_ items: [Item]) {
      for item in items {
        switch item {
        case .statement(let statement): add(statement, [])
        case .generate(let loop): visit(loop.items)
        case .instance(let id): add(module[id])
        case .comment, .declaration, .memory: break
        }
      }
    }

    private mutating func add(_ instance: Instance) {
      guard let child = children[instance.moduleName] else { return }
      var values: [String: ExpressionNode] = [:]
      for connection in instance.inputs { values[connection.port] = connection.value }
      for output in instance.outputs {
        for port in child.paths[output.port] ?? [] {
          values[port]?.visitSignals { sources[output.signal.number].append($0.number) }
        }
      }
    }

    private mutating func add(_ statement: Statement, _ conditions: [Int]) {
      var conditions = conditions
      switch statement {
      case .comment, .memoryWrite: return
      case .assign(let assignment):
        let target = assignment.target.signal
        guard !module[target].isRegister else { return }
        sources[target.number] += conditions
        statement.visitOwnReads { $0.visitSignals { sources[target.number].append($0.number) } }
      case .conditional(let conditional):
        for branch in conditional.branches { branch.condition.visitSignals { conditions.append($0.number) } }
      case .selection(let selection): selection.subject.visitSignals { conditions.append($0.number) }
      }
      for body in statement.bodies { for inner in body { add(inner, conditions) } }
    }
  }

  /// Tarjan's algorithm without recursion: it finishes a group after all groups it depends on.
  private static func groups(_ sources: [[Int]]) -> (group: [Int], members: [[Int]]) {
    var group = [Int](repeating: -1, count: sources.count)
    var members: [[Int]] = []
    var order = [Int](repeating: -1, count: sources.count)
    var lowest = order
    var stack: [Int] = []
    var calls: [(signal: Int, next: Int)] = []
    var count = 0
    for start in sources.indices where order[start] < 0 {
      calls.append((start, 0))
      while let (signal, next) = calls.last {
        if next == 0 {
          order[signal] = count
          lowest[signal] = count
          count += 1
          stack.append(signal)
        }
        if next < sources[signal].count {
          calls[calls.count - 1].next += 1
          let source = sources[signal][next]
          if order[source] < 0 {
            calls.append((source, 0))
          } else if group[source] < 0 {
            lowest[signal] = min(lowest[signal], order[source])
          }
          continue
        }
        calls.removeLast()
        if let caller = calls.last?.signal { lowest[caller] = min(lowest[caller], lowest[signal]) }
        guard lowest[signal] == order[signal] else { continue }
        var own: [Int] = []
        while let member = stack.popLast() {
          group[member] = members.count
          own.append(member)
          if member == signal { break }
        }
        members.append(own.sorted())
      }
    }
    return (group, members)
  }

  private static func paths(
    _ module: ModuleDefinition, _ sources: [[Int]], _ group: [Int], _ members: [[Int]]
  ) -> [String: Set<String>] {
    let inputs = module.ports.filter { $0.direction == .input }
    var position: [Int: Int] = [:]
    for (number, port) in inputs.enumerated() { position[port.signal.number] = number }
    // The inputs that each group depends on, as bits; groups that depend on the same ones share their words.
    var reached: [[UInt64]] = []
    reached.reserveCapacity(members.count)
    for own in members {
      var bits: [UInt64] = []
      for member in own {
        if let number = position[member] {
          if bits.isEmpty { bits = Array(repeating: 0, count: (inputs.count + 63) / 64) }
          bits[number / 64] |= 1 << UInt64(number % 64)
        }
        for source in sources[member] where group[source] < reached.count {
          let more = reached[group[source]]
          if more.isEmpty { continue }
          if bits.isEmpty { bits = more } else { for word in bits.indices { bits[word] |= more[word] } }
        }
      }
      reached.append(bits)
    }
    var result: [String: Set<String>] = [:]
    for port in module.ports where port.direction == .output {
      let bits = reached[group[port.signal.number]]
      result[port.name] = Set(
        inputs.indices.filter { !bits.isEmpty && bits[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }.map { inputs[$0].name })
    }
    return result
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

extension Array where Element: Comparable {
  var sortedWithoutRepetition: [Element] {
    if count < 2 { return self }
    var result: [Element] = []
    for element in sorted() where element != result.last { result.append(element) }
    return result
  }
}

extension ExpressionNode {
  /// All signals read.
  var signals: Set<SignalID> {
    var result: Set<SignalID> = []
    visitSignals { result.insert($0) }
    return result
  }

  /// Calls `action` with every signal that is read, perhaps repeatedly.
  func visitSignals(_ action: (SignalID) -> Void) {
    if case .signal(let id, let selector) = kind, selector?.expression == nil { return action(id) }
    visit { node in
      if case .signal(let id, _) = node.kind { action(id) }
    }
  }
}
