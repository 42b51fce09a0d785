import HardwareDescription
import SetunCore
import SetunMachine

/// What ``DotTree`` is measured against: a multiplexer for each product and a tree of additions, as one writes it down.
///
/// Ports, widths, growth, registers and latency are those of ``DotTree``.
public struct PlainTree: FixedLatencyModule {
  /// Inputs, at most 128.
  public let lanes: Int

  public init(lanes: Int) { self.lanes = lanes }

  public var moduleName: String { "plain_tree_\(lanes)" }
  public var documentation: String {
    """
    Dot product of \(lanes) trits and activations: each trit's two bits select activation, negated activation or zero,
    and a binary tree of full growth adds the products. Only to be measured.
    """
  }
  public var latency: Int { OperatorLatency.tree(lanes: lanes) }

  public func build(_ m: ModuleBuilder) {
    let lanes = m.constant("Lanes", lanes)
    let trits = m.inputVector("trits", Unsigned.self, width: 2, count: lanes)
    let activations = m.inputVector("activations", Signed.self, width: 8, count: lanes)
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
      func set(_ k: Index, _ sum: Signed) {
        if isRegistered { next[k].next(sum) } else { next[k].drive(sum) }
      }
      m.generate(name, count: pairs) { k in set(k, below[2 * k] + below[2 * k + 1]) }
      if sums > pairs { set(Index(pairs), below[count - 1].extended(to: below.width + 1)) }
      level = next
      count = sums
    }
    m.output("sum", level[0])
  }
}

/// The ternary engine without its accumulators, with each of its five trees beside a plain one.
public struct TreeComparison: HardwareModule {
  /// Bytes of a beat.
  public let lanes: Int

  public init(lanes: Int) { self.lanes = lanes }

  public var documentation: String { "Decoders, and trees of two kinds over the same operands. Only to be measured." }

  public func build(_ m: ModuleBuilder) {
    let lanes = m.constant("Lanes", lanes)
    let codes = m.inputVector("code", Unsigned.self, width: 8, count: lanes)
    let activations = m.input("activation", Unsigned.self, width: 8 * self.lanes)
    let tritBits = m.vector("trit_bits", Unsigned.self, width: 10, count: lanes)
    let bad = m.wire("bad", Unsigned.self, width: self.lanes)
    m.generate("lane", count: lanes) { k in
      let decoder = m.instance("u_decoder", TritDecoder())
      decoder.connect("code", codes[k])
      tritBits[k].drive(decoder.output("trits", Unsigned.self))
      bad[k].drive(decoder.output("invalid", Bit.self))
    }
    m.output("bad_trit", bad.reducedOr)
    let rows = m.constant("Rows", 5)
    let width = DotTree(lanes: self.lanes).sumWidth
    let sums = m.outputVector("sum", Signed.self, width: width, count: rows)
    let plainSums = m.outputVector("plain_sum", Signed.self, width: width, count: rows)
    m.generate("row", count: rows, index: "r") { r in
      let trits = m.vector("trits", Unsigned.self, width: 2, count: lanes)
      m.generate("column", count: lanes) { k in trits[k].drive(tritBits[k].slice(at: r * 2, width: 2)) }
      let tree = m.instance("u_tree", DotTree(lanes: self.lanes))
      let plain = m.instance("u_plain_tree", PlainTree(lanes: self.lanes))
      for one in [tree, plain] {
        one.connect("trits", trits)
        one.connect("activations", activations)
      }
      sums[r].drive(tree.output("sum", Signed.self))
      plainSums[r].drive(plain.output("sum", Signed.self))
    }
  }
}
