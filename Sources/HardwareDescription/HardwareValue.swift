/// A value in a circuit: an expression, and, when it stands for a signal, the module that may drive it.
///
/// The conforming types are `Bit`, `Unsigned`, `Signed` and `Enumerated`. They are handles; copying one does not copy
/// hardware.
public protocol HardwareValue {
  var expression: ExpressionNode { get }
  /// The module under construction, for handles that can be driven.
  var builder: ModuleBuilder? { get }
  /// For use by the library: wraps an expression of the right type.
  init(expression: ExpressionNode, builder: ModuleBuilder?)
}

extension HardwareValue {
  /// Bits.
  public var width: Int { expression.width }
}

/// One bit of logic: conditions, enables, flags.
public struct Bit: HardwareValue, ExpressibleByBooleanLiteral {
  public let expression: ExpressionNode
  public let builder: ModuleBuilder?

  public init(expression: ExpressionNode, builder: ModuleBuilder? = nil) {
    self.expression = expression
    self.builder = builder
  }

  public init(booleanLiteral value: Bool) { self.init(value) }

  public init(_ value: Bool) {
    self.init(expression: .constant(BitPattern(value ? 1 : 0, width: 1), isSigned: false))
  }
}

/// A number of fixed width: `Unsigned` or `Signed`.
public protocol HardwareNumber: HardwareValue, StreamPayload, ExpressibleByIntegerLiteral {
  static var isSigned: Bool { get }
}

/// An unsigned binary number.
public struct Unsigned: HardwareNumber {
  public static var isSigned: Bool { false }
  public let expression: ExpressionNode
  public let builder: ModuleBuilder?

  public init(expression: ExpressionNode, builder: ModuleBuilder? = nil) {
    self.expression = expression
    self.builder = builder
  }
}

/// A two's complement number.
public struct Signed: HardwareNumber {
  public static var isSigned: Bool { true }
  public let expression: ExpressionNode
  public let builder: ModuleBuilder?

  public init(expression: ExpressionNode, builder: ModuleBuilder? = nil) {
    self.expression = expression
    self.builder = builder
  }
}

extension HardwareNumber {
  /// A literal whose width adapts to the other operand or to the driven signal.
  public init(_ value: Int) {
    self.init(expression: .literal(value, isSigned: Self.isSigned), builder: nil)
  }

  public init(integerLiteral value: Int) { self.init(value) }

  /// A constant of the given width; the value must fit.
  public init(_ value: Int, width: Int) {
    let needed = value < 0 && !Self.isSigned ? Int.max : BitPattern.width(of: value, signed: Self.isSigned)
    if needed > width {
      self.init(
        expression: .invalid("the constant \(value) does not fit \(width) bits", width: width, isSigned: Self.isSigned),
        builder: nil)
    } else {
      self.init(expression: .constant(BitPattern(value, width: width), isSigned: Self.isSigned), builder: nil)
    }
  }

  /// A constant of any width from words of 64 bits, low word first; bits above `width` are ignored.
  public init(words: [UInt64], width: Int) {
    self.init(expression: .constant(BitPattern(words: words, width: width), isSigned: Self.isSigned), builder: nil)
  }
}

extension Unsigned {
  /// A loop variable or module constant as a number.
  public init(_ index: Index, width: Int) {
    if index.range.lowerBound < 0 || BitPattern.width(of: index.range.upperBound, signed: false) > width {
      self.init(expression: .invalid("the index \(index.text()) does not fit \(width) bits", width: width))
    } else {
      self.init(expression: ExpressionNode(.index(index), width: width, isSigned: false))
    }
  }
}
