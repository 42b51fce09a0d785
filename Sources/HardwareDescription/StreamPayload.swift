/// What a stream carries: a `Bit`, an `Unsigned`, a `Signed` or a bundle.
public protocol StreamPayload {
  /// For use by the library: hands the payload to `field` under `name`, which precedes the names of a bundle's fields.
  mutating func visit(_ name: String, _ field: FieldVisitor)
}

extension HardwareNumber {
  public mutating func visit(_ name: String, _ field: FieldVisitor) { field(name, &self) }
}

extension HardwareBundle {
  public mutating func visit(_ name: String, _ field: FieldVisitor) { field(name, &self) }
}

extension Bit: StreamPayload {
  public mutating func visit(_ name: String, _ field: FieldVisitor) { field(name, &self) }
}

/// A payload as a bundle with one field, whose name is that of the bundle.
struct PayloadBundle<Payload: StreamPayload>: HardwareBundle {
  var payload: Payload

  mutating func forEachField(_ field: FieldVisitor) { payload.visit("", field) }
}

extension StreamPayload {
  /// Bits of all fields together.
  public var payloadWidth: Int { PayloadBundle(payload: self).fields.reduce(0) { $0 + $1.width } }

  /// The payload without values: names, types and widths.
  public var payloadShape: Self { PayloadBundle(payload: self).shape.payload }

  /// The fields side by side, the first in the highest bits.
  public var packed: Unsigned {
    let fields = PayloadBundle(payload: self).fields
    if let flipped = fields.first(where: \.isFlipped) {
      return Unsigned(expression: .invalid("the field `\(flipped.name)` of a payload runs against the stream"))
    }
    return concatenate(fields.map(\.handle))
  }

  /// A payload of this shape with the fields of `bits`, as `packed` puts them.
  public func unpacked(from bits: Unsigned) -> Self {
    var end = bits.width
    return PayloadBundle(payload: self).mapped { field in
      end -= field.width
      let part = bits.slice(at: max(0, end), width: field.width).expression
      return FieldHandle(expression: part.reinterpreted(isSigned: field.isSigned), builder: nil)
    }.payload
  }
}

extension ModuleBuilder {
  /// Wires for the fields of a payload, driven with its values. The names of a bundle's fields follow `name`.
  public func payloadWire<Payload: StreamPayload>(
    _ name: String, _ payload: Payload, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Payload {
    wire(name, PayloadBundle(payload: payload), file: file, line: line, column: column).payload
  }

  /// Registers for the fields of a payload that take its values while `enable` is 1.
  public func payloadRegister<Payload: StreamPayload>(
    _ name: String, _ payload: Payload, enable: Bit, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Payload {
    let register = self.register(name, PayloadBundle(payload: payload), file: file, line: line, column: column)
    when(enable, file: file, line: line, column: column) {
      register.next(PayloadBundle(payload: payload), file: file, line: line, column: column)
    }
    return register.payload
  }
}
