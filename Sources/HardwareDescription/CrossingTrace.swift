/// Follows values back to the registers and ports they come from, through instances.
struct CrossingTrace {
  var graph: BitGraph
  /// By module: the inputs that lead straight into synchronisers.
  private(set) var directInputs: [Int: [DirectInput]] = [:]
  private var fault: Fault?

  /// Bits of an input that must come straight from a register, because a synchroniser of another clock takes them in.
  struct DirectInput: Hashable {
    let port: String
    let bits: Range<Int>
    let from: ClockDomain
    let into: ClockDomain
  }

  /// Logic where none may be.
  struct Fault {
    let steps: [Diagnostic.Step]
  }

  /// Where a foreign value comes from, and the way it takes.
  struct Source {
    let domain: ClockDomain
    let steps: [Diagnostic.Step]
  }

  init(_ graph: BitGraph) { self.graph = graph }

  mutating func loops(around scope: ScopeID, _ root: Int) -> [GenerateLoop] { graph.survey(root).loops(scope) }

  // MARK: Foreign values

  /// What a search does when it meets a bit.
  private enum Meeting {
    case logic
    case end
    case source(ClockDomain)
  }

  /// The nearest value of another domain that some expressions depend on.
  mutating func find(
    _ reads: [ExpressionNode], foreignTo domain: ClockDomain, _ root: Int, _ environment: [LoopVariable: Int]
  ) -> Source? {
    let iteration = graph.number(of: environment)
    var starts: [BitGraph.Edge] = []
    for expression in reads {
      for node in graph.reads(expression, 0..<expression.width, root, iteration) {
        starts.append(BitGraph.Edge(source: node, location: SourceLocation(file: "", line: 0)))
      }
    }
    return search(starts) { $0 != domain }
  }

  /// Breadth first, so that the way is a shortest one.
  private mutating func search(_ starts: [BitGraph.Edge], _ isWanted: (ClockDomain) -> Bool) -> Source? {
    var queue = starts.map { (node: $0.source, from: -1, location: $0.location) }
    var seen = Set(queue.map(\.node))
    var next = 0
    while next < queue.count {
      let node = queue[next].node
      switch meet(node) {
      case .end: break
      case .source(let domain):
        guard isWanted(domain) else { break }
        var steps = inside(node) ?? [declared(node, "of \(domain)")]
        // Each bit takes its value at the line that reads the one before it.
        var (position, location) = (queue[next].from, queue[next].location)
        while position >= 0 {
          let link = queue[position]
          steps.append(
            Diagnostic.Step(path: graph.path(link.node), role: graph.role(link.node), location: location))
          (position, location) = (link.from, link.location)
        }
        return Source(domain: domain, steps: steps)
      case .logic:
        for edge in graph.sources(of: node) where seen.insert(edge.source).inserted {
          queue.append((edge.source, next, edge.location))
        }
      }
      next += 1
    }
    return nil
  }

  private mutating func meet(_ node: BitGraph.Node) -> Meeting {
    let module = graph.module(node.context)
    if let memory = node.memory {
      return module[memory].readLatency == 0 ? module[memory].writeDomain.map(Meeting.source) ?? .end : .end
    }
    let signal = module.signals[node.signal]
    if case .promised? = signal.crossing { return .end }
    switch signal.role {
    case .register, .delay: return signal.domain.map(Meeting.source) ?? .end
    case .input: return graph.isRoot(node.context) ? signal.domain.map(Meeting.source) ?? .end : .logic
    case .instanceOutput(let id, let port):
      guard let child = graph.design.interface(of: module[id]) else { return .end }
      if child.isTransparent { return .logic }
      guard let output = child.port(port, .output) else { return .end }
      return module[id].domain(of: output, in: child).map(Meeting.source) ?? .end
    case .wire, .output: return .logic
    case .sink: return .end
    }
  }

  /// The way inside an instance to one of its outputs, from the register it starts at; nil when the bit is no such output.
  private mutating func inside(_ node: BitGraph.Node) -> [Diagnostic.Step]? {
    guard node.memory == nil, case .instanceOutput = graph.module(node.context).signals[node.signal].role,
      let edge = graph.sources(of: node).first
    else { return nil }
    let here = Diagnostic.Step(path: graph.path(node), role: "", location: edge.location)
    return (search([edge]) { _ in true }?.steps ?? [declared(edge.source, "")]) + [here]
  }

  private mutating func declared(_ node: BitGraph.Node, _ suffix: String) -> Diagnostic.Step {
    let module = graph.module(node.context)
    if let memory = node.memory {
      return Diagnostic.Step(path: graph.path(node), role: graph.role(node), location: module[memory].location)
    }
    let signal = module.signals[node.signal]
    var role = graph.role(node)
    if case .input = signal.role { role = "input \(suffix)" }
    return Diagnostic.Step(path: graph.path(node), role: role, location: signal.location)
  }

