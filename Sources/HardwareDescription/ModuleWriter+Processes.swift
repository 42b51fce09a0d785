// Processes and statements.

extension ModuleWriter {
  // MARK: Processes

  func target(_ target: Target, isNext: Bool) -> String {
    let signal = module[target.signal]
    var text = signal.isRegister ? "\(signal.name)_\(isNext ? "d" : "q")" : signal.emittedName
    text += expressions.element(target.element)
    if let low = target.low { text += expressions.range(low: low, width: target.width) }
    return text
  }

  mutating func combinational(_ statements: [Statement], _ registers: [SignalID]) {
    line("always_comb begin")
    depth += 1
    for id in registers { line("\(module[id].name)_d = \(module[id].name)_q;") }
    for statement in statements { self.statement(statement, isNext: true, operation: "=") }
    depth -= 1
    line("end")
  }

  func resetText(_ signal: Signal) -> String {
    guard let reset = signal.reset else { return "'0" }
    if let enumeration = signal.enumeration { return enumeration.label(reset.integer(signed: false) ?? 0) }
    if reset.isZero { return "'0" }
    if reset.width > 1, reset.isAllOnes { return "'1" }
    return expressions.constant(reset, isSigned: signal.isSigned).text
  }

  mutating func update(_ registers: [SignalID]) {
    for withReset in [true, false] {
      let signals = registers.map { module[$0] }.filter { ($0.reset != nil) == withReset }
      if signals.isEmpty { continue }
      blank()
      clocked(
        signals[0].domain ?? .main, resets: withReset ? signals.map { "\($0.name)_q <= \(resetText($0));" } : [],
        updates: signals.map { "\($0.name)_q <= \($0.name)_d;" })
    }
    paragraph = .block
  }

  /// The clock of statements that one process holds.
  func domain(of statements: [Statement]) -> ClockDomain {
    for statement in statements {
      for written in statement.written.sorted(by: { $0.order < $1.order }) {
        if let domain = module.domain(of: written) { return domain }
      }
    }
    return .main
  }

  func hasReset(_ statements: [Statement]) -> Bool { !resetTargets(statements).isEmpty }

  /// What the statements write that has a reset, in order.
  private func resetTargets(_ statements: [Statement]) -> [Target] {
    var result: [Target] = []
    for statement in statements {
      if case .assign(let assignment) = statement, module[assignment.target.signal].reset != nil {
        result.append(assignment.target)
      }
      for body in statement.bodies { result += resetTargets(body) }
    }
    return result
  }

  private func hasData(_ statements: [Statement]) -> Bool {
    statements.contains { statement in
      switch statement {
      case .assign(let assignment): module[assignment.target.signal].reset == nil
      case .memoryWrite: true
      default: statement.bodies.contains(where: hasData)
      }
    }
  }

  mutating func sequential(_ statements: [Statement]) {
    let targets = resetTargets(statements)
    if targets.isEmpty {
      openClocked(domain(of: statements), nil)
      for statement in statements { self.statement(statement, isNext: false, operation: "<=") }
      closeClocked(hasReset: false)
      return
    }
    if hasData(statements) {
      // Data without reset does not belong into a process with one.
      let written = statements.reduce(into: Set<Written>()) { $0.formUnion($1.written) }
      let withReset = Set(targets.map { Written.signal($0.signal) })
      sequential(statements.compactMap { $0.filtered(withReset) })
      blank()
      sequential(statements.compactMap { $0.filtered(written.subtracting(withReset)) })
      return
    }
    var resets: [String] = []
    var known: Set<String> = []
    for target in targets {
      let signal = module[target.signal]
      var text = "\(signal.emittedName) <= \(resetText(signal));"
      if let count = signal.count {
        switch target.element {
        case .index(let index)?: text = "\(signal.emittedName)[\(index.text())] <= \(resetText(signal));"
        default: text = "for (int i = 0; i < \(count.text()); i++) \(signal.emittedName)[i] <= \(resetText(signal));"
        }
      }
      if known.insert(text).inserted { resets.append(text) }
    }
    // A single enable stands beside the reset.
    if statements.count == 1, case .conditional(let conditional)? = statements.first, conditional.branches.count == 1,
      conditional.otherwise == nil
    {
      openClocked(domain(of: statements), resets, enable: conditional.branches[0].condition)
      for statement in conditional.branches[0].body { self.statement(statement, isNext: false, operation: "<=") }
    } else {
      openClocked(domain(of: statements), resets)
      for statement in statements { self.statement(statement, isNext: false, operation: "<=") }
    }
    closeClocked(hasReset: true)
  }

