/// Finds values that enter another clock domain without a synchroniser.
///
/// What is checked: the next value of a register, the source of a delay, what is written into a memory, and ports, which belong
/// to the domain in which they were declared. A module without clocks and with ports of the main domain only is logic like any
/// other, and values are followed through it.
public struct CrossingCheck: Pass {
  public init() {}
  public let name = "crossings"
  public let summary = "finds values that enter another clock domain without a synchroniser"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    guard design.modules.contains(where: { $0.usedDomains.count > 1 }) else { return }
    let graphs = design.combinationalGraphs()
    var trace = CrossingTrace(BitGraph(design))
    for (position, module) in design.modules.enumerated() {
      // Every module is looked at: one clock may still feed a synchroniser of an instance through logic.
      guard !module.isTransparent, let graph = graphs[module.name] else { continue }
      var survey = CrossingSurvey(module: module, graph: graph, design: design)
      diagnostics += survey.run(&trace, position)
    }
  }
}

extension ModuleDefinition {
  /// Every clock domain that the module knows: of its registers, ports, memories and instances.
  var usedDomains: Set<ClockDomain> {
    var result = Set(signals.compactMap(\.domain)).union(memories.compactMap(\.writeDomain))
    for instance in instances { result.formUnion(instance.clocks.values) }
    return result
  }

  /// Logic without a clock, whose ports take on the domain of what is connected.
  var isTransparent: Bool {
    clocks.isEmpty && ports.allSatisfy { self[$0.signal].domain == .main }
  }
}

/// Finds the crossings of one module: first by whole signals, then, where that leaves a doubt, bit by bit.
private struct CrossingSurvey {
  let module: ModuleDefinition
  let graph: CombinationalGraph
  let design: Design
  /// The domains that a signal's value comes from, as bits.
  private var masks: [UInt64]
  private var numbers: [ClockDomain: Int] = [:]
  private var children: [ModuleDefinition?] = []
  private var diagnostics: [Diagnostic] = []
  /// One report for each place and foreign clock is enough.
  private var reported: Set<String> = []

  init(module: ModuleDefinition, graph: CombinationalGraph, design: Design) {
    self.module = module
    self.graph = graph
    self.design = design
    masks = Array(repeating: 0, count: module.signals.count)
    children = module.instances.map { design.interface(of: $0) }
  }

  mutating func run(_ trace: inout CrossingTrace, _ position: Int) -> [Diagnostic] {
    if module.usedDomains.count > 1 {
      propagate()
      let root = trace.graph.root(position)
      visit(module.items, [], &trace, root)
      delays(&trace, root)
      instances(&trace, root)
    }
    // Modules come before those that use them, so what a synchroniser asks of an input is known by now.
    synchroniserInputs(&trace, position)
    return diagnostics
  }

  // MARK: Whole signals

  private mutating func bit(_ domain: ClockDomain?) -> UInt64 {
    guard let domain else { return 0 }
    let number = numbers[domain] ?? numbers.count
    numbers[domain] = number
    // With more domains than bits the last ones share one, and the exact search tells them apart.
    return 1 << UInt64(min(number, 63))
  }

  /// Whether a mask holds more than `domain`.
  private mutating func isForeign(_ mask: UInt64, to domain: ClockDomain) -> Bool {
    let own = bit(domain)
    return mask & ~own != 0 || (own == 1 << 63 && mask != 0)
  }

  private mutating func propagate() {
    var memories: [Int: UInt64] = [:]
    module.visitStatements { statement, _ in
      guard case .assign(let assignment) = statement, !module[assignment.target.signal].isRegister else { return }
      statement.visitOwnReads { memories[assignment.target.signal.number, default: 0] |= memoryMask($0) }
    }
    for own in graph.members {
      var mask: UInt64 = 0
      for signal in own {
        if let fixed = fixedMask(module.signals[signal]) {
          mask |= fixed
          continue
        }
        mask |= memories[signal] ?? 0
        for source in graph.sources[signal] { mask |= masks[source] }
      }
      for signal in own { masks[signal] = fixedMask(module.signals[signal]) ?? mask }
    }
  }