  /// The way beyond an input of an instance, to the first register that takes the value.
  mutating func steps(beyond instance: Instance, _ port: ModulePort, _ root: Int) -> [Diagnostic.Step] {
    guard let child = graph.child(root, instance.id, iteration: 0) else { return [] }
    let module = graph.module(child)
    let survey = graph.survey(child)
    for signal in module.signals {
      var reads: [ExpressionNode] = []
      var location = signal.location
      if case .delay(let source, _, _) = signal.role { reads.append(source) }
      if signal.isRegister {
        for driver in survey.drivers[signal.id.number] where driver.loops.isEmpty {
          reads += driver.conditions + [driver.assignment.value]
          location = driver.assignment.location
        }
      }
      for expression in reads where expression.signals.contains(port.signal) {
        let path = graph.path(
          BitGraph.Node(context: child, signal: signal.id.number, iteration: 0, element: 0, bit: 0))
        let domain = signal.domain.map { instance.clocks[$0] ?? $0 } ?? .main
        return [Diagnostic.Step(path: path, role: "register of \(domain)", location: location)]
      }
    }
    return []
  }

  // MARK: Synchronisers

  /// Checks that bits come straight from registers or ports; `takeFault` tells what stands between.
  mutating func requireDirect(
    _ expression: ExpressionNode, _ domain: ClockDomain, _ root: Int, _ environment: [LoopVariable: Int],
    bits: Range<Int>? = nil
  ) {
    fault = nil
    for bit in bits ?? 0..<expression.width {
      direct(expression, bit, domain, root, graph.number(of: environment), [])
      if fault != nil { return }
    }
  }

  mutating func takeFault() -> Fault? {
    defer { fault = nil }
    return fault
  }

  private mutating func direct(
    _ expression: ExpressionNode, _ bit: Int, _ domain: ClockDomain, _ context: Int, _ iteration: Int,
    _ steps: [Diagnostic.Step]
  ) {
    var (node, bit) = (expression, bit)
    while true {
      switch node.kind {
      case .constant: return
      case .reinterpret(let inner), .resize(let inner), .replication(_, let inner):
        (node, bit) = (inner, bit % inner.width)
      case .slice, .concatenation:
        let parts = node.parts(behind: bit..<bit + 1, graph.values(of: iteration)).filter { !$0.1.isEmpty }
        guard let part = parts.first, parts.count == 1, part.1.count == 1 else {
          return fail(node, context, iteration, steps)
        }
        (node, bit) = (part.0, part.1.lowerBound)
      case .signal(_, .dynamic?): return fail(node, context, iteration, steps)
      case .signal:
        for source in graph.reads(node, bit..<bit + 1, context, iteration) { direct(source, domain, steps) }
        return
      default: return fail(node, context, iteration, steps)
      }
    }
  }

  private mutating func direct(_ node: BitGraph.Node, _ domain: ClockDomain, _ steps: [Diagnostic.Step]) {
    let module = graph.module(node.context)
    let signal = module.signals[node.signal]
    if case .promised? = signal.crossing { return }
    switch signal.role {
    case .register, .delay, .sink: return
    case .input:
      guard !graph.isRoot(node.context), let instance = graph.instance(node.context) else {
        note(node, signal, domain)
        return
      }
      guard let connection = instance.inputs.first(where: { $0.port == signal.name }) else { return }
      let (parent, iteration) = graph.parent(node.context)
      direct(connection.value, node.bit, domain, parent, iteration, steps)
    case .instanceOutput:
      for edge in graph.sources(of: node) { direct(edge.source, domain, steps) }
    case .wire, .output:
      let drivers = graph.assignments(to: node)
      let step = Diagnostic.Step(
        path: graph.path(node), role: "logic", location: drivers.last?.driver.assignment.location ?? signal.location)
      guard drivers.count == 1, let (driver, iteration) = drivers.first, driver.conditions.isEmpty else {
        if !drivers.isEmpty { fault = Fault(steps: [step] + steps) }
        return
      }
      var bit = node.bit
      switch driver.assignment.target.low {
      case .index(let low)?: bit -= low.value(graph.values(of: iteration))
      case .dynamic?:
        fault = Fault(steps: [step] + steps)
        return
      case nil: break
      }
      direct(driver.assignment.value, bit, domain, node.context, iteration, [step] + steps)
    }
  }

  /// Logic: its nearest sources begin the path.
  private mutating func fail(
    _ node: ExpressionNode, _ context: Int, _ iteration: Int, _ steps: [Diagnostic.Step]
  ) {
    let sources = graph.reads(node, 0..<node.width, context, iteration)
    fault = Fault(steps: (sources.first.map { [declared($0, "")] } ?? []) + steps)
  }

  private mutating func note(_ node: BitGraph.Node, _ signal: Signal, _ domain: ClockDomain) {
    guard let own = signal.domain, own != domain,
      let position = graph.design.position(of: graph.module(node.context).name)
    else { return }
    let input = DirectInput(port: signal.name, bits: node.bit..<node.bit + 1, from: own, into: domain)
    if directInputs[position]?.contains(input) != true { directInputs[position, default: []].append(input) }
  }
}
