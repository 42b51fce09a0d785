/// A Swift enumeration that becomes a local `typedef enum logic` of the modules that use it.
///
///     enum Phase: HardwareEnum { case idle, fetch, drain }
///
/// Values are numbered in the order of `allCases` from 0.
public protocol HardwareEnum: CaseIterable, Hashable {
  /// Lower-case name of the type in SystemVerilog without the suffix `_e`; by default from the Swift name.
  static var hardwareName: String { get }
  /// The name of the case; by default as written in Swift. Needed only where the type describes itself otherwise.
  var hardwareCaseName: String { get }
}

extension HardwareEnum {
  public static var hardwareName: String { snakeCase("\(Self.self)") }
  public var hardwareCaseName: String { "\(self)" }

  /// Bits of the encoding.
  public static var width: Int { indexWidth(allCases.count) }

  /// The number of this case in `allCases`.
  public var encoding: Int {
    var number = 0
    for candidate in Self.allCases {
      if candidate == self { return number }
      number += 1
    }
    return number
  }

  static var enumeration: Enumeration {
    Enumeration(name: hardwareName, width: width, cases: allCases.map(\.hardwareCaseName))
  }
}

/// `RowSerialiser` to `row_serialiser`, `GLUUnit` to `glu_unit`.
func snakeCase(_ name: String) -> String {
  let letters = Array(name)
  var result = ""
  for (position, letter) in letters.enumerated() {
    let next = position + 1 < letters.count ? letters[position + 1] : nil
    let previous = position > 0 ? letters[position - 1] : nil
    if letter.isUppercase, let previous, previous != "_",
      previous.isLowercase || previous.isNumber || (next?.isLowercase ?? false)
    {
      result += "_"
    }
    result += letter.lowercased()
  }
  return result
}

func upperCamelCase(_ name: String) -> String {
  name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
}

/// A value of a `HardwareEnum` in a circuit.
public struct Enumerated<Cases: HardwareEnum>: HardwareValue {
  public let expression: ExpressionNode
  public let builder: ModuleBuilder?

  public init(expression: ExpressionNode, builder: ModuleBuilder? = nil) {
    self.expression = expression
    self.builder = builder
  }

  /// The constant `value`.
  public init(_ value: Cases) {
    let enumeration = Cases.enumeration
    self.init(
      expression: ExpressionNode(
        .enumeration(EnumerationValue(enumeration: enumeration, number: value.encoding)), width: enumeration.width,
        isSigned: false))
  }

  /// 1 when the value is `other`.
  public func `is`(_ other: Cases) -> Bit {
    Bit(expression: .comparison(.equal, expression, Enumerated(other).expression))
  }

  public static func == (a: Enumerated, b: Cases) -> Bit { a.is(b) }
  public static func != (a: Enumerated, b: Cases) -> Bit {
    Bit(expression: .comparison(.notEqual, a.expression, Enumerated(b).expression))
  }
  public static func == (a: Enumerated, b: Enumerated) -> Bit {
    Bit(expression: .comparison(.equal, a.expression, b.expression))
  }

  /// The encoding as a number.
  public var encoded: Unsigned {
    Unsigned(expression: ExpressionNode(.resize(expression), width: width, isSigned: false))
  }

  /// Drives an output or wire with a constant.
  public func drive(_ value: Cases, file: StaticString = #fileID, line: Int = #line, column: Int = #column) {
    drive(Enumerated(value), file: file, line: line, column: column)
  }

  /// Sets the next value of a register to a constant.
  public func next(_ value: Cases, file: StaticString = #fileID, line: Int = #line, column: Int = #column) {
    next(Enumerated(value), file: file, line: line, column: column)
  }
}

/// An enumeration as the design knows it.
public struct Enumeration: Hashable, Sendable {
  public let name: String
  public let width: Int
  public let cases: [String]

  /// The name of a case in SystemVerilog.
  public func label(_ number: Int) -> String {
    upperCamelCase(name)
      + (cases.indices.contains(number) ? upperCamelCase(snakeCase(cases[number])) : "Unknown\(number)")
  }
}

public struct EnumerationValue: Hashable, Sendable {
  public let enumeration: Enumeration
  public let number: Int
}
