/// A group of signals under one name: a Swift struct that is flattened onto ports, wires and registers.
///
/// A value is both shape and contents. The initialiser gives every field its width and no value (`.field(width:)`);
/// assigning to a property gives the field a value. `forEachField` names the fields, once, in the order of the ports:
///
///     struct RowTag: HardwareBundle {
///       var valid = Bit.field()
///       var index: Unsigned
///
///       init(indexBits: Int) { index = .field(width: indexBits) }
///
///       mutating func forEachField(_ field: FieldVisitor) {
///         field("valid", &valid, reset: false)
///         field("index", &index)
///       }
///     }
///
/// `m.input("row", RowTag(indexBits: 8))` declares `row_valid_i` and `row_index_i`. Fields are `Bit`, `Unsigned`, `Signed`,
/// `Enumerated`, `PackedVector` and other bundles.
public protocol HardwareBundle: StreamPayload {
  /// Calls `field` with the name and the property of each field, always the same ones in the same order.
  mutating func forEachField(_ field: FieldVisitor)
}

/// What `forEachField` hands each field to.
public struct FieldVisitor {
  private let prefix: String
  private let isFlipped: Bool
  private let transform: (BundleField) -> FieldHandle

  init(prefix: String, isFlipped: Bool = false, _ transform: @escaping (BundleField) -> FieldHandle) {
    self.prefix = prefix
    self.isFlipped = isFlipped
    self.transform = transform
  }

  /// A bit. With `reset` it takes that value in registers and delays while `rst_ni` is low; without, it is plain data.
  public func callAsFunction(_ name: String, _ value: inout Bit, reset: Bool? = nil) {
    visit(name, &value, reset: reset.map { $0 ? 1 : 0 })
  }

  /// A number. With `reset` it takes that value in registers and delays while `rst_ni` is low; without, it is plain data.
  public func callAsFunction(_ name: String, _ value: inout some HardwareNumber, reset: Int? = nil) {
    visit(name, &value, reset: reset)
  }

  /// A value of an enumeration. With `reset` it takes that value in registers and delays while the reset is low.
  public func callAsFunction<Cases: HardwareEnum>(
    _ name: String, _ value: inout Enumerated<Cases>, reset: Cases? = nil
  ) {
    visit(name, &value, reset: reset?.encoding, enumeration: Cases.enumeration)
  }

  /// Numbers side by side in one signal. Elements are 0 after reset when `resetsToZero` is set, otherwise they are plain data.
  public func callAsFunction<Element: HardwareNumber>(
    _ name: String, _ value: inout PackedVector<Element>, resetsToZero: Bool = false
  ) {
    visit(name, &value.bits, reset: resetsToZero ? 0 : nil)
  }

  /// A bundle within the bundle; its name precedes those of its fields.
  public func callAsFunction(_ name: String, _ value: inout some HardwareBundle) {
    value.forEachField(FieldVisitor(prefix: joined(name), isFlipped: isFlipped, transform))
  }

  /// A field that runs against the others, as `ready` of a stream: an output where they are inputs.
  public func flipped(_ name: String, _ value: inout Bit) {
    FieldVisitor(prefix: prefix, isFlipped: !isFlipped, transform).visit(name, &value, reset: nil)
  }

  /// A number that runs against the other fields.
  public func flipped(_ name: String, _ value: inout some HardwareNumber) {
    FieldVisitor(prefix: prefix, isFlipped: !isFlipped, transform).visit(name, &value, reset: nil)
  }

  private func visit<Value: HardwareValue>(
    _ name: String, _ value: inout Value, reset: Int?, enumeration: Enumeration? = nil
  ) {
    let handle = FieldHandle(expression: value.expression, builder: value.builder)
    let new = transform(
      BundleField(name: joined(name), handle: handle, reset: reset, isFlipped: isFlipped, enumeration: enumeration))
    value = Value(expression: new.expression, builder: new.builder)
  }

  private func joined(_ name: String) -> String {
    if prefix.isEmpty { return name }
    return name.isEmpty ? prefix : "\(prefix)_\(name)"
  }
}

/// A field of any type.
struct FieldHandle: HardwareValue {
  let expression: ExpressionNode
  let builder: ModuleBuilder?

