/// Gives names to values that are sliced: SystemVerilog selects bits of names only, and Yosys takes the width of a
/// cast to be at least that of its operand, so a narrowing cast is no substitute.
///
/// The name is that of the assigned signal with `_term`; `m.wire` gives a better one.
public struct SliceNaming: Pass {
  public init() {}
  public let name = "slices"
  public let summary = "names the expressions that are sliced"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for index in design.modules.indices {
      var naming = Naming(module: design.modules[index])
      let items = naming.items(naming.module.items, ScopeID(number: 0))
      naming.module.items = items
      design.modules[index] = naming.module
    }
  }

  private struct Naming {
    var module: ModuleDefinition
    private var taken: Set<String> = []
    /// Wires made for the scope at hand, by what they name.
    private var named: [ObjectIdentifier: (node: ExpressionNode, wire: ExpressionNode)] = [:]
    private var rewritten: [ObjectIdentifier: (node: ExpressionNode, result: ExpressionNode)] = [:]
    private var new: [Item] = []
    private var isGathering = false
    /// Which bits of the wires made for the scope at hand are read.
    private var used: [SignalID: [Bool]] = [:]

    init(module: ModuleDefinition) {
      self.module = module
      for signal in module.signals { taken.formUnion(signal.identifiers) }
      for memory in module.memories { taken.insert(memory.name) }
      for instance in module.instances { taken.insert(instance.name) }
      for constant in module.constants { taken.insert(constant.name) }
    }

    mutating func items(_ items: [Item], _ scope: ScopeID) -> [Item] {
      var result: [Item] = []
      named = [:]
      rewritten = [:]
      for item in items {
        // What writes nothing is not emitted, and its conditions are not either.
        if case .statement(let statement) = item, statement.isIdle { continue }
        new = []
        let changed = self.item(item, scope)
        result += new + [changed]
      }
      return result + sink(scope)
    }

    /// Takes in the bits of the new wires that nothing reads, so that lint tools see intention.
    private mutating func sink(_ scope: ScopeID) -> [Item] {
      var parts: [ExpressionNode] = []
      for (id, bits) in used.sorted(by: { $0.key.number < $1.key.number }) where bits.contains(false) {
        let signal = module[id]
        let wire = ExpressionNode(.signal(id, nil), width: signal.width, isSigned: signal.isSigned)
        var low = 0
        while low < bits.count {
          var high = low
          while high < bits.count, bits[high] == bits[low] { high += 1 }
          if !bits[low] { parts.append(wire.slice(low: Index(low), count: high - low)) }
          low = high
        }
      }
      used = [:]
      guard let first = parts.first else { return [] }
      let width = parts.reduce(0) { $0 + $1.width }
      let joined =
        parts.count == 1 ? first : ExpressionNode(.concatenation(parts), width: width, isSigned: false)
      var name = "terms"
      var number = 2
      while !taken.insert("unused_\(name)").inserted {
        name = "terms\(number)"
        number += 1
      }
      let signal = newSignal(name, .sink, width: 1, isSigned: false, scope, module.location)
      let target = Target(signal: signal.id, element: nil, low: nil, width: 1, isSigned: false)
      let value = width == 1 ? joined : ExpressionNode.unary(.reduceXor, joined)
      return [
        .declaration(signal.id),
        .statement(.assign(Assignment(target: target, value: value, location: module.location))),
      ]
    }

    private mutating func newSignal(
      _ name: String, _ role: Signal.Role, width: Int, isSigned: Bool, _ scope: ScopeID, _ location: SourceLocation
    ) -> Signal {
      let signal = Signal(
        id: SignalID(number: module.signals.count, module: module.number), name: name, role: role, width: width,
        isSigned: isSigned, enumeration: nil, count: nil, scope: scope, location: location)
      module.signals.append(signal)
      return signal
    }

    /// Notes which bits of a new wire are read.
    private mutating func mark(_ wire: ExpressionNode, _ low: Selector, _ width: Int) {
      guard case .signal(let id, _) = wire.kind, var bits = used[id] else { return }
      // Tools that work out a position see that the other bits are not read.
      if let position = low.expression, !position.surelyVaries { return }
      var range = 0..<bits.count
      if case .index(let index) = low {
        // Each iteration of a loop reads other bits of a wire of its own.
        guard let place = index.value else { return }
        range = place..<place + width
      }
      for bit in range where bits.indices.contains(bit) { bits[bit] = true }
      used[id] = bits
    }

    private mutating func item(_ item: Item, _ scope: ScopeID) -> Item {
      switch item {
      case .comment, .memory: return item
      case .declaration(let id):
        let signal = module[id]
        if case .delay(let source, let firstStage, let reset) = signal.role {
          let context = Context(name: signal.name, scope: scope, location: signal.location)
          module.signals[id.number].role = .delay(
            source: rewrite(source, context), firstStage: firstStage, reset: reset)
        }
        return item
      case .statement(let statement): return .statement(self.statement(statement, scope))
      case .instance(let id):
        let instance = module[id]
        module.instances[id.number].inputs = instance.inputs.map { connection in
          let context = Context(
            name: "\(instance.shortName)_\(connection.port)", scope: scope, location: connection.location)
          return Instance.Connection(
            port: connection.port, value: connected(rewrite(connection.value, context), context),
            location: connection.location)
        }
        return item
      case .generate(var loop):
        let outer = (named, rewritten, new, used)
        used = [:]
        loop.items = items(loop.items, loop.scope)
        (named, rewritten, new, used) = outer
        return .generate(loop)
      }
    }

    /// Gives a name to what tools misread in a connection: Icarus 11 takes the type from an enumeration's value that stands
    /// there, and refuses to assign it from then on; Yosys 0.23 fails on a net or operator whose sign only a cast decides.
    private mutating func connected(_ node: ExpressionNode, _ context: Context) -> ExpressionNode {
      var isMisread = false
      node.visit { if case .enumeration = $0.kind { isMisread = true } }
      guard isMisread || node.hasSignOfCast else { return node }
      let wire = wire(node, context)
      mark(wire, .index(0), node.width)
      return wire
    }

    private struct Context {
      let name: String
      let scope: ScopeID
      let location: SourceLocation
    }

    private mutating func statement(_ statement: Statement, _ scope: ScopeID) -> Statement {
      let location = statement.location ?? module.location
      let writtenName = statement.written.map { written -> String in
        switch written {
        case .signal(let id): module[id].name
        case .memory(let id): module[id].name
        }
      }.min()
      let context = Context(name: writtenName ?? "value", scope: scope, location: location)
      switch statement {
      case .comment: return statement
      case .assign(let assignment):
        let target = assignment.target
        return .assign(
          Assignment(
            target: Target(
              signal: target.signal, element: target.element.map { rewrite($0, context) },
              low: target.low.map { rewrite($0, context) }, width: target.width, isSigned: target.isSigned),
            value: rewrite(assignment.value, context, isTop: true), location: assignment.location))
      case .memoryWrite(let write):
        return .memoryWrite(
          MemoryWrite(
            memory: write.memory, address: rewrite(write.address, context),
            data: rewrite(write.data, context, isTop: true), domain: write.domain,
            location: write.location))
      case .conditional(var conditional):
        conditional.branches = conditional.branches.map { branch in
          Conditional.Branch(
            condition: rewrite(branch.condition, context), body: branch.body.map { self.statement($0, scope) })
        }
        conditional.otherwise = conditional.otherwise?.map { self.statement($0, scope) }
        return .conditional(conditional)
      case .selection(let selection):
        return .selection(
          CaseSelection(
            subject: rewrite(selection.subject, context),
            arms: selection.arms.map { arm in
              CaseSelection.Arm(labels: arm.labels, body: arm.body.map { self.statement($0, scope) })
            }, otherwise: selection.otherwise?.map { self.statement($0, scope) }, location: selection.location))
      }
    }

    private mutating func rewrite(_ selector: Selector, _ context: Context) -> Selector {
      if case .dynamic(let expression) = selector { .dynamic(rewrite(expression, context)) } else { selector }
    }

    private mutating func rewrite(
      _ node: ExpressionNode, _ context: Context, isTop: Bool = false
    ) -> ExpressionNode {
      if case .index = node.kind, !isTop {
        let wire = wire(node, context)
        mark(wire, .index(0), node.width)
        return wire
      }
      if node.operands.isEmpty { return node }
      if let known = rewritten[ObjectIdentifier(node)] { return known.result }
      // Deep expressions are gone through from their leaves on, so that recursion stays short.
      let isOutermost = node.depth > ExpressionNode.depthLimit && !isGathering
      if isOutermost {
        isGathering = true
        for part in node.milestones { _ = rewrite(part, context) }
      }
      var result = rebuilt(node, context)
      if result.writtenSize > ExpressionNode.sizeLimit, !isTop { result = wire(result, context) }
      rewritten[ObjectIdentifier(node)] = (node, result)
      if isOutermost { isGathering = false }
      return result
    }

    private mutating func rebuilt(_ node: ExpressionNode, _ context: Context) -> ExpressionNode {
      func like(_ kind: ExpressionNode.Kind) -> ExpressionNode {
        ExpressionNode(kind, width: node.width, isSigned: node.isSigned)
      }
      switch node.kind {
      case .constant, .enumeration, .index, .invalid: return node
      case .signal(let id, let selector): return like(.signal(id, selector.map { rewrite($0, context) }))
      case .memoryRead(let id, let address): return like(.memoryRead(id, rewrite(address, context)))
      case .unary(let op, let a): return like(.unary(op, rewrite(a, context)))
      case .binary(let op, let a, let b):
        // A loop variable as an operand of a comparison has no neighbour whose width it could change.
        let direct = op.isComparison
        return like(.binary(op, rewrite(a, context, isTop: direct), rewrite(b, context, isTop: direct)))
      case .select(let condition, let a, let b):
        return like(
          .select(
            condition: rewrite(condition, context), then: rewrite(a, context), otherwise: rewrite(b, context)))
      case .concatenation(let parts): return like(.concatenation(parts.map { rewrite($0, context) }))
      case .replication(let count, let a): return like(.replication(count, rewrite(a, context)))
      case .resize(let a): return like(.resize(rewrite(a, context)))
      case .reinterpret(let a): return like(.reinterpret(rewrite(a, context)))
      case .slice(let index, let low):
        let base = if case .index = index.kind { index } else { rewrite(index, context) }
        let low = rewrite(low, context)
        switch base.kind {
        case .signal, .memoryRead: return like(.slice(base, low: low))
        default:
          let wire = wire(base, context)
          mark(wire, low, node.width)
          return like(.slice(wire, low: low))
        }
      }
    }

    /// A wire that carries `node`.
    private mutating func wire(_ node: ExpressionNode, _ context: Context) -> ExpressionNode {
      if let known = named[ObjectIdentifier(node)] { return known.wire }
      var name = "\(context.name)_term"
      if case .index(let index) = node.kind, case .variable(let variable) = index.form {
        name = "\(variable.name)_value"
      }
      let base = name
      var number = 2
      while taken.contains(name) {
        name = "\(base)\(number)"
        number += 1
      }
      taken.insert(name)
      let signal = newSignal(
        name, .wire, width: node.width, isSigned: node.isSigned, context.scope, context.location)
      used[signal.id] = Array(repeating: false, count: node.width)
      new.append(.declaration(signal.id))
      let target = Target(signal: signal.id, element: nil, low: nil, width: node.width, isSigned: node.isSigned)
      new.append(.statement(.assign(Assignment(target: target, value: node, location: context.location))))
      let wire = ExpressionNode(.signal(signal.id, nil), width: node.width, isSigned: node.isSigned)
      named[ObjectIdentifier(node)] = (node, wire)
      return wire
    }
  }
}

