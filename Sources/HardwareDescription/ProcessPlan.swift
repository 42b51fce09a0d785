/// What a statement writes: the unit by which statements are gathered into processes.
enum Written: Hashable {
  case signal(SignalID)
  case memory(MemoryID)
}

/// A scope's statements gathered into processes, ready for emission or simulation.
///
/// Statements that write the same scalar signal share a process. Data registers without reset, vectors, and registers
/// that only take values under enables are written directly in a clocked process; other registers get a combinational
/// next value and a clocked copy.
public indirect enum PlannedItem: Sendable {
  case comment(String)
  case declaration(SignalID)
  case memory(MemoryID)
  case instance(InstanceID)
  case generate(GenerateLoop, [PlannedItem])
  /// A continuous assignment.
  case assign(Assignment)
  /// `registers` first take their own value.
  case combinational([Statement], registers: [SignalID], location: SourceLocation)
  /// Written directly.
  case sequential([Statement], location: SourceLocation)
  /// Registers that take the next value a combinational process computed.
  case update([SignalID])
}

/// Gathers the statements of a module into processes.
struct ProcessPlanner {
  let module: ModuleDefinition
  let dependencies: CombinationalGraph
  /// Registers with a combinational next value.
  private(set) var twoProcess: Set<SignalID> = []

  init(module: ModuleDefinition, dependencies: CombinationalGraph) {
    self.module = module
    self.dependencies = dependencies
  }

  private func isDirect(_ written: Written) -> Bool {
    switch written {
    case .memory: true
    case .signal(let id): module[id].isRegister && module[id].count != nil
    }
  }

  private func isRegister(_ written: Written) -> Bool {
    if case .signal(let id) = written { module[id].isRegister } else { true }
  }

  mutating func plan(_ items: [Item]) -> [PlannedItem] {
    // Positions keep the author's order: a process stands where its last statement stood.
    var placed: [(position: Int, item: PlannedItem)] = []
    var statements: [(position: Int, statement: Statement, written: Set<Written>)] = []
    for (position, item) in items.enumerated() {
      switch item {
      case .comment(let text): placed.append((position, .comment(text)))
      case .declaration(let id): placed.append((position, .declaration(id)))
      case .memory(let id): placed.append((position, .memory(id)))
      case .instance(let id): placed.append((position, .instance(id)))
      case .generate(let loop): placed.append((position, .generate(loop, plan(loop.items))))
      case .statement(let statement): statements.append((position, statement, statement.written))
      }
    }
    let groups = groups(of: statements.map(\.written))
    var groupOf: [Written: Int] = [:]
    for (number, group) in groups.enumerated() { for written in group { groupOf[written] = number } }
    var members = [[Int]](repeating: [], count: groups.count)
    for (index, entry) in statements.enumerated() {
      for written in entry.written {
        if let group = groupOf[written], members[group].last != index { members[group].append(index) }
      }
    }
    for (group, members) in zip(groups, members) {
      let parts = members.compactMap { index in
        statements[index].statement.filtered(group).map { (statements[index].position, $0) }
      }
      placed += processes(parts, writing: group)
    }
    return placed.enumerated().sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
      .map(\.element.item)
  }

