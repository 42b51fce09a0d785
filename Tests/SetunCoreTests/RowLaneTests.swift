import HardwareDescription
import SeededRandom
import SetunCore
import SetunMachine
import TernaryArithmetic
import Testing

/// The modules that have a lane for each row of a group, in one library.
enum RowLaneModels {
  /// A row group a beat.
  static let narrow = Configuration(
    name: "narrow", beatBits: 128, fractionBits: 12, fifoBeats: 16, burstBeats: 4, hiddenCapacity: 64,
    intermediateCapacity: 77, stateCapacity: 129, vocabularyCapacity: 64, promptCapacity: 5, tokenCapacity: 4,
    rowLanes: 5, clockMHz: 100)

  /// Six row groups a beat.
  static let wide = Configuration(
    name: "wide", beatBits: 512, fifoBeats: 128, burstBeats: 64, hiddenCapacity: 256, intermediateCapacity: 777,
    stateCapacity: 516, vocabularyCapacity: 777, rowLanes: 5, clockMHz: 250)

  static let configurations = [narrow, wide]

  static let library = Result {
    try BenchLibrary(
      configurations.flatMap { c -> [(name: String, module: any HardwareModule)] in
        [
          ("\(c.name)_statistics", Statistics(configuration: c)),
          ("\(c.name)_argmax", ArgmaxUnit(configuration: c)),
          ("\(c.name)_z", ZMemory(configuration: c, depth: c.intermediateCapacity, index: 0)),
        ]
      })
  }

  static func bench(_ configuration: Configuration, _ module: String) throws -> ModuleBench {
    try library.get().bench("\(configuration.name)_\(module)")
  }
}

extension ModuleBench {
  /// Drives a port with numbers of `width` bits side by side, the first lowest.
  func drive(_ port: String, _ numbers: [UInt32], width: Int) {
    var words = [UInt32](repeating: 0, count: (numbers.count * width + 31) / 32)
    for (index, number) in numbers.enumerated() {
      for bit in 0..<width where number >> UInt32(bit) & 1 == 1 {
        words[(index * width + bit) / 32] |= 1 << UInt32((index * width + bit) % 32)
      }
    }
    self[words: port] = words
  }

  /// The numbers of `width` bits side by side at a port.
  func numbers(_ port: String, width: Int, count: Int) -> [UInt32] {
    let words = self[words: port]
    return (0..<count).map { index in
      (0..<width).reduce(0) { number, bit in
        let place = index * width + bit
        return number | (words[place / 32] >> UInt32(place % 32) & 1) << UInt32(bit)
      }
    }
  }
}

@Suite("Five row lanes take a group as one row after another")
struct RowLaneTests {
  private static func format(_ c: Configuration) -> FloatFormat {
    FloatFormat(exponentBits: 8, fractionBits: c.fractionBits)
  }

  /// A machine float of any sign with an exponent in a range.
  private static func float(
    _ format: FloatFormat, exponents: ClosedRange<Int>, _ random: inout SeededGenerator
  ) -> SmallFloat {
    if random.oneIn(8) { return .zero }
    let fraction = UInt32.random(in: 0..<1 << UInt32(format.fractionBits), using: &random)
    let exponent = UInt32(Int.random(in: exponents, using: &random) + format.bias)
    let sign: UInt32 = random.oneIn(2) ? 1 << UInt32(format.width - 1) : 0
    return SmallFloat(bits: sign | exponent << UInt32(format.fractionBits) | fraction)
  }

  /// Exponents of ordinary values; of values whose squares fill the window after a few; and of all there are.
  static let exponents: [ClosedRange<Int>] = [-20...10, 15...19, -126...127]

