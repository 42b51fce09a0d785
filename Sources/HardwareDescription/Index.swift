/// A symbolic integer of elaboration time: a literal, a module constant (`localparam`), a loop variable, or a sum,
/// difference or product of these. It appears by name in the emitted text.
public struct Index: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// How the integer is formed.
  public indirect enum Form: Hashable, Sendable {
    case literal(Int)
    /// A module constant.
    case constant(name: String, value: Int)
    /// The variable of a generate loop.
    case variable(LoopVariable)
    case sum(Index, Index)
    case difference(Index, Index)
    case product(Index, Index)
  }

  public let form: Form
  /// The smallest and largest value over all iterations of the loops around.
  public let range: ClosedRange<Int>

  init(form: Form, range: ClosedRange<Int>) {
    self.form = form
    self.range = range
  }

  public init(_ value: Int) {
    self.init(form: .literal(value), range: value...value)
  }

  public init(integerLiteral value: Int) {
    self.init(value)
  }

  /// The value, when it does not depend on a loop variable.
  public var value: Int? {
    range.lowerBound == range.upperBound ? range.lowerBound : nil
  }

  /// The value in one iteration of the loops around.
  public func value(_ variables: [LoopVariable: Int]) -> Int {
    switch form {
    case .literal(let value): value
    case .constant(_, let value): value
    case .variable(let variable): variables[variable] ?? range.lowerBound
    case .sum(let a, let b): a.value(variables) + b.value(variables)
    case .difference(let a, let b): a.value(variables) - b.value(variables)
    case .product(let a, let b): a.value(variables) * b.value(variables)
    }
  }

  public static func + (a: Index, b: Index) -> Index {
    if case .literal(let x) = a.form, case .literal(let y) = b.form { return Index(x + y) }
    if case .literal(0) = b.form { return a }
    if case .literal(0) = a.form { return b }
    return Index(
      form: .sum(a, b), range: a.range.lowerBound + b.range.lowerBound...a.range.upperBound + b.range.upperBound)
  }

  public static func - (a: Index, b: Index) -> Index {
    if case .literal(let x) = a.form, case .literal(let y) = b.form { return Index(x - y) }
    if case .literal(0) = b.form { return a }
    return Index(
      form: .difference(a, b), range: a.range.lowerBound - b.range.upperBound...a.range.upperBound - b.range.lowerBound)
  }

  public static func * (a: Index, b: Index) -> Index {
    if case .literal(let x) = a.form, case .literal(let y) = b.form { return Index(x * y) }
    if case .literal(1) = b.form { return a }
    if case .literal(1) = a.form { return b }
    let corners = [a.range.lowerBound, a.range.upperBound].flatMap { x in
      [x * b.range.lowerBound, x * b.range.upperBound]
    }
    return Index(form: .product(a, b), range: (corners.min() ?? 0)...(corners.max() ?? 0))
  }

  public static func + (a: Index, b: Int) -> Index { a + Index(b) }
  public static func - (a: Index, b: Int) -> Index { a - Index(b) }
  public static func * (a: Index, b: Int) -> Index { a * Index(b) }
  public static func + (a: Int, b: Index) -> Index { Index(a) + b }
  public static func - (a: Int, b: Index) -> Index { Index(a) - b }
  public static func * (a: Int, b: Index) -> Index { Index(a) * b }

  /// The text in SystemVerilog; `precedence` 0 stands alone, 1 is an operand of a sum, 2 of a product or the right of
  /// a difference.
  func text(_ precedence: Int = 0) -> String {
    switch form {
    case .literal(let value): return value < 0 && precedence > 0 ? "(\(value))" : "\(value)"
    case .constant(let name, _): return name
    case .variable(let variable): return variable.name
    case .sum(let a, let b):
      let text = "\(a.text(1)) + \(b.text(1))"
      return precedence > 1 ? "(\(text))" : text
    case .difference(let a, let b):
      let text = "\(a.text(1)) - \(b.text(2))"
      return precedence > 1 ? "(\(text))" : text
    case .product(let a, let b): return "\(a.text(2))*\(b.text(2))"
    }
  }
}

/// The variable of a generate loop.
public struct LoopVariable: Hashable, Sendable {
  public let name: String
  /// Distinguishes loops of one module that use the same name.
  public let identifier: Int
}

/// An `Int` or an `Index`.
public protocol IndexConvertible {
  var index: Index { get }
}

extension Int: IndexConvertible {
  public var index: Index { Index(self) }
}

extension Index: IndexConvertible {
  public var index: Index { self }
}