  /// The mask of a signal that is not followed further; nil for logic.
  private mutating func fixedMask(_ signal: Signal) -> UInt64? {
    if case .promised? = signal.crossing { return 0 }
    switch signal.role {
    case .register, .delay, .input: return bit(signal.domain)
    case .instanceOutput(let id, let port):
      guard let child = children[id.number], !child.isTransparent else { return nil }
      return child.port(port, .output).map { bit(module[id].domain(of: $0, in: child)) }
    case .wire, .output, .sink: return nil
    }
  }

  /// What words read in the same cycle bring in. A registered read belongs to the memory, whose port takes the word over.
  private mutating func memoryMask(_ expression: ExpressionNode) -> UInt64 {
    var mask: UInt64 = 0
    if expression.operands.isEmpty { return 0 }
    expression.visit { node in
      if case .memoryRead(let id, _) = node.kind, module[id].readLatency == 0 { mask |= bit(module[id].writeDomain) }
    }
    return mask
  }

  private mutating func mask(_ expression: ExpressionNode) -> UInt64 {
    var mask = memoryMask(expression)
    expression.visitSignals { mask |= masks[$0.number] }
    return mask
  }

  // MARK: Places

  private mutating func visit(
    _ items: [Item], _ loops: [GenerateLoop], _ trace: inout CrossingTrace, _ root: Int
  ) {
    for item in items {
      switch item {
      case .statement(let statement): check(statement, [], loops, &trace, root)
      case .generate(let loop): visit(loop.items, loops + [loop], &trace, root)
      case .comment, .declaration, .memory, .instance: break
      }
    }
  }

  private mutating func check(
    _ statement: Statement, _ conditions: [ExpressionNode], _ loops: [GenerateLoop], _ trace: inout CrossingTrace,
    _ root: Int
  ) {
    var inner = conditions
    switch statement {
    case .comment: return
    case .assign(let assignment):
      let signal = module[assignment.target.signal]
      guard let domain = signal.domain, domain != .asynchronous else { return }
      var reads = conditions
      statement.visitOwnReads { reads.append($0) }
      let role = signal.isRegister ? "register" : "output"
      find(
        reads, domain, "a \(role)", trace.graph.step(signal, role, module), assignment.location, module.path(signal.id),
        loops, &trace, root)
    case .memoryWrite(let write):
      let memory = module[write.memory]
      let path = module.path(of: memory.name, in: memory.scope)
      let step = Diagnostic.Step(path: path, role: "memory written with \(write.domain)", location: write.location)
      find(
        conditions + [write.address, write.data], write.domain, "a memory", step, write.location, path, loops, &trace,
        root)
    case .conditional(let conditional): inner += conditional.branches.map(\.condition)
    case .selection(let selection): inner.append(selection.subject)
    }
    for body in statement.bodies { for statement in body { check(statement, inner, loops, &trace, root) } }
  }

  private mutating func delays(_ trace: inout CrossingTrace, _ root: Int) {
    for signal in module.signals {
      guard case .delay(let source, _, _) = signal.role, let domain = signal.domain else { continue }
      let loops = trace.loops(around: signal.scope, root)
      let step = trace.graph.step(signal, "register", module)
      guard signal.crossing != nil else {
        find(
          [source], domain, "a register", step, signal.location, module.path(signal.id), loops, &trace, root)
        continue
      }
      guard isForeign(mask(source), to: domain) else { continue }
      for environment in trace.graph.environments(loops, [:]).prefix(1) {
        trace.requireDirect(source, domain, root, environment)
        if let fault = trace.takeFault() {
          report(
            fault, "logic stands between the source and the synchroniser, and its glitches may be taken for values",
            "register the value in its own domain first", signal.location, module.path(signal.id), step)
        }
      }
    }
  }

