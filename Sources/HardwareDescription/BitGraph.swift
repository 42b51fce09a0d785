/// The design bit by bit: what one bit of a signal, in one instance and one iteration, depends on within a cycle.
///
/// Exact for slices and elements known at elaboration; a position computed by the circuit counts as every position. It is worked
/// out on demand, for the few signals that `CombinationalGraph` leaves in doubt.
struct BitGraph {
  /// One bit. `signal` is the number in its module, or, for the words of a memory, that of the memory below zero.
  struct Node: Hashable {
    let context: Int
    let signal: Int
    /// Which of the copies of a loop's own signal.
    let iteration: Int
    let element: Int
    let bit: Int

    var memory: MemoryID? { signal < 0 ? MemoryID(number: -1 - signal) : nil }
  }

  /// What a bit depends on, and the line that makes it so.
  struct Edge {
    let source: Node
    let location: SourceLocation
  }

  /// An assignment with everything around it.
  struct Driver {
    let assignment: Assignment
    /// What must be known to tell whether it happens.
    let conditions: [ExpressionNode]
    let loops: [GenerateLoop]
  }

  /// An instance of a module in the hierarchy below the module at hand.
  private struct Context: Hashable {
    let module: Int
    /// Of the parent, -1 for none.
    let parent: Int
    let instance: Int
    let iteration: Int
  }

  /// What the assignments of one signal in one iteration write.
  private struct Entry {
    /// Nil for all.
    let element: Int?
    let bits: Range<Int>
    let driver: Int
    let iteration: Int
  }

  private struct TableKey: Hashable {
    let module: Int
    let signal: Int
    let iteration: Int
  }

  private struct Table {
    var entries: [Entry] = []
    var byElement: [Int: [Int]] = [:]
    var everyElement: [Int] = []
  }

  let design: Design
  private var contexts: [Context] = []
  private var paths: [String] = []
  private var contextNumbers: [Context: Int] = [:]
  private var iterations: [[LoopVariable: Int]] = [[:]]
  private var iterationNumbers: [[LoopVariable: Int]: Int] = [[:]: 0]
  private var surveys: [Int: Survey] = [:]
  private var tables: [TableKey: Table] = [:]

  init(_ design: Design) { self.design = design }

  // MARK: Contexts

  /// The module at `position` of the design as the top of what is looked at.
  mutating func root(_ position: Int) -> Int {
    number(of: Context(module: position, parent: -1, instance: -1, iteration: 0))
  }

  /// An instance in one iteration of the loops around it; nil when its module is not there.
  mutating func child(_ context: Int, _ instance: InstanceID, iteration: Int) -> Int? {
    guard let position = design.position(of: module(context)[instance].moduleName) else { return nil }
    return number(of: Context(module: position, parent: context, instance: instance.number, iteration: iteration))
  }

  func module(_ context: Int) -> ModuleDefinition { design.modules[contexts[context].module] }
  func isRoot(_ context: Int) -> Bool { contexts[context].parent < 0 }

  private mutating func number(of context: Context) -> Int {
    if let known = contextNumbers[context] { return known }
    contextNumbers[context] = contexts.count
    contexts.append(context)
    let module = design.modules[context.module]
    if context.parent < 0 {
      paths.append(module.path)
    } else {
      let parent = design.modules[contexts[context.parent].module]
      let instance = parent.instances[context.instance]
      paths.append(
        name(instance.name, instance.scope, context.iteration, context.parent))
    }
    return contexts.count - 1
  }

  /// The number of an iteration.
  mutating func number(of iteration: [LoopVariable: Int]) -> Int {
    if let known = iterationNumbers[iteration] { return known }
    iterationNumbers[iteration] = iterations.count
    iterations.append(iteration)
    return iterations.count - 1
  }

  // MARK: Names

