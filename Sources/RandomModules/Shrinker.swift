import HardwareDescription

/// Makes a module smaller for as long as something about it stays true.
struct Shrinker {
  /// Modules that are tried together.
  var batch = 60
  /// Rounds after which the module is small enough.
  var rounds = 200

  /// - Parameter holds: which of the recipes still show what is looked for.
  func shrink(
    _ recipe: ModuleRecipe, holds: ([ModuleRecipe]) throws(RandomModulesError) -> [Bool]
  ) throws(RandomModulesError) -> ModuleRecipe {
    var smallest = recipe
    for _ in 0..<rounds {
      guard let smaller = try step(smallest, holds) else { return smallest }
      smallest = smaller
    }
    return smallest
  }

  /// The smallest candidate of the first batch with one that holds.
  private func step(
    _ recipe: ModuleRecipe, _ holds: ([ModuleRecipe]) throws(RandomModulesError) -> [Bool]
  ) throws(RandomModulesError) -> ModuleRecipe? {
    let size = recipe.size
    var seen: Set<ModuleRecipe> = [recipe]
    let candidates = recipe.reductions().filter { $0.size < size && seen.insert($0).inserted }
      .sorted { $0.size < $1.size }
    var start = 0
    while start < candidates.count {
      let part = Array(candidates[start..<min(start + batch, candidates.count)])
      let named = part.enumerated().map { $1.renamed("\(recipe.name)_c\($0)") }
      let verdicts = try holds(named)
      if let found = verdicts.firstIndex(of: true) { return part[found] }
      start += batch
    }
    return nil
  }
}

extension ModuleRecipe {
  /// Weighs a recipe: what shrinking makes smaller.
  var size: Int {
    var total = children.reduce(0) { $0 + 20 + $1.size }
    total += inputs.reduce(0) { $0 + 10 + $1.width }
    total += outputs.count * 10
    for item in items { total += 10 + item.ownSize }
    var copy = self
    copy.children = []
    copy.editStatements { total += $0.count * 10 }
    copy.editExpressions { expression in
      expression.visit { total += $0.ownSize }
    }
    return total
  }

  /// Recipes with something taken away, each in one place.
  func reductions() -> [ModuleRecipe] {
    var result: [ModuleRecipe] = []
    func add(_ change: (inout ModuleRecipe) -> Void) {
      var copy = self
      change(&copy)
      result.append(copy)
    }
    for index in outputs.indices {
      add { $0.outputs.remove(at: index) }
      if outputs.count > 1 { add { $0.outputs = [$0.outputs[index]] } }
    }
    if items.count > 3 {
      add { $0.items.removeFirst($0.items.count / 2) }
      add { $0.items.removeLast($0.items.count / 2) }
    }
    for index in items.indices {
      add { $0.items.remove(at: index) }
      for smaller in items[index].reductions() { add { $0.items[index] = smaller } }
    }
    for index in inputs.indices {
      // A child keeps its ports, since they are connected by position.
      add { $0.inputs.remove(at: index) }
      if let smaller = inputs[index].shape.narrower { for shape in smaller { add { $0.inputs[index].shape = shape } } }
    }
    if !children.isEmpty, !items.contains(where: { if case .instance = $0 { true } else { false } }) {
      add { $0.children = [] }
    }
    for index in children.indices {
      for smaller in children[index].reductions() where smaller.inputs.count == children[index].inputs.count {
        add { $0.children[index] = smaller }
      }
      // The child in the place of the whole.
      result.append(children[index].renamed(name))
    }
    result += statementReductions() + expressionReductions()
    return result
  }

