/// Finds combinational signals that keep their value on some path, which would infer a latch.
public struct AssignmentCheck: Pass {
  public init() {}
  public let name = "latches"
  public let summary = "finds combinational signals that are not assigned on every path"

  public func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      diagnostics += PathSurvey(module: module, items: module.items).diagnostics()
      module.visitLoops { loop, _ in diagnostics += PathSurvey(module: module, items: loop.items).diagnostics() }
    }
  }
}

/// The combinational signals that a scope assigns under conditions.
private struct PathSurvey {
  /// One bit, in terms of the loop variables around.
  struct Slot: Hashable {
    let signal: SignalID
    let element: Index?
    let bit: Index
  }

  let module: ModuleDefinition
  let statements: [Statement]
  /// Those that a conditional or a selection assigns.
  private let suspects: Set<SignalID>

  init(module: ModuleDefinition, items: [Item]) {
    self.module = module
    var suspects: Set<SignalID> = []
    var statements: [Statement] = []
    for case .statement(let statement) in items {
      statements.append(statement)
      if statement.bodies.isEmpty { continue }
      for case .signal(let id) in statement.written where !module[id].isRegister { suspects.insert(id) }
    }
    self.suspects = suspects
    self.statements = suspects.isEmpty ? [] : statements
  }

  func diagnostics() -> [Diagnostic] {
    if suspects.isEmpty { return [] }
    var written: [(slot: Slot, location: SourceLocation)] = []
    var known: Set<Slot> = []
    collect(statements, &written, &known)
    let always = assigned(statements)
    var missing: [SignalID: [(slot: Slot, location: SourceLocation)]] = [:]
    for entry in written where !always.contains(entry.slot) { missing[entry.slot.signal, default: []].append(entry) }
    return missing.sorted { $0.key.number < $1.key.number }.map { id, entries in
      let signal = module[id]
      let bits = Set(entries.flatMap(\.slot.bit.range))
      let elements = Set(entries.compactMap(\.slot.element?.range).joined())
      var which = ""
      if bits.count < signal.width { which = "bits \(ranges((0..<signal.width).map(bits.contains))): " }
      if let count = signal.count?.value, !elements.isEmpty, elements.count < count {
        which = "elements \(ranges((0..<count).map(elements.contains))): \(which)"
      }
      let path = gap(statements, entries[0].slot) ?? []
      let conditions = path.map(\.path).joined(separator: " and ")
      return Diagnostic(
        .incompleteAssignment,
        "\(which)not assigned on every path, which infers a latch: nothing is assigned when \(conditions)",
        suggestion: "drive a default before the condition", location: entries[0].location, path: module.path(id),
        signalPath: path)
    }
  }

  private func slots(_ target: Target) -> [Slot]? {
    guard suspects.contains(target.signal) else { return [] }
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

  /// Everything that is written, in the order of the lines.
  private func collect(
    _ statements: [Statement], _ written: inout [(slot: Slot, location: SourceLocation)], _ known: inout Set<Slot>
  ) {
    for statement in statements {
      if case .assign(let assignment) = statement {
        let target = assignment.target
        let slots =
          slots(target)
          ?? (0..<module[target.signal].width).map { Slot(signal: target.signal, element: nil, bit: Index($0)) }
        for slot in slots where known.insert(slot).inserted { written.append((slot, assignment.location)) }
      }
      for body in statement.bodies { collect(body, &written, &known) }
    }
  }

  /// What is written on every path.
  private func assigned(_ statements: [Statement]) -> Set<Slot> {
    var result: Set<Slot> = []
    for statement in statements {
      switch statement {
      case .comment, .memoryWrite: break
      case .assign(let assignment): result.formUnion(slots(assignment.target) ?? [])
      case .conditional(let conditional):
        guard let otherwise = conditional.otherwise else { continue }
        var common = assigned(otherwise)
        for branch in conditional.branches where !common.isEmpty { common.formIntersection(assigned(branch.body)) }
        result.formUnion(common)
      case .selection(let selection):
        guard selection.isExhaustive, let first = selection.arms.first else { continue }
        var common = assigned(first.body)
        for arm in selection.arms.dropFirst() where !common.isEmpty { common.formIntersection(assigned(arm.body)) }
        if let otherwise = selection.otherwise { common.formIntersection(assigned(otherwise)) }
        result.formUnion(common)
      }
    }
    return result
  }

  // MARK: Paths

  /// Conditions under which the statements leave `slot` alone, outer ones first; nil when they never do.
  private func gap(_ statements: [Statement], _ slot: Slot) -> [Diagnostic.Step]? {
    var path: [Diagnostic.Step] = []
    for statement in statements {
      switch statement {
      case .comment, .memoryWrite: break
      case .assign(let assignment): if slots(assignment.target)?.contains(slot) == true { return nil }
      case .conditional(let conditional):
        guard statement.written.contains(.signal(slot.signal)) else { continue }
        guard let more = gap(conditional, slot) else { return nil }
        path += more
      case .selection(let selection):
        guard statement.written.contains(.signal(slot.signal)) else { continue }
        guard let more = gap(selection, slot) else { return nil }
        path += more
      }
    }
    return path
  }

  private func gap(_ conditional: Conditional, _ slot: Slot) -> [Diagnostic.Step]? {
    var refused: [Diagnostic.Step] = []
    for branch in conditional.branches {
      if let inner = gap(branch.body, slot) {
        return refused + [step(branch.condition, "1", conditional.location)] + inner
      }
      refused.append(step(branch.condition, "0", conditional.location))
    }
    guard let otherwise = conditional.otherwise else { return refused }
    return gap(otherwise, slot).map { refused + $0 }
  }

  private func gap(_ selection: CaseSelection, _ slot: Slot) -> [Diagnostic.Step]? {
    let writer = ExpressionWriter(module: module)
    for arm in selection.arms {
      guard let inner = gap(arm.body, slot) else { continue }
      let labels = arm.labels.prefix(1).map(writer.text).joined()
      return [step(selection.subject, labels, selection.location)] + inner
    }
    if selection.arms.reduce(0, { $0 + $1.labels.count }) == 1 << min(selection.subject.width, 20) { return nil }
    guard let inner = gap(selection.otherwise ?? [], slot) else { return nil }
    let labels = selection.arms.flatMap(\.labels).prefix(4).map(writer.text)
    let more = selection.arms.reduce(0) { $0 + $1.labels.count } > 4 ? ", ..." : ""
    return [step(selection.subject, "none of \(labels.joined(separator: ", "))\(more)", selection.location)] + inner
  }

  private func step(_ subject: ExpressionNode, _ value: String, _ location: SourceLocation) -> Diagnostic.Step {
    // A long condition is found at its line.
    let text = subject.isInvalid || subject.writtenSize > 30 ? "" : ExpressionWriter(module: module).text(subject)
    let name = text.isEmpty || text.utf8.count > 60 ? "the condition" : "`\(text)`"
    return Diagnostic.Step(path: "\(name) is \(value)", role: "", location: location)
  }
}
