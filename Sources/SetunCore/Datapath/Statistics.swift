import HardwareDescription
import SetunMachine

/// Sums of squares and maxima over the elements that a row unit writes.
public struct Statistics: HardwareModule {
  public var configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  /// Bits of the wide accumulators.
  static let sumBits = MachineWidths.squareSumBits

  public var documentation: String {
    """
    Accumulates what an RMSNORM needs while the elements are written: the sum of squares of two values and the largest
    magnitude of three. \(entering) Squares are exact and
    accumulate in a 96-bit fixed-point window with saturation, so that their order cannot matter.
    """
  }

  private var entering: String {
    configuration.phrase(
      """
      An element enters each cycle in which valid_i is 1; the first one starts everything afresh. It is registered
      first; the maxima include it a cycle later, the sums after the squares are aligned.
      """,
      """
      A row group enters each cycle in which valid_i is 1, with elements in the lanes
      that lanes_i names; the first group starts everything afresh.
      The maxima compare at most three numbers a cycle and include a group \
      \(OperatorLatency.maximum(lanes: configuration.rowLanes)) cycles later. The sums add two numbers a cycle:
      \(OperatorLatency.squareSum(lanes: configuration.rowLanes)) cycles for the aligned squares of a group.
      """)
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let valid = m.input("valid", Bit.self)
    guard c.rowLanes == 1 else { return buildForGroups(m, valid) }
    func element(_ name: String) -> Unsigned {
      m.registered(name, m.input(name, Unsigned.self, width: c.floatBits))
    }
    let isHere = m.registered("valid", valid)
    let first = m.registered("first", m.input("first", Bit.self))
    let values = ["square", "inner_square"].map { element($0) }
    let z = (0..<3).map { element("z\($0)") }

    for index in 0..<3 {
      let largest = m.register("largest\(index)", Unsigned.self, width: c.floatBits)
      let magnitude = m.wire("magnitude\(index)", concatenate(Unsigned(0, width: 1), z[index][c.floatBits - 2, 0]))
      m.unused(z[index][c.floatBits - 1])
      m.when(isHere && (first || magnitude > largest)) { largest.next(magnitude) }
      m.output("largest\(index)", largest)
    }

    let cycles = OperatorLatency.squareAlign
    let aligned = m.delayed("aligned", isHere, by: cycles)
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

  // MARK: Several lanes

  private func buildForGroups(_ m: ModuleBuilder, _ valid: Bit) {
    let c = configuration
    let lanes = m.constant("Lanes", c.rowLanes)
    let filled = m.input("lanes", Unsigned.self, width: c.rowLanes)
    let first = m.input("first", Bit.self)
    let values = ["square", "inner_square"].map {
      m.inputVector($0, Unsigned.self, width: c.floatBits, count: lanes)
    }
    let z = (0..<3).map { m.inputVector("z\($0)", Unsigned.self, width: c.floatBits, count: lanes) }

    let compared = m.delayed("compared", valid, by: 1)
    let comparedFirst = m.delayed("compared_first", first, by: 1)
    for index in 0..<3 {
      let magnitudes = m.vector("magnitude\(index)", Unsigned.self, width: c.floatBits, count: lanes)
      m.generate("magnitude\(index)", count: lanes) { k in
        let magnitude = z[index][k][c.floatBits - 2, 0] & filled[k].replicated(c.floatBits - 1)
        magnitudes[k].drive(concatenate(Unsigned(0, width: 1), magnitude))
        m.unused(z[index][k][c.floatBits - 1])
      }
      let low = m.registered("low\(index)", largest(magnitudes[0], magnitudes[1], magnitudes[2]))
      let high = m.registered("high\(index)", larger(magnitudes[3], magnitudes[4]))
      let register = m.register("largest\(index)", Unsigned.self, width: c.floatBits)
      let before = m.wire("before\(index)", comparedFirst.select(Unsigned(0, width: c.floatBits), register))
      m.when(compared) { register.next(largest(before, low, high)) }
      m.output("largest\(index)", register)
    }

    let cycles = OperatorLatency.squareAlign + OperatorLatency.squareSum(lanes: c.rowLanes)
    let summed = m.delayed("summed", valid, by: cycles)
    let summedFirst = m.delayed("summed_first", first, by: cycles)
    for (name, value) in zip(["sum", "inner_sum"], values) {
      let addends = m.vector("\(name)_addend", Unsigned.self, width: Self.sumBits, count: lanes)
      m.generate("\(name)_square", count: lanes) { k in
        let square = m.instance("u_square", FloatSquareAlign(format: c.format))
        square.connect("a", m.wire("lane_value", value[k] & filled[k].replicated(c.floatBits)))
        addends[k].drive(square.output("square", Unsigned.self))
      }
      func saturating(_ step: String, _ a: Unsigned, _ b: Unsigned) -> Unsigned {
        let total = m.wire("\(name)_\(step)_exact", a + b)
        return m.wire("\(name)_\(step)_saturated", total.saturated(to: Self.sumBits))
      }
      let pairs = (0..<2).map { pair in
        m.registered("\(name)_pair\(pair)", saturating("pair\(pair)", addends[2 * pair], addends[2 * pair + 1]))
      }
      let four = m.registered("\(name)_four", saturating("four", pairs[0], pairs[1]))
      let fifth = m.delayed("\(name)_fifth", addends[4], by: 2)
      let group = m.registered("\(name)_group", saturating("group", four, fifth))
      let sum = m.register("\(name)_total", Unsigned.self, width: Self.sumBits)
      let total = saturating("next", sum, group)
      m.when(summed) { sum.next(summedFirst.select(group, total)) }
      m.output(name, sum)
    }
  }

  /// The larger of two numbers.
  private func larger(_ a: Unsigned, _ b: Unsigned) -> Unsigned { (a >= b).select(a, b) }

  /// The largest of three numbers; all are compared at once.
  private func largest(_ a: Unsigned, _ b: Unsigned, _ c: Unsigned) -> Unsigned {
    (a >= b && a >= c).select(a, larger(b, c))
  }
}
