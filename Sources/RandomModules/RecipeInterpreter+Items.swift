import HardwareDescription
import HardwareLibrary

extension RecipeInterpreter {
  func build(_ item: RecipeItem) {
    switch item {
    case .wire(let name, let value): wire(name, value)
    case .openWire(let name, let shape):
      declare(name, shape, "wire") { kind in
        switch kind {
        case .bit: m.wire(name, Bit.self)
        case .unsigned: m.wire(name, Unsigned.self, width: shape.width)
        case .signed: m.wire(name, Signed.self, width: shape.width)
        }
      }
      openWires.insert(name)
    case .register(let name, let shape, let reset): register(name, shape, reset)
    case .state(let name, let kind, let reset):
      let state = StateHandle.make(m, name, kind, reset: reset)
      write("let \(name) = m.register(\"\(name)\", reset: \(state.typeName).\(state.label(reset)))")
      states[name] = state
      values[name] = .unsigned(Term(state.encoded, "\(name).encoded"))
    case .registerVector(let name, let shape, let count, let reset): registerVector(name, shape, count, reset)
    case .memory(let name, let shape, let depth, let isRegistered, let style):
      memory(name, shape, depth, isRegistered, style)
    case .registeredRead(let name, let memory, let address, let enable):
      registeredRead(name, memory, address, enable)
    case .delay(let name, let value, let cycles):
      let value = build(value)
      write("let \(name) = m.delayed(\"\(name)\", \(value.text), by: \(cycles))")
      switch value {
      case .bit(let x): note(name, m.delayed(name, x.value, by: cycles))
      case .unsigned(let x): note(name, m.delayed(name, x.value, by: cycles))
      case .signed(let x): note(name, m.delayed(name, x.value, by: cycles))
      }
    case .delayWithReset(let name, let value, let cycles):
      let bit = build(value).asBit
      write("let \(name) = m.delayedWithReset(\"\(name)\", \(bit.text), by: \(cycles))")
      note(name, m.delayedWithReset(name, bit.value, by: cycles))
    case .vector(let name, let shape, let loop): vector(name, shape, loop)
    case .instance(let name, let child, let inputs): instance(name, child, inputs)
    case .stream(let name, let stream, let width, let valid, let data, let ready):
      self.stream(name, stream, width, valid, data, ready)
    case .bundle(let name, let flag, let count, let offset, let cycles): bundle(name, flag, count, offset, cycles)
    case .pipeline(let name, let valid, let operands): pipeline(name, valid, operands)
    case .statements(let statements):
      for statement in statements { build(statement) }
    }
  }

  private func wire(_ name: String, _ expression: RecipeExpression) {
    let value = build(expression)
    write("let \(name) = m.wire(\"\(name)\", \(value.text))")
    switch value {
    case .bit(let x): note(name, m.wire(name, x.value))
    case .unsigned(let x): note(name, m.wire(name, x.value))
    case .signed(let x): note(name, m.wire(name, x.value))
    }
  }

  /// A reset value that fits the shape.
  private func fitting(_ reset: Int?, _ shape: Shape) -> Int? {
    guard let reset else { return nil }
    let number = shape.number
    let bits = min(number.width, 30)
    let pattern = abs(reset) & ((1 << bits) - 1)
    return number.kind == .signed && pattern >> (bits - 1) == 1 ? pattern - (1 << bits) : pattern
  }

  private func register(_ name: String, _ shape: Shape, _ wanted: Int?) {
    let reset = fitting(wanted, shape)
    let text = reset.map { ", reset: \($0)" } ?? ""
    registers.insert(name)
    switch shape.kind {
    case .bit:
      write("let \(name) = m.register(\"\(name)\", Bit.self\(reset.map { ", reset: \($0 == 1)" } ?? ""))")
      note(name, m.register(name, Bit.self, reset: reset.map { $0 == 1 }))
    case .unsigned:
      write("let \(name) = m.register(\"\(name)\", Unsigned.self, width: \(shape.width)\(text))")
      note(name, m.register(name, Unsigned.self, width: shape.width, reset: reset))
    case .signed:
      write("let \(name) = m.register(\"\(name)\", Signed.self, width: \(shape.width)\(text))")
      note(name, m.register(name, Signed.self, width: shape.width, reset: reset))
    }
  }

