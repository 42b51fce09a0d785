// The places of a recipe where something can be changed, in a fixed order.

extension RecipeItem {
  /// Calls `action` with every expression, without what is below it.
  func visitExpressions(_ action: (RecipeExpression) -> Void) {
    var copy = self
    copy.editExpressions { action($0) }
  }

  mutating func editExpressions(_ action: (inout RecipeExpression) -> Void) {
    switch self {
    case .openWire, .register, .state, .registerVector, .memory: break
    case .wire(let name, var value):
      action(&value)
      self = .wire(name, value)
    case .registeredRead(let name, let memory, var address, var enable):
      action(&address)
      if var condition = enable {
        action(&condition)
        enable = condition
      }
      self = .registeredRead(name, memory: memory, address: address, enable: enable)
    case .delay(let name, var value, let cycles):
      action(&value)
      self = .delay(name, value, cycles: cycles)
    case .delayWithReset(let name, var value, let cycles):
      action(&value)
      self = .delayWithReset(name, value, cycles: cycles)
    case .vector(let name, let shape, var loop):
      action(&loop.value)
      if var enable = loop.enable {
        action(&enable)
        loop.enable = enable
      }
      self = .vector(name, shape, loop)
    case .instance(let name, let child, var inputs):
      for index in inputs.indices { action(&inputs[index]) }
      self = .instance(name, child: child, inputs: inputs)
    case .stream(let name, let stream, let width, var valid, var data, var ready):
      action(&valid)
      action(&data)
      action(&ready)
      self = .stream(name, stream, width: width, valid: valid, data: data, ready: ready)
    case .bundle(let name, var flag, var count, var offset, let cycles):
      action(&flag)
      action(&count)
      action(&offset)
      self = .bundle(name, flag: flag, count: count, offset: offset, cycles: cycles)
    case .pipeline(let name, var valid, var operands):
      action(&valid)
      for index in operands.indices { action(&operands[index]) }
      self = .pipeline(name, valid: valid, operands)
    case .statements(var statements):
      for index in statements.indices { statements[index].editExpressions(action) }
      self = .statements(statements)
    }
  }
}

extension RecipeStatement {
  mutating func editExpressions(_ action: (inout RecipeExpression) -> Void) {
    switch self {
    case .enter: break
    case .assign(let name, var part, var value):
      switch part {
      case .whole, .slice: break
      case .bit(var place):
        action(&place)
        part = .bit(place)
      case .dynamicSlice(var low, let width):
        action(&low)
        part = .dynamicSlice(low, width: width)
      }
      action(&value)
      self = .assign(name, part, value)
    case .assignElement(let name, var index, var value):
      action(&index)
      action(&value)
      self = .assignElement(name, index, value)
    case .write(let name, var address, var data, var enable):
      action(&address)
      action(&data)
      if var condition = enable {
        action(&condition)
        enable = condition
      }
      self = .write(name, address: address, data: data, enable: enable)
    case .enterSelected(let name, var condition, let a, let b):
      action(&condition)
      self = .enterSelected(name, condition, a, b)
    case .when(var branches, let otherwise):
      for index in branches.indices { action(&branches[index].condition) }
      self = .when(branches, otherwise: otherwise)
      editBodies { body in for index in body.indices { body[index].editExpressions(action) } }
    case .choose(var subject, let arms, let otherwise):
      action(&subject)
      self = .choose(subject, arms, otherwise: otherwise)
      editBodies { body in for index in body.indices { body[index].editExpressions(action) } }
    case .chooseState:
      editBodies { body in for index in body.indices { body[index].editExpressions(action) } }
    }
  }

  /// The lists of statements directly inside.
  mutating func editBodies(_ action: (inout [RecipeStatement]) -> Void) {
    switch self {
    case .assign, .assignElement, .write, .enter, .enterSelected: break
    case .when(var branches, var otherwise):
      for index in branches.indices { action(&branches[index].body) }
      if var body = otherwise {
        action(&body)
        otherwise = body
      }
      self = .when(branches, otherwise: otherwise)
    case .choose(let subject, var arms, var otherwise):
      for index in arms.indices { action(&arms[index].body) }
      if var body = otherwise {
        action(&body)
        otherwise = body
      }
      self = .choose(subject, arms, otherwise: otherwise)
    case .chooseState(let name, var bodies):
      for index in bodies.indices { action(&bodies[index]) }
      self = .chooseState(name, bodies)
    }
  }
}

extension ModuleRecipe {
  /// Every expression that stands by itself, here and in the children.
  mutating func editExpressions(_ action: (inout RecipeExpression) -> Void) {
    for index in children.indices { children[index].editExpressions(action) }
    for index in items.indices { items[index].editExpressions(action) }
    for index in outputs.indices { action(&outputs[index].value) }
  }

  /// Every list of statements, outer ones first.
  mutating func editStatements(_ action: (inout [RecipeStatement]) -> Void) {
    func edit(_ statements: inout [RecipeStatement]) {
      action(&statements)
      for index in statements.indices { statements[index].editBodies(edit) }
    }
    for index in children.indices { children[index].editStatements(action) }
    for index in items.indices {
      guard case .statements(var statements) = items[index] else { continue }
      edit(&statements)
      items[index] = .statements(statements)
    }
  }
}
