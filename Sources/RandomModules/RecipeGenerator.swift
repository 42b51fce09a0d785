import HardwareDescription
import HardwareSimulator
import SeededRandom

/// Draws modules. The same seed gives the same module.
public struct RecipeGenerator {
  var random: SeededGenerator
  /// What an expression may read.
  var readable: [(name: String, shape: Shape)] = []
  var vectors: [(name: String, shape: Shape)] = []
  var memories: [(name: String, shape: Shape)] = []
  var states: [(name: String, kind: StateKind)] = []
  /// Whether expressions stand inside a loop.
  var isInLoop = false

  // State declared so far, which statements write.
  private var registers: [(name: String, shape: Shape)] = []
  private var registerVectors: [(name: String, shape: Shape)] = []
  private var openWires: [(name: String, shape: Shape)] = []
  private var writtenMemories: [(name: String, shape: Shape)] = []
  private var registeredMemories: [String] = []
  private var number = 0

  public init(seed: UInt64) { random = SeededGenerator(seed: seed, name: "recipe") }

  /// A module of the name `module_<seed>`.
  public static func recipe(seed: UInt64) -> ModuleRecipe {
    var generator = RecipeGenerator(seed: seed)
    return generator.module(levels: 2).renamed("module_\(seed)")
  }

  mutating func shape() -> Shape {
    switch random.below(10) {
    case 0, 1: .bit
    case 2...5: .unsigned(random.width())
    default: .signed(random.width())
    }
  }

  private mutating func name(_ prefix: String) -> String {
    number += 1
    return "\(prefix)\(number)"
  }

  private mutating func module(levels: Int) -> ModuleRecipe {
    var recipe = ModuleRecipe(name: "module")
    if levels > 0, random.chance(levels == 2 ? 30 : 20) {
      for _ in 0..<(random.chance(25) ? 2 : 1) {
        var child = RecipeGenerator(seed: random.next())
        recipe.children.append(child.module(levels: levels - 1))
      }
    }
    let isLarge = levels == 2
    for _ in 0..<(2 + random.below(3)) { recipe.inputs.append(input()) }
    var items = declarations(isLarge)
    for _ in 0..<(1 + random.below(isLarge ? 6 : 2)) { items += combinational(recipe.children) }
    // Each child is used, often twice.
    for index in recipe.children.indices {
      for _ in 0..<(1 + random.below(2)) { items.append(instance(index, recipe.children[index])) }
    }
    items += updates()
    recipe.items = items
    recipe.outputs = outputs(items)
    return recipe
  }

  private mutating func input() -> ModuleRecipe.Input {
    let name = name("x")
    if random.chance(10) {
      let shape = Shape(random.chance(50) ? .signed : .unsigned, width: 1 + random.below(12))
      vectors.append((name, shape))
      return ModuleRecipe.Input(name: name, shape: shape, count: 2 + random.below(4))
    }
    let shape = shape()
    readable.append((name, shape))
    return ModuleRecipe.Input(name: name, shape: shape)
  }

  // MARK: Declarations

  private mutating func reset() -> Int? {
    random.chance(60) ? (random.chance(40) ? 0 : random.below(1 << 20)) : nil
  }

  /// State, and wires that are driven at the end from inputs and state alone, so that all may read them.
  private mutating func declarations(_ isLarge: Bool) -> [RecipeItem] {
    var items: [RecipeItem] = []
    for _ in 0..<random.below(isLarge ? 4 : 3) {
      let (name, shape) = (name("r"), shape())
      items.append(.register(name, shape, reset: reset()))
      registers.append((name, shape))
      readable.append((name, shape))
    }
    if random.chance(30) {
      let (name, kind) = (name("s"), random.pick(StateKind.allCases))
      items.append(.state(name, kind, reset: random.below(kind.rawValue)))
      states.append((name, kind))
      readable.append((name, .unsigned(indexWidth(kind.rawValue))))
    }
    if random.chance(15) {
      let (name, shape) = (name("b"), shape().number)
      items.append(.registerVector(name, shape, count: 2 + random.below(4), reset: reset()))
      registerVectors.append((name, shape))
      vectors.append((name, shape))
    }
    if random.chance(25) {
      let (name, shape) = (name("m"), shape().number)
      let isRegistered = random.chance(50)
      items.append(
        .memory(
          name, shape, depth: random.pick([1, 2, 3, 4, 6, 8, 16]), isRegistered: isRegistered,
          random.chance(50) ? .block : .distributed))
      writtenMemories.append((name, shape))
      if isRegistered {
        registeredMemories.append(name)
        let read = self.name("q")
        items.append(
          .registeredRead(
            read, memory: name, address: expression(1, .unsigned), enable: random.chance(50) ? condition() : nil))
        readable.append((read, shape))
      } else {
        memories.append((name, shape))
      }
    }
    for _ in 0..<random.below(3) {
      let (name, shape) = (name("o"), shape())
      items.append(.openWire(name, shape))
      openWires.append((name, shape))
    }
    // Their drivers are drawn before they are readable themselves.
    var drives: [RecipeStatement] = []
    for wire in openWires {
      drives.append(.assign(wire.name, .whole, expression(2, wire.shape.kind)))
      if random.chance(70) { drives += block(writing: [.signal(wire.name, wire.shape)], depth: 2) }
    }
    if !drives.isEmpty { late = .statements(drives) }
    readable += openWires
    return items
  }

