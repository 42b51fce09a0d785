/// Finds signals without a driver, whole or by bits, and signals with more than one.
public struct DriverCheck: Pass {
  public init() {}
  public let name = "drivers"
  public let summary = "finds undriven bits and multiple drivers"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      var survey = DriverSurvey(module: module)
      survey.visit(module.items, iteration: [:], process: 0)
      diagnostics += survey.diagnostics
      diagnostics += survey.undriven()
    }
  }
}

/// Who drives each bit of each element.
private struct DriverSurvey {
  struct Slot: Hashable {
    let signal: SignalID
    let element: Int
  }

  /// What is known of one bit.
  struct Driver {
    /// 0 when there is none; otherwise one number for each scope and iteration.
    var process = 0
    var location: SourceLocation
  }

  let module: ModuleDefinition
  var drivers: [Slot: [Driver]] = [:]
  var diagnostics: [Diagnostic] = []
  private var processCount = 1
  private var reported: Set<SignalID> = []

  init(module: ModuleDefinition) { self.module = module }

  mutating func visit(_ items: [Item], iteration: [LoopVariable: Int], process: Int) {
    processCount += 1
    let process = processCount
    for item in items {
      switch item {
      case .statement(let statement): add(statement, iteration, process, isConditional: false)
      case .generate(let loop):
        let (lower, upper) = (loop.lower.value(iteration), loop.upper.value(iteration))
        for value in lower..<max(lower, upper) {
          var inner = iteration
          inner[loop.variable] = value
          visit(loop.items, iteration: inner, process: 0)
        }
      case .comment, .declaration, .memory, .instance: break
      }
    }
  }

  private mutating func add(
    _ statement: Statement, _ iteration: [LoopVariable: Int], _ process: Int, isConditional: Bool
  ) {
    if case .assign(let assignment) = statement { add(assignment, iteration, process, isConditional) }
    for body in statement.bodies { for inner in body { add(inner, iteration, process, isConditional: true) } }
  }

  private mutating func add(
    _ assignment: Assignment, _ iteration: [LoopVariable: Int], _ process: Int, _ isConditional: Bool
  ) {
    let signal = module[assignment.target.signal]
    var elements = 0..<1
    var isDynamic = false
    if let count = signal.count?.value {
      switch assignment.target.element {
      case .index(let index)?:
        let value = index.value(iteration)
        elements = value..<value + 1
      default:
        elements = 0..<count
        isDynamic = true
      }
    }
    var bits = 0..<signal.width
    switch assignment.target.low {
    case .index(let index)?:
      let low = index.value(iteration)
      bits = low..<low + assignment.target.width
    case .dynamic?: isDynamic = true
    case nil: break
    }
    let instance = copy(of: signal, iteration)
    for element in elements {
      let slot = Slot(signal: signal.id, element: element &+ instance << 24)
      var known =
        drivers[slot]
        ?? Array(
          repeating: Driver(location: assignment.location), count: signal.width)
      for bit in bits where known.indices.contains(bit) {
        let earlier = known[bit]
        if earlier.process != 0 {
          let isOverridden = !isConditional && !isDynamic
          if earlier.process != process || isOverridden { conflict(signal, assignment.location, earlier.location) }
        }
        known[bit] = Driver(process: process, location: assignment.location)
      }
      drivers[slot] = known
    }
  }

  /// A loop's own signals exist once in each iteration of the loops around their declaration: which of these copies an
  /// assignment means, as a number. Inner loops have later variables.
  private func copy(of signal: Signal, _ iteration: [LoopVariable: Int]) -> Int {
    var depth = 0
    var scope = signal.scope
    while let parent = module.scopeParents[scope.number] {
      depth += 1
      scope = parent
    }
    let values = iteration.sorted { $0.key.identifier < $1.key.identifier }.prefix(depth).map(\.value)
    return values.reduce(0) { $0 &* 4093 &+ $1 &+ 1 }
  }

  private mutating func conflict(_ signal: Signal, _ location: SourceLocation, _ earlier: SourceLocation) {
    guard reported.insert(signal.id).inserted else { return }
    diagnostics.append(
      Diagnostic(
        .multipleDrivers, "driven here and at \(earlier)",
        suggestion: "keep one unconditional assignment, before the conditional ones and in the same scope",
        location: location, path: module.path(signal.id)))
  }

  func undriven() -> [Diagnostic] {
    var byScope: [SignalID: [[Bool]]] = [:]
    for (slot, bits) in drivers { byScope[slot.signal, default: []].append(bits.map { $0.process != 0 }) }
    return module.signals.compactMap { signal in
      switch signal.role {
      case .wire, .output, .register: break
      default: return nil
      }
      let elements = byScope[signal.id] ?? []
      let isLocal = signal.scope.number != 0
      let path = module.path(signal.id)
      if elements.isEmpty {
        return Diagnostic(
          .undriven, "never driven (mask \(mask(Array(repeating: true, count: signal.width))))",
          suggestion: signal.isRegister ? "give it a value with next(_:)" : "give it a value with drive(_:)",
          location: signal.location, path: path)
      }
      if let count = signal.count?.value, !isLocal, elements.count < count {
        return Diagnostic(
          .undriven, "\(count - elements.count) of \(count) elements are never driven", location: signal.location,
          path: path)
      }
      let missing = (0..<signal.width).map { bit in elements.contains { !$0[bit] } }
      guard missing.contains(true) else { return nil }
      return Diagnostic(
        .undriven, "bits \(ranges(missing)) are never driven (mask \(mask(missing)))", location: signal.location,
        path: path)
    }
  }
}

