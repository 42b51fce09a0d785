/// Makes the nets of a module from those of the modules inside it.
struct NetListBuilder {
  /// An assignment of a register or of a wire that depends on conditions: a bit and what it waits for.
  private struct GuardedBit: Hashable {
    let net: Int32
    let condition: NetList.Literal
  }

  /// An instance in one iteration of the loops around it.
  struct Link {
    let module: Int
    /// By port of the instantiated module; the literals in this one.
    var inputs: [(port: Int, literals: [NetList.Literal])] = []
    var outputs: [(port: Int, nets: Range<Int32>)] = []
  }

  let module: ModuleDefinition
  let design: Design
  /// Of all modules before this one.
  let summaries: [NetSummary]
  var list: NetList
  /// The values of the loop variables at hand.
  var iteration: [LoopVariable: Int] = [:]
  /// What nodes stand for in the iteration at hand.
  var known: [ObjectIdentifier: [NetList.Literal]] = [:]
  /// The first net of each signal, and one for each memory, in the iteration at hand.
  var first: [Int32]
  var firstOfMemory: [Int32]
  private(set) var links: [Link] = []
  private let signalsOfScope: [Int: [Int]]
  private let memoriesOfScope: [Int: [Int]]
  /// What is assigned under conditions, perhaps only in part.
  private let guarded: Set<Int>
  private var guardedBits: Set<GuardedBit> = []
  private var conditionalNets: Set<Int32> = []
  private var plainAssignments: [(net: Int32, value: NetList.Literal, location: Int32)] = []
  /// The conditions under which each scalar register is written, by its first net; nil when always.
  private var enables: [Int32: (width: Int, conditions: [NetList.Literal]?, location: SourceLocation)] = [:]

  init(_ module: ModuleDefinition, _ design: Design, _ summaries: [NetSummary]) {
    self.module = module
    self.design = design
    self.summaries = summaries
    list = NetList(path: module.path, location: module.location)
    first = Array(repeating: 0, count: module.signals.count)
    firstOfMemory = Array(repeating: 0, count: module.memories.count)
    signalsOfScope = Dictionary(grouping: module.signals.indices) { module.signals[$0].scope.number }
    memoriesOfScope = Dictionary(grouping: module.memories.indices) { module.memories[$0].scope.number }
    var guarded: Set<Int> = []
    func survey(_ statement: Statement, _ isConditional: Bool) {
      if case .assign(let assignment) = statement, isConditional || !statement.isContinuous {
        guarded.insert(assignment.target.signal.number)
      }
      for body in statement.bodies { for inner in body { survey(inner, true) } }
    }
    func survey(_ items: [Item]) {
      for item in items {
        switch item {
        case .statement(let statement): survey(statement, false)
        case .generate(let loop): survey(loop.items)
        default: break
        }
      }
    }
    survey(module.items)
    self.guarded = guarded
  }

  mutating func build() {
    open(ScopeID(number: 0))
    visit(module.items)
    for (net, value, location) in plainAssignments {
      list.move(to: list.locations[Int(location)])
      if conditionalNets.contains(net) { list.load(value) } else { list.join(net, to: value) }
    }
    for (_, enable) in enables.sorted(by: { $0.key < $1.key }) {
      guard let conditions = enable.conditions, conditions.count > 1 else { continue }
      list.move(to: enable.location)
      let any = conditions.dropFirst().reduce(conditions[0]) { list.or($0, $1) }
      list.load(any, enable.width)
    }
  }

  // MARK: Scopes

  /// New nets for what a scope declares.
  private mutating func open(_ scope: ScopeID) {
    known = [:]
    for number in signalsOfScope[scope.number] ?? [] {
      let signal = module.signals[number]
      let origin = NetList.Origin(
        path: module.path, signal: scope.number == 0 ? signal.name : place(of: signal.name, in: scope),
        location: signal.location)
      first[number] = list.nets(signal.width * (signal.count?.value ?? 1), origin)
    }
    for number in memoriesOfScope[scope.number] ?? [] { firstOfMemory[number] = list.nets(1) }
  }

  /// A name with the loops around it, below the module's path.
  private func place(of name: String, in scope: ScopeID) -> String {
    String(module.path(of: name, in: scope).dropFirst(module.path.count + 1))
  }

  private mutating func visit(_ items: [Item]) {
    for item in items {
      switch item {
      case .comment, .memory: break
      case .declaration(let id): declare(module[id])
      case .statement(let statement): visit(statement, under: NetList.one)
      case .instance(let id): connect(module[id])
      case .generate(let loop):
        let (lower, upper) = (loop.lower.value(iteration), loop.upper.value(iteration))
        for value in lower..<max(lower, upper) {
          iteration[loop.variable] = value
          open(loop.scope)
          visit(loop.items)
        }
        iteration[loop.variable] = nil
        known = [:]
      }
    }
  }

