import HardwareDescription

/// Builds the module a recipe describes, and writes down the Swift that would do the same.
final class RecipeInterpreter {
  /// Values are cut to this width, so that widths cannot run away.
  static let widestValue = 130

  enum VectorHandle {
    case unsigned(Vector<Unsigned>)
    case signed(Vector<Signed>)

    var count: Int {
      switch self {
      case .unsigned(let vector): vector.count.value ?? 1
      case .signed(let vector): vector.count.value ?? 1
      }
    }
  }

  enum MemoryKind {
    case unsigned(MemoryHandle<Unsigned>)
    case signed(MemoryHandle<Signed>)

    var depth: Int {
      switch self {
      case .unsigned(let memory): memory.depth
      case .signed(let memory): memory.depth
      }
    }
  }

  let m: ModuleBuilder
  let recipe: ModuleRecipe
  var values: [String: RecipeValue] = [:]
  var vectors: [String: VectorHandle] = [:]
  var memories: [String: MemoryKind] = [:]
  /// Bits of a word.
  var memoryWidths: [String: Int] = [:]
  /// Memories with a registered read.
  var registeredMemories: Set<String> = []
  var states: [String: StateHandle] = [:]
  var registers: Set<String> = []
  /// Signals that can be driven: wires without a value of their own.
  var openWires: Set<String> = []
  /// The variable of the loop around and the number of its iterations.
  var loop: (index: Index, count: Int)?
  private(set) var lines: [String] = []
  private var depth = 0

  init(_ m: ModuleBuilder, _ recipe: ModuleRecipe) {
    self.m = m
    self.recipe = recipe
  }

  func write(_ line: String) { lines.append(String(repeating: "  ", count: depth) + line) }

  func indented(_ body: () -> Void) {
    depth += 1
    body()
    depth -= 1
  }

  func build() {
    for input in recipe.inputs { self.input(input) }
    for item in recipe.items { build(item) }
    var visible: Set<String> = []
    for output in recipe.outputs {
      let value = build(output.value).converted(to: output.kind)
      // Of a signal that is converted only some bits may be seen.
      if case .signal(let name, _) = output.value, value.text == name { visible.insert(name) }
      write("m.output(\"\(output.name)\", \(value.text))")
      switch value {
      case .bit(let x): m.output(output.name, x.value)
      case .unsigned(let x): m.output(output.name, x.value)
      case .signed(let x): m.output(output.name, x.value)
      }
    }
    for (name, value) in values.sorted(by: { $0.key < $1.key }) where !visible.contains(name) {
      write("m.unused(\(name))")
      m.unused(value.hardware)
    }
    for (_, vector) in vectors.sorted(by: { $0.key < $1.key }) {
      for position in 0..<vector.count {
        switch vector {
        case .unsigned(let vector): m.unused(vector[position])
        case .signed(let vector): m.unused(vector[position])
        }
      }
    }
  }

  private func input(_ input: ModuleRecipe.Input) {
    let (name, shape) = (input.name, input.shape)
    if let count = input.count {
      let type = shape.kind == .signed ? "Signed" : "Unsigned"
      write(
        "let \(name) = m.inputVector(\"\(name)\", \(type).self, width: \(shape.width), count: \(count))")
      vectors[name] =
        shape.kind == .signed
        ? .signed(m.inputVector(name, Signed.self, width: shape.width, count: count))
        : .unsigned(m.inputVector(name, Unsigned.self, width: shape.width, count: count))
      return
    }
    declare(name, shape, "input") { kind in
      switch kind {
      case .bit: m.input(name, Bit.self)
      case .unsigned: m.input(name, Unsigned.self, width: shape.width)
      case .signed: m.input(name, Signed.self, width: shape.width)
      }
    }
  }

  /// Declares a signal with `make` and notes it under its name.
  func declare(_ name: String, _ shape: Shape, _ method: String, _ make: (Shape.Kind) -> any HardwareValue) {
    let value = make(shape.kind)
    switch shape.kind {
    case .bit: write("let \(name) = m.\(method)(\"\(name)\", Bit.self)")
    case .unsigned: write("let \(name) = m.\(method)(\"\(name)\", Unsigned.self, width: \(shape.width))")
    case .signed: write("let \(name) = m.\(method)(\"\(name)\", Signed.self, width: \(shape.width))")
    }
    note(name, value)
  }

  /// Makes a signal readable by its name.
  func note(_ name: String, _ value: any HardwareValue) {
    switch value {
    case let bit as Bit: values[name] = .bit(Term(bit, name))
    case let number as Unsigned: values[name] = .unsigned(Term(number, name))
    case let number as Signed: values[name] = .signed(Term(number, name))
    default: break
    }
  }
}

extension ModuleRecipe: HardwareModule {
  public var moduleName: String { name }
  public var documentation: String { "A random module." }
  public var sourceFile: String { "ModuleRecipe.swift" }

  public func build(_ m: ModuleBuilder) { RecipeInterpreter(m, self).build() }

  /// The Swift that builds the same module, children first.
  public var swiftText: String {
    let below = children.map { $0.swiftText + "\n" }.joined()
    let transcript = Transcript()
    _ = Elaborator(passes: []).run(TranscribedModule(recipe: self, transcript: transcript))
    let body = transcript.lines.map { "    \($0)\n" }.joined()
    return below + "struct \(name): HardwareModule {\n  func build(_ m: ModuleBuilder) {\n\(body)  }\n}\n"
  }
}

/// The names of modules are unique, so the name says which value it is.
extension ModuleRecipe: CustomDebugStringConvertible {
  public var debugDescription: String { "recipe \(name) \(hashValue)" }
}

private final class Transcript {
  var lines: [String] = []
}

private struct TranscribedModule: HardwareModule {
  let recipe: ModuleRecipe
  let transcript: Transcript
  var moduleName: String { recipe.name }

  func build(_ m: ModuleBuilder) {
    let interpreter = RecipeInterpreter(m, recipe)
    interpreter.build()
    transcript.lines = interpreter.lines
  }
}