extension ExpressionNode {
  /// Whether only a cast decides the sign of a net or operator that the value is, or may be.
  fileprivate var hasSignOfCast: Bool {
    switch kind {
    case .reinterpret(let inner):
      switch inner.kind {
      case .slice, .concatenation, .replication, .constant: false
      default: true
      }
    case .select(_, let a, let b): a.hasSignOfCast || b.hasSignOfCast
    default: false
    }
  }

  /// Whether no tool can find the value to be the same always. False where that would take a closer look, as for `a ^ a` or
  /// a shift by more than the width.
  fileprivate var surelyVaries: Bool {
    switch kind {
    case .signal, .memoryRead, .index: true
    case .unary(.not, let operand), .unary(.negate, let operand), .unary(.logicalNot, let operand): operand.surelyVaries
    case .resize(let operand), .reinterpret(let operand), .slice(let operand, _), .replication(_, let operand):
      operand.surelyVaries
    case .concatenation(let parts): parts.contains(where: \.surelyVaries)
    case .binary(.add, let a, let b), .binary(.subtract, let a, let b):
      if case .constant = a.kind {
        b.surelyVaries
      } else if case .constant = b.kind {
        a.surelyVaries
      } else {
        false
      }
    case .select(_, let a, let b): a.surelyVaries && b.surelyVaries
    case .unary, .binary, .constant, .enumeration, .invalid: false
    }
  }

  /// The nodes within at every so many levels, deeper ones later.
  fileprivate var milestones: [ExpressionNode] {
    var parts: [ExpressionNode] = []
    visit { part in
      if part !== self, part.depth > 0, part.depth % Self.depthLimit == 0 { parts.append(part) }
    }
    // Of equal depth in the order of the visit.
    return parts.enumerated().sorted { ($0.element.depth, $0.offset) < ($1.element.depth, $1.offset) }.map(\.element)
  }
}