  /// The dotted path of a bit. Bits are told apart only where the signal is assigned in parts.
  mutating func path(_ node: Node) -> String {
    let module = module(node.context)
    if let memory = node.memory { return name(module[memory].name, module[memory].scope, node.iteration, node.context) }
    let signal = module.signals[node.signal]
    var text = name(signal.name, signal.scope, node.iteration, node.context)
    if signal.count != nil { text += "[\(node.element)]" }
    let isSplit = survey(node.context).drivers[node.signal].contains { $0.assignment.target.low != nil }
    if isSplit { text += "[\(node.bit)]" }
    return text
  }

  private mutating func name(_ name: String, _ scope: ScopeID, _ iteration: Int, _ context: Int) -> String {
    let loops = survey(context).loops(scope)
    let parts = loops.map { "\($0.name)[\(iterations[iteration][$0.variable] ?? 0)]" }
    return ([paths[context]] + parts + [name]).joined(separator: ".")
  }

  // MARK: Edges

  /// Every bit of a signal, in every iteration.
  mutating func nodes(_ context: Int, _ signal: Int) -> [Node] {
    let declared = module(context).signals[signal]
    let loops = survey(context).loops(declared.scope)
    return environments(loops, [:]).flatMap { environment -> [Node] in
      let iteration = number(of: environment)
      return (0..<(declared.count?.value ?? 1)).flatMap { element in
        (0..<declared.width).map {
          Node(context: context, signal: signal, iteration: iteration, element: element, bit: $0)
        }
      }
    }
  }

  /// What a bit depends on directly. Registers depend on nothing within a cycle, and so do inputs of the top.
  mutating func sources(of node: Node) -> [Edge] {
    guard node.memory == nil else { return [] }
    let module = module(node.context)
    let signal = module.signals[node.signal]
    switch signal.role {
    case .register, .delay, .sink: return []
    case .input:
      let context = contexts[node.context]
      guard context.parent >= 0,
        let connection = design.modules[contexts[context.parent].module].instances[context.instance].inputs
          .first(where: { $0.port == signal.name })
      else { return [] }
      return reads(connection.value, node.bit..<node.bit + 1, context.parent, context.iteration)
        .map { Edge(source: $0, location: connection.location) }
    case .instanceOutput(let instance, let port):
      guard let child = child(node.context, instance, iteration: node.iteration),
        let output = self.module(child).port(port, .output)
      else { return [] }
      let source = Node(context: child, signal: output.signal.number, iteration: 0, element: 0, bit: node.bit)
      return [Edge(source: source, location: module[instance].location)]
    case .wire, .output:
      return assignments(to: node).flatMap { driver, iteration -> [Edge] in
        reads(driver, bit: node.bit, node.context, iteration)
          .map { Edge(source: $0, location: driver.assignment.location) }
      }
    }
  }

  /// The assignments that may write a bit, each in the iteration in which it does.
  mutating func assignments(to node: Node) -> [(driver: Driver, iteration: Int)] {
    let key = TableKey(module: contexts[node.context].module, signal: node.signal, iteration: node.iteration)
    if tables[key] == nil { tables[key] = table(node) }
    guard let table = tables[key] else { return [] }
    let drivers = survey(node.context).drivers[node.signal]
    return ((table.byElement[node.element] ?? []) + table.everyElement).compactMap { index in
      let entry = table.entries[index]
      return entry.bits.contains(node.bit) ? (drivers[entry.driver], entry.iteration) : nil
    }
  }

  private mutating func table(_ node: Node) -> Table {
    let signal = module(node.context).signals[node.signal]
    let survey = survey(node.context)
    let own = survey.loops(signal.scope).count
    var table = Table()
    for (number, driver) in survey.drivers[node.signal].enumerated() {
      for environment in environments(Array(driver.loops.dropFirst(own)), iterations[node.iteration]) {
        let target = driver.assignment.target
        var element: Int? = signal.count == nil ? 0 : nil
        if case .index(let index)? = target.element { element = index.value(environment) }
        var bits = 0..<signal.width
        if case .index(let low)? = target.low {
          bits = low.value(environment)..<low.value(environment) + target.width
        }
        if let element {
          table.byElement[element, default: []].append(table.entries.count)
        } else {
          table.everyElement.append(table.entries.count)
        }
        table.entries.append(
          Entry(element: element, bits: bits, driver: number, iteration: self.number(of: environment)))
      }
    }
    return table
  }