  /// A delay's stages load each other.
  private mutating func declare(_ signal: Signal) {
    guard case .delay(let source, _, _) = signal.role else { return }
    list.move(to: signal.location)
    var bits = value(source)
    for stage in 0..<(signal.count?.value ?? 1) {
      let start = first[signal.id.number] + Int32(stage * signal.width)
      for (net, bit) in zip(start..<start + Int32(signal.width), bits)
      where signal.reset != nil || !list.join(net, toRegisterOf: bit) { list.load(bit) }
      bits = (start..<start + Int32(signal.width)).map { 2 * $0 }
    }
  }

  // MARK: Statements

  private mutating func visit(_ statement: Statement, under condition: NetList.Literal) {
    if let location = statement.location { list.move(to: location) }
    switch statement {
    case .comment: break
    case .assign(let assignment): assign(assignment, under: condition)
    case .memoryWrite(let write): self.write(write, under: condition)
    case .conditional(let conditional):
      guard !statement.isIdle else { return }
      var open = condition
      for branch in conditional.branches {
        list.move(to: conditional.location)
        let own = value(branch.condition)[0]
        let taken = list.and(open, own)
        for inner in branch.body { visit(inner, under: taken) }
        list.move(to: conditional.location)
        open = list.and(open, own ^ 1)
      }
      for inner in conditional.otherwise ?? [] { visit(inner, under: open) }
    case .selection(let selection):
      guard !statement.isIdle else { return }
      let subject = value(selection.subject)
      if condition == NetList.one, let targets = selection.tableTargets {
        // A table of constants: a LUT for every 64 entries of a bit.
        let width = targets.reduce(0) { $0 + $1.width }
        for bit in subject { list.load(bit, width * ((selection.arms.count + 63) / 64)) }
        for target in targets where !module[target.signal].isRegister {
          let start = first[target.signal.number]
          conditionalNets.formUnion(start..<start + Int32(target.width))
        }
        return
      }
      var all = NetList.zero
      for arm in selection.arms {
        list.move(to: selection.location)
        var matches = NetList.zero
        for label in arm.labels { matches = list.or(matches, isEqual(subject, value(label))) }
        all = list.or(all, matches)
        let taken = list.and(condition, matches)
        for inner in arm.body { visit(inner, under: taken) }
      }
      list.move(to: selection.location)
      guard let otherwise = selection.otherwise, !otherwise.isEmpty else { return }
      let open = list.and(condition, all ^ 1)
      for inner in otherwise { visit(inner, under: open) }
    }
  }

  private mutating func assign(_ assignment: Assignment, under condition: NetList.Literal) {
    let target = assignment.target
    let signal = module[target.signal]
    let start = first[target.signal.number]
    if case .sink = signal.role { return }
    let bits = value(assignment.value)
    let block = assignment.value.blockRead(of: module)
    var low = 0
    var positions: [NetList.Literal]?
    switch target.low {
    case .index(let index)?: low = index.value(iteration)
    case .dynamic(let position)?: positions = value(position)
    case nil: break
    }
    switch target.element {
    case .dynamic(let position)?:
      // Each element has a decoder of its own.
      let position = value(position)
      for element in 0..<(signal.count?.value ?? 1) {
        list.move(to: assignment.location)
        let chosen = list.and(condition, isEqual(position, number(element, width: position.count)))
        write(bits, to: start + Int32(element * signal.width + low), signal, chosen)
      }
    case .index(let index)?:
      write(bits, to: start + Int32(index.value(iteration) * signal.width + low), signal, condition)
    case nil where positions != nil:
      let steps = signal.width - target.width + 1
      for place in 0..<steps {
        let chosen = list.and(condition, isEqual(positions ?? [], number(place, width: positions?.count ?? 0)))
        guard chosen != NetList.zero else { continue }
        write(bits, to: start + Int32(place), signal, chosen)
      }
    case nil:
      write(bits, to: start + Int32(low), signal, condition, block: block)
      if signal.isRegister, block == nil, signal.count == nil, target.width == signal.width {
        note(condition, for: start, signal, assignment.location)
      }
    }
  }

  /// A register without reset, enable or attribute.
  private func isPlain(_ signal: Signal) -> Bool {
    signal.isRegister && signal.reset == nil && !signal.isKept && !guarded.contains(signal.id.number)
  }

  /// Collects the conditions under which a register is written.
  private mutating func note(
    _ condition: NetList.Literal, for net: Int32, _ signal: Signal, _ location: SourceLocation
  ) {
    var entry = enables[net] ?? (signal.width, [], location)
    if condition == NetList.one { entry.conditions = nil }
    if entry.conditions?.contains(condition) == false { entry.conditions?.append(condition) }
    enables[net] = entry
  }

