import HardwareDescription
import SetunMachine

/// Turns z vectors into int8 activations, C lanes a cycle.
public struct Quantiser: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    Reads the z memories a word a cycle, quantises C lanes with the scale of their vector, and writes activation
    words: vector 0 first, then 1 and 2. Lanes beyond the vector's length become 0. start_i is the norm unit's; the
    first word is read when its scale arrives in k_i. It runs in step with the first row groups of the matrix that
    follows, always ahead of them, and never stalls: there is no backpressure. When the core stops it ends by itself
    while the core is held cleared.
    Source: ARCHITECTURE.md, section 3, rule 7.
    """
  }

  /// Words of the longest z vector.
  static func wordBits(_ c: Configuration) -> Int { indexWidth(c.words(of: c.vectorCapacity)) }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let timing = MachineTiming(c)
    let addressBits = indexWidth(c.activationWords)
    let wordBits = Self.wordBits(c)
    let laneBits = indexWidth(c.lanes)
    let lanes = m.constant("Lanes", c.lanes)
    let start = m.input("start", Bit.self)
    let count = m.input("count", Unsigned.self, width: Configuration.indexBits)
    let matrices = m.input("matrices", Unsigned.self, width: 2)
    let k = m.input("k", Unsigned.self, width: c.floatBits)
    let z = (0..<3).map { m.inputVector("z\($0)", Unsigned.self, width: c.floatBits, count: lanes) }

    m.comment("The scales arrive one a cycle and are kept while their vectors pass.")
    let first = m.delayedWithReset("first", start, by: timing.quantiserScale)
    let scales = (0..<3).map { index in
      let arrives = m.delayedWithReset("first", start, by: timing.quantiserScale + index)
      let register = m.register("k\(index)", Unsigned.self, width: c.floatBits)
      m.when(arrives) { register.next(k) }
      return m.wire("scale\(index)", arrives.select(k, register))
    }

    m.comment("Word and vector that are read.")
    let active = m.register("active", Bit.self, reset: false)
    let word = m.register("word", Unsigned.self, width: wordBits)
    let vector = m.register("vector", Unsigned.self, width: 2)
    let left = m.register("left", Unsigned.self, width: Configuration.indexBits)
    let address = m.register("address", Unsigned.self, width: addressBits)
    let reading = m.wire("reading", first || active)
    let wordLast = m.wire("word_last", left <= Unsigned(c.lanes, width: Configuration.indexBits))
    let readLast = m.wire("read_last", wordLast && vector + 1 == matrices.extended(to: 3))
    active.next(reading && !readLast)
    m.comment("Elements from the word that is read to the vector's end; the count is there long before its first word.")
    left.next((!reading || wordLast).select(count, left &- Unsigned(c.lanes, width: Configuration.indexBits)))
    m.comment("All of them are 0 while nothing is read.")
    m.when(!reading || readLast) {
      address.next(0)
      vector.next(0)
    }.otherwise {
      address.next(address &+ 1)
      m.when(wordLast) { vector.next(vector &+ 1) }
    }
    let nextWord = m.wire(
      "next_word", (!reading || readLast || wordLast).select(Unsigned(0, width: wordBits), word &+ 1))
    word.next(nextWord)
    m.comment("Every lane's banks are read with a copy of their own.")
    m.output("z_word", m.registeredCopies("z_word", nextWord, count: c.lanes))

    m.comment(
      "A cycle later the word is there, and one more later the lane's value; which vector's word it takes is found beforehand."
    )
    let validLanes = m.wire(
      "valid_lanes",
      wordLast.select(left.slice(at: 0, width: laneBits + 1), Unsigned(c.lanes, width: laneBits + 1)))
    let chosenScale = m.wire(
      "chosen_scale", (vector == 0).select(scales[0], (vector == 1).select(scales[1], scales[2])))
    let scale = m.delayed("scale", chosenScale, by: OperatorLatency.memory + OperatorLatency.laneChoice)
    let result = m.outputVector("activation", Signed.self, width: 8, count: lanes)
    m.generate("lane", count: lanes, index: "l") { l in
      let isInside = m.wire("in_range", Unsigned(l, width: laneBits + 1) < validLanes)
      let values = (0..<3).map { number in
        let isTaken = m.registered("takes_z\(number)", isInside && vector == Unsigned(number))
        return z[number][l] & isTaken.replicated(c.floatBits)
      }
      let lane = m.instance("u_quantise", QuantiseLane(format: c.format))
      lane.connect("z", m.registered("lane_value", values[0] | values[1] | values[2]))
      lane.connect("k", scale)
      result[l].drive(lane.output("result", Signed.self))
    }
    let latency = OperatorLatency.memory + OperatorLatency.laneChoice + OperatorLatency.quantise
    m.output("write_valid", m.delayedWithReset("written", reading, by: latency))
    m.output("write_last", m.delayed("written_last", readLast, by: latency))
    m.output("write_address", m.delayed("written_address", address, by: latency))
    m.comment("From the cycle after this one on, the ternary engine may follow.")
    m.output("filled", m.delayedWithReset("first", start, by: timing.activationsReady - 1))
  }
}
