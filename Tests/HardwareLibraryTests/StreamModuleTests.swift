import HardwareDescription
import HardwareLibrary
import HardwareSimulator
import Testing

@Suite struct StreamModuleTests {
  static let seeds: [UInt64] = [1, 2, 3]

  /// Random stalls on both sides, now slower senders, now slower receivers, and a reset in the middle.
  @Test(arguments: StreamCase.all, seeds)
  func wordsPassInOrderUnderRandomStalls(_ design: StreamCase, _ seed: UInt64) throws {
    #expect(Elaborator().run(design.module()).diagnostics == [])
    var bench = try StreamBench(design.module(), seed: seed)
    for round in 0..<2 {
      if round > 0 { try bench.reset() }
      bench.queue(120) { name, word in design.isUseful(word) ? word : Word(0, width: word.width) }
      for phase in 0..<40 {
        bench.eagerness = [4, 1, 3, 2][phase % 4]
        bench.readiness = [1, 4, 3, 2][phase % 4]
        try bench.run(round == 0 ? 7 : 40)
      }
      if round == 1 {
        // Whoever waits for a word gets none: all must leave.
        bench.readiness = 4
        try bench.run(80)
        #expect(bench.isSent)
      }
      for (name, words) in design.expected(bench.offered) {
        let received = bench.words(name)
        let isRight = received == (round == 1 ? words : Array(words.prefix(received.count)))
        #expect(isRight, "\(name), seed \(seed)")
        #expect(received.count > 10, "\(name), seed \(seed)")
      }
    }
    #expect(bench.complaints == [])
  }

  /// The bench itself: every broken rule and every wrong word is found.
  @Test(arguments: FaultyQueue.Fault.allCases, seeds)
  func theBenchFindsPlantedFaults(_ fault: FaultyQueue.Fault, _ seed: UInt64) throws {
    var bench = try StreamBench(FaultyQueue(fault: fault), seed: seed)
    bench.queue(100)
    bench.readiness = 2
    try bench.run(400)
    let isRight = bench.words("out") == bench.words("in")
    func complains(_ rule: StreamRule) -> Bool { bench.complaints.contains { $0.contains("\(rule)") } }
    switch fault {
    case .none: #expect(isRight && bench.complaints == [])
    case .waitsForReady: #expect(complains(.independence))
    case .withdraws, .changesItsMind: #expect(complains(.stability))
    case .offersInReset: #expect(complains(.reset))
    case .loses, .repeats, .swaps: #expect(!isRight)
    }
  }

  /// The documented latency, throughput and room.
  @Test(arguments: StreamCase.all)
  func latencyThroughputAndRoomAreAsDocumented(_ design: StreamCase) throws {
    var bench = try StreamBench(design.module(), seed: 5)
    bench.queue(200) { _, word in Word(0, width: word.width) }
    try bench.run(130)
    let inputs = bench.transfers.filter { $0.key.hasPrefix("in") }.values
    let outputs = bench.transfers.filter { $0.key.hasPrefix("out") && !$0.value.isEmpty }.values
    #expect(!outputs.isEmpty)
    // A word that joins several is complete with the last of them.
    let needed = design.needed
    let start = try #require(inputs.compactMap { $0.count >= needed ? $0[needed - 1].cycle : nil }.max())
    for words in outputs {
      #expect(try #require(words.first).cycle - start == design.latency)
      for number in 0..<(words.count - design.words) {
        #expect(words[number + design.words].cycle - words[number].cycle == design.cycles)
      }
      #expect(words.count > 30 * design.words / design.cycles)
    }

    try bench.reset()
    bench.readiness = 0
    bench.queue(100) { _, word in Word(0, width: word.width) }
    try bench.run(120)
    for name in bench.transfers.keys where name.hasPrefix("in") {
      #expect(bench.words(name).count == design.room, "\(name)")
    }
    #expect(bench.complaints == [])
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