  @Test(
    "sums of squares and maxima are those of the elements one after another, saturated or not",
    arguments: RowLaneModels.configurations, exponents)
  func statistics(_ c: Configuration, _ exponents: ClosedRange<Int>) throws {
    let bench = try RowLaneModels.bench(c, "statistics")
    let format = Self.format(c)
    let width = format.width
    var random = SeededGenerator(seed: 1)
    var saturated = 0
    for vector in 0..<200 {
      let count = Int.random(in: 1...90, using: &random)
      var (sum, inner) = (WideAccumulator(), WideAccumulator())
      var largest = [SmallFloat](repeating: .zero, count: 3)
      for group in 0..<(count + 4) / 5 {
        // The lanes of padding have numbers, too.
        let numbers = (0..<5).map { _ in
          (0..<5).map { _ in Self.float(format, exponents: exponents, &random) }
        }
        let filled = min(5, count - 5 * group)
        for (port, values) in zip(["square", "inner_square", "z0", "z1", "z2"], numbers) {
          bench.drive(port, values.map(\.bits), width: width)
        }
        bench["lanes"] = 1 << filled - 1
        bench["first"] = group == 0 ? 1 : 0
        bench["valid"] = 1
        bench.clock()
        bench["valid"] = 0
        for _ in 0..<(random.oneIn(3) ? 2 : 0) { bench.clock() }
        for lane in 0..<filled {
          sum.addSquare(of: numbers[0][lane], format)
          inner.addSquare(of: numbers[1][lane], format)
          for index in 0..<3 { largest[index] = format.maximumMagnitude(largest[index], numbers[2 + index][lane]) }
        }
      }
      // The last group's numbers were taken one cycle ago at most three.
      let cycles = OperatorLatency.squareAlign + OperatorLatency.squareSum(lanes: 5) + 1
      for _ in 0..<cycles { bench.clock() }
      for index in 0..<3 {
        try #require(bench["largest\(index)"] == Int(largest[index].bits), "vector \(vector), maximum \(index)")
      }
      for (port, expected) in [("sum", sum), ("inner_sum", inner)] {
        let words = [UInt32(truncatingIfNeeded: expected.low), UInt32(expected.low >> 32), UInt32(expected.high)]
        try #require(bench[words: port] == words, "vector \(vector), \(port) of \(count) elements")
        saturated += words.allSatisfy { $0 == .max } ? 1 : 0
      }
    }
    #expect((saturated > 0) == (exponents.upperBound > 16), "\(saturated) sums were saturated")
  }

  @Test(
    "maxima and sums are there in the cycles of the timing model, and not before",
    arguments: RowLaneModels.configurations)
  func statisticsTiming(_ c: Configuration) throws {
    let bench = try RowLaneModels.bench(c, "statistics")
    let format = Self.format(c)
    let timing = MachineTiming(c)
    for port in ["square", "inner_square", "z0", "z1", "z2"] {
      bench.drive(port, Array(repeating: format.one.bits, count: 5), width: format.width)
    }
    bench["lanes"] = 31
    bench["first"] = 1
    bench["valid"] = 1
    bench.clock()
    bench["valid"] = 0
    let (maxima, sums) = (timing.statistics, timing.statistics + timing.sumsReady)
    for cycle in 1...sums {
      #expect((bench["largest2"] == Int(format.one.bits)) == (cycle >= maxima), "cycle \(cycle)")
      #expect((bench[words: "sum"][1] == 5 << 24) == (cycle >= sums), "cycle \(cycle)")
      bench.clock()
    }
  }

