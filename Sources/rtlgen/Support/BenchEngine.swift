import HardwareDescription
import HardwareSimulator

/// A ternary engine of 5 trees over 16 lanes with accumulators and a FIFO, small enough to be written a second time in
/// another language (`Sim/bench_amaranth.py`), to compare simulators on it.
struct BenchEngine: HardwareModule {
  static let trees = 5
  static let lanes = 16

  func build(_ m: ModuleBuilder) {
    let lane = m.inputVector("lane", Signed.self, width: 8, count: Self.lanes)
    let trit = m.inputVector("trit", Unsigned.self, width: 2, count: Self.trees * Self.lanes)
    let valid = m.input("valid", Bit.self)
    let first = m.input("first", Bit.self)
    let last = m.input("last", Bit.self)
    let ready = m.input("ready", Bit.self)
    let outValid = m.output("out_valid", Bit.self)
    let outData = m.output("out_data", Unsigned.self, width: 24 * Self.trees)

    let summed = m.registered("summed", valid, reset: false)
    let starts = m.registered("starts", first, reset: false)
    let ends = m.registered("ends", last, reset: false)
    let done = m.registered("done", summed && ends, reset: false)
    let totals = (0..<Self.trees).map { tree -> Signed in
      var level = (0..<Self.lanes).map { k -> Signed in
        let digit = trit[tree * Self.lanes + k]
        let value = digit[1].select(-lane[k], lane[k].extended(to: 9))
        return m.wire("term\(tree)_\(k)", digit[0].select(value, 0))
      }
      while level.count > 1 {
        level = (0..<level.count / 2).map { level[2 * $0] + level[2 * $0 + 1] }
      }
      let sum = m.register("sum\(tree)", Signed.self, width: 13, reset: 0)
      let total = m.register("total\(tree)", Signed.self, width: 24, reset: 0)
      m.when(valid) { sum.next(level[0]) }
      m.when(summed) { total.next(starts.select(0, total) &+ sum) }
      return total
    }

    let words = m.memory(
      "words", Unsigned.self, width: 24 * Self.trees, depth: 8, readLatency: 0, style: .distributed)
    let head = m.register("head", Unsigned.self, width: 3, reset: 0)
    let tail = m.register("tail", Unsigned.self, width: 3, reset: 0)
    let count = m.register("count", Unsigned.self, width: 4, reset: 0)
    let push = m.wire("push", done && count != 8)
    let pop = m.wire("pop", outValid && ready)
    outValid.drive(count != 0)
    outData.drive(words.read(head))
    m.when(push) {
      words.write(tail, concatenate(totals.reversed().map { $0 as any HardwareValue }))
      tail.next(tail &+ 1)
    }
    m.when(pop) { head.next(head &+ 1) }
    count.next(count &+ push.asUnsigned.extended(to: 4) &- pop.asUnsigned.extended(to: 4))
  }

  /// Runs the stimulus of `Sim/bench_amaranth.py`; the checksum of the outputs.
  static func checksum(_ sim: Simulation, cycles: Int) throws -> UInt64 {
    let (lane, trit) = (try sim.signal("lane"), try sim.signal("trit"))
    let flags = [try sim.signal("valid"), try sim.signal("first"), try sim.signal("last"), try sim.signal("ready")]
    let (valid, data) = (try sim.signal("out_valid"), try sim.signal("out_data"))
    var state: UInt64 = 1
    func draw() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state
    }
    var checksum: UInt64 = 0
    for _ in 0..<cycles {
      let control = draw()
      try sim.poke(lane, words: [draw(), draw()])
      try sim.poke(trit, words: [draw(), draw(), draw() & 0xFFFF_FFFF])
      try sim.poke(flags[0], control >> 60 & 3 != 0 ? 1 : 0)
      try sim.poke(flags[1], control >> 50 & 15 == 0 ? 1 : 0)
      try sim.poke(flags[2], control >> 45 & 15 == 0 ? 1 : 0)
      try sim.poke(flags[3], control >> 40 & 1)
      var low: UInt64 = 0
      var high: UInt64 = 0
      if try sim.peek(valid) == 1 {
        let words = sim.peekBits(data).words
        (low, high) = (words[0], words[1])
      }
      checksum = checksum &* 31 &+ low &+ high
      sim.step()
    }
    return checksum
  }
}
