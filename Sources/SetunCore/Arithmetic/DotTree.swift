import HardwareDescription
import SetunMachine
import TernaryArithmetic

/// The dot product of trits and activations: `sum` of `trits[k] * activation[k]`.
public struct DotTree: FixedLatencyModule {
  /// Inputs, at most 128.
  public let lanes: Int

  public init(lanes: Int) {
    precondition((1...128).contains(lanes), "a tree has 1 to 128 lanes")
    self.lanes = lanes
  }

  /// Bits of the sum.
  public var sumWidth: Int { 8 + Int.bitWidth - (lanes - 1).leadingZeroBitCount }

  public var moduleName: String { "dot_tree_\(lanes)" }
  public var documentation: String {
    """
    Dot product of \(lanes) trits (two bits each, two's complement, never -2) and activations (-127...127).
    A zero trit clears its activation; a negative one makes subtractions of additions: each adder gives its sum up to
    the sign of its first lane, which goes along beside it. Lane 0 enters with its own sign, and so does what it is part of.
    Widths grow by a bit a level; registers before the adders and after every second level.
    A sum each cycle, \(latency) cycles after its operands.
    """
  }
  public var latency: Int { OperatorLatency.tree(lanes: lanes) }

  public func build(_ m: ModuleBuilder) {
    let lanes = m.constant("Lanes", lanes)
    let trits = m.inputVector("trits", Unsigned.self, width: 2, count: lanes)
    let activations = m.inputVector("activations", Signed.self, width: 8, count: lanes)

    m.comment(
      "The zero's two bits make one reset of a register; with an inverter each of its bits would have one of its own.")
    let gated = m.registerVector("gated", Signed.self, width: 8, count: lanes)
    func isZero(_ k: Index) -> Bit { m.wire("is_zero", !trits[k][1] && !trits[k][0]) }
    m.generate("first", count: 1) { k in
      gated[k].next(
        isZero(k).select(Signed(0, width: 8), trits[k][1].select(Signed(0) &- activations[k], activations[k])))
    }
    m.generate("gate", from: 1, to: lanes) { k in
      gated[k].next(isZero(k).select(Signed(0, width: 8), activations[k]))
    }

    var level = gated
    var count = self.lanes
    var number = 0
    // Of every node, at `stride` times its number.
    var signs = count == 1 ? Unsigned(0, width: 1) : signs(m, "negative", count) { trits[$0][1] }
    var stride = 1
    while count > 1 {
      number += 1
      let pairs = count / 2
      let sums = (count + 1) / 2
      let isRegistered = number % 2 == 0 || sums == 1
      let below = level
      let width = below.width + 1
      let name = "level\(number)"
      let next =
        isRegistered
        ? m.registerVector(name, Signed.self, width: width, count: sums)
        : m.vector(name, Signed.self, width: width, count: sums)
      if number == 1 {
        m.comment(
          "a + b is a - ~b - 1. Of a subtraction synthesis knows which operand needs no logic before the carries: the first."
        )
      }
      m.generate(name, count: pairs) { k in
        let adds = m.wire("adds", signs[k * (2 * stride)] == signs[k * (2 * stride) + stride])
        let second = below[2 * k + 1].extended(to: width).asUnsigned ^ adds.replicated(width)
        let difference = m.wire(
          "difference",
          concatenate(below[2 * k].extended(to: width), Unsigned(0, width: 1)) &- concatenate(second, adds))
        m.unused(difference[0])
        let sum = difference.slice(at: 1, width: width).asSigned
        if isRegistered { next[k].next(sum) } else { next[k].drive(sum) }
      }
      if sums > pairs {
        let last = below[count - 1].extended(to: width)
        if isRegistered { next[pairs].next(last) } else { next[pairs].drive(last) }
      }
      stride *= 2
      if isRegistered, sums > 1 {
        let (earlier, step) = (signs, stride)
        signs = self.signs(m, "\(name)_negative", sums) { earlier[$0 * step] }
        stride = 1
      }
      level = next
      count = sums
    }
    m.output("sum", level[0])
  }

  /// The signs of `count` nodes, registered; that of the first is none.
  private func signs(_ m: ModuleBuilder, _ name: String, _ count: Int, _ sign: (Index) -> Bit) -> Unsigned {
    let negative = m.register(name, Unsigned.self, width: count - 1)
    m.generate(name, from: 1, to: count) { k in negative[k - 1].next(sign(k)) }
    return m.wire("\(name)_signs", concatenate(negative, Unsigned(0, width: 1)))
  }
}
