import HardwareDescription

/// Flattens a design into a graph of words.
///
/// Values are asked for, not propagated: whoever reads a signal makes its drivers be lowered first, bit by bit where they
/// assign in parts. So the order of statements and modules does not matter, and a real loop is met on the way.
final class Lowering {
  let design: Design
  private var plans: [String: ModulePlan] = [:]
  var circuit = Circuit()
  /// The first thing that could not be lowered.
  var problem: SimulationError?
  private var instanceCount = 0
  private var registerStates: [(state: SignalState, first: Int)] = []
  private var memoryStates: [MemoryState] = []

  init(_ design: Design) { self.design = design }

  static func circuit(of design: Design) throws(SimulationError) -> Circuit {
    let lowering = withDeepStack {
      let lowering = Lowering(design)
      lowering.run()
      return lowering
    }
    if let problem = lowering.problem { throw problem }
    return lowering.circuit
  }

  private func run() {
    guard let top = design.top else {
      problem = .missingModule(design.topName)
      return
    }
    for domain in top.domains { _ = number(of: domain) }
    let root = body(of: top, name: "", outer: nil, connections: [:], domains: [:])
    if circuit.domains.isEmpty { circuit.domains = [.main] }
    lowerRegisters()
    lowerMemories()
    for port in top.ports where port.direction == .output {
      guard let state = root.state(of: port.signal) else { continue }
      circuit.outputs.append((port.name, value(of: state, element: 0)))
    }
    circuit.name = top.name
    circuit.top = scope(of: root, kind: .module)
  }

  // MARK: Hierarchy

  /// `domains` has the number of each clock domain of the module that is not one of the top module.
  private func body(
    of module: ModuleDefinition, name: String, outer: Frame?, connections: [String: ExpressionNode],
    domains: [ClockDomain: Int]
  ) -> Frame {
    let plan = plans[module.name] ?? ModulePlan(module)
    plans[module.name] = plan
    instanceCount += 1
    let frame = Frame(
      plan: plan, region: plan.body, parent: nil, outer: outer, connections: connections, name: name, variables: [:],
      instanceNumber: instanceCount, domains: domains)
    populate(frame)
    return frame
  }

  private func populate(_ frame: Frame) {
    if let derived = frame.plan.module.derivedClocks.first {
      problem = problem ?? .derivedClock(frame.path(of: frame.plan.module[derived.clock].name))
    }
    for signal in frame.region.signals { declare(signal, frame) }
    for memory in frame.region.memories {
      let number = circuit.graph.addMemory(width: memory.width, isSigned: memory.isSigned)
      let state = MemoryState(memory: memory, frame: frame, number: number)
      frame.memories[memory.id.number] = state
      memoryStates.append(state)
      circuit.memories.append(
        Circuit.Memory(
          path: frame.path(of: memory.name), width: memory.width, isSigned: memory.isSigned, depth: state.depth,
          contents: memory.contents))
    }
    for (driven, tree, targets) in frame.region.drivers {
      let site = DriverSite(frame: frame, tree: tree)
      switch driven {
      case .memory(let number): frame.state(of: frame.plan.module.memories[number].id)?.sites.append(site)
      case .signal(let number):
        if let state = frame.state(of: frame.plan.module.signals[number].id) { attach(site, targets, to: state) }
      }
    }
    for (loop, region) in frame.region.loops {
      let (lower, upper) = (loop.lower.value(frame.variables), loop.upper.value(frame.variables))
      for number in lower..<max(lower, upper) {
        var variables = frame.variables
        variables[loop.variable] = number
        let child = Frame(
          plan: frame.plan, region: region, parent: frame, outer: frame.outer, connections: frame.connections,
          name: "\(loop.name)[\(number)]", variables: variables, instanceNumber: frame.instanceNumber,
          domains: frame.domains)
        populate(child)
        frame.children.append(child)
      }
    }
    for id in frame.region.instances {
      let instance = frame.plan.module[id]
      guard let child = design.module(instance.moduleName) else {
        problem = problem ?? .missingModule(instance.moduleName)
        continue
      }
      let connections = Dictionary(instance.inputs.map { ($0.port, $0.value) }) { first, _ in first }
      let domains = instance.clocks.mapValues { domain($0, frame) }
      let inner = body(
        of: child, name: instance.name, outer: frame, connections: connections, domains: domains)
      frame.children.append(inner)
      for output in instance.outputs {
        guard let port = child.port(output.port) else { continue }
        frame.state(of: output.signal)?.source = inner.state(of: port.signal)
      }
    }
  }