  /// The drivers of the open wires, which are written after everything that reads them.
  private var late: RecipeItem?

  // MARK: Items

  private mutating func combinational(_ children: [ModuleRecipe]) -> [RecipeItem] {
    switch random.below(20) {
    case 0..<9:
      let name = name("w")
      let kind = random.pick(Shape.Kind.allCases)
      let value = expression(1 + random.below(3), kind)
      readable.append((name, Shape(kind, width: 16)))
      return [.wire(name, value)]
    case 9, 10:
      let name = name("d")
      let kind = random.pick(Shape.Kind.allCases)
      let value = expression(random.below(3), kind)
      readable.append((name, Shape(kind, width: 16)))
      return [.delay(name, value, cycles: 1 + random.below(4))]
    case 11:
      let name = name("d")
      let value = condition()
      readable.append((name, .bit))
      return [.delayWithReset(name, value, cycles: 1 + random.below(4))]
    case 12..<16: return [loop()]
    case 16:
      let name = name("f")
      let width = random.chance(50) ? random.width() : 8
      let stream: RecipeStream = random.pick([
        .skidBuffer, .forwardCut, .backwardCut, .halfRateCut, .distributedFIFO(depth: 1 + random.below(6)),
        .blockFIFO(depth: 2 + random.below(5)),
      ])
      let item = RecipeItem.stream(
        name, stream, width: width, valid: condition(), data: expression(2, .unsigned), ready: condition())
      readable += [("\(name)_ready", .bit), ("\(name)_valid", .bit), ("\(name)_data", .unsigned(width))]
      return [item]
    case 17:
      let name = name("g")
      let item = RecipeItem.bundle(
        name, flag: condition(), count: expression(1, .unsigned), offset: expression(1, .signed),
        cycles: 1 + random.below(3))
      readable += [("\(name)_flag", .bit), ("\(name)_count", .unsigned(8)), ("\(name)_offset", .signed(8))]
      return [item]
    case 18:
      let name = name("p")
      let operands = (0..<3).map { _ in expression(1, .signed) }
      let item = RecipeItem.pipeline(name, valid: condition(), operands)
      readable += [("\(name)_valid", .bit), ("\(name)_result", .signed(20))]
      return [item]
    default:
      guard let index = children.indices.randomElement(using: &random) else { return [] }
      return [instance(index, children[index])]
    }
  }

  private mutating func loop() -> RecipeItem {
    let name = name("v")
    let shape = Shape(
      random.chance(50) ? .signed : .unsigned, width: random.chance(60) ? 1 + random.below(12) : random.width())
    isInLoop = true
    let value = expression(1 + random.below(3), shape.kind)
    isInLoop = false
    let storage: RecipeLoop.Storage =
      switch random.below(4) {
      case 0, 1: .wire
      case 2: .register(reset: reset())
      default: .delay(1 + random.below(4))
      }
    let enable = random.chance(40) ? condition() : nil
    let item = RecipeItem.vector(
      name, shape,
      RecipeLoop(
        count: 2 + random.below(4), isNamed: random.chance(40), storage: storage, enable: enable, value: value))
    vectors.append((name, shape))
    return item
  }

  private mutating func instance(_ index: Int, _ child: ModuleRecipe) -> RecipeItem {
    let name = name("u")
    let inputs = child.inputs.map { expression(random.below(3), $0.count == nil ? $0.shape.kind : .unsigned) }
    for output in child.outputs { readable.append(("\(name)_\(output.name)", Shape(output.kind, width: 8))) }
    return .instance(name, child: index, inputs: inputs)
  }

  // MARK: Statements

  /// Something statements write.
  private enum Target {
    case signal(String, Shape)
    case vector(String, Shape)
    case memory(String, Shape)
    case state(String, StateKind)
  }

  private mutating func updates() -> [RecipeItem] {
    var statements: [RecipeStatement] = []
    var targets: [Target] = registers.map { .signal($0.name, $0.shape) }
    targets += registerVectors.map { .vector($0.name, $0.shape) } + writtenMemories.map { .memory($0.name, $0.shape) }
    targets += states.map { .state($0.name, $0.kind) }
    // A plain value comes first, since a later one would win over all conditions.
    for register in registers where random.chance(40) {
      statements.append(.assign(register.name, .whole, expression(1 + random.below(3), register.shape.kind)))
    }
    if !targets.isEmpty {
      statements += block(writing: targets, depth: 2)
      for target in targets { statements += covering(target) }
    }
    return [late].compactMap { $0 } + (statements.isEmpty ? [] : [.statements(statements)])
  }

