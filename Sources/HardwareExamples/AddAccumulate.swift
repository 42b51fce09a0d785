import HardwareDescription

/// Adds eight signed lanes in pairs, then the pairs, then accumulates: three stages between two streams.
///
/// The module is the subject of the comparison of emitted text with CIRCT and Amaranth; the same function is written
/// there in their languages.
public struct AddAccumulate: HardwareModule, Sendable {
  public init() {}

  public var moduleName: String { "add_accumulate" }
  public var documentation: String {
    "Adds eight signed lanes in pairs, then the pairs, and accumulates: three stages, one word a cycle."
  }

  public func build(_ m: ModuleBuilder) {
    let pairs = m.constant("Pairs", 4)
    let inValid = m.input("in_valid", Bit.self)
    let inReady = m.output("in_ready", Bit.self)
    let inData = m.input("in_data", Unsigned.self, width: 64)
    let outValid = m.output("out_valid", Bit.self)
    let outReady = m.input("out_ready", Bit.self)
    let outData = m.output("out_data", Signed.self, width: 24)

    let pairValid = m.register("pair_valid", Bit.self, reset: false)
    let totalValid = m.register("total_valid", Bit.self, reset: false)
    let sumValid = m.register("sum_valid", Bit.self, reset: false)
    let sum = m.register("sum", Signed.self, width: 24, reset: 0)
    let pair = m.registerVector("pair", Signed.self, width: 9, count: pairs)
    let total = m.register("total", Signed.self, width: 11)

    m.comment("The stages move when the last one is empty or its word leaves.")
    let moves = inReady
    moves.drive(outReady || !sumValid)
    outValid.drive(sumValid)
    outData.drive(sum)

    m.generate("pair", count: pairs) { k in
      let even = inData.slice(at: k * 16, width: 8).asSigned
      let odd = inData.slice(at: k * 16 + 8, width: 8).asSigned
      m.when(moves) { pair[k].next(even + odd) }
    }
    m.when(moves) { total.next((pair[0] + pair[1]) + (pair[2] + pair[3])) }
    m.when(moves) {
      pairValid.next(inValid)
      totalValid.next(pairValid)
      sumValid.next(totalValid)
      m.when(totalValid) { sum.next(sum &+ total) }
    }
  }
}