  /// The number of a domain of the top module.
  private func number(of domain: ClockDomain) -> Int {
    if let known = circuit.domains.firstIndex(of: domain) { return known }
    circuit.domains.append(domain)
    return circuit.domains.count - 1
  }

  /// The number of the domain that clocks something in a frame.
  func domain(_ domain: ClockDomain?, _ frame: Frame) -> Int {
    let domain = domain ?? .main
    return frame.domains[domain] ?? number(of: domain)
  }

  private func attach(_ site: DriverSite, _ targets: [Target], to state: SignalState) {
    var elements: Set<Int> = []
    var isDynamic = false
    for target in targets {
      var own = 0..<state.elementCount
      switch target.element {
      case .index(let index)?:
        let number = index.value(site.frame.variables)
        own = (number..<number + 1).clamped(to: own)
      case .dynamic?: isDynamic = true
      case nil: break
      }
      elements.formUnion(own)
      if case .index(let low)? = target.low {
        let position = low.value(site.frame.variables)
        for element in own { state.cuts[element].formUnion([position, position + target.width]) }
      }
    }
    if isDynamic { elements = Set(0..<state.elementCount) }
    for element in elements { state.sites[element].append(site) }
  }

  private func declare(_ signal: Signal, _ frame: Frame) {
    let state = SignalState(signal: signal, frame: frame)
    frame.signals[signal.id.number] = state
    switch signal.role {
    case .input where frame.outer == nil:
      state.leaves = [leaf(signal)]
      circuit.inputs.append(Circuit.Input(name: signal.name, value: state.leaves[0]))
    case .register, .delay:
      registerStates.append((state, circuit.registers.count))
      for _ in 0..<state.elementCount {
        let value = leaf(signal)
        state.leaves.append(value)
        circuit.registers.append(
          Circuit.Register(
            current: value, next: value, reset: signal.reset, domain: domain(signal.domain, frame),
            group: frame.instanceNumber))
      }
    default: break
    }
  }

  private func leaf(_ signal: Signal) -> WideValue {
    let count = WideValue.count(signal.width)
    let words = (0..<count).map { part in
      circuit.graph.leaf(
        width: min(64, signal.width - part * 64), isSigned: signal.isSigned && part == count - 1)
    }
    return WideValue(words: words, width: signal.width, isSigned: signal.isSigned)
  }

  // MARK: State

  private func lowerRegisters() {
    for (state, first) in registerStates {
      for element in 0..<state.elementCount {
        circuit.registers[first + element].next = next(of: state, element)
      }
    }
  }

  private func next(of state: SignalState, _ element: Int) -> WideValue {
    if case .delay(let source, _, _) = state.signal.role {
      if element > 0 { return state.leaves[element - 1] }
      return circuit.graph.reinterpreted(lower(source, state.frame), isSigned: state.signal.isSigned)
    }
    let boundaries = state.boundaries(element)
    var parts: [WideValue] = []
    for (low, high) in zip(boundaries, boundaries.dropFirst()) {
      parts.append(driven(state, element, low..<high))
    }
    if parts.count == 1 { return parts[0] }
    let joined = circuit.graph.joined(parts)
    return circuit.graph.reinterpreted(joined, isSigned: state.signal.isSigned)
  }

  private func lowerMemories() {
    for state in memoryStates {
      for site in state.sites { lowerWrites(site.tree, site.frame, circuit.graph.constant(1), state.number) }
    }
  }

  // MARK: Names

  private func scope(of frame: Frame, kind: Circuit.Scope.Kind) -> Circuit.Scope {
    var scope = Circuit.Scope(name: frame.name, kind: kind)
    for signal in frame.region.signals {
      guard let state = frame.signals[signal.id.number] else { continue }
      if case .sink = signal.role { continue }
      let values = (0..<state.elementCount).map { value(of: state, element: $0) }
      func variable(_ name: String, isVector: Bool, _ elements: [WideValue]) -> Circuit.Variable {
        Circuit.Variable(
          name: signal.name, emittedName: name, isPort: signal.isPort, isSigned: signal.isSigned, width: signal.width,
          enumeration: signal.enumeration, isVector: isVector, elements: elements)
      }
      if case .delay = signal.role, !signal.usesShiftArray {
        for (number, value) in values.enumerated() {
          scope.variables.append(variable(signal.stageName(number), isVector: false, [value]))
        }
      } else {
        scope.variables.append(variable(signal.emittedName, isVector: signal.count != nil, values))
      }
    }
    for memory in frame.region.memories {
      if let state = frame.memories[memory.id.number] { scope.memories.append((memory.name, state.number)) }
    }
    scope.children = frame.children.map { self.scope(of: $0, kind: $0.parent == nil ? .module : .loop) }
    return scope
  }
}
