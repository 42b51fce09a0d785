import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import Testing

@Suite struct StreamModuleTests {
  /// Random stalls on both sides and a reset in the middle. Pairs of seeds, of sender and receiver, so that each is now
  /// the faster and now the slower one.
  @Test(arguments: StreamCase.all, [(1, 2), (2, 1), (3, 4), (5, 6), (9, 12)] as [(UInt64, UInt64)])
  func wordsPassInOrderUnderRandomStalls(_ design: StreamCase, _ seeds: (UInt64, UInt64)) throws {
    #expect(Elaborator().run(design.module()).diagnostics == [])
    var bench = try StreamBench(design.module(), seed: seeds.0)
    for round in 0..<2 {
      try bench.start(words: 120, sending: .varied(seeds.0), receiving: .varied(seeds.1)) { word in
        design.isUseful(word) ? word : Word(0, width: word.width)
      }
      try bench.run(round == 0 ? 150 : 5000)
      let received = bench.received
      for (name, words) in design.expected(round == 0 ? bench.offered : bench.sent) {
        let passed = received[name] ?? []
        let isRight = passed == (round == 0 ? Array(words.prefix(passed.count)) : words)
        #expect(isRight, "\(name), seeds \(seeds)")
        #expect(passed.count >= (round == 0 ? 3 : 8), "\(name), seeds \(seeds)")
      }
      if round == 1 { #expect(bench.isSent, "seeds \(seeds)") }
    }
    #expect(bench.violations == [], "seeds \(seeds)")
  }

  /// The documented latency, throughput and room.
  @Test(arguments: StreamCase.all) func latencyThroughputAndRoomAreAsDocumented(_ design: StreamCase) throws {
    var bench = try StreamBench(design.module())
    try bench.start(words: 200) { Word(0, width: $0.width) }
    try bench.run(130)
    // A word that joins several is complete with the last of them.
    let needed = design.needed
    let start = try #require(
      bench.drivers.values.compactMap { $0.cycles.count >= needed ? $0.cycles[needed - 1] : nil }.max())
    let outputs = bench.monitors.values.map(\.cycles).filter { !$0.isEmpty }
    #expect(!outputs.isEmpty)
    for cycles in outputs {
      #expect(cycles[0] - start == design.latency)
      for number in 0..<(cycles.count - design.words) {
        #expect(cycles[number + design.words] - cycles[number] == design.cycles)
      }
      #expect(cycles.count > 30 * design.words / design.cycles)
    }

    try bench.start(words: 100, receiving: .random(seed: 1, percent: 100)) { Word(0, width: $0.width) }
    try bench.run(120)
    for (name, words) in bench.sent { #expect(words.count == design.room, "\(name)") }
    #expect(bench.violations == [])
  }
}

extension StreamCase {
  /// Words at the way in for the first at the way out.
  var needed: Int {
    guard let converter = module() as? WidthConverter else { return 1 }
    return max(1, converter.outputWidth / converter.inputWidth)
  }

  /// Whether a word names a receiver that exists.
  func isUseful(_ word: Word) -> Bool {
    guard let demultiplexer = module() as? StreamDemultiplexer else { return true }
    let number = word.slice(low: demultiplexer.width, count: demultiplexer.numberBits)
    return number.words[0] < UInt64(demultiplexer.outputs)
  }
}