  private func statementReductions() -> [ModuleRecipe] {
    var bare = self
    bare.children = []
    var lists: [[RecipeStatement]] = []
    bare.editStatements { lists.append($0) }
    var result: [ModuleRecipe] = []
    func replace(_ number: Int, _ statements: [RecipeStatement]) {
      var copy = bare
      var position = 0
      copy.editStatements { list in
        if position == number { list = statements }
        position += 1
      }
      copy.children = children
      result.append(copy)
    }
    for (number, list) in lists.enumerated() {
      for index in list.indices {
        var shorter = list
        shorter.remove(at: index)
        replace(number, shorter)
        for smaller in list[index].reductions() {
          var changed = list
          changed.replaceSubrange(index...index, with: smaller)
          replace(number, changed)
        }
      }
    }
    return result
  }

  private func expressionReductions() -> [ModuleRecipe] {
    var bare = self
    bare.children = []
    var nodes: [RecipeExpression] = []
    bare.editExpressions { $0.edit { nodes.append($0) } }
    var result: [ModuleRecipe] = []
    for (number, node) in nodes.enumerated() {
      for smaller in node.reductions() {
        var copy = bare
        var position = 0
        copy.editExpressions { expression in
          expression.edit { inner in
            if position == number { inner = smaller }
            position += 1
          }
        }
        copy.children = children
        result.append(copy)
      }
    }
    return result
  }
}

extension Shape {
  /// Shapes of fewer bits.
  var narrower: [Shape]? {
    guard kind != .bit, width > 1 else { return nil }
    return Array(Set([1, width / 2, width - 1])).filter { $0 >= 1 }.sorted().map { Shape(kind, width: $0) }
  }
}

extension RecipeItem {
  fileprivate var ownSize: Int {
    switch self {
    case .openWire(_, let shape), .register(_, let shape, _), .vector(_, let shape, _): shape.width
    case .registerVector(_, let shape, let count, _): shape.width + count
    case .memory(_, let shape, let depth, _, _): shape.width + depth
    case .delay(_, _, let cycles), .delayWithReset(_, _, let cycles), .bundle(_, _, _, _, let cycles): cycles
    case .stream(_, _, let width, _, _, _): 20 + width
    case .pipeline: 20
    case .wire, .state, .registeredRead, .instance, .statements: 0
    }
  }

  fileprivate func reductions() -> [RecipeItem] {
    switch self {
    case .openWire(let name, let shape): return (shape.narrower ?? []).map { .openWire(name, $0) }
    case .register(let name, let shape, let reset):
      return (shape.narrower ?? []).map { .register(name, $0, reset: reset) }
    case .registerVector(let name, let shape, let count, let reset):
      return (shape.narrower ?? []).map { .registerVector(name, $0, count: count, reset: reset) }
        + (count > 2 ? [.registerVector(name, shape, count: 2, reset: reset)] : [])
    case .memory(let name, let shape, let depth, let isRegistered, let style):
      return (shape.narrower ?? []).map { .memory(name, $0, depth: depth, isRegistered: isRegistered, style) }
        + (depth > 2 ? [.memory(name, shape, depth: 2, isRegistered: isRegistered, style)] : [])
    case .vector(let name, let shape, var loop):
      var result: [RecipeItem] = (shape.narrower ?? []).map { .vector(name, $0, loop) }
      if loop.count > 2 {
        var shorter = loop
        shorter.count = 2
        result.append(.vector(name, shape, shorter))
      }
      loop.enable = nil
      return result + [.vector(name, shape, loop)]
    case .delay(let name, let value, let cycles) where cycles > 1:
      return [.delay(name, value, cycles: cycles - 1)]
    case .delayWithReset(let name, let value, let cycles) where cycles > 1:
      return [.delayWithReset(name, value, cycles: cycles - 1)]
    case .stream(let name, let stream, let width, let valid, let data, let ready) where width > 1:
      return [.stream(name, stream, width: width / 2, valid: valid, data: data, ready: ready)]
    default: return []
    }
  }
}