  /// - Parameter block: the memory whose word is written; the register is part of it, with one enable for each block RAM.
  private mutating func write(
    _ bits: [NetList.Literal], to start: Int32, _ signal: Signal, _ condition: NetList.Literal, block: Memory? = nil
  ) {
    let root = list.root(condition)
    if root == NetList.zero { return }
    if let block {
      list.load(root, block.readPorts)
      return
    }
    for (offset, bit) in bits.enumerated() {
      let net = start + Int32(offset)
      if root == NetList.one, !signal.isRegister {
        if guarded.contains(signal.id.number) {
          plainAssignments.append((net, bit, list.location))
        } else {
          list.join(net, to: bit)
        }
        continue
      }
      if root == NetList.one, isPlain(signal), list.join(net, toRegisterOf: bit) { continue }
      list.load(bit)
      if !signal.isRegister {
        conditionalNets.insert(net)
        list.step(.passed, net..<net + 1, [root, bit])
      }
      if root != NetList.one, guardedBits.insert(GuardedBit(net: net, condition: root & ~1)).inserted {
        list.load(root)
      }
    }
  }

  /// The ports of a memory are counted once for each physical memory.
  private mutating func write(_ write: MemoryWrite, under condition: NetList.Literal) {
    let memory = module[write.memory]
    list.load(value(write.data))
    let ports = memory.writePorts
    for bit in value(write.address) { list.load(bit, ports) }
    list.load(condition, ports)
  }

  // MARK: Instances

  private mutating func connect(_ instance: Instance) {
    guard let position = design.position(of: instance.moduleName), position < summaries.count else { return }
    let child = design.modules[position]
    let summary = summaries[position]
    var link = Link(module: position)
    var given: [Int: [NetList.Literal]] = [:]
    for connection in instance.inputs {
      guard let port = child.ports.firstIndex(where: { $0.name == connection.port && $0.direction == .input }) else {
        continue
      }
      list.move(to: connection.location)
      let literals = value(connection.value)
      given[port] = literals
      link.inputs.append((port, literals))
      for (literal, load) in zip(literals, summary.ports[port].loads) {
        var load = load
        if load.location >= 0 { load.location = list.number(of: summary.locations[Int(load.location)]) }
        list.add(load, to: literal)
      }
    }
    var drivers: [Int32: NetList.Literal] = [:]
    for (name, signal) in instance.outputs {
      guard let port = child.ports.firstIndex(where: { $0.name == name && $0.direction == .output }) else { continue }
      let start = first[signal.number]
      link.outputs.append((port, start..<start + Int32(child.ports[port].width)))
      for (bit, source) in summary.ports[port].sources.enumerated() {
        let net = start + Int32(bit)
        switch source {
        case .constant(let literal): list.join(net, to: literal)
        case .input(let port, let bit, let inverted):
          if let literals = given[port], bit < literals.count { list.join(net, to: literals[bit] ^ inverted) }
        case .net(let number, let inverted):
          if let driver = drivers[number] {
            list.join(net, to: driver ^ inverted)
            continue
          }
          drivers[number] = 2 * net ^ inverted
          let inner = summary.nets[Int(number)]
          var load = inner.load
          if load.location >= 0 { load.location = list.number(of: summary.locations[Int(load.location)]) }
          list.adopt(net, load, inner.origin)
        }
      }
    }
    links.append(link)
  }
}

extension NetList {
  /// Block RAMs of 36 bits and 1,024 words.
  static func blocks(width: Int, depth: Int) -> Int { ((width + 35) / 36) * ((depth + 1023) / 1024) }
}

extension Memory {
  /// LUTs, which hold 64 bits of one column or 32 of two.
  private var tables: Int {
    let depth = depth.value ?? 1
    return depth <= 32 ? (width + 1) / 2 : width * ((depth + 63) / 64)
  }

  /// Loads of a bit of the write address, and of the write enable: one for each block RAM, or for each eight LUTs.
  var writePorts: Int {
    style == .block ? NetList.blocks(width: width, depth: depth.value ?? 1) : (tables + 7) / 8
  }

  /// Loads of a bit of a read address: one for each block RAM, or for each LUT.
  var readPorts: Int { style == .block ? NetList.blocks(width: width, depth: depth.value ?? 1) : tables }
}

extension CaseSelection {
  /// What it writes, when it gives the same whole signals a constant in every case.
  var tableTargets: [Target]? {
    guard subject.width < 20, arms.reduce(0, { $0 + $1.labels.count }) == 1 << subject.width else { return nil }
    var targets: [Target] = []
    for (number, body) in arms.map(\.body).enumerated() {
      var written: [Target] = []
      for statement in body {
        guard case .assign(let assignment) = statement, assignment.value.constant != nil,
          assignment.target.element == nil, assignment.target.low == nil
        else { return nil }
        written.append(assignment.target)
      }
      if number == 0 { targets = written }
      // No case may leave a register as it is.
      guard written.map(\.signal) == targets.map(\.signal) else { return nil }
    }
    return targets
  }
}

extension ExpressionNode {
  /// The block RAM of which it is a word; a register inside the RAM takes it.
  func blockRead(of module: ModuleDefinition) -> Memory? {
    switch kind {
    case .memoryRead(let id, _): module[id].style == .block && module[id].readLatency == 1 ? module[id] : nil
    case .reinterpret(let inner): inner.blockRead(of: module)
    default: nil
    }
  }
}
