import SeededRandom
import SetunMachine
import Testing

/// The header's verdict: which one, and in which cycle.
@Suite struct HeaderCheckTests {
  enum Damage: CaseIterable {
    case none, magic, version, hash, body, crc, versionAndHash
    case noBody, noBodyWithHead, noRow, longRow, noVocabulary, largeVocabulary
  }

  static let verdicts: [Damage: String] = [
    .none: "ok", .magic: "error_format", .version: "error_format", .hash: "error_hash", .body: "error_crc",
    .crc: "error_crc", .versionAndHash: "error_format", .noBody: "error_format", .noBodyWithHead: "error_format",
    .noRow: "error_format", .longRow: "error_format", .noVocabulary: "error_format", .largeVocabulary: "error_format",
  ]

  /// A header with random fields, and its sixteen words with the damage done.
  private func header(
    _ configuration: Configuration, _ damage: Damage, _ random: inout SeededGenerator
  ) -> (fields: ImageHeader, words: [UInt32]) {
    func any() -> Int { Int(UInt32.random(in: .min ... .max, using: &random)) }
    let rowBeats = configuration.vectorBeats(of: configuration.hiddenCapacity)
    var hash = configuration.hash
    if damage == .hash || damage == .versionAndHash { hash ^= 1 << UInt64.random(in: 0..<64, using: &random) }
    let fields = ImageHeader(
      configurationHash: hash,
      bodyOffset: any(), bodyBeats: any() | 1, bodyBeatsWithHead: any() | 1 << 31, embeddingOffset: any(),
      embeddingBeats: any() % rowBeats + 1, hiddenSize: any(),
      vocabulary: any() % configuration.vocabularyCapacity + 1,
      epsilon: UInt32(any()) & UInt32.max << UInt32(23 - configuration.fractionBits),
      bodyCRC: UInt32(any()), embeddingCRC: UInt32(any()), imageBeats: any())
    var words = fields.words
    func flip(_ word: Int) { words[word] ^= 1 << UInt32.random(in: 0..<32, using: &random) }
    switch damage {
    case .none, .hash: break
    case .magic: flip(0)
    case .version, .versionAndHash: words[1] = 2
    case .body: flip(Int.random(in: 4..<15, using: &random))
    case .crc: flip(15)
    case .noBody: words[5] = 0
    case .noBodyWithHead: words[6] = 0
    case .noRow: words[8] = 0
    // Just too long, or so long that the low bits look good.
    case .longRow: words[8] = random.oneIn(2) ? UInt32(rowBeats + 1) : 0x1_0001
    case .noVocabulary: words[10] = 0
    case .largeVocabulary: words[10] = random.oneIn(2) ? UInt32(configuration.vocabularyCapacity + 1) : 0x2_0001
    }
    if ![.none, .hash, .body, .crc, .versionAndHash].contains(damage) {
      // A wrong format with a right CRC is still a wrong format.
      words[15] = ImageHeader.headerCRC(of: words[..<15])
    }
    return (fields, words)
  }

  @Test(arguments: ControlModels.configurations, Damage.allCases)
  func judgesAFixedTimeAfterTheLastBeat(_ configuration: Configuration, _ damage: Damage) throws {
    let bench = try ControlModels.bench(configuration, "header")
    var random = SeededGenerator(seed: UInt64(configuration.beatBits) << 8)
    let wordsPerBeat = configuration.beatBits / 32
    let due = MachineTiming(configuration).headerCheck
    for _ in 0..<12 {
      let (fields, words) = header(configuration, damage, &random)
      var last = 0
      for first in stride(from: 0, to: 16, by: wordsPerBeat) {
        while random.oneIn(2) { bench.clock() }
        bench["valid"] = 1
        bench[words: "data"] = Array(words[first..<first + wordsPerBeat])
        last = bench.cycle
        bench.clock()
        bench["valid"] = 0
        bench[words: "data"] = []
      }
      let expected = Self.verdicts[damage]
      while bench.cycle <= last + 80 {
        for verdict in ["ok", "error_format", "error_hash", "error_crc"] {
          let isDue = bench.cycle == last + due && verdict == expected
          try #require(bench[verdict] == (isDue ? 1 : 0), "\(verdict) in cycle r + \(bench.cycle - last), \(damage)")
        }
        if damage == .none, bench.cycle >= last + due {
          #expect(bench["body_offset"] == fields.bodyOffset)
          #expect(bench["body_beats"] == fields.bodyBeats)
          #expect(bench["body_beats_with_head"] == fields.bodyBeatsWithHead)
          #expect(bench["embedding_offset"] == fields.embeddingOffset)
          #expect(bench["embedding_beats"] == fields.embeddingBeats)
          #expect(bench["vocabulary"] == fields.vocabulary)
          #expect(bench["epsilon"] << (23 - configuration.fractionBits) == Int(fields.epsilon))
        }
        bench.clock()
      }
    }
  }

  @Test("a header of several bursts that a stop cut short does not count for the next run")
  func startForgetsAnUnfinishedHeader() throws {
    let configuration = try #require(ControlModels.configurations.first { $0.burstBeats == 1 && $0.beatBits < 512 })
    let bench = try ControlModels.bench(configuration, "header")
    var random = SeededGenerator(seed: 5)
    let (_, words) = header(configuration, .none, &random)
    let wordsPerBeat = configuration.beatBits / 32
    let beats = 16 / wordsPerBeat
    for kept in 0..<beats {
      for count in [kept, beats] {
        bench["start"] = 1
        bench.clock()
        bench["start"] = 0
        for beat in 0..<count {
          bench["valid"] = 1
          bench[words: "data"] = Array(words[beat * wordsPerBeat..<(beat + 1) * wordsPerBeat])
          bench.clock()
        }
        bench["valid"] = 0
        for _ in 1..<MachineTiming(configuration).headerCheck { bench.clock() }
        #expect(bench["ok"] == (count == beats ? 1 : 0), "\(kept) beats kept, \(count) beats")
      }
    }
  }
}