  private mutating func processes(
    _ parts: [(position: Int, statement: Statement)], writing group: Set<Written>
  ) -> [(Int, PlannedItem)] {
    guard let last = parts.last?.position, let location = parts.first?.statement.location else { return [] }
    let isPlain = parts.allSatisfy { $0.statement.isAssignment }
    let isContinuous = parts.allSatisfy { $0.statement.isContinuous }
    let registers = group.filter(isRegister)
    let all = parts.map(\.statement)
    if registers.isEmpty, isContinuous {
      return parts.compactMap { part in
        if case .assign(let assignment) = part.statement { (part.position, .assign(assignment)) } else { nil }
      }
    }
    let needsReset = registers.contains { if case .signal(let id) = $0 { module[id].reset != nil } else { false } }
    let isDirect = isPlain || !needsReset || group.allSatisfy(isDirect) || all.allSatisfy(\.isEnabled)
    if registers.count == group.count, isDirect {
      return [(last, .sequential(all, location: location))]
    }
    var result: [(Int, PlannedItem)] = []
    var rest = group
    for wire in hotWires(group, all) {
      rest.remove(wire)
      let own = parts.compactMap { part in part.statement.filtered([wire]).map { (part.position, $0) } }
      guard let position = own.last?.0, let location = own.first?.1.location else { continue }
      if own.allSatisfy({ $0.1.isContinuous }) {
        for (position, statement) in own {
          if case .assign(let assignment) = statement { result.append((position, .assign(assignment))) }
        }
      } else {
        result.append((position, .combinational(own.map(\.1), registers: [], location: location)))
      }
    }
    let remaining = parts.compactMap { part in part.statement.filtered(rest).map { (part.position, $0) } }
    guard let position = remaining.last?.0, let start = remaining.first?.1.location else { return result }
    let updated = rest.compactMap { written -> SignalID? in
      if case .signal(let id) = written, module[id].isRegister { id } else { nil }
    }.sorted { $0.number < $1.number }
    if updated.count == rest.count,
      remaining.allSatisfy({ $0.1.isEnabled }) || updated.allSatisfy({ module[$0].reset == nil })
    {
      result.append((position, .sequential(remaining.map(\.1), location: start)))
      return result
    }
    twoProcess.formUnion(updated)
    result.append((position, .combinational(remaining.map(\.1), registers: updated, location: start)))
    if !updated.isEmpty { result.append((position, .update(updated))) }
    return result
  }

  /// Wires whose value the process that drives them reads again, directly or through other logic. In one process with
  /// the rest they would look like a loop, so each gets a process of its own.
  private func hotWires(_ group: Set<Written>, _ statements: [Statement]) -> [Written] {
    // A wire alone has a process of its own anyway.
    if group.count == 1 { return [] }
    var reads: Set<Int> = []
    for statement in statements { statement.visitReads { $0.visitSignals { reads.insert($0.number) } } }
    return group.filter { written in
      guard case .signal(let id) = written, !module[id].isRegister else { return false }
      return dependencies.depends(reads, on: id.number)
    }.sorted { $0.order < $1.order }
  }

  /// The sets of things that must be written by one process.
  private func groups(of written: [Set<Written>]) -> [Set<Written>] {
    var parent: [Written: Written] = [:]
    func root(_ x: Written) -> Written {
      var x = x
      while let up = parent[x], up != x { x = up }
      return x
    }
    for set in written {
      if set.count == 1, let only = set.first {
        if parent[only] == nil { parent[only] = only }
        continue
      }
      let domains = Set(set.compactMap(module.domain(of:))).sorted { $0.name < $1.name }
      // Combinational signals go with the registers of the first clock.
      let main = domains.first ?? .main
      for (domain, direct) in (domains.isEmpty ? [main] : domains).flatMap({ [($0, false), ($0, true)] }) {
        let members = set.filter { isDirect($0) == direct && module.domain(of: $0) ?? main == domain }
          .sorted { $0.order < $1.order }
        guard let first = members.first else { continue }
        for member in members {
          if parent[member] == nil { parent[member] = member }
          let (a, b) = (root(first), root(member))
          if a != b { parent[b] = a }
        }
      }
    }
    var result: [Written: Set<Written>] = [:]
    for member in parent.keys { result[root(member), default: []].insert(member) }
    return result.values.map { (order: $0.map(\.order).min() ?? 0, group: $0) }.sorted { $0.order < $1.order }
      .map(\.group)
  }
}

extension ModuleDefinition {
  /// The clock with which something is written; nil for combinational signals.
  func domain(of written: Written) -> ClockDomain? {
    switch written {
    case .signal(let id): self[id].isPort ? nil : self[id].domain
    case .memory(let id): self[id].writeDomain
    }
  }
}

extension Written {
  /// Any fixed order.
  var order: Int {
    switch self {
    case .signal(let id): id.number * 2
    case .memory(let id): id.number * 2 + 1
    }
  }
}

extension Statement {
  var isAssignment: Bool {
    if case .assign = self { true } else { false }
  }

  /// An assignment at a fixed place. One at a computed place changes what an earlier one assigned, so the two have an
  /// order, which continuous assignments do not keep.
  var isContinuous: Bool {
    guard case .assign(let assignment) = self else { return false }
    for case .dynamic? in [assignment.target.element, assignment.target.low] { return false }
    return true
  }

