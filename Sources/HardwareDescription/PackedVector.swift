/// Numbers of one width side by side in one signal, element 0 lowest: the vector that a bundle can have as a field.
///
///     struct Beat: HardwareBundle {
///       var last = Bit.field()
///       var lanes: PackedVector<Signed>
///
///       init(lanes count: Int) { lanes = .field(width: 8, count: count) }
///
///       mutating func forEachField(_ field: FieldVisitor) {
///         field("last", &last, reset: false)
///         field("lanes", &lanes)
///       }
///     }
///
/// `m.input("beat", Beat(lanes: 4))` declares `beat_lanes_i` with 32 bits; `beat.lanes[k]` is its element k, to be read and, where
/// the signal may be driven, driven.
public struct PackedVector<Element: HardwareNumber> {
  /// All elements as one number.
  public var bits: Unsigned
  /// Elements.
  public let count: Int

  /// Bits of an element.
  public var width: Int { bits.width / max(1, count) }

  init(bits: Unsigned, count: Int) {
    self.bits = bits
    self.count = count
  }

  /// The elements side by side; all must have the width of the first.
  public init(_ elements: [Element]) {
    let expected = elements.first?.width ?? 1
    if let other = elements.first(where: { $0.width != expected || $0.expression.isFlexible }) {
      let message = "elements of \(expected) and \(other.width) bits, or without a width, in one vector"
      bits = Unsigned(expression: .invalid(message, width: expected * elements.count))
    } else if let first = elements.first {
      let parts = elements.reversed().map { $0.expression.reinterpreted(isSigned: false) }
      bits = Unsigned(
        expression: parts.count == 1
          ? first.expression.reinterpreted(isSigned: false)
          : ExpressionNode(.concatenation(parts), width: expected * parts.count, isSigned: false))
    } else {
      bits = Unsigned(expression: .invalid("a vector without elements"))
    }
    count = max(1, elements.count)
  }

  /// A field of a bundle that has a shape and no value yet.
  public static func field(width: Int, count: Int) -> PackedVector {
    guard width >= 1, count >= 1 else {
      return PackedVector(
        bits: Unsigned(expression: .invalid("a vector of \(count) elements of \(width) bits")), count: 1)
    }
    return PackedVector(bits: .field(width: width * count), count: count)
  }

  public subscript(index: Int) -> Element { self[Index(index)] }

  public subscript(index: Index) -> Element { element(bits.slice(at: index * width, width: width)) }

  /// The element a signal selects; it must be below `count`, and no wider than the count needs.
  public subscript(index: Unsigned) -> Element {
    let needed = indexWidth(count)
    if index.width > needed, !index.expression.isFlexible {
      let message = "an index of \(index.width) bits for a vector of \(count) elements, which needs \(needed)"
      return Element(expression: .invalid(message, width: width, isSigned: Element.isSigned), builder: bits.builder)
    }
    let sized = index.resized(to: needed)
    let isPowerOfTwo = width & (width - 1) == 0
    let low = isPowerOfTwo ? sized << width.trailingZeroBitCount : sized * Unsigned(width)
    // Lint tools want a position as wide as the signal needs.
    return element(bits.slice(at: low.resized(to: indexWidth(bits.width)), width: width))
  }

  private func element(_ slice: Unsigned) -> Element {
    Element(expression: slice.expression.reinterpreted(isSigned: Element.isSigned), builder: slice.builder)
  }
}