  /// One assignment of the whole target under a condition, so that nothing stays undriven.
  private mutating func covering(_ target: Target) -> [RecipeStatement] {
    let body = [assignment(target, isWhole: true)]
    if random.chance(50) {
      return block(writing: [target], depth: 1) + [.when([.init(condition: condition(), body: body)], otherwise: nil)]
    }
    let label = random.below(4)
    return [
      .choose(
        .operation(.truncate(2), [expression(1, .unsigned)]), [.init(labels: [label], body: body)], otherwise: nil)
    ]
  }

  private mutating func assignment(_ target: Target, isWhole: Bool = false) -> RecipeStatement {
    switch target {
    case .signal(let name, let shape):
      let part: RecipeStatement.Part =
        switch shape.kind == .bit || isWhole ? 0 : random.below(10) {
        case 7: .slice(low: random.below(shape.width), width: 1 + random.below(shape.width))
        case 8: .bit(expression(1, .unsigned))
        case 9: .dynamicSlice(expression(1, .unsigned), width: 1 + random.below(shape.width))
        default: .whole
        }
      let value = expression(1 + random.below(2), part == .whole ? shape.kind : .unsigned)
      return .assign(name, part, value)
    case .vector(let name, let shape): return .assignElement(name, expression(1, .unsigned), expression(2, shape.kind))
    case .memory(let name, let shape):
      return .write(
        name, address: expression(1, .unsigned), data: expression(2, shape.kind),
        enable: random.chance(30) ? condition() : nil)
    case .state(let name, let kind):
      if random.chance(30) {
        return .enterSelected(name, condition(), random.below(kind.rawValue), random.below(kind.rawValue))
      }
      return .enter(name, random.below(kind.rawValue))
    }
  }

  private mutating func body(writing targets: [Target], depth: Int) -> [RecipeStatement] {
    var statements: [RecipeStatement] = []
    for _ in 0..<(1 + random.below(2)) {
      if depth > 0, random.chance(25) {
        statements += block(writing: targets, depth: depth - 1)
      } else {
        statements.append(assignment(random.pick(targets)))
      }
    }
    return statements
  }

  /// A condition or choice with assignments in it.
  private mutating func block(writing targets: [Target], depth: Int) -> [RecipeStatement] {
    switch random.below(states.isEmpty ? 8 : 11) {
    case 0..<5:
      var branches: [RecipeStatement.Branch] = []
      for _ in 0..<(1 + random.below(3)) {
        branches.append(
          RecipeStatement.Branch(condition: condition(), body: body(writing: targets, depth: depth - 1)))
      }
      let otherwise = random.chance(50) ? body(writing: targets, depth: depth - 1) : nil
      return [.when(branches, otherwise: otherwise)]
    case 5..<8:
      let width = 1 + random.below(4)
      let subject = RecipeExpression.operation(.truncate(width), [expression(1, .unsigned)])
      var arms: [RecipeStatement.Arm] = []
      for _ in 0..<(1 + random.below(3)) {
        let labels = (0..<(1 + random.below(2))).map { _ in random.below(1 << width) }
        arms.append(RecipeStatement.Arm(labels: labels, body: body(writing: targets, depth: depth - 1)))
      }
      let otherwise = random.chance(60) ? body(writing: targets, depth: depth - 1) : nil
      return [.choose(subject, arms, otherwise: otherwise)]
    default:
      let state = random.pick(states)
      let bodies = (0..<state.kind.rawValue).map { _ in
        random.chance(75) ? body(writing: targets, depth: depth - 1) : []
      }
      return [.chooseState(state.name, bodies)]
    }
  }

  // MARK: Outputs

  /// What nothing reads, some of what something reads, and a few expressions more.
  private mutating func outputs(_ items: [RecipeItem]) -> [ModuleRecipe.Output] {
    var outputs: [ModuleRecipe.Output] = []
    func add(_ kind: Shape.Kind, _ value: RecipeExpression) {
      outputs.append(ModuleRecipe.Output(name: "y\(outputs.count)", kind: kind, value: value))
    }
    var read: Set<String> = []
    for item in items { item.visitExpressions { read.formUnion($0.names) } }
    for signal in readable where !signal.name.hasPrefix("x") {
      if !read.contains(signal.name) || random.chance(60) { add(signal.shape.kind, .signal(signal.name, signal.shape)) }
    }
    for vector in vectors where !vector.name.hasPrefix("x") {
      let parts = (0..<5).map { RecipeExpression.operation(.fixedElement(vector.name, $0, vector.shape), []) }
      add(.unsigned, .operation(.concatenate, parts.map { .operation(.truncate(26), [$0]) }))
    }
    for memory in memories {
      add(memory.shape.kind, .operation(.word(memory.name, memory.shape), [expression(1, .unsigned)]))
    }
    for _ in 0..<(1 + random.below(3)) {
      let kind = random.pick(Shape.Kind.allCases)
      add(kind, expression(2 + random.below(2), kind))
    }
    return outputs
  }
}