  /// Only assignments, under conditions that have no other branch.
  var isEnabled: Bool {
    switch self {
    case .comment, .assign, .memoryWrite: true
    case .conditional(let conditional):
      conditional.otherwise == nil && conditional.branches.count == 1
        && conditional.branches.allSatisfy { $0.body.allSatisfy(\.isEnabled) }
    case .selection: false
    }
  }

  var location: SourceLocation? {
    switch self {
    case .comment: nil
    case .assign(let assignment): assignment.location
    case .memoryWrite(let write): write.location
    case .conditional(let conditional): conditional.location
    case .selection(let selection): selection.location
    }
  }

  var written: Set<Written> {
    switch self {
    case .comment: return []
    case .assign(let assignment): return [.signal(assignment.target.signal)]
    case .memoryWrite(let write): return [.memory(write.memory)]
    default:
      var result: Set<Written> = []
      for body in bodies { for statement in body { result.formUnion(statement.written) } }
      return result
    }
  }

  /// Whether it chooses between bodies none of which writes anything.
  var isIdle: Bool {
    switch self {
    case .comment, .assign, .memoryWrite: false
    case .conditional, .selection: written.isEmpty
    }
  }

  /// The bodies of a conditional or selection.
  var bodies: [[Statement]] {
    switch self {
    case .comment, .assign, .memoryWrite: []
    case .conditional(let conditional): conditional.branches.map(\.body) + (conditional.otherwise.map { [$0] } ?? [])
    case .selection(let selection): selection.arms.map(\.body) + (selection.otherwise.map { [$0] } ?? [])
    }
  }

  /// Calls `visit` with every expression that is read, bodies included.
  func visitReads(_ visit: (ExpressionNode) -> Void) {
    visitOwnReads(visit)
    for body in bodies { for statement in body { statement.visitReads(visit) } }
  }

  /// Calls `visit` with every expression that is read, without the bodies.
  func visitOwnReads(_ visit: (ExpressionNode) -> Void) {
    switch self {
    case .comment: break
    case .assign(let assignment):
      visit(assignment.value)
      if case .dynamic(let expression)? = assignment.target.element { visit(expression) }
      if case .dynamic(let expression)? = assignment.target.low { visit(expression) }
    case .memoryWrite(let write):
      visit(write.address)
      visit(write.data)
    case .conditional(let conditional): for branch in conditional.branches { visit(branch.condition) }
    case .selection(let selection): visit(selection.subject)
    }
  }

  /// Only what writes one of `kept`; nil when nothing does.
  func filtered(_ kept: Set<Written>) -> Statement? {
    switch self {
    case .comment: return nil
    case .assign(let assignment): return kept.contains(.signal(assignment.target.signal)) ? self : nil
    case .memoryWrite(let write): return kept.contains(.memory(write.memory)) ? self : nil
    case .conditional(var conditional):
      guard !written.isDisjoint(with: kept) else { return nil }
      for index in conditional.branches.indices {
        conditional.branches[index].body = Statement.filtered(conditional.branches[index].body, kept)
      }
      conditional.otherwise = conditional.otherwise.map { Statement.filtered($0, kept) }
      if conditional.otherwise?.isEmpty == true { conditional.otherwise = nil }
      while conditional.otherwise == nil, conditional.branches.count > 1,
        conditional.branches.last?.body.isEmpty == true
      {
        conditional.branches.removeLast()
      }
      return .conditional(conditional)
    case .selection(var selection):
      guard !written.isDisjoint(with: kept) else { return nil }
      for index in selection.arms.indices {
        selection.arms[index].body = Statement.filtered(selection.arms[index].body, kept)
      }
      selection.otherwise = selection.otherwise.map { Statement.filtered($0, kept) }
      if selection.otherwise == nil || selection.otherwise?.isEmpty == true {
        let before = selection.arms.count
        selection.arms.removeAll { $0.body.isEmpty }
        if selection.arms.count < before { selection.otherwise = [] }
      }
      return .selection(selection)
    }
  }

  private static func filtered(_ body: [Statement], _ kept: Set<Written>) -> [Statement] {
    var result: [Statement] = []
    var comments: [Statement] = []
    for statement in body {
      if case .comment = statement {
        comments.append(statement)
        continue
      }
      if let statement = statement.filtered(kept) { result += comments + [statement] }
      comments = []
    }
    return result
  }
}