  private func registerVector(_ name: String, _ wanted: Shape, _ count: Int, _ reset: Int?) {
    let shape = wanted.number
    let reset = fitting(reset, shape)
    let text = reset.map { ", reset: \($0)" } ?? ""
    let type = shape.kind == .signed ? "Signed" : "Unsigned"
    registers.insert(name)
    write(
      "let \(name) = m.registerVector(\"\(name)\", \(type).self, width: \(shape.width), count: \(count)\(text))")
    vectors[name] =
      shape.kind == .signed
      ? .signed(m.registerVector(name, Signed.self, width: shape.width, count: count, reset: reset))
      : .unsigned(m.registerVector(name, Unsigned.self, width: shape.width, count: count, reset: reset))
  }

  private func memory(_ name: String, _ wanted: Shape, _ depth: Int, _ isRegistered: Bool, _ style: Memory.Style) {
    let shape = wanted.number
    let latency = isRegistered ? 1 : 0
    let type = shape.kind == .signed ? "Signed" : "Unsigned"
    write(
      "let \(name) = m.memory(\"\(name)\", \(type).self, width: \(shape.width), depth: \(depth), readLatency: \(latency), style: .\(style))"
    )
    if isRegistered { registeredMemories.insert(name) }
    memoryWidths[name] = shape.width
    memories[name] =
      shape.kind == .signed
      ? .signed(
        m.memory(name, Signed.self, width: shape.width, depth: depth, readLatency: latency, style: style))
      : .unsigned(
        m.memory(name, Unsigned.self, width: shape.width, depth: depth, readLatency: latency, style: style))
  }

  private func registeredRead(
    _ name: String, _ source: String, _ address: RecipeExpression, _ enable: RecipeExpression?
  ) {
    guard let memory = memories[source], registeredMemories.contains(source) else { return }
    let address = position(address, below: memory.depth)
    let enable = enable.map { build($0).asBit }
    let text = enable.map { ", enable: \($0.text)" } ?? ""
    write("let \(name) = \(source).read(\"\(name)\", \(address.text)\(text))")
    switch memory {
    case .unsigned(let memory): note(name, memory.read(name, address.value, enable: enable?.value))
    case .signed(let memory): note(name, memory.read(name, address.value, enable: enable?.value))
    }
  }

  // MARK: Loops

  private func vector(_ name: String, _ wanted: Shape, _ loop: RecipeLoop) {
    let shape = wanted.number
    if shape.kind == .signed {
      vectors[name] = .signed(vector(name, Signed.self, shape.width, loop))
    } else {
      vectors[name] = .unsigned(vector(name, Unsigned.self, shape.width, loop))
    }
  }

  private func vector<T: HardwareNumber>(
    _ name: String, _ type: T.Type, _ width: Int, _ recipe: RecipeLoop
  ) -> Vector<T> {
    let constantName = "Count\(name.uppercased())"
    let count = recipe.isNamed ? m.constant(constantName, recipe.count) : Index(recipe.count)
    let countText = recipe.isNamed ? constantName : "\(recipe.count)"
    if recipe.isNamed { write("let \(constantName) = m.constant(\"\(constantName)\", \(recipe.count))") }
    write("let \(name) = m.vector(\"\(name)\", \(T.self).self, width: \(width), count: \(countText))")
    let vector = m.vector(name, T.self, width: width, count: count)
    write("m.generate(\"\(name)\", count: \(countText)) { k in")
    m.generate(name, count: count) { k in
      loop = (k, recipe.count)
      indented {
        let value = build(recipe.value).number(T.self).limited(to: width)
        let own: T
        switch recipe.storage {
        case .wire:
          write("let own = m.wire(\"own_\(name)\", \(value.resized(to: width).text))")
          own = m.wire("own_\(name)", value.value.resized(to: width))
        case .register(let reset):
          let reset = fitting(reset, Shape(T.isSigned ? .signed : .unsigned, width: width))
          let text = reset.map { ", reset: \($0)" } ?? ""
          write("let own = m.register(\"own_\(name)\", \(T.self).self, width: \(width)\(text))")
          own = m.register("own_\(name)", T.self, width: width, reset: reset)
          if let enable = recipe.enable {
            let condition = build(enable).asBit
            write("m.when(\(condition.text)) { own.next(\(value.text)) }")
            m.when(condition.value) { own.next(value.value) }
          } else {
            write("own.next(\(value.text))")
            own.next(value.value)
          }
        case .delay(let cycles):
          write("let own = m.delayed(\"own_\(name)\", \(value.text), by: \(cycles))")
          own = m.delayed("own_\(name)", value.value, by: cycles)
        }
        write("\(name)[k].drive(own)")
        vector[k].drive(own)
      }
      loop = nil
    }
    write("}")
    return vector
  }

