/// Writes one module.
struct ModuleWriter {
  let module: ModuleDefinition
  let design: Design
  let expressions: ExpressionWriter
  private var planner: ProcessPlanner
  private var lines: [String] = []
  private var depth = 1
  private var twoProcess: Set<SignalID> = []
  /// The kind of the last paragraph, to know whether a blank line follows.
  private var paragraph = Paragraph.start

  /// The source reference written last; it is not repeated.
  private var lastReference: SourceLocation?
  private var lastWires: InstanceID?

  private enum Paragraph {
    case start
    case registers
    case assigns
    case wires
    case comment
    case block
  }

  init(module: ModuleDefinition, design: Design, graph: CombinationalGraph) {
    self.module = module
    self.design = design
    expressions = ExpressionWriter(module: module)
    planner = ProcessPlanner(module: module, dependencies: graph)
  }

  mutating func write() -> String {
    let plan = planner.plan(module.items)
    twoProcess = planner.twoProcess
    items(plan)
    let body = lines
    lines = []
    depth = 0
    ports()
    depth = 1
    let text = body.joined(separator: "\n")
    for constant in module.constants where text.containsWord(constant.name) {
      line("localparam int \(constant.name) = \(constant.value);")
    }
    if lines.last?.contains("localparam") == true { lines.append("") }
    for enumeration in module.enumerations { typedef(enumeration) }
    lines += body
    lines.append("endmodule")
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Lines

  private mutating func line(_ text: String) {
    let indented = text.isEmpty ? "" : String(repeating: "  ", count: depth) + text
    if text.hasPrefix("//") { lines.append(indented) } else { lines += LineWrapper.wrap(indented) }
  }

  private mutating func blank() {
    if let last = lines.last, !last.isEmpty, !last.hasSuffix("(") { lines.append("") }
  }

  /// Starts a paragraph; runs of the same kind stay together.
  private mutating func begin(_ kind: Paragraph, _ location: SourceLocation?) {
    let joins = paragraph == .comment || paragraph == .start || (kind == paragraph && kind != .block)
    if !joins { blank() }
    if let location, !location.isInLibrary, location != lastReference, kind == .block || kind != paragraph {
      line("// \(location)")
      lastReference = location
    }
    paragraph = kind
  }

  // MARK: Ports and declarations

  private func range(_ width: Int) -> String { width == 1 ? "" : "[\(width - 1):0]" }

  private func type(_ width: Int, _ isSigned: Bool) -> String {
    ["logic", isSigned ? "signed" : "", range(width)].filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func type(_ signal: Signal) -> String {
    if let enumeration = signal.enumeration, !signal.isPort { return "\(enumeration.name)_e" }
    return type(signal.width, signal.isSigned)
  }

  private mutating func ports() {
    var entries: [(direction: String, type: String, name: String, comment: String?)] = []
    if module.usesClock { entries.append(("input ", "logic", "clk_i", nil)) }
    if module.usesReset { entries.append(("input ", "logic", "rst_ni", nil)) }
    for port in module.ports {
      let direction = port.direction == .input ? "input " : "output"
      entries.append((direction, type(port.width, port.isSigned), port.emittedName, port.comment))
    }
    if entries.isEmpty {
      line("module \(module.name);")
      return
    }
    line("module \(module.name) (")
    let longest = entries.map(\.type.count).max() ?? 0
    for (number, entry) in entries.enumerated() {
      for part in entry.comment?.split(separator: "\n") ?? [] { lines.append("  // \(part)") }
      let pad = String(repeating: " ", count: longest - entry.type.count)
      let comma = number == entries.count - 1 ? "" : ","
      lines.append("  \(entry.direction) \(entry.type)\(pad) \(entry.name)\(comma)")
    }
    line(");")
  }

  private mutating func typedef(_ enumeration: Enumeration) {
    line("typedef enum logic \(range(enumeration.width))\(enumeration.width == 1 ? "" : " "){".replacingDoubleSpaces)
    for (number, _) in enumeration.cases.enumerated() {
      let comma = number == enumeration.cases.count - 1 ? "" : ","
      line("  \(enumeration.label(number)) = \(enumeration.width)'d\(number)\(comma)")
    }
    line("} \(enumeration.name)_e;")
    lines.append("")
  }

  private mutating func declaration(_ signal: Signal) {
    let count = signal.count.map { " [\($0.text())]" } ?? ""
    switch signal.role {
    case .input, .output: break
    case .register:
      let names = twoProcess.contains(signal.id) ? "\(signal.name)_d, \(signal.name)_q" : "\(signal.name)_q"
      line("\(type(signal)) \(names)\(count);")
    case .wire, .instanceOutput, .sink: line("\(type(signal)) \(signal.emittedName)\(count);")
    case .delay: delay(signal)
    }
  }

  /// A chain of registers: two by name, more as an array, one-bit values as a shift register.
  private mutating func delay(_ signal: Signal) {
    guard case .delay(let source, _, let reset) = signal.role, let count = signal.count?.value else { return }
    let value = expressions.text(source)
    begin(.block, signal.location)
    if !signal.usesShiftArray {
      let names = (0..<count).map { expressions.name(signal.id, .index(Index($0))) }
      line("\(type(signal)) \(names.joined(separator: ", "));")
      clocked(
        resets: reset == nil ? [] : names.map { "\($0) <= '0;" },
        updates: names.indices.map { "\(names[$0]) <= \($0 == 0 ? value : names[$0 - 1]);" })
    } else if signal.width == 1 {
      let name = signal.emittedName
      line("logic [\(count - 1):0] \(name);")
      clocked(
        resets: reset == nil ? [] : ["\(name) <= '0;"], updates: ["\(name) <= {\(name)[\(count - 2):0], \(value)};"])
    } else {
      let name = signal.emittedName
      line("\(type(signal)) \(name) [\(count)];")
      let variable = ["k", "j", "i", "h"][min(depth - 1, 3)]
      clocked(resets: reset == nil ? [] : ["\(name)[0] <= '0;"], updates: ["\(name)[0] <= \(value);"])
      line("for (genvar \(variable) = 1; \(variable) < \(count); \(variable)++) begin : gen_\(signal.name)_delay")
      depth += 1
      clocked(
        resets: reset == nil ? [] : ["\(name)[\(variable)] <= '0;"],
        updates: ["\(name)[\(variable)] <= \(name)[\(variable) - 1];"])
      depth -= 1
      line("end")
    }
  }

  private mutating func clocked(resets: [String], updates: [String]) {
    openClocked(resets.isEmpty ? nil : resets)
    for update in updates { line(update) }
    closeClocked(hasReset: !resets.isEmpty)
  }

  private mutating func openClocked(_ resets: [String]?) {
    guard let resets else {
      line("always_ff @(posedge clk_i) begin")
      depth += 1
      return
    }
    line("always_ff @(posedge clk_i or negedge rst_ni) begin")
    depth += 1
    line("if (!rst_ni) begin")
    depth += 1
    for reset in resets { line(reset) }
    depth -= 1
    line("end else begin")
    depth += 1
  }

  private mutating func closeClocked(hasReset: Bool) {
    depth -= 1
    line("end")
    if hasReset {
      depth -= 1
      line("end")
    }
  }

  // MARK: Items

  private mutating func items(_ items: [PlannedItem]) {
    // Registers are declared together, before anything that reads them.
    for item in items {
      guard case .declaration(let id) = item, module[id].isRegister else { continue }
      begin(.registers, nil)
      declaration(module[id])
    }
    let items = items.filter { item in
      if case .declaration(let id) = item { !module[id].isRegister && !module[id].isPort } else { true }
    }
    var index = 0
    while index < items.count {
      switch items[index] {
      case .comment(let text):
        if paragraph != .start { blank() }
        for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
          line(part.isEmpty ? "//" : "// \(part)")
        }
        paragraph = .comment
      case .declaration(let id):
        let signal = module[id]
        if case .instanceOutput(let instance, _) = signal.role {
          beginWires(of: instance, isNext: nextInstance(items, after: index) == instance)
        } else if !signal.isDelay {
          begin(.assigns, signal.location)
        }
        declaration(signal)
      case .assign(let assignment):
        begin(.assigns, assignment.location)
        line("assign \(target(assignment.target, isNext: false)) = \(expressions.text(assignment.value));")
      case .memory(let id): memory(module[id])
      case .instance(let id): instance(module[id])
      case .generate(let loop, let inner): generate(loop, inner)
      case .combinational(let statements, let registers, let location):
        begin(.block, location)
        combinational(statements, registers)
      case .update(let registers): update(registers)
      case .sequential(var statements, let location):
        // Neighbouring plain registers share a process.
        while index + 1 < items.count, case .sequential(let more, _) = items[index + 1],
          statements.allSatisfy(\.isAssignment), more.allSatisfy(\.isAssignment), hasReset(statements) == hasReset(more)
        {
          statements += more
          index += 1
        }
        begin(.block, location)
        sequential(statements)
      }
      index += 1
    }
  }

  /// The instance that follows a run of declarations.
  private func nextInstance(_ items: [PlannedItem], after index: Int) -> InstanceID? {
    for item in items[index...] {
      switch item {
      case .declaration: continue
      case .instance(let id): return id
      default: return nil
      }
    }
    return nil
  }

  /// Heads the wires an instance drives: with its name, unless it follows.
  private mutating func beginWires(of instance: InstanceID, isNext: Bool) {
    if lastWires == instance, paragraph == .wires { return }
    begin(.block, isNext ? module[instance].location : nil)
    if !isNext { line("// Driven by \(module[instance].name).") }
    paragraph = .wires
    lastWires = instance
  }

  private mutating func memory(_ memory: Memory) {
    begin(.block, memory.location)
    line("(* ram_style = \"\(memory.style.rawValue)\" *)")
    line("\(type(memory.width, memory.isSigned)) \(memory.name) [0:\(memoryTop(memory.depth))];")
  }

  private func memoryTop(_ depth: Index) -> String {
    if case .literal(let value) = depth.form { return "\(value - 1)" }
    return "\(depth.text())-1"
  }

  private mutating func generate(_ loop: GenerateLoop, _ inner: [PlannedItem]) {
    begin(.block, loop.location)
    let name = loop.variable.name
    line("for (genvar \(name) = \(loop.lower.text()); \(name) < \(loop.upper.text()); \(name)++) begin : \(loop.name)")
    depth += 1
    paragraph = .start
    items(inner)
    depth -= 1
    line("end")
    paragraph = .block
  }

  private mutating func instance(_ instance: Instance) {
    guard let child = design.module(instance.moduleName) else { return }
    if paragraph != .wires || lastWires != instance.id { begin(.block, instance.location) }
    paragraph = .block
    var connections: [(String, String)] = []
    if child.usesClock { connections.append(("clk_i", "clk_i")) }
    if child.usesReset { connections.append(("rst_ni", "rst_ni")) }
    for port in child.ports {
      if port.direction == .input {
        guard let connection = instance.inputs.first(where: { $0.port == port.name }) else { continue }
        connections.append((port.emittedName, expressions.text(connection.value)))
      } else {
        guard let output = instance.outputs.first(where: { $0.port == port.name }) else { continue }
        connections.append((port.emittedName, expressions.name(output.signal, nil)))
      }
    }
    line("\(child.name) \(instance.name) (")
    let longest = connections.filter { $0.0 != $0.1 }.map(\.0.count).max() ?? 0
    for (number, connection) in connections.enumerated() {
      let comma = number == connections.count - 1 ? "" : ","
      if connection.0 == connection.1 {
        line("  .\(connection.0)\(comma)")
      } else {
        let pad = String(repeating: " ", count: longest - connection.0.count)
        line("  .\(connection.0)\(pad) (\(connection.1))\(comma)")
      }
    }
    line(");")
  }

  // MARK: Processes

  private func target(_ target: Target, isNext: Bool) -> String {
    let signal = module[target.signal]
    var text = signal.isRegister ? "\(signal.name)_\(isNext ? "d" : "q")" : signal.emittedName
    text += expressions.element(target.element)
    if let low = target.low { text += expressions.range(low: low, width: target.width) }
    return text
  }

  private mutating func combinational(_ statements: [Statement], _ registers: [SignalID]) {
    line("always_comb begin")
    depth += 1
    for id in registers { line("\(module[id].name)_d = \(module[id].name)_q;") }
    for statement in statements { self.statement(statement, isNext: true, operation: "=") }
    depth -= 1
    line("end")
  }

  private func resetText(_ signal: Signal) -> String {
    guard let reset = signal.reset else { return "'0" }
    if let enumeration = signal.enumeration { return enumeration.label(reset.integer(signed: false) ?? 0) }
    return reset.isZero ? "'0" : expressions.constant(reset, isSigned: signal.isSigned).text
  }

  private mutating func update(_ registers: [SignalID]) {
    for withReset in [true, false] {
      let signals = registers.map { module[$0] }.filter { ($0.reset != nil) == withReset }
      if signals.isEmpty { continue }
      blank()
      clocked(
        resets: withReset ? signals.map { "\($0.name)_q <= \(resetText($0));" } : [],
        updates: signals.map { "\($0.name)_q <= \($0.name)_d;" })
    }
    paragraph = .block
  }

  private func hasReset(_ statements: [Statement]) -> Bool { !resetTargets(statements).isEmpty }

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

  private mutating func sequential(_ statements: [Statement]) {
    let targets = resetTargets(statements)
    if targets.isEmpty {
      openClocked(nil)
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
    for target in targets {
      let signal = module[target.signal]
      var text = "\(signal.emittedName) <= \(resetText(signal));"
      if let count = signal.count {
        switch target.element {
        case .index(let index)?: text = "\(signal.emittedName)[\(index.text())] <= \(resetText(signal));"
        default: text = "for (int i = 0; i < \(count.text()); i++) \(signal.emittedName)[i] <= \(resetText(signal));"
        }
      }
      if !resets.contains(text) { resets.append(text) }
    }
    openClocked(resets)
    for statement in statements { self.statement(statement, isNext: false, operation: "<=") }
    closeClocked(hasReset: true)
  }

  private mutating func statement(_ statement: Statement, isNext: Bool, operation: String) {
    switch statement {
    case .comment(let text):
      for part in text.split(separator: "\n", omittingEmptySubsequences: false) { line("// \(part)") }
    case .assign(let assignment):
      line("\(target(assignment.target, isNext: isNext)) \(operation) \(expressions.text(assignment.value));")
    case .memoryWrite(let write):
      let address = expressions.text(write.address)
      line("\(module[write.memory].name)[\(address)] \(operation) \(expressions.text(write.data));")
    case .conditional(let conditional):
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
        } else if isTable, let row = oneLine(otherwise, isNext, operation), depth * 2 + 9 + row.count <= LineWrapper.limit {
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

extension String {
  /// Whether the identifier occurs as a word of its own.
  func containsWord(_ word: String) -> Bool {
    split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).contains { $0 == word }
  }

  var replacingDoubleSpaces: String {
    var result = ""
    for letter in self where !(letter == " " && result.last == " ") { result.append(letter) }
    return result
  }
}
