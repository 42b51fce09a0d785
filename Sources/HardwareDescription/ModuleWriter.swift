/// Writes one module.
struct ModuleWriter {
  let module: ModuleDefinition
  let design: Design
  let expressions: ExpressionWriter
  var planner: ProcessPlanner
  var lines: [String] = []
  var depth = 1
  var twoProcess: Set<SignalID> = []
  /// The kind of the last paragraph, to know whether a blank line follows.
  var paragraph = Paragraph.start

  /// The source reference written last; it is not repeated.
  var lastReference: SourceLocation?
  var lastWires: InstanceID?

  enum Paragraph {
    case start
    /// Right below the head of a loop, whose source reference is enough.
    case loop
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
    let words = module.constants.isEmpty ? [] : Set(body.flatMap(\.words))
    for constant in module.constants where words.contains(Substring(constant.name)) {
      line("localparam int \(constant.name) = \(constant.value);")
    }
    if lines.last?.contains("localparam") == true { lines.append("") }
    for enumeration in module.enumerations { typedef(enumeration) }
    lines += body
    lines.append("endmodule")
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Lines

  mutating func line(_ text: String) {
    let indented = text.isEmpty ? "" : String(repeating: "  ", count: depth) + text
    if text.hasPrefix("//") || indented.utf8.count <= LineWrapper.limit {
      lines.append(indented)
    } else {
      lines += LineWrapper.wrap(indented)
    }
  }

  mutating func blank() {
    if let last = lines.last, !last.isEmpty, !last.hasSuffix("(") { lines.append("") }
  }

  /// Starts a paragraph; runs of the same kind stay together.
  mutating func begin(_ kind: Paragraph, _ location: SourceLocation?) {
    let isFirst = paragraph == .start || paragraph == .loop
    let joins = paragraph == .comment || isFirst || (kind == paragraph && kind != .block)
    if !joins { blank() }
    if let location, !location.isInLibrary, !location.isSameLine(as: lastReference), paragraph != .loop,
      kind == .block || kind != paragraph
    {
      line("// \(location)")
      lastReference = location
    }
    paragraph = kind
  }

  // MARK: Ports and declarations

  func range(_ width: Int) -> String { width == 1 ? "" : "[\(width - 1):0]" }

  func type(_ width: Int, _ isSigned: Bool) -> String {
    ["logic", isSigned ? "signed" : "", range(width)].filter { !$0.isEmpty }.joined(separator: " ")
  }

  func type(_ signal: Signal) -> String {
    if let enumeration = signal.enumeration, !signal.isPort, !signal.isEncoded { return "\(enumeration.name)_e" }
    return type(signal.width, signal.isSigned)
  }