  // MARK: Instances

  private func instance(_ name: String, _ number: Int, _ inputs: [RecipeExpression]) {
    guard recipe.children.indices.contains(number) else { return }
    let child = recipe.children[number]
    write("let \(name) = m.instance(\"u_\(name)\", \(child.name)())")
    let handle = m.instance("u_\(name)", child)
    for (position, port) in child.inputs.enumerated() {
      let expression = inputs.indices.contains(position) ? inputs[position] : .zero(port.shape)
      let kind = port.count == nil ? port.shape.kind : .unsigned
      let value: RecipeValue
      switch build(expression).converted(to: kind) {
      case .bit(let x): value = .bit(x)
      case .unsigned(let x): value = .unsigned(x.limited(to: port.width))
      case .signed(let x): value = .signed(x.limited(to: port.width))
      }
      write("\(name).connect(\"\(port.name)\", \(value.text))")
      handle.connect(port.name, value.hardware)
    }
    for port in child.outputs {
      let signal = "\(name)_\(port.name)"
      switch port.kind {
      case .bit:
        write("let \(signal) = \(name).output(\"\(port.name)\", Bit.self)")
        note(signal, handle.output(port.name, Bit.self))
      case .unsigned:
        write("let \(signal) = \(name).output(\"\(port.name)\", Unsigned.self)")
        note(signal, handle.output(port.name, Unsigned.self))
      case .signed:
        write("let \(signal) = \(name).output(\"\(port.name)\", Signed.self)")
        note(signal, handle.output(port.name, Signed.self))
      }
    }
  }

  private func stream(
    _ name: String, _ stream: RecipeStream, _ width: Int, _ valid: RecipeExpression, _ data: RecipeExpression,
    _ ready: RecipeExpression
  ) {
    let valid = build(valid).asBit
    let data = build(data).asUnsigned.limited(to: width)
    let ready = build(ready).asBit
    let handle: InstanceHandle
    switch stream {
    case .skidBuffer: handle = streamInstance(name, SkidBuffer(width: width))
    case .forwardCut: handle = streamInstance(name, ForwardCut(width: width))
    case .backwardCut: handle = streamInstance(name, BackwardCut(width: width))
    case .halfRateCut: handle = streamInstance(name, HalfRateCut(width: width))
    case .distributedFIFO(let depth): handle = streamInstance(name, DistributedFIFO(width: width, depth: depth))
    case .blockFIFO(let depth):
      handle = streamInstance(name, BlockFIFO(width: width, depth: depth))
      write("let \(name)_count = \(name).output(\"count\", Unsigned.self)")
      note("\(name)_count", handle.output("count", Unsigned.self))
    }
    let source: Stream<Unsigned> = m.wire("\(name)_source", Stream(width: width))
    write("let \(name)_source = m.wire(\"\(name)_source\", Stream<Unsigned>(width: \(width)))")
    write("\(name).connectStream(\"in\", from: \(name)_source)")
    handle.connectStream("in", from: source)
    source.valid.drive(valid.value)
    source.payload.drive(data.value)
    write("\(name)_source.valid.drive(\(valid.text))")
    write("\(name)_source.payload.drive(\(data.text))")
    let sink: Stream<Unsigned> = m.wire("\(name)_sink", Stream(width: width))
    write("let \(name)_sink = m.wire(\"\(name)_sink\", Stream<Unsigned>(width: \(width)))")
    write("\(name).connectStream(\"out\", to: \(name)_sink)")
    handle.connectStream("out", to: sink)
    sink.ready.drive(ready.value)
    write("\(name)_sink.ready.drive(\(ready.text))")
    values["\(name)_ready"] = .bit(Term(source.ready, "\(name)_source.ready"))
    values["\(name)_valid"] = .bit(Term(sink.valid, "\(name)_sink.valid"))
    values["\(name)_data"] = .unsigned(Term(sink.payload, "\(name)_sink.payload"))
  }