  @Test("the first maximum wins, and all logits of a step leave in one word", arguments: RowLaneModels.configurations)
  func argmax(_ c: Configuration) throws {
    let bench = try RowLaneModels.bench(c, "argmax")
    let format = Self.format(c)
    let timing = MachineTiming(c)
    var random = SeededGenerator(seed: 2)
    bench["logits_enable"] = 1
    for vector in 0..<300 {
      let count = vector < 8 ? vector + 1 : Int.random(in: 1...64, using: &random)
      // Few values, so that there are ties; the least number there is among them.
      let least = format.largest.bits | 1 << UInt32(format.width - 1)
      let values =
        [least] + (0..<2).map { _ in Self.float(format, exponents: -3...3, &random).bits }
      let logits = (0..<count).map { _ in values[Int.random(in: 0..<3, using: &random)] }
      var best = 0
      for (index, logit) in logits.enumerated()
      where format.isGreater(SmallFloat(bits: logit), SmallFloat(bits: logits[best])) { best = index }
      let groups = (count + 4) / 5
      let isAlwaysReady = vector % 2 == 0
      var streamed: [UInt32] = []
      var (issued, entered) = (0, 0)
      var tokens: [(cycle: Int, id: Int)] = []
      var lastEntered = 0
      var issues: [Int] = []
      for cycle in 0..<40 * groups + 60 {
        let mayIssue = bench["space"] == 1
        // A receiver that is always ready never holds the serialiser back.
        if isAlwaysReady { #expect(mayIssue) }
        let issues0 = mayIssue && issued < groups
        bench["issue"] = issues0 ? 1 : 0
        if issues0 {
          issues.append(cycle)
          issued += 1
        }
        // A step enters when it has passed the row scale.
        let enters = entered < groups && entered < issues.count && issues[entered] + timing.rowScale == cycle
        bench["element_valid"] = enters ? 1 : 0
        bench["element_index"] = entered
        bench["element_last"] = entered == groups - 1 ? 1 : 0
        if enters {
          let filled = min(5, count - 5 * entered)
          let padding = (filled..<5).map { _ in format.largest.bits }
          bench["element_lanes"] = 1 << filled - 1
          bench.drive("logit", logits[5 * entered..<5 * entered + filled] + padding, width: format.width)
          entered += 1
          lastEntered = cycle
        }
        let isReady = isAlwaysReady || random.oneIn(8)
        bench["logits_tready"] = isReady ? 1 : 0
        if bench["token_valid"] == 1 { tokens.append((cycle, bench["token"])) }
        if isReady, bench["logits_tvalid"] == 1 {
          let keep = bench["logits_tkeep"]
          let step = bench.numbers("logits_tdata", width: 32, count: 5)
          let filled = min(5, count - streamed.count)
          #expect(keep == 1 << (4 * filled) - 1)
          streamed += step.prefix(filled)
          #expect(bench["logits_tlast"] == (streamed.count == count ? 1 : 0))
        }
        bench.clock()
      }
      try #require(tokens.map(\.id) == [best], "vector \(vector), \(count) logits")
      #expect(tokens[0].cycle == lastEntered + timing.argmax + timing.token)
      try #require(streamed == logits.map { $0 << UInt32(32 - format.width) }, "vector \(vector)")
    }
  }

  @Test(
    "each element of a group comes into its own bank, and padding into none",
    arguments: RowLaneModels.configurations)
  func zMemory(_ c: Configuration) throws {
    let bench = try RowLaneModels.bench(c, "z")
    var random = SeededGenerator(seed: 3)
    let width = Self.format(c).width
    let words = c.words(of: c.intermediateCapacity)
    var held = [UInt32](repeating: 0, count: words * c.lanes)
    // All of it, as far as whole groups reach, and then vectors of any length over it.
    let whole = words * c.lanes / 5 * 5
    for count in [whole, 1, 4, 5, 6, c.intermediateCapacity]
      + (0..<10).map({ _ in Int.random(in: 1...whole, using: &random) })
    {
      for group in 0..<(count + 4) / 5 {
        let values = (0..<5).map { _ in UInt32.random(in: 0..<1 << UInt32(width), using: &random) }
        let filled = min(5, count - 5 * group)
        bench["write_valid"] = 1
        bench["write_lanes"] = 1 << filled - 1
        bench["write_group"] = group
        bench.drive("write_data", values, width: width)
        for lane in 0..<filled { held[5 * group + lane] = values[lane] }
        bench.clock()
        // Without its valid bit a step writes nothing.
        bench["write_valid"] = 0
        bench["write_group"] = 0
        bench.drive("write_data", [1, 2, 3, 4, 5], width: width)
        if random.oneIn(3) { bench.clock() }
      }
      bench.clock()
      for word in 0..<words {
        // A copy for each bank.
        bench.drive(
          "read_word", Array(repeating: UInt32(word), count: c.lanes), width: indexWidth(c.words(of: c.vectorCapacity)))
        bench.clock()
        let read = bench.numbers("read_data", width: width, count: c.lanes)
        let valid = max(0, min(c.lanes, whole - word * c.lanes))
        try #require(
          Array(read.prefix(valid)) == Array(held[word * c.lanes..<word * c.lanes + valid]),
          "word \(word) after \(count) elements")
      }
    }
  }
}
