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
    Widths grow by a bit a level; registers after the products and after every second level.
    A sum each cycle, \(latency) cycles after its operands.
    """
  }
  public var latency: Int { OperatorLatency.tree(lanes: lanes) }

  public func build(_ m: ModuleBuilder) {
    let lanes = m.constant("Lanes", lanes)
    let trits = m.inputVector("trits", Unsigned.self, width: 2, count: lanes)
    let activations = m.inputVector("activations", Signed.self, width: 8, count: lanes)

    m.comment("Products: bit 0 of a trit says that it is not zero, bit 1 that it is negative.")
    let products = m.registerVector("product", Signed.self, width: 8, count: lanes)
    m.generate("product", count: lanes) { k in
      let signed = trits[k][1].select(Signed(0) &- activations[k], activations[k])
      products[k].next(trits[k][0].select(signed, Signed(0, width: 8)))
    }

    var level = products
    var count = self.lanes
    var number = 0
    while count > 1 {
      number += 1
      let pairs = count / 2
      let sums = (count + 1) / 2
      let isRegistered = number % 2 == 0 || sums == 1
      let below = level
      let name = "level\(number)"
      let next =
        isRegistered
        ? m.registerVector(name, Signed.self, width: below.width + 1, count: sums)
        : m.vector(name, Signed.self, width: below.width + 1, count: sums)
      m.generate(name, count: pairs) { k in
        let sum = below[2 * k] + below[2 * k + 1]
        if isRegistered { next[k].next(sum) } else { next[k].drive(sum) }
      }
      if sums > pairs {
        let last = below[count - 1].extended(to: below.width + 1)
        if isRegistered { next[pairs].next(last) } else { next[pairs].drive(last) }
      }
      level = next
      count = sums
    }
    m.output("sum", level[0])
  }
}
