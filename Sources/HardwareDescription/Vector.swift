/// A vector of wires or registers: an unpacked array inside the module.
public struct Vector<Element: HardwareValue> {
  let signal: Signal
  let builder: ModuleBuilder

  /// Elements, as declared.
  public var count: Index { signal.count ?? 1 }
  /// Bits of an element.
  public var width: Int { signal.width }

  func element(_ selector: Selector) -> Element {
    if case .index(let index) = selector, let count = count.value,
      index.range.lowerBound < 0 || index.range.upperBound >= count
    {
      let message = "element \(index.text()) (up to \(index.range.upperBound)) of a vector of \(count)"
      return Element(expression: .invalid(message, width: width, isSigned: signal.isSigned), builder: builder)
    }
    return Element(expression: builder.expression(signal, selector), builder: builder)
  }

  public subscript(index: Int) -> Element { element(.index(Index(index))) }
  public subscript(index: Index) -> Element { element(.index(index)) }

  /// The element a signal selects; it must be below `count`, and no wider than the count needs.
  public subscript(index: Unsigned) -> Element {
    let needed = indexWidth(count.value ?? 1)
    if index.width > needed, !index.expression.isFlexible {
      let message =
        "an index of \(index.width) bits for a vector of \(count.value ?? 1) elements, which needs \(needed)"
      return Element(expression: .invalid(message, width: width, isSigned: signal.isSigned), builder: builder)
    }
    return element(.dynamic(index.expression.resized(to: needed)))
  }
}
