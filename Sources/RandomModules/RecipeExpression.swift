import HardwareDescription

/// Type and width of a value of a recipe.
public struct Shape: Hashable, Sendable {
  public enum Kind: Hashable, Sendable, CaseIterable {
    case bit
    case unsigned
    case signed
  }

  public var kind: Kind
  /// Bits; 1 for a bit.
  public var width: Int

  public init(_ kind: Kind, width: Int) {
    self.kind = kind
    self.width = kind == .bit ? 1 : max(1, width)
  }

  public static let bit = Shape(.bit, width: 1)
  public static func unsigned(_ width: Int) -> Shape { Shape(.unsigned, width: width) }
  public static func signed(_ width: Int) -> Shape { Shape(.signed, width: width) }

  /// Elements of vectors and words of memories are numbers.
  var number: Shape { kind == .bit ? .unsigned(1) : self }
}

/// An expression as a value.
///
/// Every tree has a meaning: operands are converted to what the operator asks for, and positions, widths and counts are
/// brought into range when the module is built. So any part may be replaced by any other, which is what shrinking needs.
public indirect enum RecipeExpression: Hashable, Sendable {
  /// A signal by name; zero of the shape where no such signal exists.
  case signal(String, Shape)
  /// Words of 64 bits, low word first.
  case constant(Shape, words: [UInt64])
  /// An integer that takes the width of its neighbour, as in `x + 3`.
  case literal(Int)
  /// The variable of the loop around, in at least `width` bits; zero outside of loops.
  case loopIndex(width: Int)
  /// Whether the state register of this name is in the state of this number.
  case inState(String, Int)
  case operation(RecipeOperator, [RecipeExpression])

  static func zero(_ shape: Shape) -> RecipeExpression { .constant(shape, words: [0]) }
}

/// The operators of the language; operands stand beside them.
public enum RecipeOperator: Hashable, Sendable {
  // Numbers; the first operand decides between signed and unsigned.
  case add, subtract, multiply
  case wrappingAdd, wrappingSubtract, wrappingMultiply
  case and, or, xor, not, negate
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  // Bits.
  case logicalAnd, logicalOr, logicalNot
  /// Condition and two values.
  case select
  case concatenate
  case replicate(Int)
  case reduceAnd, reduceOr, reduceXor, isNegative
  case truncate(Int)
  case extend(Int)
  case saturate(Int)
  case shiftLeft(Int)
  case shiftRight(Int)
  /// A value and an amount computed by the circuit, of any width.
  case shiftLeftBy, shiftRightBy
  case slice(low: Int, width: Int)
  case bit(Int)
  /// A value and a position.
  case dynamicSlice(width: Int)
  /// A value and a position.
  case dynamicBit
  case asBit, asUnsigned, asSigned, signedValue
  /// `width` bits of a value, upward from the loop variable times `width`.
  case lane(width: Int)
  /// The element a signal selects of the vector of this name.
  case element(String, Shape)
  /// The element of the loop variable.
  case laneElement(String, Shape)
  /// The element of this number.
  case fixedElement(String, Int, Shape)
  /// The word at an address of the memory of this name, read asynchronously.
  case word(String, Shape)
}

extension RecipeExpression {
  var operands: [RecipeExpression] {
    if case .operation(_, let operands) = self { operands } else { [] }
  }

  /// Calls `action` with this node and all below, before their operands.
  func visit(_ action: (RecipeExpression) -> Void) {
    action(self)
    for operand in operands { operand.visit(action) }
  }

  /// Changes this node and then all below.
  mutating func edit(_ action: (inout RecipeExpression) -> Void) {
    action(&self)
    if case .operation(let op, var operands) = self {
      for index in operands.indices { operands[index].edit(action) }
      self = .operation(op, operands)
    }
  }

  /// The names of the signals, vectors, memories and states it reads.
  var names: Set<String> {
    var names: Set<String> = []
    visit { node in
      switch node {
      case .signal(let name, _), .inState(let name, _): names.insert(name)
      case .operation(.element(let name, _), _), .operation(.laneElement(let name, _), _),
        .operation(.fixedElement(let name, _, _), _), .operation(.word(let name, _), _):
        names.insert(name)
      default: break
      }
    }
    return names
  }
}
