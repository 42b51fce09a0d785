extension ModuleBuilder {
  // MARK: Generate loops

  /// Repeats what `build` describes for k = 0 to count - 1. The body is recorded once and emitted as one generate loop.
  public func generate(
    _ name: String, count: some IndexConvertible, index: String? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column,
    _ build: (Index) -> Void
  ) {
    generate(name, from: 0, to: count, index: index, file: file, line: line, column: column, build)
  }

  /// Repeats what `build` describes for k = lower to upper - 1.
  public func generate(
    _ name: String, from lower: some IndexConvertible, to upper: some IndexConvertible, index: String? = nil,
    file: StaticString = #fileID, line: Int = #line, column: Int = #column, _ build: (Index) -> Void
  ) {
    let location = SourceLocation(file, line, column)
    if isConditional {
      report(
        .outOfScope, "a generate loop inside a condition", suggestion: "put the condition inside the loop", name: name,
        location)
    }
    let (first, end) = (lower.index, upper.index)
    guard end.range.upperBound > first.range.lowerBound else { return }
    let variable = nextLoopVariable(index)
    let k = Index(form: .variable(variable), range: first.range.lowerBound...(end.range.upperBound - 1))
    let (scope, items) = inScope(named: "gen_\(name)[\(variable.name)]") { _ in build(k) }
    append(
      .generate(
        GenerateLoop(
          name: "gen_\(name)", variable: variable, lower: first, upper: end, scope: scope, items: items,
          location: location)))
  }

  // MARK: Memories

  /// A memory of `depth` words. `readLatency` 0 reads asynchronously, 1 through a register, showing the old word when
  /// the same address is written in the same cycle. Words beyond `contents` are undefined until written; a memory with contents
  /// need not be written at all.
  public func memory<T: HardwareNumber>(
    _ name: String, _ type: T.Type, width: Int, depth: some IndexConvertible, readLatency: Int, style: Memory.Style,
    collision: Memory.Collision = .old, contents: MemoryContents? = nil,
    file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> MemoryHandle<T> {
    let location = SourceLocation(file, line, column)
    if readLatency != 0, readLatency != 1 {
      report(.invalidExpression, "a read latency of \(readLatency); 0 and 1 exist", name: name, location)
    }
    if (depth.index.value ?? 0) < 1 {
      report(.invalidExpression, "the depth must be known and at least 1", name: name, location)
    }
    if let contents {
      if definition.memories.contains(where: { $0.name == name && $0.contents != nil }) {
        report(
          .name, "two memories with contents have this name, which names the file of the contents", name: name, location
        )
      }
      let words = contents.words
      if let depth = depth.index.value, words.count > depth {
        report(
          .invalidExpression, "\(words.count) words of contents for a memory of \(depth)", name: name, location)
      }
      if let wide = words.firstIndex(where: { $0.width != max(1, width) }) {
        report(
          .invalidExpression, "word \(wide) of the contents has \(words[wide].width) bits in a memory of \(width)",
          name: name, location)
      }
    }
    let memory = Memory(
      id: MemoryID(number: definition.memories.count), name: name, width: max(1, width), isSigned: T.isSigned,
      depth: depth.index, readLatency: readLatency, style: style, collision: collision,
      contents: contents, scope: scope, location: location
    )
    definition.memories.append(memory)
    append(.memory(memory.id))
    return MemoryHandle(memory: memory, builder: self)
  }

  // MARK: Instances

  /// An instance of another module, with a comment above it. Clocks and resets are connected by themselves: `clocks` says
  /// which domain of this module each domain of the other stands for. By default its main domain is the one that is open
  /// here, and the others keep their names.
  public func instance(
    _ name: String, _ module: some HardwareModule, clocks: [ClockDomain: ClockDomain] = [:], comment: String? = nil,
    file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> InstanceHandle {
    let location = SourceLocation(file, line, column)
    let (child, clashes) = context.elaborate(module, path: definition.path(of: name, in: scope))
    if clashes {
      report(
        .moduleClash, "the module name `\(child.name)` stands for other parameters already",
        suggestion: "let moduleName depend on every parameter", name: name, location)
    }
    return instance(name, of: child, clocks: clocks, attributes: [], parameters: [], comment: comment, location)
  }

  func instance(
    _ name: String, of child: ModuleDefinition, clocks: [ClockDomain: ClockDomain], attributes: [Instance.Parameter],
    parameters: [Instance.Parameter], comment: String?, _ location: SourceLocation
  ) -> InstanceHandle {
    let clocks = self.clocks(of: child, clocks, name, location)
    for use in child.clocks { definition.use(clocks[use.domain] ?? use.domain, withReset: use.hasReset) }
    if isConditional { report(.outOfScope, "an instance inside a condition", name: name, location) }
    let id = InstanceID(number: definition.instances.count)
    definition.instances.append(
      Instance(
        id: id, name: name, moduleName: child.name, attributes: attributes, parameters: parameters, inputs: [],
        outputs: [], clocks: clocks,
        comment: comment, scope: scope, location: location))
    let prefix = name.hasPrefix("u_") ? String(name.dropFirst(2)) : name
    for port in child.ports where port.direction == .output {
      let signal = declare(
        "\(prefix)_\(port.name)", .instanceOutput(id, port: port.name), width: port.width, isSigned: port.isSigned,
        location)
      append(.declaration(signal.id))
      definition.instances[id.number].outputs.append((port.name, signal.id))
    }
    append(.instance(id))
    return InstanceHandle(id: id, name: name, prefix: prefix, child: child, builder: self)
  }

  private func clocks(
    of child: ModuleDefinition, _ chosen: [ClockDomain: ClockDomain], _ name: String, _ location: SourceLocation
  ) -> [ClockDomain: ClockDomain] {
    var result: [ClockDomain: ClockDomain] = [:]
    for domain in child.domains + child.ports.compactMap({ child[$0.signal].domain }) where result[domain] == nil {
      result[domain] = chosen[domain] ?? (domain == .main ? self.domain : domain)
    }
    for domain in chosen.keys.sorted(by: { $0.name < $1.name }) where result[domain] == nil {
      report(
        .connection, "`\(child.name)` has no clock domain `\(domain.name)`",
        suggestion: "its clocks are \(child.domains.map(\.clockName).joined(separator: ", "))", name: name, location)
    }
    return result
  }

  /// Moves the text of an instance behind everything its inputs need.
  func moveToEnd(_ instance: InstanceID) {
    let last = openItems.count - 1
    let position = openItems[last].lastIndex { item in
      if case .instance(let id) = item { id == instance } else { false }
    }
    guard let position else { return }
    let item = openItems[last].remove(at: position)
    openItems[last].append(item)
  }
}

/// A memory under construction.
public struct MemoryHandle<Word: HardwareNumber> {
  let memory: Memory
  let builder: ModuleBuilder

  /// Words.
  public var depth: Int { memory.depth.value ?? 1 }
  /// Bits an address has; addresses must not have more.
  public var addressWidth: Int { indexWidth(depth) }

  /// Writes at the next clock edge; inside `when` only while the condition holds.
  public func write(
    _ address: Unsigned, _ data: Word, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    let location = SourceLocation(file, line, column)
    if data.width > memory.width {
      builder.report(
        .widthLoss, "\(data.width) bits written to words of \(memory.width)", suggestion: "truncate explicitly",
        name: memory.name, location)
    }
    builder.useClock(withReset: false, memory.name, location)
    if let earlier = builder.definition[memory.id].writeDomain, earlier != builder.domain {
      builder.report(
        .multipleDrivers, "written with \(builder.domain) here and with \(earlier) elsewhere",
        suggestion: "write in one clock domain, and read in the other", name: memory.name, location)
    }
    builder.definition.memories[memory.id.number].writeDomain = builder.domain
    let word = data.expression.resized(to: memory.width)
    builder.record(
      .memoryWrite(
        MemoryWrite(
          memory: memory.id, address: fitted(address, location), data: word, domain: builder.domain,
          location: location)))
  }

  /// Writes at the next clock edge while `enable` is 1.
  public func write(
    _ address: Unsigned, _ data: Word, enable: Bit, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) {
    builder.when(enable, file: file, line: line, column: column) {
      write(address, data, file: file, line: line, column: column)
    }
  }

  /// The word at `address`, in the same cycle. Only for read latency 0.
  public func read(_ address: Unsigned, file: StaticString = #fileID, line: Int = #line, column: Int = #column) -> Word
  {
    let location = SourceLocation(file, line, column)
    if memory.readLatency != 0 {
      builder.report(
        .invalidExpression, "an asynchronous read of a memory with read latency \(memory.readLatency)",
        suggestion: "use read(_:_:enable:)", name: memory.name, location)
    }
    return word(fitted(address, location))
  }

  /// A register `name` that takes the word at `address`, at every edge or only while `enable` is 1: read latency 1.
  public func read(
    _ name: String, _ address: Unsigned, enable: Bit? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Word {
    let location = SourceLocation(file, line, column)
    if memory.readLatency != 1 {
      builder.report(
        .invalidExpression, "a registered read of a memory with read latency \(memory.readLatency)",
        suggestion: "use read(_:)", name: memory.name, location)
    }
    let data: Word = builder.register(name, Word.self, width: memory.width, file: file, line: line, column: column)
    let value = word(fitted(address, location))
    if let enable {
      builder.when(enable, file: file, line: line, column: column) {
        data.next(value, file: file, line: line, column: column)
      }
    } else {
      data.next(value, file: file, line: line, column: column)
    }
    return data
  }

  private func word(_ address: ExpressionNode) -> Word {
    Word(
      expression: ExpressionNode(.memoryRead(memory.id, address), width: memory.width, isSigned: memory.isSigned),
      builder: nil)
  }

  private func fitted(_ address: Unsigned, _ location: SourceLocation) -> ExpressionNode {
    if address.width > addressWidth {
      builder.report(
        .widthLoss, "an address of \(address.width) bits for \(depth) words, which need \(addressWidth)",
        suggestion: "truncate explicitly", name: memory.name, location)
    }
    return address.expression.resized(to: addressWidth)
  }
}

/// An instance under construction.
public struct InstanceHandle {
  let id: InstanceID
  let name: String
  let prefix: String
  let child: ModuleDefinition
  let builder: ModuleBuilder

  private func port(_ name: String, _ direction: ModulePort.Direction, _ location: SourceLocation) -> ModulePort? {
    if let port = child.port(name, direction) { return port }
    let known = child.ports.filter { $0.direction == direction }.map(\.name).joined(separator: ", ")
    let kind = direction == .input ? "input" : "output"
    builder.report(
      .connection, "`\(child.name)` has no \(kind) `\(name)`", suggestion: "its \(kind)s are \(known)", name: self.name,
      location)
    return nil
  }

  /// An input of the instance, to be driven once.
  public func input(_ name: String) -> InstanceInput { InstanceInput(instance: self, port: name) }

  /// Connects an input.
  public func connect(
    _ name: String, _ value: some HardwareValue, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    let location = SourceLocation(file, line, column)
    guard let port = port(name, .input, location) else { return }
    let expression = value.expression
    if expression.isSigned != port.isSigned, !(port.elements != nil) {
      let (given, wanted) = (expression.isSigned ? "signed" : "unsigned", port.isSigned ? "signed" : "unsigned")
      builder.report(.connection, "\(given) value for the \(wanted) input `\(name)`", name: self.name, location)
    }
    let fitted = expression.isFlexible || expression.width < port.width ? expression.fitted(to: port.width) : expression
    if !builder.connectedPorts[id, default: []].insert(name).inserted {
      builder.report(.multipleDrivers, "the input `\(name)` is connected already", name: self.name, location)
      return
    }
    builder.definition.instances[id.number].inputs.append(
      Instance.Connection(port: name, value: fitted, location: location))
    builder.moveToEnd(id)
  }

  /// Connects a flat input to a vector.
  public func connect<T: HardwareNumber>(
    _ name: String, _ value: Vector<T>, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    let location = SourceLocation(file, line, column)
    guard let port = port(name, .input, location) else { return }
    let count = value.count.value ?? 1
    if port.width != count * value.width {
      builder.report(
        .connection, "\(count) elements of \(value.width) bits for the input `\(name)` of \(port.width) bits",
        name: self.name,
        location)
      return
    }
    let flat = builder.wire(
      "\(prefix)_\(name)", Unsigned.self, width: port.width, file: file, line: line, column: column)
    builder.generate("\(prefix)_\(name)", count: value.count, file: file, line: line, column: column) { k in
      flat.slice(at: k * value.width, width: value.width).driveBits(value[k], location)
    }
    connect(name, flat, file: file, line: line, column: column)
  }

  /// An output of the instance. `name` renames the wire it is connected to (by default instance and port name).
  public func output<T: HardwareValue>(
    _ port: String, _ type: T.Type, name: String? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> T {
    output(port, type, name: name, SourceLocation(file, line, column))
  }

  func output<T: HardwareValue>(_ port: String, _ type: T.Type, name: String? = nil, _ location: SourceLocation) -> T {
    guard let declared = self.port(port, .output, location),
      let signal = builder.definition[id].outputs.first(where: { $0.port == port })?.signal
    else { return T(expression: .invalid("the missing output `\(port)`"), builder: builder) }
    let wanted = (type as? any HardwareNumber.Type)?.isSigned ?? false
    if wanted != declared.isSigned || (type == Bit.self && declared.width != 1) {
      builder.report(
        .connection, "the output `\(port)` is \(declared.isSigned ? "Signed" : "Unsigned") of \(declared.width) bits",
        name: self.name, location)
      return T(
        expression: .invalid("an output of another type", width: declared.width, isSigned: wanted), builder: builder)
    }
    if let name { builder.definition.signals[signal.number].name = name }
    return T(expression: builder.expression(builder.definition[signal]), builder: builder)
  }

  /// A flat output as a vector named after instance and port, or `name`.
  public func outputVector<T: HardwareNumber>(
    _ port: String, _ type: T.Type, name: String? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Vector<T> {
    let location = SourceLocation(file, line, column)
    let base = name ?? "\(prefix)_\(port)"
    let shape = self.port(port, .output, location)?.elements ?? (1, 1)
    let flat = output(port, Unsigned.self, name: "\(base)_flat", file: file, line: line, column: column)
    let vector = builder.vector(base, T.self, width: shape.0, count: shape.1, file: file, line: line, column: column)
    builder.generate(base, count: shape.1, file: file, line: line, column: column) { k in
      vector[k].driveBits(flat.slice(at: k * shape.0, width: shape.0), location)
    }
    return vector
  }
}

/// An input of an instance.
public struct InstanceInput {
  let instance: InstanceHandle
  let port: String

  public func drive(_ value: some HardwareValue, file: StaticString = #fileID, line: Int = #line, column: Int = #column)
  {
    instance.connect(port, value, file: file, line: line, column: column)
  }

  public func drive<T: HardwareNumber>(
    _ value: Vector<T>, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    instance.connect(port, value, file: file, line: line, column: column)
  }
}
