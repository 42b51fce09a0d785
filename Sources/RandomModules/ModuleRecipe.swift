import HardwareDescription

/// A module as a value: what a generator makes, the language builds, and a shrinker takes apart.
///
/// Items are built in order; an expression reads what stands before it, and whatever is a register. A part that refers to
/// something that does not exist is left out, or is zero.
public struct ModuleRecipe: Hashable, Sendable {
  /// A port that enters.
  public struct Input: Hashable, Sendable {
    public var name: String
    public var shape: Shape
    /// Elements, for a vector.
    public var count: Int?

    /// Bits of the port.
    var width: Int { shape.width * (count ?? 1) }
  }

  /// A port that leaves.
  public struct Output: Hashable, Sendable {
    public var name: String
    public var kind: Shape.Kind
    public var value: RecipeExpression
  }

  /// Name in SystemVerilog, unique among the modules that are run together.
  public var name: String
  /// The modules it has instances of, by number.
  public var children: [ModuleRecipe] = []
  public var inputs: [Input] = []
  public var items: [RecipeItem] = []
  public var outputs: [Output] = []

  /// The same module with other names for itself and the modules below.
  func renamed(_ name: String) -> ModuleRecipe {
    var result = self
    result.name = name
    for index in children.indices { result.children[index] = children[index].renamed("\(name)_\(index)") }
    return result
  }
}

/// A state machine's enumeration, by the number of its cases.
public enum StateKind: Int, Hashable, Sendable, CaseIterable {
  case two = 2
  case three = 3
  case four = 4
  case five = 5
}

/// A declaration of a recipe, or statements.
public enum RecipeItem: Hashable, Sendable {
  /// A wire with its value.
  case wire(String, RecipeExpression)
  /// A wire that statements drive.
  case openWire(String, Shape)
  case register(String, Shape, reset: Int?)
  case state(String, StateKind, reset: Int)
  case registerVector(String, Shape, count: Int, reset: Int?)
  case memory(String, Shape, depth: Int, isRegistered: Bool, Memory.Style)
  /// A register that takes the word at an address, perhaps only while a condition holds.
  case registeredRead(String, memory: String, address: RecipeExpression, enable: RecipeExpression?)
  case delay(String, RecipeExpression, cycles: Int)
  /// A bit delayed through registers with a reset.
  case delayWithReset(String, RecipeExpression, cycles: Int)
  /// A vector of wires, driven in a generate loop.
  case vector(String, Shape, RecipeLoop)
  /// An instance of a child; the inputs in the order of its ports. Its outputs are `name_port`.
  case instance(String, child: Int, inputs: [RecipeExpression])
  /// A stream through a module of the library: `name_ready`, `name_valid` and `name_data`.
  case stream(
    String, RecipeStream, width: Int, valid: RecipeExpression, data: RecipeExpression, ready: RecipeExpression)
  /// A bundle of a bit, an unsigned and a signed number, delayed: `name_flag`, `name_count` and `name_offset`.
  case bundle(String, flag: RecipeExpression, count: RecipeExpression, offset: RecipeExpression, cycles: Int)
  /// A multiply-add pipeline of three stages: `name_result` and `name_valid`.
  case pipeline(String, valid: RecipeExpression, [RecipeExpression])
  case statements([RecipeStatement])
}

/// What a generate loop drives a vector with.
public struct RecipeLoop: Hashable, Sendable {
  public enum Storage: Hashable, Sendable {
    /// A wire of the loop's own.
    case wire
    case register(reset: Int?)
    case delay(Int)
  }

  public var count: Int
  /// The count is a named constant of the module.
  public var isNamed: Bool
  public var storage: Storage
  /// Holds the registers while it is 0.
  public var enable: RecipeExpression?
  public var value: RecipeExpression
}

/// A module of streams.
public enum RecipeStream: Hashable, Sendable {
  case skidBuffer, forwardCut, backwardCut, halfRateCut
  case distributedFIFO(depth: Int)
  case blockFIFO(depth: Int)
}

/// A statement of a recipe.
public indirect enum RecipeStatement: Hashable, Sendable {
  /// The part of a signal that is assigned.
  public enum Part: Hashable, Sendable {
    case whole
    case slice(low: Int, width: Int)
    case bit(RecipeExpression)
    case dynamicSlice(RecipeExpression, width: Int)
  }

  public struct Branch: Hashable, Sendable {
    public var condition: RecipeExpression
    public var body: [RecipeStatement]
  }

  public struct Arm: Hashable, Sendable {
    public var labels: [Int]
    public var body: [RecipeStatement]
  }

  /// `drive` of a wire or `next` of a register.
  case assign(String, Part, RecipeExpression)
  case assignElement(String, RecipeExpression, RecipeExpression)
  case write(String, address: RecipeExpression, data: RecipeExpression, enable: RecipeExpression?)
  case enter(String, Int)
  case enterSelected(String, RecipeExpression, Int, Int)
  case when([Branch], otherwise: [RecipeStatement]?)
  case choose(RecipeExpression, [Arm], otherwise: [RecipeStatement]?)
  /// The bodies in the order of the cases.
  case chooseState(String, [[RecipeStatement]])
}
