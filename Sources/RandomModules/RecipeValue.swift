import HardwareDescription

/// A value of the language with the Swift text that forms it.
struct Term<Value: HardwareValue> {
  let value: Value
  let text: String
  /// The text may be followed by a member without parentheses.
  let isPrimary: Bool

  init(_ value: Value, _ text: String, isPrimary: Bool = true) {
    self.value = value
    self.text = text
    self.isPrimary = isPrimary
  }

  /// The text as an operand or before a member.
  var primary: String { isPrimary ? text : "(\(text))" }
}

/// A value of any of the three types.
enum RecipeValue {
  case bit(Term<Bit>)
  case unsigned(Term<Unsigned>)
  case signed(Term<Signed>)

  var width: Int {
    switch self {
    case .bit: 1
    case .unsigned(let x): x.value.width
    case .signed(let x): x.value.width
    }
  }

  var text: String {
    switch self {
    case .bit(let x): x.text
    case .unsigned(let x): x.text
    case .signed(let x): x.text
    }
  }

  var primary: String {
    switch self {
    case .bit(let x): x.primary
    case .unsigned(let x): x.primary
    case .signed(let x): x.primary
    }
  }

  var hardware: any HardwareValue {
    switch self {
    case .bit(let x): x.value
    case .unsigned(let x): x.value
    case .signed(let x): x.value
    }
  }

  var asBit: Term<Bit> {
    switch self {
    case .bit(let x): x
    case .unsigned(let x) where x.value.width == 1: Term(x.value.asBit, "\(x.primary).asBit")
    case .unsigned(let x): Term(x.value.reducedOr, "\(x.primary).reducedOr")
    case .signed(let x): Term(x.value.isNegative, "\(x.primary).isNegative")
    }
  }

  var asUnsigned: Term<Unsigned> {
    switch self {
    case .bit(let x): Term(x.value.asUnsigned, "\(x.primary).asUnsigned")
    case .unsigned(let x): x
    case .signed(let x): Term(x.value.asUnsigned, "\(x.primary).asUnsigned")
    }
  }

  var asSigned: Term<Signed> {
    switch self {
    case .bit: .init(asUnsigned.value.asSigned, "\(asUnsigned.primary).asSigned")
    case .unsigned(let x): Term(x.value.asSigned, "\(x.primary).asSigned")
    case .signed(let x): x
    }
  }

  /// Bits are numbers of one bit.
  var isSigned: Bool {
    if case .signed = self { true } else { false }
  }

  func converted(to kind: Shape.Kind) -> RecipeValue {
    switch kind {
    case .bit: .bit(asBit)
    case .unsigned: .unsigned(asUnsigned)
    case .signed: .signed(asSigned)
    }
  }
}

extension HardwareNumber {
  /// The value in the representation of recipes.
  static func recipeValue(_ term: Term<Self>) -> RecipeValue {
    if let unsigned = term as? Term<Unsigned> { return .unsigned(unsigned) }
    if let signed = term as? Term<Signed> { return .signed(signed) }
    return .unsigned(Term(Unsigned(0, width: 1), "Unsigned(0, width: 1)"))
  }
}

extension RecipeValue {
  /// The value as a number of the type asked for.
  func number<T: HardwareNumber>(_ type: T.Type) -> Term<T> {
    if let unsigned = asUnsigned as? Term<T> { return unsigned }
    if let signed = asSigned as? Term<T> { return signed }
    return Term(T(0, width: 1), "\(T.self)(0, width: 1)")
  }
}

extension Term where Value: HardwareNumber {
  var recipeValue: RecipeValue { Value.recipeValue(self) }

  /// Truncated where it is wider than `width`.
  func limited(to width: Int) -> Term {
    value.width > width ? Term(value.truncated(to: width), "\(primary).truncated(to: \(width))") : self
  }

  /// Truncated or extended.
  func resized(to width: Int) -> Term {
    value.width == width ? self : Term(value.resized(to: width), "\(primary).resized(to: \(width))")
  }
}