  /// A field that has a width and no value.
  var isOpen: Bool { expression.isOpenField }
}

/// A field on its way through a visitor.
struct BundleField {
  /// With the names of the bundles around it.
  let name: String
  let handle: FieldHandle
  let reset: Int?
  let isFlipped: Bool
  let enumeration: Enumeration?

  var width: Int { handle.width }
  var isSigned: Bool { handle.expression.isSigned }
}

extension ExpressionNode {
  private static var openFieldMessage: String { "a field of a bundle that has no value" }

  static func openField(width: Int, isSigned: Bool) -> ExpressionNode {
    ExpressionNode(.invalid(openFieldMessage), width: width, isSigned: isSigned)
  }

  var isOpenField: Bool {
    if case .invalid(let message) = kind { message == Self.openFieldMessage } else { false }
  }
}

extension Bit {
  /// A field of a bundle that has no value yet.
  public static func field() -> Bit { Bit(expression: .openField(width: 1, isSigned: false)) }
}

extension Enumerated {
  /// A field of a bundle that has no value yet.
  public static func field() -> Enumerated {
    Enumerated(expression: .openField(width: Cases.width, isSigned: false), builder: nil)
  }
}

extension HardwareNumber {
  /// A field of a bundle that has a width and no value yet.
  public static func field(width: Int) -> Self {
    Self(expression: .openField(width: width, isSigned: isSigned), builder: nil)
  }
}

extension HardwareBundle {
  var fields: [BundleField] { fields(named: "") }

  func fields(named prefix: String) -> [BundleField] {
    var list: [BundleField] = []
    _ = mapped(prefix) { field in
      list.append(field)
      return field.handle
    }
    return list
  }

  func mapped(_ prefix: String = "", _ transform: @escaping (BundleField) -> FieldHandle) -> Self {
    var result = self
    result.forEachField(FieldVisitor(prefix: prefix, transform))
    return result
  }

  /// The bundle without values: names, types, widths and resets.
  public var shape: Self {
    mapped { FieldHandle(expression: .openField(width: $0.width, isSigned: $0.isSigned), builder: nil) }
  }

  /// Drives every field with that of `value`; flipped fields of `value` are driven with those of this bundle.
  public func drive(_ value: Self, file: StaticString = #fileID, line: Int = #line, column: Int = #column) {
    for (target, source) in zip(fields, value.fields) {
      let (to, from) = target.isFlipped ? (source, target) : (target, source)
      to.assign(from, isNext: false, SourceLocation(file, line, column))
    }
  }

  /// Sets the next value of every field of a register.
  public func next(_ value: Self, file: StaticString = #fileID, line: Int = #line, column: Int = #column) {
    for (target, source) in zip(fields, value.fields) {
      target.assign(source, isNext: true, SourceLocation(file, line, column))
    }
  }
}

extension BundleField {
  func assign(_ source: BundleField, isNext: Bool, _ location: SourceLocation) {
    guard source.handle.isOpen, let builder = handle.builder, let target = Target(handle.expression) else {
      return handle.assign(source.handle.expression, isNext: isNext, location, fallback: source.handle.builder)
    }
    builder.report(
      .undriven, "the bundle has no value for the field `\(source.name)`", suggestion: "assign to it before",
      name: builder.definition[target.signal].name, location)
    // One report is enough: with a value the signal is not undriven once more.
    let zero = ExpressionNode.constant(BitPattern(0, width: width), isSigned: isSigned)
    handle.assign(zero, isNext: isNext, location)
  }
}

extension Bit {
  /// The fields of `then` when the bit is 1, else those of `otherwise`.
  public func select<Bundle: HardwareBundle>(_ then: Bundle, _ otherwise: Bundle) -> Bundle {
    var rest = otherwise.fields[...]
    return then.mapped { field in
      guard let other = rest.popFirst() else { return field.handle }
      if field.handle.isOpen || other.handle.isOpen {
        let width = max(field.width, other.width)
        return FieldHandle(expression: .openField(width: width, isSigned: field.isSigned), builder: nil)
      }
      return select(field.handle, other.handle)
    }
  }
}