  private mutating func instances(_ trace: inout CrossingTrace, _ root: Int) {
    for instance in module.instances {
      guard let child = children[instance.id.number], !child.isTransparent else { continue }
      for connection in instance.inputs {
        guard let port = child.port(connection.port, .input),
          let domain = instance.domain(of: port, in: child), domain != .asynchronous
        else { continue }
        let path = module.path(of: "\(instance.name).\(port.name)", in: instance.scope)
        let step = Diagnostic.Step(path: path, role: "input of \(domain)", location: connection.location)
        let loops = trace.loops(around: instance.scope, root)
        find(
          [connection.value], domain, "an input", step, connection.location, path, loops, &trace, root,
          beyond: (instance, port))
      }
    }
  }

  /// Connections to inputs that lead straight into a synchroniser of another clock.
  private mutating func synchroniserInputs(_ trace: inout CrossingTrace, _ position: Int) {
    for instance in module.instances {
      guard let child = design.position(of: instance.moduleName) else { continue }
      for wanted in trace.directInputs[child] ?? [] {
        let from = instance.clocks[wanted.from] ?? wanted.from
        let into = instance.clocks[wanted.into] ?? wanted.into
        guard from != into, let connection = instance.inputs.first(where: { $0.port == wanted.port }) else { continue }
        let root = trace.graph.root(position)
        let loops = trace.loops(around: instance.scope, root)
        for environment in trace.graph.environments(loops, [:]).prefix(1) {
          trace.requireDirect(connection.value, into, root, environment, bits: wanted.bits)
          guard let fault = trace.takeFault() else { continue }
          let path = module.path(of: "\(instance.name).\(wanted.port)", in: instance.scope)
          report(
            fault,
            "logic stands before an input that leads into a synchroniser, and its glitches may be taken for values",
            "register the value in its own domain first", connection.location, path,
            Diagnostic.Step(path: path, role: "input into a synchroniser of \(into)", location: connection.location))
        }
      }
    }
  }

  // MARK: Reports

  private mutating func find(
    _ reads: [ExpressionNode], _ domain: ClockDomain, _ what: String, _ last: Diagnostic.Step,
    _ location: SourceLocation, _ path: String, _ loops: [GenerateLoop], _ trace: inout CrossingTrace, _ root: Int,
    beyond: (Instance, ModulePort)? = nil
  ) {
    var mask: UInt64 = 0
    for expression in reads { mask |= self.mask(expression) }
    guard isForeign(mask, to: domain) else { return }
    for environment in trace.graph.environments(loops, [:]) {
      guard let found = trace.find(reads, foreignTo: domain, root, environment) else { continue }
      guard reported.insert("\(path) \(location) \(found.domain.name)").inserted else { continue }
      let after = beyond.map { trace.steps(beyond: $0.0, $0.1, root) } ?? []
      diagnostics.append(
        Diagnostic(
          .clockDomainCrossing, "a value of \(found.domain) reaches \(what) of \(domain) without a synchroniser",
          suggestion:
            "take a bit in with m.synchronised(_:_:), a Gray-coded number with m.synchronised(_:gray:); or mark a value "
            + "that is stable when it is used with m.crossing(_:_:because:)",
          location: location, path: path, signalPath: found.steps + [last] + after))
    }
  }

  private mutating func report(
    _ fault: CrossingTrace.Fault, _ message: String, _ suggestion: String, _ location: SourceLocation, _ path: String,
    _ last: Diagnostic.Step
  ) {
    guard reported.insert("\(path) logic").inserted else { return }
    diagnostics.append(
      Diagnostic(
        .clockDomainCrossing, message, suggestion: suggestion, location: location, path: path,
        signalPath: fault.steps + [last]))
  }
}

extension Instance {
  /// The domain of this module that a port of the instance belongs to.
  func domain(of port: ModulePort, in child: ModuleDefinition) -> ClockDomain? {
    child[port.signal].domain.map { clocks[$0] ?? $0 }
  }
}

extension BitGraph {
  /// A signal at the end of a path.
  func step(_ signal: Signal, _ role: String, _ module: ModuleDefinition) -> Diagnostic.Step {
    Diagnostic.Step(
      path: module.path(signal.id), role: "\(role) of \(signal.domain ?? .main)", location: signal.location)
  }
}