/// `[7:4], [1]`.
func ranges(_ bits: [Bool]) -> String {
  var parts: [String] = []
  var high: Int?
  for bit in stride(from: bits.count - 1, through: -1, by: -1) {
    let isSet = bit >= 0 && bits[bit]
    if isSet, high == nil { high = bit }
    if !isSet, let top = high {
      parts.append(top == bit + 1 ? "[\(top)]" : "[\(top):\(bit + 1)]")
      high = nil
    }
  }
  return parts.joined(separator: ", ")
}

/// `8'hf0`.
func mask(_ bits: [Bool]) -> String {
  var words = [UInt64](repeating: 0, count: (bits.count + 63) / 64)
  for (bit, isSet) in bits.enumerated() where isSet { words[bit / 64] |= 1 << UInt64(bit % 64) }
  return "\(bits.count)'h\(BitPattern(words: words, width: bits.count).hexadecimal)"
}

/// Finds combinational signals that keep their value on some path, which would infer a latch.
public struct AssignmentCheck: Pass {
  public init() {}
  public let name = "latches"
  public let summary = "finds combinational signals that are not assigned on every path"

  /// One bit, in terms of the loop variables around.
  private struct Slot: Hashable {
    let signal: SignalID
    let element: Index?
    let bit: Index
  }

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      check(module.items, module, &diagnostics)
      module.visitLoops { loop, _ in check(loop.items, module, &diagnostics) }
    }
  }

  private func check(_ items: [Item], _ module: ModuleDefinition, _ diagnostics: inout [Diagnostic]) {
    let statements = items.compactMap { item in
      if case .statement(let statement) = item { statement } else { nil }
    }
    var everywhere: [Slot: SourceLocation] = [:]
    collect(statements, module, &everywhere)
    let always = assigned(statements, module)
    var missing: [SignalID: (bits: Set<Int>, location: SourceLocation)] = [:]
    for (slot, location) in everywhere where !always.contains(slot) {
      let bit = slot.bit.range.lowerBound
      var entry = missing[slot.signal] ?? ([], location)
      entry.bits.insert(bit)
      if location.line < entry.location.line { entry.location = location }
      missing[slot.signal] = entry
    }
    for (id, entry) in missing.sorted(by: { $0.key.number < $1.key.number }) {
      let signal = module[id]
      let bits = (0..<signal.width).map(entry.bits.contains)
      let which = entry.bits.count == signal.width ? "" : "bits \(ranges(bits)): "
      diagnostics.append(
        Diagnostic(
          .incompleteAssignment, "\(which)not assigned on every path, which infers a latch",
          suggestion: "drive a default before the condition", location: entry.location, path: module.path(id)))
    }
  }

  private func slots(_ target: Target, _ module: ModuleDefinition) -> [Slot]? {
    guard !module[target.signal].isRegister else { return [] }
    var element: Index?
    switch target.element {
    case .dynamic?: return nil
    case .index(let index)?: element = index
    case nil: break
    }
    var low: Index = 0
    switch target.low {
    case .dynamic?: return nil
    case .index(let index)?: low = index
    case nil: break
    }
    return (0..<target.width).map { Slot(signal: target.signal, element: element, bit: low + $0) }
  }

  private func collect(_ statements: [Statement], _ module: ModuleDefinition, _ all: inout [Slot: SourceLocation]) {
    for statement in statements {
      if case .assign(let assignment) = statement {
        let target = assignment.target
        let written =
          slots(target, module)
          ?? (0..<module[target.signal].width).map {
            Slot(signal: target.signal, element: nil, bit: Index($0))
          }
        for slot in written where all[slot] == nil { all[slot] = assignment.location }
      }
      for body in statement.bodies { collect(body, module, &all) }
    }
  }

  private func assigned(_ statements: [Statement], _ module: ModuleDefinition) -> Set<Slot> {
    var result: Set<Slot> = []
    for statement in statements {
      switch statement {
      case .comment, .memoryWrite: break
      case .assign(let assignment): result.formUnion(slots(assignment.target, module) ?? [])
      case .conditional(let conditional):
        guard let otherwise = conditional.otherwise else { continue }
        var common = assigned(otherwise, module)
        for branch in conditional.branches { common.formIntersection(assigned(branch.body, module)) }
        result.formUnion(common)
      case .selection(let selection):
        guard selection.isExhaustive, let first = selection.arms.first else { continue }
        var common = assigned(first.body, module)
        for arm in selection.arms.dropFirst() { common.formIntersection(assigned(arm.body, module)) }
        if let otherwise = selection.otherwise { common.formIntersection(assigned(otherwise, module)) }
        result.formUnion(common)
      }
    }
    return result
  }
}