  private mutating func statement(_ statement: Statement, isNext: Bool, operation: String) {
    switch statement {
    case .comment(let text):
      for part in text.split(separator: "\n", omittingEmptySubsequences: false) { line("// \(part)") }
    case .assign(let assignment):
      line("\(target(assignment.target, isNext: isNext)) \(operation) \(expressions.text(assignment.value));")
    case .memoryWrite(let write):
      let address = expressions.position(write.address)
      line("\(module[write.memory].name)[\(address)] \(operation) \(expressions.text(write.data));")
    case .conditional(let conditional):
      if let text = oneLine(conditional, isNext, operation) { return line(text) }
      for (number, branch) in conditional.branches.enumerated() {
        line("\(number == 0 ? "" : "end else ")if (\(expressions.text(branch.condition))) begin")
        body(branch.body, isNext, operation)
      }
      if let otherwise = conditional.otherwise {
        line("end else begin")
        body(otherwise, isNext, operation)
      }
      line("end")
    case .selection(let selection):
      // With a default arm nothing is left for `unique` to promise, and slang says so.
      line("\(selection.otherwise == nil ? "unique case" : "case") (\(expressions.text(selection.subject)))")
      depth += 1
      let isTable = selection.arms.allSatisfy { arm in arm.body.count == 1 || arm.body.allSatisfy(\.isAssignment) }
      for arm in selection.arms {
        let labels = arm.labels.map(expressions.text).joined(separator: ", ")
        // Short arms stand on one line, and so do the rows of a table.
        if isTable || arm.body.count == 1, let row = oneLine(arm.body, isNext, operation),
          depth * 2 + labels.count + 2 + row.count <= LineWrapper.limit
        {
          line("\(labels): \(row)")
          continue
        }
        line("\(labels): begin")
        body(arm.body, isNext, operation)
        line("end")
      }
      if let otherwise = selection.otherwise {
        if otherwise.isEmpty {
          line("default: ;")
        } else if isTable, let row = oneLine(otherwise, isNext, operation),
          depth * 2 + 9 + row.count <= LineWrapper.limit
        {
          line("default: \(row)")
        } else {
          line("default: begin")
          body(otherwise, isNext, operation)
          line("end")
        }
      }
      depth -= 1
      line("endcase")
    }
  }

  /// A condition with a single assignment, when it fits a line.
  private func oneLine(_ conditional: Conditional, _ isNext: Bool, _ operation: String) -> String? {
    guard conditional.branches.count == 1, conditional.otherwise == nil, let branch = conditional.branches.first,
      branch.body.count == 1, case .assign? = branch.body.first, let body = oneLine(branch.body, isNext, operation)
    else { return nil }
    let text = "if (\(expressions.text(branch.condition))) \(body)"
    return depth * 2 + text.count <= LineWrapper.limit ? text : nil
  }

  /// Assignments side by side.
  private func oneLine(_ statements: [Statement], _ isNext: Bool, _ operation: String) -> String? {
    var parts: [String] = []
    for statement in statements {
      guard case .assign(let assignment) = statement else { return nil }
      parts.append("\(target(assignment.target, isNext: isNext)) \(operation) \(expressions.text(assignment.value));")
    }
    return parts.count == 1 ? parts[0] : "begin \(parts.joined(separator: " ")) end"
  }

  private mutating func body(_ statements: [Statement], _ isNext: Bool, _ operation: String) {
    depth += 1
    for inner in statements { statement(inner, isNext: isNext, operation: operation) }
    depth -= 1
  }
}
