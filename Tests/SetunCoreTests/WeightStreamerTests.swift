import SeededRandom
import SetunMachine
import Testing

/// The request list and its cycles, against a statement of the rules that shares nothing with the circuit.
@Suite struct WeightStreamerTests {
  /// One run's parameters.
  struct Run {
    var imageBase: Int
    var bodyOffset: Int
    var bodyBeats: Int
    var bodyBeatsWithHead: Int
    var embeddingAddresses: [Int]
    var embeddingBeats: Int
    var firstHeadPosition: Int

    var positions: Int { embeddingAddresses.count }

    init(_ configuration: Configuration, _ random: inout SeededGenerator) {
      let (fifo, burst) = (configuration.fifoBeats, configuration.burstBeats)
      func body() -> Int {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: fifo
        case 1: fifo + 1
        case 2: Int.random(in: 1...fifo, using: &random)
        case 3: 2 * fifo + burst
        default: Int.random(in: 1...(3 * fifo), using: &random)
        }
      }
      imageBase = Int.random(in: 0..<(1 << 26), using: &random) << 12
      bodyOffset =
        random.oneIn(2)
        ? 4096 * Int.random(in: 1..<1000, using: &random)
        : configuration.beatBytes * Int.random(in: 1..<100_000, using: &random)
      bodyBeats = body()
      bodyBeatsWithHead = body()
      embeddingBeats = Int.random(in: 1...(2 * burst + 3), using: &random)
      embeddingAddresses = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        Int.random(in: 0..<(1 << 24), using: &random)
      }
      firstHeadPosition = Int.random(in: 0..<embeddingAddresses.count, using: &random)
    }
  }

  struct Burst: Equatable {
    var destination: Int
    var address: Int
    var beats: Int
    /// The stream's beats up to and with this burst.
    var streamBeats = 0
    /// The position of an embedding row.
    var position = 0
    var endsRow = false
  }

  /// Rule 1 without time: all bursts of a run in order.
  private func list(_ run: Run, _ configuration: Configuration) -> [Burst] {
    let bytes = configuration.beatBytes
    let boundary = configuration.burstBeats * bytes
    var bursts: [Burst] = []
    var streamBeats = 0
    func append(_ destination: Int, offset: Int, beats: Int, position: Int = 0) {
      var address = run.imageBase + offset
      let end = address + beats * bytes
      while address < end {
        let next = min(end, (address / boundary + 1) * boundary)
        let count = (next - address) / bytes
        if destination == 0 { streamBeats += count }
        bursts.append(
          Burst(
            destination: destination, address: address % (1 << 40), beats: count, streamBeats: streamBeats,
            position: position, endsRow: destination == 1 && next == end))
        address = next
      }
    }
    append(2, offset: 0, beats: max(1, 64 / bytes))
    for position in 0..<run.positions {
      let body = position >= run.firstHeadPosition ? run.bodyBeatsWithHead : run.bodyBeats
      let prefix = min(configuration.fifoBeats, body)
      append(0, offset: run.bodyOffset, beats: prefix)
      append(
        1, offset: run.embeddingAddresses[position] * bytes, beats: run.embeddingBeats, position: position)
      if body > prefix { append(0, offset: run.bodyOffset + prefix * bytes, beats: body - prefix) }
    }
    return bursts
  }

  @Test(arguments: ControlModels.configurations, [1, 2, 3, 4, 5, 6] as [UInt64])
  func decidesEveryBurstInTheFirstPossibleCycle(_ configuration: Configuration, _ seed: UInt64) throws {
    let bench = try ControlModels.bench(configuration, "streamer")
    var random = SeededGenerator(seed: seed)
    for number in 0..<6 {
      let run = Run(configuration, &random)
      let bursts = list(run, configuration)
      // Runs that are halted somewhere, and runs that end by themselves.
      let haltAfter = random.oneIn(3) ? Int.random(in: 0..<bursts.count, using: &random) : nil
      try drive(bench, configuration, run, bursts, haltAfter: haltAfter, label: "seed \(seed), run \(number)", &random)
    }
  }

  /// Drives one run, checking every output in every cycle.
  private func drive(
    _ bench: ModuleBench, _ configuration: Configuration, _ run: Run, _ bursts: [Burst], haltAfter: Int?, label: String,
    _ random: inout SeededGenerator
  ) throws {
    // How often ARREADY is low, beats come, and beats are taken: one in n, and the delay of the host's events.
    let readyIn = [1, 1, 2, 5].randomElement(using: &random) ?? 1
    let receiveIn = [1, 1, 3].randomElement(using: &random) ?? 1
    let popIn = [1, 2, 4].randomElement(using: &random) ?? 1
    let delays = [0, 3, 200].randomElement(using: &random) ?? 0

    bench["image_base"] = run.imageBase
    bench["positions"] = run.positions
    bench["first_head_position"] = run.firstHeadPosition
    bench["start"] = 1
    for port in ["begin", "halt", "embedding_valid", "fifo_pop", "beat_received", "axi_arready"] { bench[port] = 0 }
    bench.clock()
    bench["start"] = 0

    var next = 0
    var raised: Burst?
    var requested = 0
    var received = 0
    var (streamReceived, pops) = (0, 0)
    var pending: [Burst] = []
    var beginCycle: Int?
    var rowCycle: Int?
    var rowPosition = 0
    var isHalted = false
    var idleCycles = 0
    let limit = bench.cycle + 400_000
    while true {
      try #require(bench.cycle < limit, "\(label): no end")
      let cycle = bench.cycle
      // Stimulus.
      let headerReceived = received >= bursts.prefix { $0.destination == 2 }.reduce(0) { $0 + $1.beats }
      if beginCycle == nil, headerReceived { beginCycle = cycle + 4 + Int.random(in: 0...delays, using: &random) }
      if cycle == beginCycle.map({ $0 - 2 }) {
        bench["body_offset"] = run.bodyOffset
        bench["body_beats"] = run.bodyBeats
        bench["body_beats_with_head"] = run.bodyBeatsWithHead
        bench["embedding_beats"] = run.embeddingBeats
      }
      bench["begin"] = cycle == beginCycle ? 1 : 0
      let hasBegun = beginCycle.map { cycle > $0 } ?? false
      if hasBegun, rowCycle == nil, rowPosition < run.positions {
        rowCycle = cycle + 1 + Int.random(in: 0...delays, using: &random)
      }
      let rowIsKnown = rowCycle.map { cycle >= $0 } ?? false
      bench["embedding_valid"] = rowIsKnown ? 1 : 0
      let isRowAhead = rowCycle.map { cycle + 1 >= $0 } ?? false
      bench["embedding_address"] = isRowAhead ? run.embeddingAddresses[rowPosition] : 0x5555_5555
      if let haltAfter, next > haltAfter { isHalted = true }
      bench["halt"] = isHalted ? 1 : 0
      let isAccepted = random.oneIn(readyIn)
      bench["axi_arready"] = isAccepted ? 1 : 0
      let arrives = !pending.isEmpty && random.oneIn(receiveIn)
      bench["beat_received"] = arrives ? 1 : 0
      let isPopped = pops < streamReceived && random.oneIn(popIn)
      bench["fifo_pop"] = isPopped ? 1 : 0

      // The rules.
      var decided: Burst?
      if next < bursts.count, raised == nil || isAccepted, !isHalted {
        let burst = bursts[next]
        let isReady =
          switch burst.destination {
          case 0: hasBegun && burst.streamBeats - pops <= configuration.fifoBeats
          case 1: rowIsKnown && burst.position == rowPosition
          default: true
          }
        if isReady { decided = burst }
      }
      // Between header and begin the list has not ended, so the streamer is not idle.
      let isIdle = next == bursts.count
      let isDrained = raised == nil && requested == received && (isHalted || isIdle)

      // The circuit.
      try #require(bench["axi_arvalid"] == (raised == nil ? 0 : 1), "\(label): cycle \(cycle), burst \(next)")
      if let raised {
        try #require(bench["axi_araddr"] == raised.address, "\(label): burst \(next - 1)")
        try #require(bench["axi_arid"] == raised.destination, "\(label): burst \(next - 1)")
        try #require(bench["axi_arlen"] == raised.beats - 1, "\(label): burst \(next - 1)")
      }
      #expect(1 << bench["axi_arsize"] == configuration.beatBytes)
      #expect(bench["axi_arburst"] == 1)
      try #require(bench["embedding_taken"] == (decided?.endsRow == true ? 1 : 0), "\(label): cycle \(cycle)")
      try #require(bench["drained"] == (isDrained ? 1 : 0), "\(label): cycle \(cycle)")

      // What this cycle changes.
      if arrives {
        received += 1
        if pending[0].destination == 0 { streamReceived += 1 }
        pending[0].beats -= 1
        if pending[0].beats == 0 { pending.removeFirst() }
      }
      if isPopped { pops += 1 }
      if isAccepted, let burst = raised {
        pending.append(burst)
        raised = nil
      }
      if let decided {
        raised = decided
        requested += decided.beats
        next += 1
        if decided.endsRow {
          rowCycle = nil
          rowPosition += 1
        }
      }
      bench.clock()
      // A few more cycles, in which nothing may happen.
      if isDrained, isHalted || pops == streamReceived { idleCycles += 1 }
      if idleCycles == 4 { break }
    }
    for port in ["begin", "embedding_valid", "fifo_pop", "beat_received", "axi_arready"] { bench[port] = 0 }
    bench["halt"] = 1
    bench["clear"] = 1
    bench.clock()
    bench["clear"] = 0
    bench["halt"] = 0
    for _ in 0..<3 {
      #expect(bench["axi_arvalid"] == 0)
      #expect(bench["drained"] == 1)
      bench.clock()
    }
  }

  @Test(arguments: [Configuration.tiny, .wide])
  func keepsTheAddressChannelBusyAcrossItems(_ configuration: Configuration) throws {
    // With ARREADY always high and everything known, one burst is requested in every cycle, across items and positions.
    let bench = try ControlModels.bench(configuration, "streamer")
    bench["positions"] = 3
    bench["first_head_position"] = 2
    bench["body_offset"] = 4096
    bench["body_beats"] = 5
    bench["body_beats_with_head"] = 9
    bench["embedding_beats"] = 2
    bench["embedding_address"] = 512
    bench["axi_arready"] = 1
    bench["start"] = 1
    bench.clock()
    bench["start"] = 0
    for _ in 0..<10 { bench.clock() }
    bench["begin"] = 1
    bench["embedding_valid"] = 1
    bench.clock()
    bench["begin"] = 0
    let begin = bench.cycle - 1
    var seen: [Int] = []
    while bench.cycle < begin + 12 {
      if bench["axi_arvalid"] == 1 { seen.append(bench.cycle - begin) }
      bench.clock()
    }
    // Decided from begin + 1 on, so up from begin + 2 on: prefix and row of each of the three positions.
    #expect(seen == [2, 3, 4, 5, 6, 7])
  }
}
