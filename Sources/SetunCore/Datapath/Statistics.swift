import HardwareDescription
import SetunMachine

/// Sums of squares and maxima over the elements that a row unit writes.
public struct Statistics: HardwareModule {
  public var configuration: Configuration

  /// Bits of the wide accumulators.
  static let sumBits = MachineWidths.squareSumBits

  public var documentation: String {
    """
    Accumulates what an RMSNORM needs while the elements are written: the sum of squares of two values and the largest
    magnitude of three. An element enters each cycle in which valid_i is 1; the first one starts everything afresh.
    The maxima include an element one cycle later, the sums after the squares are aligned. Squares are exact and
    accumulate in a 96-bit fixed-point window with saturation, so that their order cannot matter.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let valid = m.input("valid", Bit.self)
    let first = m.input("first", Bit.self)
    let values = ["square", "inner_square"].map { m.input($0, Unsigned.self, width: c.floatBits) }
    let z = (0..<3).map { m.input("z\($0)", Unsigned.self, width: c.floatBits) }

    for index in 0..<3 {
      let largest = m.register("largest\(index)", Unsigned.self, width: c.floatBits)
      let magnitude = m.wire("magnitude\(index)", concatenate(Unsigned(0, width: 1), z[index][c.floatBits - 2, 0]))
      m.unused(z[index][c.floatBits - 1])
      m.when(valid && (first || magnitude > largest)) { largest.next(magnitude) }
      m.output("largest\(index)", largest)
    }

    let cycles = OperatorLatency.squareAlign
    let aligned = m.delayed("aligned", valid, by: cycles)
    let alignedFirst = m.delayed("aligned_first", first, by: cycles)
    for (name, value) in zip(["sum", "inner_sum"], values) {
      let square = m.instance("u_\(name)_square", FloatSquareAlign(format: c.format))
      square.connect("a", value)
      let addend = square.output("square", Unsigned.self, name: "\(name)_addend")
      let sum = m.register("\(name)_total", Unsigned.self, width: Self.sumBits)
      let total = m.wire("\(name)_next", sum + addend)
      let saturated = m.wire("\(name)_saturated", total.saturated(to: Self.sumBits))
      m.when(aligned) { sum.next(alignedFirst.select(addend, saturated)) }
      m.output(name, sum)
    }
  }
}
