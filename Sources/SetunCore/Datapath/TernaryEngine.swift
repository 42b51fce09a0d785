import HardwareDescription
import SetunMachine

/// Five dot products of W/8 columns a beat, accumulated over the beats of a row group.
public struct TernaryEngine: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The ternary matrix engine. A beat of base-3 codes enters in each cycle in which valid_i is 1. Each byte is
    decoded into five trits, one for each row of the group, which meet the activation of their column: activation_i
    is the word of the beat that entered \(OperatorLatency.tritDecode) cycles before. Five dot-product trees of C
    inputs add the products, and an accumulator for each row adds the beats of a group. The five sums leave in
    sum_o, with sums_valid_o, a fixed time after the group's last beat. There is no backpressure here: the sequencer
    lets the last beat of a group in only when the row-sum queue has a place.\(streamNote)
    Source: ARCHITECTURE.md, section 3, rule 5.
    """
  }

  private var streamNote: String {
    configuration.streams == 1
      ? ""
      : "\nEach of \(configuration.streams) streams has activations, trees and sums of its own, stream 0 lowest; they share the decoders."
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    typealias L = OperatorLatency
    let lanes = m.constant("Lanes", c.lanes)
    let valid = m.input("valid", Bit.self)
    let first = m.input("first", Bit.self)
    let last = m.input("last", Bit.self)
    let final = m.input("final", Bit.self)
    let codes = m.inputVector("code", Unsigned.self, width: 8, count: lanes)
    let activations = m.input("activation", Unsigned.self, width: c.streams * c.beatBits)

    m.comment("Every byte holds the trits of five rows in one column.")
    let tritBits = m.vector("trit_bits", Unsigned.self, width: 10, count: lanes)
    let bad = m.wire("bad", Unsigned.self, width: c.lanes)
    m.generate("lane", count: lanes) { k in
      let decoder = m.instance("u_decoder", TritDecoder())
      decoder.connect("code", codes[k])
      tritBits[k].drive(decoder.output("trits", Unsigned.self))
      bad[k].drive(decoder.output("invalid", Bit.self))
    }
    let decoded = m.delayedWithReset("decoded", valid, by: L.tritDecode)
    m.output("bad_trit", decoded && bad.reducedOr)

    m.comment(c.streams == 1 ? "One tree a row." : "One tree a row of every stream.")
    let rows = m.constant("Rows", 5)
    let sums = c.streams == 1 ? rows : m.constant("Sums", c.streams * 5)
    let sumBits = c.beatSumBits
    let beatSum = m.vector("beat_sum", Signed.self, width: sumBits, count: sums)
    m.generate("row", count: rows, index: "r") { r in
      let trits = m.vector("trits", Unsigned.self, width: 2, count: lanes)
      m.generate("column", count: lanes) { k in
        trits[k].drive(tritBits[k].slice(at: r * 2, width: 2))
      }
      m.forEachStream("stream_tree", c) { s in
        let tree = m.instance("u_tree", DotTree(lanes: c.lanes))
        tree.connect("trits", trits)
        tree.connect(
          "activations", c.streams == 1 ? activations : activations.slice(at: s * c.beatBits, width: c.beatBits))
        beatSum[s * 5 + r].drive(tree.output("sum", Signed.self))
      }
    }

    let treeCycles = L.tritDecode + L.tree(lanes: c.lanes)
    let early = m.delayedWithReset("nearly_summed", valid, by: treeCycles - 1)
    let earlyFirst = m.delayed("nearly_summed_first", first, by: treeCycles - 1)
    let isSummed = m.registeredCopies("summed", early.asUnsigned, count: c.streams, reset: 0)
    let isFirst = m.registeredCopies("summed_first", earlyFirst.asUnsigned, count: c.streams)
    let entering = m.wire("entering", isSummed[0] && m.delayed("summed_last", last, by: treeCycles))

    m.comment("The first beat of a group starts the accumulators afresh.")
    let accumulator = m.registerVector("accumulator", Signed.self, width: c.sumBits, count: sums)
    m.forEachStream("stream_sum", c) { s in
      m.generate("accumulate", count: rows, index: "r") { r in
        let own = accumulator[s * 5 + r]
        let sum = beatSum[s * 5 + r].extended(to: c.sumBits)
        m.when(isSummed[s]) { own.next(isFirst[s].select(sum, own &+ sum)) }
      }
    }
    m.output("sums_valid", m.registered("sums_valid", entering, reset: false))
    m.output("sums_final", m.registered("sums_final", m.delayed("summed_final", final, by: treeCycles)))
    let results = m.outputVector("sum", Signed.self, width: c.sumBits, count: sums)
    m.generate("sum_out", count: sums, index: "r") { r in results[r].drive(accumulator[r]) }
  }
}