  mutating func ports() {
    var entries: [(direction: String, type: String, name: String, comment: String?)] = []
    for use in module.clocks {
      entries.append(("input ", "logic", use.domain.clockName, nil))
      if use.hasReset { entries.append(("input ", "logic", use.domain.resetName, nil)) }
    }
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

  mutating func typedef(_ enumeration: Enumeration) {
    line("typedef enum logic \(range(enumeration.width))\(enumeration.width == 1 ? "" : " "){".replacingDoubleSpaces)
    for (number, _) in enumeration.cases.enumerated() {
      let comma = number == enumeration.cases.count - 1 ? "" : ","
      line("  \(enumeration.label(number)) = \(enumeration.width)'d\(number)\(comma)")
    }
    line("} \(enumeration.name)_e;")
    lines.append("")
  }

  mutating func declaration(_ signal: Signal) {
    let count = signal.count.map { " [\($0.text())]" } ?? ""
    switch signal.role {
    case .input, .output: break
    case .register:
      let names = twoProcess.contains(signal.id) ? "\(signal.name)_d, \(signal.name)_q" : "\(signal.name)_q"
      // Vivado keeps copies apart for the first attribute, Quartus for the second; Yosys where it is set at the cells, too.
      if signal.isKept { line("(* keep = \"true\", dont_merge *)") }
      line("\(type(signal)) \(names)\(count);")
    case .wire, .instanceOutput, .sink: line("\(type(signal)) \(signal.emittedName)\(count);")
    case .delay: delay(signal)
    }
  }

  /// Registers of one type that follow each other share a line, unless they have a next value of their own.
  mutating func declarations(_ registers: [Signal]) {
    var shared: (type: String, names: String)?
    for signal in registers {
      let isSingle = signal.count == nil && !twoProcess.contains(signal.id) && !signal.isKept
      let (type, name) = (type(signal), signal.emittedName)
      if isSingle, let open = shared, open.type == type,
        depth * 2 + type.count + open.names.count + name.count + 4 <= LineWrapper.limit
      {
        shared = (type, "\(open.names), \(name)")
        continue
      }
      if let open = shared { line("\(open.type) \(open.names);") }
      shared = isSingle ? (type, name) : nil
      if !isSingle { declaration(signal) }
    }
    if let open = shared { line("\(open.type) \(open.names);") }
  }

  /// A chain of registers: two by name, more as an array, one-bit values as a shift register.
  mutating func delay(_ signal: Signal) {
    guard case .delay(let source, _, let reset) = signal.role, let count = signal.count?.value else { return }
    let value = expressions.text(source)
    let domain = signal.domain ?? .main
    let start = resetText(signal)
    begin(.block, signal.location)
    // Tools that know the attribute keep the registers together and out of retiming.
    if signal.crossing != nil { line("(* async_reg = \"true\" *)") }
    if !signal.usesShiftArray {
      let names = (0..<count).map { expressions.name(signal.id, .index(Index($0))) }
      line("\(type(signal)) \(names.joined(separator: ", "));")
      clocked(
        domain, resets: reset == nil ? [] : names.map { "\($0) <= \(start);" },
        updates: names.indices.map { "\(names[$0]) <= \($0 == 0 ? value : names[$0 - 1]);" })
    } else if signal.width == 1 {
      let name = signal.emittedName
      line("logic [\(count - 1):0] \(name);")
      let fill = reset?.isZero == false ? "'1" : "'0"
      let kept = count == 2 ? "[0]" : "[\(count - 2):0]"
      clocked(
        domain, resets: reset == nil ? [] : ["\(name) <= \(fill);"], updates: ["\(name) <= {\(name)\(kept), \(value)};"]
      )
    } else {
      let name = signal.emittedName
      line("\(type(signal)) \(name) [\(count)];")
      let variable = ["k", "j", "i", "h"][min(depth - 1, 3)]
      clocked(domain, resets: reset == nil ? [] : ["\(name)[0] <= \(start);"], updates: ["\(name)[0] <= \(value);"])
      line(
        "for (genvar \(variable) = 1; \(variable) < \(count); \(variable)++) begin : gen_\(signal.name)_\(signal.crossing == nil ? "delay" : "sync")"
      )
      depth += 1
      clocked(
        domain, resets: reset == nil ? [] : ["\(name)[\(variable)] <= \(start);"],
        updates: ["\(name)[\(variable)] <= \(name)[\(variable) - 1];"])
      depth -= 1
      line("end")
    }
  }

  mutating func clocked(_ domain: ClockDomain, resets: [String], updates: [String]) {
    openClocked(domain, resets.isEmpty ? nil : resets)
    for update in updates { line(update) }
    closeClocked(hasReset: !resets.isEmpty)
  }

  mutating func openClocked(_ domain: ClockDomain, _ resets: [String]?, enable: ExpressionNode? = nil) {
    guard let resets else {
      line("always_ff @(posedge \(module.clockName(of: domain))) begin")
      depth += 1
      return
    }
    line("always_ff @(posedge \(module.clockName(of: domain)) or negedge \(module.resetName(of: domain))) begin")
    depth += 1
    line("if (!\(module.resetName(of: domain))) begin")
    depth += 1
    for reset in resets { line(reset) }
    depth -= 1
    line(enable.map { "end else if (\(expressions.text($0))) begin" } ?? "end else begin")
    depth += 1
  }

  mutating func closeClocked(hasReset: Bool) {
    depth -= 1
    line("end")
    if hasReset {
      depth -= 1
      line("end")
    }
  }

  // MARK: Items

  mutating func items(_ items: [PlannedItem]) {
    // Registers are declared together, before anything that reads them.
    let registers = items.compactMap { item -> Signal? in
      if case .declaration(let id) = item, module[id].isRegister { module[id] } else { nil }
    }
    if !registers.isEmpty { begin(.registers, nil) }
    declarations(registers)
    let items = items.filter { item in
      if case .declaration(let id) = item { !module[id].isRegister && !module[id].isPort } else { true }
    }
    var index = 0
    while index < items.count {
      switch items[index] {
      case .comment(let text): comment(text)
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
        let (isPlain, hasReset) = (statements.allSatisfy(\.isAssignment), hasReset(statements))
        let domain = domain(of: statements)
        while isPlain, index + 1 < items.count, case .sequential(let more, _) = items[index + 1],
          more.allSatisfy(\.isAssignment), hasReset == self.hasReset(more), domain == self.domain(of: more)
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

  private mutating func comment(_ text: String) {
    if paragraph != .start, paragraph != .loop { blank() }
    for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
      line(part.isEmpty ? "//" : "// \(part)")
    }
    paragraph = .comment
  }

  /// The instance that follows a run of declarations.
  func nextInstance(_ items: [PlannedItem], after index: Int) -> InstanceID? {
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
  mutating func beginWires(of instance: InstanceID, isNext: Bool) {
    if lastWires == instance, paragraph == .wires { return }
    if isNext, let text = module[instance].comment { comment(text) }
    begin(.block, isNext ? module[instance].location : nil)
    if !isNext { line("// Driven by \(module[instance].name).") }
    paragraph = .wires
    lastWires = instance
  }

  mutating func memory(_ memory: Memory) {
    begin(.block, memory.location)
    // Yosys takes the second attribute as the promise it is; other tools ignore it.
    let promise = memory.collision == .undefined ? ", no_rw_check" : ""
    line("(* ram_style = \"\(memory.style.rawValue)\"\(promise) *)")
    line("\(type(memory.width, memory.isSigned)) \(memory.name) [0:\(memoryTop(memory.depth))];")
    if memory.contents != nil {
      line("initial $readmemh(\"\(module.contentsFile(of: memory))\", \(memory.name));")
    }
  }

  func memoryTop(_ depth: Index) -> String {
    if case .literal(let value) = depth.form { return "\(value - 1)" }
    return "\(depth.text())-1"
  }

  mutating func generate(_ loop: GenerateLoop, _ inner: [PlannedItem]) {
    begin(.block, loop.location)
    let name = loop.variable.name
    line("for (genvar \(name) = \(loop.lower.text()); \(name) < \(loop.upper.text()); \(name)++) begin : \(loop.name)")
    depth += 1
    paragraph = loop.location.isInLibrary ? .start : .loop
    items(inner)
    depth -= 1
    line("end")
    paragraph = .block
  }

  mutating func instance(_ instance: Instance) {
    guard let child = design.interface(of: instance) else { return }
    if paragraph != .wires || lastWires != instance.id {
      if let text = instance.comment { comment(text) }
      begin(.block, instance.location)
    }
    paragraph = .block
    var connections: [(String, String)] = []
    for use in child.clocks {
      let own = instance.clocks[use.domain] ?? use.domain
      connections.append((use.domain.clockName, module.clockName(of: own)))
      if use.hasReset { connections.append((use.domain.resetName, module.resetName(of: own))) }
    }
    let inputs = Dictionary(instance.inputs.map { ($0.port, $0.value) }) { first, _ in first }
    let outputs = Dictionary(instance.outputs.map { ($0.port, $0.signal) }) { first, _ in first }
    for port in child.ports {
      if port.direction == .input {
        if let value = inputs[port.name] { connections.append((port.emittedName, expressions.text(value))) }
      } else if let signal = outputs[port.name] {
        connections.append((port.emittedName, expressions.name(signal, nil)))
      }
    }
    for attribute in instance.attributes { line("(* \(attribute.name) = \(attribute.text) *)") }
    if instance.parameters.isEmpty {
      line("\(child.name) \(instance.name) (")
    } else {
      line("\(child.name) #(")
      named(instance.parameters.map { ($0.name, $0.text) })
      line(") \(instance.name) (")
    }
    named(connections)
    line(");")
  }

  /// What parameters or ports stand for, one a line.
  private mutating func named(_ connections: [(String, String)]) {
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
  }
}

extension String {
  /// The identifiers and numbers in it.
  var words: [Substring] { split { !($0.isLetter || $0.isNumber || $0 == "_") } }

  var replacingDoubleSpaces: String {
    var result = ""
    for letter in self where !(letter == " " && result.last == " ") { result.append(letter) }
    return result
  }
}