extension RecipeStatement {
  /// What may stand in its place.
  fileprivate func reductions() -> [[RecipeStatement]] {
    switch self {
    case .assign(let name, let part, let value):
      return part == .whole ? [] : [[.assign(name, .whole, value)]]
    case .assignElement, .enter: return []
    case .write(let name, let address, let data, let enable):
      return enable == nil ? [] : [[.write(name, address: address, data: data, enable: nil)]]
    case .enterSelected(let name, _, let a, let b): return [[.enter(name, a)], [.enter(name, b)]]
    case .when(let branches, let otherwise):
      var result = branches.map(\.body)
      if let otherwise {
        result.append(otherwise)
        result.append([.when(branches, otherwise: nil)])
      }
      for index in branches.indices where branches.count > 1 {
        var fewer = branches
        fewer.remove(at: index)
        result.append([.when(fewer, otherwise: otherwise)])
      }
      return result
    case .choose(let subject, let arms, let otherwise):
      var result = arms.map(\.body)
      if let otherwise {
        result.append(otherwise)
        result.append([.choose(subject, arms, otherwise: nil)])
      }
      for index in arms.indices {
        var fewer = arms
        fewer.remove(at: index)
        result.append([.choose(subject, fewer, otherwise: otherwise)])
      }
      return result
    case .chooseState(let name, let bodies):
      var result = bodies
      for index in bodies.indices where !bodies[index].isEmpty {
        var fewer = bodies
        fewer[index] = []
        result.append([.chooseState(name, fewer)])
      }
      return result
    }
  }
}

extension RecipeExpression {
  fileprivate var ownSize: Int {
    switch self {
    case .signal: 2
    case .constant(let shape, let words): 1 + shape.width / 16 + (words.allSatisfy { $0 == 0 } ? 0 : 1)
    case .literal: 1
    case .loopIndex, .inState: 2
    case .operation(let op, _): 6 + op.ownSize
    }
  }

  /// Operands in the place of an operator, constants in the place of anything.
  fileprivate func reductions() -> [RecipeExpression] {
    switch self {
    case .literal: return []
    case .constant(let shape, let words):
      let narrower = (shape.narrower ?? []).map { RecipeExpression.constant($0, words: words) }
      return words.allSatisfy { $0 == 0 } ? narrower : narrower + [.zero(shape)]
    case .signal(_, let shape): return [.zero(shape)]
    case .loopIndex, .inState: return [.zero(.bit)]
    case .operation(let op, let operands):
      var result = operands + [.zero(.bit), .zero(.unsigned(8)), .zero(.signed(8))]
      if operands.count > 1, op == .concatenate {
        for index in operands.indices {
          var fewer = operands
          fewer.remove(at: index)
          result.append(.operation(op, fewer))
        }
      }
      return result + op.reductions().map { .operation($0, operands) }
    }
  }
}

extension RecipeOperator {
  /// The numbers that belong to it, weighed.
  fileprivate var ownSize: Int {
    switch self {
    case .replicate(let number), .truncate(let number), .extend(let number), .saturate(let number),
      .shiftLeft(let number), .shiftRight(let number), .bit(let number), .dynamicSlice(let number), .lane(let number):
      number
    case .slice(let low, let width): low + width
    default: 0
    }
  }

  fileprivate func reductions() -> [RecipeOperator] {
    func smaller(_ number: Int) -> [Int] { number > 1 ? [number / 2, number - 1] : [] }
    switch self {
    case .replicate(let number): return smaller(number).map { .replicate($0) }
    case .truncate(let number): return smaller(number).map { .truncate($0) }
    case .extend(let number): return smaller(number).map { .extend($0) }
    case .saturate(let number): return smaller(number).map { .saturate($0) }
    case .shiftLeft(let number): return smaller(number).map { .shiftLeft($0) }
    case .shiftRight(let number): return smaller(number).map { .shiftRight($0) }
    case .bit(let number): return smaller(number + 1).map { .bit($0 - 1) }
    case .lane(let width): return smaller(width).map { .lane(width: $0) }
    case .dynamicSlice(let width): return smaller(width).map { .dynamicSlice(width: $0) }
    case .slice(let low, let width):
      return smaller(low + 1).map { .slice(low: $0 - 1, width: width) }
        + smaller(width).map { .slice(low: low, width: $0) }
    default: return []
    }
  }
}