  /// What a bit of the target of an assignment depends on: the value, the conditions, and computed positions.
  mutating func reads(_ driver: Driver, bit: Int?, _ context: Int, _ iteration: Int) -> [Node] {
    let target = driver.assignment.target
    var bits = 0..<driver.assignment.value.width
    if let bit {
      switch target.low {
      case .index(let low)?: bits = bit - low.value(iterations[iteration])..<bit - low.value(iterations[iteration]) + 1
      case nil: bits = bit..<bit + 1
      case .dynamic?: break
      }
    }
    var result = reads(driver.assignment.value, bits, context, iteration)
    for case .dynamic(let position)? in [target.element, target.low] {
      result += reads(position, 0..<position.width, context, iteration)
    }
    for condition in driver.conditions { result += reads(condition, 0..<condition.width, context, iteration) }
    return result
  }

  /// The bits that bits of an expression depend on.
  mutating func reads(
    _ expression: ExpressionNode, _ bits: Range<Int>, _ context: Int, _ iteration: Int
  ) -> [Node] {
    struct Part: Hashable {
      let node: ObjectIdentifier
      let bits: Range<Int>
    }
    var result: [Node] = []
    var seen: Set<Part> = []
    var open = [(expression, bits)]
    while let (node, asked) = open.popLast() {
      let bits = asked.clamped(to: 0..<node.width)
      guard !bits.isEmpty, seen.insert(Part(node: ObjectIdentifier(node), bits: bits)).inserted else { continue }
      switch node.kind {
      case .signal(let id, let selector):
        result += self.nodes(id, selector, bits, context, iteration)
        if let position = selector?.expression { open.append((position, 0..<position.width)) }
      case .memoryRead(let id, _):
        let memory = module(context)[id]
        let own = restricted(iteration, to: memory.scope, context)
        result.append(Node(context: context, signal: -1 - id.number, iteration: own, element: 0, bit: 0))
        open += node.parts(behind: bits, iterations[iteration])
      default: open += node.parts(behind: bits, iterations[iteration])
      }
    }
    return result
  }

  private mutating func nodes(
    _ id: SignalID, _ selector: Selector?, _ bits: Range<Int>, _ context: Int, _ iteration: Int
  ) -> [Node] {
    let signal = module(context)[id]
    let own = restricted(iteration, to: signal.scope, context)
    var elements = 0..<(signal.count?.value ?? 1)
    if case .index(let index)? = selector {
      let element = index.value(iterations[iteration])
      elements = element..<element + 1
    }
    return elements.flatMap { element in
      bits.map { Node(context: context, signal: id.number, iteration: own, element: element, bit: $0) }
    }
  }

  /// The part of an iteration that tells the copies of what a scope declares apart.
  private mutating func restricted(_ iteration: Int, to scope: ScopeID, _ context: Int) -> Int {
    if scope.number == 0 { return 0 }
    let loops = survey(context).loops(scope)
    let values = iterations[iteration]
    return number(of: Dictionary(uniqueKeysWithValues: loops.map { ($0.variable, values[$0.variable] ?? 0) }))
  }

  /// Every iteration of nested loops, inside one of the loops around them.
  func environments(_ loops: [GenerateLoop], _ outer: [LoopVariable: Int]) -> [[LoopVariable: Int]] {
    var result = [outer]
    for loop in loops {
      result = result.flatMap { environment -> [[LoopVariable: Int]] in
        let (lower, upper) = (loop.lower.value(environment), loop.upper.value(environment))
        return (lower..<max(lower, upper)).map { value in
          var inner = environment
          inner[loop.variable] = value
          return inner
        }
      }
    }
    return result
  }

  // MARK: Surveys

  /// What is known of a module: who drives what, inside which loops.
  struct Survey {
    var drivers: [[Driver]]
    /// The loops around what a scope declares, outer ones first.
    private var loopsOfScope: [Int: [GenerateLoop]] = [0: []]

    func loops(_ scope: ScopeID) -> [GenerateLoop] { loopsOfScope[scope.number] ?? [] }

