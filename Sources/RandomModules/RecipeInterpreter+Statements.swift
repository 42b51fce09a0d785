import HardwareDescription

extension RecipeInterpreter {
  func build(_ statement: RecipeStatement) {
    switch statement {
    case .assign(let name, let part, let value): assign(name, part, value)
    case .assignElement(let name, let index, let value):
      guard let vector = vectors[name], registers.contains(name) else { return }
      let index = position(index, below: vector.count)
      switch vector {
      case .unsigned(let vector):
        let value = build(value).asUnsigned.limited(to: vector.width)
        write("\(name)[\(index.text)].next(\(value.text))")
        vector[index.value].next(value.value)
      case .signed(let vector):
        let value = build(value).asSigned.limited(to: vector.width)
        write("\(name)[\(index.text)].next(\(value.text))")
        vector[index.value].next(value.value)
      }
    case .write(let name, let address, let data, let enable): writeMemory(name, address, data, enable)
    case .enter(let name, let number):
      guard let state = states[name] else { return }
      write("\(name).next(.\(state.label(number)))")
      state.enter(number)
    case .enterSelected(let name, let condition, let a, let b):
      guard let state = states[name] else { return }
      let condition = build(condition).asBit
      let type = state.typeName
      write(
        "\(name).next(\(condition.primary).select(Enumerated(\(type).\(state.label(a))), Enumerated(\(type).\(state.label(b)))))"
      )
      state.enterSelected(condition.value, a, b)
    case .when(let branches, let otherwise): when(branches, otherwise)
    case .choose(let subject, let arms, let otherwise): choose(subject, arms, otherwise)
    case .chooseState(let name, let bodies):
      guard let state = states[name] else { return }
      write("m.switchOn(\(name)) { state in")
      indented {
        write("switch state {")
        state.choose(m) { number in
          write("case .\(state.label(number)):")
          block(bodies.indices.contains(number) ? bodies[number] : [])
        }
        write("}")
      }
      write("}")
    }
  }

  private func block(_ statements: [RecipeStatement]) {
    indented { for statement in statements { build(statement) } }
  }

  private func assign(_ name: String, _ part: RecipeStatement.Part, _ expression: RecipeExpression) {
    guard let target = values[name] else { return }
    guard registers.contains(name) || openWires.contains(name) else { return }
    let value = build(expression)
    switch part {
    case .whole:
      switch target {
      case .bit(let x): set(x, value.asBit, name)
      case .unsigned(let x): set(x, value.asUnsigned.limited(to: x.value.width), name)
      case .signed(let x): set(x, value.asSigned.limited(to: x.value.width), name)
      }
    case .slice, .bit, .dynamicSlice:
      switch target {
      case .bit(let x): set(x, value.asBit, name)
      case .unsigned(let x): assign(x, part, value, name)
      case .signed(let x): assign(x, part, value, name)
      }
    }
  }

  private func assign<T: HardwareNumber>(
    _ target: Term<T>, _ part: RecipeStatement.Part, _ value: RecipeValue, _ name: String
  ) {
    let whole = target.value.width
    switch part {
    case .whole: break
    case .slice(let low, let width):
      let start = low % whole
      let count = 1 + (max(1, width) - 1) % (whole - start)
      let slice = Term(
        target.value[start + count - 1, start], "\(target.text)[\(start + count - 1), \(start)]")
      set(slice, value.asUnsigned.limited(to: count), name)
    case .bit(let place):
      let place = position(place, below: whole)
      set(Term(target.value[place.value], "\(target.text)[\(place.text)]"), value.asBit, name)
    case .dynamicSlice(let low, let width):
      let count = max(1, min(width, whole))
      let low = position(low, below: whole - count + 1)
      let slice = Term(
        target.value.slice(at: low.value, width: count), "\(target.text).slice(at: \(low.text), width: \(count))")
      set(slice, value.asUnsigned.limited(to: count), name)
    }
  }

  private func set<T: HardwareValue>(_ target: Term<T>, _ value: Term<T>, _ name: String) {
    if registers.contains(name) {
      write("\(target.text).next(\(value.text))")
      target.value.next(value.value)
    } else {
      write("\(target.text).drive(\(value.text))")
      target.value.drive(value.value)
    }
  }

  private func writeMemory(
    _ name: String, _ address: RecipeExpression, _ data: RecipeExpression, _ enable: RecipeExpression?
  ) {
    guard let memory = memories[name], let width = memoryWidths[name] else { return }
    let address = position(address, below: memory.depth)
    let enable = enable.map { build($0).asBit }
    let suffix = enable.map { ", enable: \($0.text)" } ?? ""
    switch memory {
    case .unsigned(let memory):
      let data = build(data).asUnsigned.limited(to: width)
      write("\(name).write(\(address.text), \(data.text)\(suffix))")
      if let enable {
        memory.write(address.value, data.value, enable: enable.value)
      } else {
        memory.write(address.value, data.value)
      }
    case .signed(let memory):
      let data = build(data).asSigned.limited(to: width)
      write("\(name).write(\(address.text), \(data.text)\(suffix))")
      if let enable {
        memory.write(address.value, data.value, enable: enable.value)
      } else {
        memory.write(address.value, data.value)
      }
    }
  }

  private func when(_ branches: [RecipeStatement.Branch], _ otherwise: [RecipeStatement]?) {
    guard let first = branches.first else {
      // Nothing is left before it.
      for statement in otherwise ?? [] { build(statement) }
      return
    }
    let condition = build(first.condition).asBit
    write("m.when(\(condition.text)) {")
    var chain = m.when(condition.value) { block(first.body) }
    for branch in branches.dropFirst() {
      let condition = build(branch.condition).asBit
      write("}.elseWhen(\(condition.text)) {")
      chain = chain.elseWhen(condition.value) { block(branch.body) }
    }
    if let otherwise {
      write("}.otherwise {")
      chain.otherwise { block(otherwise) }
    }
    write("}")
  }

  private func choose(
    _ subject: RecipeExpression, _ arms: [RecipeStatement.Arm], _ otherwise: [RecipeStatement]?
  ) {
    let subject = build(subject).asUnsigned.limited(to: 8)
    let width = subject.value.width
    var taken: Set<Int> = []
    write("m.switchOn(\(subject.text)) { choose in")
    m.switchOn(subject.value) { choose in
      indented {
        for arm in arms {
          // Each value once, and only those the subject can have.
          let labels = arm.labels.map { $0 & ((1 << width) - 1) }.filter { taken.insert($0).inserted }
          guard !labels.isEmpty else { continue }
          write("choose.when(\(labels.map(String.init).joined(separator: ", "))) {")
          choose.when(labels) { block(arm.body) }
          write("}")
        }
        if let otherwise {
          write("choose.otherwise {")
          choose.otherwise { block(otherwise) }
          write("}")
        }
      }
    }
    write("}")
  }
}