  private func streamInstance(_ name: String, _ module: some HardwareModule) -> InstanceHandle {
    write("let \(name) = m.instance(\"u_\(name)\", \(module))")
    return m.instance("u_\(name)", module)
  }

  private func bundle(
    _ name: String, _ flag: RecipeExpression, _ count: RecipeExpression, _ offset: RecipeExpression, _ cycles: Int
  ) {
    let flag = build(flag).asBit
    let count = build(count).asUnsigned
    let offset = build(offset).asSigned
    var bundle = SampleBundle(count: count.value.width, offset: offset.value.width)
    bundle.flag = flag.value
    bundle.count = count.value
    bundle.offset = offset.value
    write("var \(name) = SampleBundle(count: \(count.value.width), offset: \(offset.value.width))")
    write("\(name).flag = \(flag.text)")
    write("\(name).count = \(count.text)")
    write("\(name).offset = \(offset.text)")
    let late: SampleBundle
    if cycles == 1 {
      write("\(name) = m.registered(\"\(name)\", \(name))")
      late = m.registered(name, bundle)
    } else {
      write("\(name) = m.delayed(\"\(name)\", \(name), by: \(cycles))")
      late = m.delayed(name, bundle, by: cycles)
    }
    values["\(name)_flag"] = .bit(Term(late.flag, "\(name).flag"))
    values["\(name)_count"] = .unsigned(Term(late.count, "\(name).count"))
    values["\(name)_offset"] = .signed(Term(late.offset, "\(name).offset"))
  }

  private func pipeline(_ name: String, _ valid: RecipeExpression, _ operands: [RecipeExpression]) {
    let valid = build(valid).asBit
    func operand(_ position: Int) -> Term<Signed> {
      let expression = operands.indices.contains(position) ? operands[position] : .zero(.signed(1))
      return build(expression).asSigned.limited(to: 40)
    }
    let (x, y, z) = (operand(0), operand(1), operand(2))
    write("let \(name) = m.pipeline(\"\(name)\", valid: \(valid.text))")
    write("let \(name)_y = \(name).input(\(y.text))")
    write("let \(name)_z = \(name).input(\(z.text))")
    write("let \(name)_x = \(name).input(\(x.text)).registered(\"\(name)_x\")")
    write("let \(name)_product = (\(name)_x * \(name)_y).registered(\"\(name)_product\")")
    write("let \(name)_sum = (\(name)_product + \(name)_z).registered(\"\(name)_sum\")")
    let line = m.pipeline(name, valid: valid.value)
    let first = line.input(x.value).registered("\(name)_x")
    let product = (first * line.input(y.value)).registered("\(name)_product")
    let sum = (product + line.input(z.value)).registered("\(name)_sum")
    values["\(name)_result"] = .signed(Term(sum.value, "\(name)_sum.value"))
    values["\(name)_valid"] = .bit(Term(line.valid(at: line.latency), "\(name).valid(at: \(line.latency))"))
  }
}

/// A bundle with a field of each type.
struct SampleBundle: HardwareBundle {
  var flag = Bit.field()
  var count: Unsigned
  var offset: Signed

  init(count: Int, offset: Int) {
    self.count = .field(width: count)
    self.offset = .field(width: offset)
  }

  mutating func forEachField(_ field: FieldVisitor) {
    field("flag", &flag, reset: true)
    field("count", &count)
    field("offset", &offset, reset: 0)
  }
}