    init(_ module: ModuleDefinition) {
      drivers = Array(repeating: [], count: module.signals.count)
      visit(module.items, [])
    }

    private mutating func visit(_ items: [Item], _ loops: [GenerateLoop]) {
      for item in items {
        switch item {
        case .statement(let statement): add(statement, [], loops)
        case .generate(let loop):
          loopsOfScope[loop.scope.number] = loops + [loop]
          visit(loop.items, loops + [loop])
        case .comment, .declaration, .memory, .instance: break
        }
      }
    }

    private mutating func add(_ statement: Statement, _ conditions: [ExpressionNode], _ loops: [GenerateLoop]) {
      var inner = conditions
      switch statement {
      case .comment, .memoryWrite: return
      case .assign(let assignment):
        drivers[assignment.target.signal.number].append(
          Driver(assignment: assignment, conditions: conditions, loops: loops))
      case .conditional(let conditional): inner += conditional.branches.map(\.condition)
      case .selection(let selection): inner.append(selection.subject)
      }
      for body in statement.bodies { for statement in body { add(statement, inner, loops) } }
    }
  }

  mutating func survey(_ context: Int) -> Survey {
    let position = contexts[context].module
    if let known = surveys[position] { return known }
    let survey = Survey(design.modules[position])
    surveys[position] = survey
    return survey
  }

  /// The loop variables of an iteration.
  func values(of iteration: Int) -> [LoopVariable: Int] { iterations[iteration] }

  /// The context around an instance, and the iteration of the loops there.
  func parent(_ context: Int) -> (context: Int, iteration: Int) {
    (contexts[context].parent, contexts[context].iteration)
  }

  /// The instance of a context, in its parent.
  func instance(_ context: Int) -> Instance? {
    let own = contexts[context]
    return own.parent < 0 ? nil : design.modules[contexts[own.parent].module].instances[own.instance]
  }
}

extension ExpressionNode {
  /// Which bits of its operands some bits of an operator depend on.
  func parts(behind bits: Range<Int>, _ iteration: [LoopVariable: Int]) -> [(ExpressionNode, Range<Int>)] {
    func whole(_ node: ExpressionNode) -> (ExpressionNode, Range<Int>) { (node, 0..<node.width) }
    switch kind {
    case .constant, .enumeration, .index, .invalid, .signal: return []
    case .memoryRead(_, let address): return [whole(address)]
    case .unary(.not, let a), .reinterpret(let a): return [(a, bits)]
    // A carry only runs upwards.
    case .unary(.negate, let a): return [(a, 0..<bits.upperBound)]
    case .unary(_, let a): return [whole(a)]
    case .binary(let op, let a, let b):
      switch op {
      case .and, .or, .xor: return [(a, bits), (b, bits)]
      case .add, .subtract, .multiply: return [(a, 0..<bits.upperBound), (b, 0..<bits.upperBound)]
      case .shiftLeft: return [(a, 0..<bits.upperBound), whole(b)]
      case .shiftRight: return [(a, bits.lowerBound..<a.width), whole(b)]
      default: return [whole(a), whole(b)]
      }
    case .select(let condition, let a, let b): return [whole(condition), (a, bits), (b, bits)]
    case .concatenation(let operands):
      var position = width
      return operands.map { operand in
        position -= operand.width
        return (operand, bits.lowerBound - position..<bits.upperBound - position)
      }.map { ($0.0, $0.1.clamped(to: 0..<$0.0.width)) }
    case .replication(_, let a):
      return bits.count >= a.width ? [whole(a)] : bits.map { (a, $0 % a.width..<$0 % a.width + 1) }
    case .slice(let base, .index(let low)):
      let low = low.value(iteration)
      return [(base, bits.lowerBound + low..<bits.upperBound + low)]
    case .slice(let base, .dynamic(let position)): return [(base, bits.lowerBound..<base.width), whole(position)]
    case .resize(let a):
      if bits.upperBound <= a.width || !a.isSigned { return [(a, bits)] }
      return [(a, min(bits.lowerBound, a.width - 1)..<a.width)]
    }
  }
}
