/// Finds signals without a driver, whole or by bits, and signals with more than one.
public struct DriverCheck: Pass {
  public init() {}
  public let name = "drivers"
  public let summary = "finds undriven bits and multiple drivers"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      var survey = DriverSurvey(module: module)
      survey.visit(module.items, iteration: [:])
      diagnostics += survey.diagnostics
      diagnostics += survey.undriven()
    }
  }
}

/// Who drives each bit of each element.
private struct DriverSurvey {
  struct Slot: Hashable {
    let signal: Int
    /// Which of the copies of a loop's own signal.
    let copy: Int
    let element: Int
  }

  /// Bits with one driver.
  struct Driven {
    var bits: Range<Int>
    /// One number for each scope and iteration.
    var process: Int
    var location: SourceLocation
  }

  let module: ModuleDefinition
  private(set) var diagnostics: [Diagnostic] = []
  /// Ascending and disjoint.
  private var driven: [Slot: [Driven]] = [:]
  /// Signals that one assignment drives whole, where they are declared: nothing is left to ask.
  private var isSettled: [Bool]
  private var processCount = 0
  private var reported: Set<SignalID> = []

  init(module: ModuleDefinition) {
    self.module = module
    isSettled = Array(repeating: false, count: module.signals.count)
    var assignments = [Int](repeating: 0, count: module.signals.count)
    module.visitStatements { statement, _ in
      if case .assign(let assignment) = statement { assignments[assignment.target.signal.number] += 1 }
    }
    module.visitStatements { statement, scope in
      guard case .assign(let assignment) = statement else { return }
      let (signal, target) = (module[assignment.target.signal], assignment.target)
      isSettled[signal.id.number] =
        assignments[signal.id.number] == 1 && signal.count == nil && target.low == nil && signal.scope == scope
    }
  }

  mutating func visit(_ items: [Item], iteration: [LoopVariable: Int]) {
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
          visit(loop.items, iteration: inner)
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
    if isSettled[assignment.target.signal.number] { return }
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
      bits = (low..<low + assignment.target.width).clamped(to: bits)
    case .dynamic?: isDynamic = true
    case nil: break
    }
    let copy = copy(of: signal, iteration)
    let isOverridden = !isConditional && !isDynamic
    for element in elements {
      let new = Driven(bits: bits, process: process, location: assignment.location)
      let slot = Slot(signal: signal.id.number, copy: copy, element: element)
      if let earlier = enter(new, slot, isOverridden: isOverridden) { conflict(signal, assignment.location, earlier) }
    }
  }

  /// Notes the driver of some bits; returns where they have one already that it clashes with.
  private mutating func enter(_ new: Driven, _ slot: Slot, isOverridden: Bool) -> SourceLocation? {
    guard var known = driven[slot] else {
      driven[slot] = [new]
      return nil
    }
    driven[slot] = nil  // Changed in place.
    defer { driven[slot] = known }
    // The first part that ends behind the start of the new one.
    var (first, end) = (0, known.count)
    while first < end {
      let middle = (first + end) / 2
      if known[middle].bits.upperBound <= new.bits.lowerBound { first = middle + 1 } else { end = middle }
    }
    var after = first
    var clash: SourceLocation?
    var kept: [Driven] = []
    while after < known.count, known[after].bits.lowerBound < new.bits.upperBound {
      let earlier = known[after]
      if earlier.process != new.process || isOverridden { clash = clash ?? earlier.location }
      for rest in [
        earlier.bits.lowerBound..<max(earlier.bits.lowerBound, new.bits.lowerBound),
        min(earlier.bits.upperBound, new.bits.upperBound)..<earlier.bits.upperBound,
      ] where !rest.isEmpty {
        kept.append(Driven(bits: rest, process: earlier.process, location: earlier.location))
      }
      after += 1
    }
    let position = kept.firstIndex { $0.bits.lowerBound > new.bits.lowerBound } ?? kept.count
    kept.insert(new, at: position)
    known.replaceSubrange(first..<after, with: kept)
    return clash
  }

  /// A loop's own signals exist once in each iteration of the loops around their declaration: which of these copies an
  /// assignment means, as a number. Inner loops have later variables.
  private func copy(of signal: Signal, _ iteration: [LoopVariable: Int]) -> Int {
    if signal.scope.number == 0 { return 0 }
    var depth = 0
    var scope = signal.scope
    while let parent = module.scopeParents[scope.number] {
      depth += 1
      scope = parent
    }
    let values = iteration.sorted { $0.key.identifier < $1.key.identifier }.prefix(depth).map(\.value)
    return values.reduce(0) { $0 &* 1_000_003 &+ $1 &+ 1 }
  }

  private mutating func conflict(_ signal: Signal, _ location: SourceLocation, _ earlier: SourceLocation) {
    guard reported.insert(signal.id).inserted else { return }
    let path = module.path(signal.id)
    diagnostics.append(
      Diagnostic(
        .multipleDrivers, "driven here and at \(earlier)",
        suggestion: "keep one unconditional assignment, before the conditional ones and in the same scope",
        location: location, path: path,
        signalPath: [earlier, location].map { Diagnostic.Step(path: path, role: "driven", location: $0) }))
  }

  // MARK: Undriven bits

  func undriven() -> [Diagnostic] {
    // By signal and copy: what is missing of each element that has a driver.
    var missing: [Int: [Int: [Int: [Range<Int>]]]] = [:]
    for (slot, known) in driven {
      missing[slot.signal, default: [:]][slot.copy, default: [:]][slot.element] = gaps(
        known, module.signals[slot.signal].width)
    }
    return module.signals.compactMap { signal in
      switch signal.role {
      case .wire, .output, .register: break
      default: return nil
      }
      if isSettled[signal.id.number] { return nil }
      guard let copies = missing[signal.id.number] else {
        return undriven(signal, "never driven (mask \(mask(Array(repeating: true, count: signal.width))))")
      }
      if let count = signal.count?.value {
        let absent = (0..<count).map { element in copies.values.contains { $0[element] == nil } }
        if absent.contains(true) {
          return undriven(signal, "elements \(ranges(absent)) are never driven (mask \(mask(absent)))")
        }
      }
      var bits = [Bool](repeating: false, count: signal.width)
      var elements = [Bool](repeating: false, count: signal.count?.value ?? 1)
      for copy in copies.values {
        for (element, gaps) in copy where !gaps.isEmpty && elements.indices.contains(element) {
          elements[element] = true
          for bit in gaps.joined() { bits[bit] = true }
        }
      }
      guard bits.contains(true) else { return nil }
      let which = signal.count == nil ? "" : " of the elements \(ranges(elements))"
      return undriven(signal, "bits \(ranges(bits))\(which) are never driven (mask \(mask(bits)))")
    }
  }

  private func gaps(_ known: [Driven], _ width: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var position = 0
    for part in known {
      if part.bits.lowerBound > position { result.append(position..<part.bits.lowerBound) }
      position = part.bits.upperBound
    }
    if position < width { result.append(position..<width) }
    return result
  }

  private func undriven(_ signal: Signal, _ message: String) -> Diagnostic {
    Diagnostic(
      .undriven, message,
      suggestion: signal.isRegister ? "give it a value with next(_:)" : "give it a value with drive(_:)",
      location: signal.location, path: module.path(signal.id))
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
