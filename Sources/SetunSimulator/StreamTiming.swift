import SetunMachine

/// A channel's request list, memory and stream FIFO: when each of its beats can be accepted.
///
/// Evaluates rules 1 to 3 of the architecture's timing section burst by burst, as far as the sequencer asks. A burst
/// needs only the acceptance times of beats before it, so time never has to be searched.
struct StreamTiming {
  /// A burst that was accepted by the memory.
  struct Burst {
    /// ARID: 0 stream, 1 embedding, 2 header.
    var destination: Int
    /// Byte address.
    var address: Int
    var beats: Int
  }

  /// What the watcher of the AXI port sees.
  protocol Watcher {
    mutating func address(channel: Int, cycle: Int, burst: Burst)
    mutating func data(channel: Int, cycle: Int, address: Int, isLast: Bool)
  }

  private let configuration: Configuration
  private let timing: MachineTiming
  private var memory: MemoryChannel
  /// Where the channel's part of the image lies.
  private let imageBase: Int
  let header: ImageHeader
  private let channel: Int

  /// Steps of the run, and from which on the head is run.
  private let steps: Int
  private let firstHeadStep: Int

  // The list's place.
  private enum Item { case prefix, embedding, rest, finished }
  private var item = Item.prefix
  private var step = 0
  /// Beats of the current item that are decided.
  private var decided = 0

  private var lastDecision = 0
  private var lastAddress = 0
  /// Arrival of the beats of the newest burst.
  private var burstArrivals: [Int] = []
  private var lastArrival = -1
  /// Stream beats decided, and their arrival, by beat modulo the FIFO.
  private var streamBeats = 0
  private var arrivals: [Int]
  /// Acceptance of stream beats, by beat modulo the FIFO.
  private var pops: [Int]
  private let mask: Int

  /// When the headers of the run are known to be good.
  private var begin = 0
  /// When the first embedding row of the newest step whose tokens are known may be decided.
  private var embeddingReady = 0
  /// Arrival of the beats of the newest embedding row: once a step's are fetched, of its last stream's.
  private(set) var embeddingArrivals: [Int] = []
  private var embeddingStep = -1

  init(
    configuration: Configuration, memory: MemoryModel, header: ImageHeader, imageBase: Int, schedule: StreamSchedule
  ) {
    channel = header.channel
    self.configuration = configuration
    self.timing = MachineTiming(configuration)
    self.memory = MemoryChannel(memory, for: configuration, port: header.channel)
    self.header = header
    self.imageBase = imageBase + header.channel * header.imageBeats * configuration.beatBytes
    steps = schedule.steps
    firstHeadStep = schedule.firstHeadStep
    mask = configuration.fifoBeats - 1
    arrivals = Array(repeating: 0, count: configuration.fifoBeats)
    pops = Array(repeating: 0, count: configuration.fifoBeats)
  }

  /// Beats of a step's body.
  func bodyBeats(_ step: Int) -> Int { step >= firstHeadStep ? header.bodyBeatsWithHead : header.bodyBeats }

  private func prefixBeats(_ step: Int) -> Int { min(configuration.fifoBeats, bodyBeats(step)) }

  /// Reads the header: the first item of every run.
  ///
  /// - Returns: when it is known to be good.
  mutating func readHeader(_ watcher: inout some Watcher) -> Int {
    let beats = max(1, ImageHeader.byteCount / configuration.beatBytes)
    let last = request(
      destination: 2, offset: 0, beats: beats, earliest: timing.startToRequest + timing.crossing,
      watcher: &watcher)
    return last + timing.headerCheck + timing.crossing
  }

  /// The run begins at `cycle`: the headers of all channels are good.
  mutating func begin(_ cycle: Int) {
    begin = cycle + timing.crossing
    tokensKnown(cycle: cycle)
  }

  /// Says that the next step's tokens are known and the embedding buffer is free at `cycle`.
  mutating func tokensKnown(cycle: Int) { embeddingReady = cycle + timing.tokenToRequest + timing.crossing }

  /// The first cycle in which stream beat `beat` may be accepted.
  mutating func available(_ beat: Int, _ watcher: inout some Watcher) -> Int {
    while streamBeats <= beat { advance(&watcher) }
    return arrivals[beat & mask] + (channel == 0 ? timing.fifo : timing.remoteFIFO)
  }

  /// Records that a stream beat was accepted.
  mutating func accept(_ beat: Int, cycle: Int) { pops[beat & mask] = cycle + (channel == 0 ? 0 : timing.crossing) }

  /// Cycles for which stream beat `beat`, accepted at `cycle`, has a place in the FIFO.
  func residence(of beat: Int, accepted cycle: Int) -> Int {
    cycle + (channel == 0 ? 0 : timing.crossing) - arrivals[beat & mask]
  }

  /// Each stream's token in the step that is being run.
  var tokens: [Int] = []

  /// Makes the embedding rows of a step known.
  mutating func fetchEmbeddings(_ step: Int, _ watcher: inout some Watcher) {
    while embeddingStep < step { advance(&watcher) }
  }

  /// Requests whatever a watcher would still see after the last beat was accepted.
  mutating func finish(_ watcher: inout some Watcher) {
    while item != .finished { advance(&watcher) }
  }

  /// Decides the next burst of the list, or all of a step's embedding rows.
  private mutating func advance(_ watcher: inout some Watcher) {
    switch item {
    case .prefix:
      streamBurst(until: prefixBeats(step), &watcher)
      if decided == prefixBeats(step) { item = .embedding }
    case .embedding:
      requestRows(&watcher)
      embeddingStep = step
      if decided == bodyBeats(step) { nextStep() } else { item = .rest }
    case .rest:
      streamBurst(until: bodyBeats(step), &watcher)
      if decided == bodyBeats(step) { nextStep() }
    case .finished:
      preconditionFailure("the request list has ended")
    }
  }

  /// The embedding row of each stream, stream 0 first.
  private mutating func requestRows(_ watcher: inout some Watcher) {
    var earliest = embeddingReady
    for token in tokens {
      embeddingArrivals.removeAll(keepingCapacity: true)
      _ = request(
        destination: 1, offset: header.embeddingOffset + token * header.embeddingBeats * configuration.beatBytes,
        beats: header.embeddingBeats, earliest: earliest, watcher: &watcher)
      earliest = lastDecision + timing.rowToRow
    }
  }

  private mutating func nextStep() {
    step += 1
    decided = 0
    item = step < steps ? .prefix : .finished
  }

  /// One burst of the body.
  private mutating func streamBurst(until end: Int, _ watcher: inout some Watcher) {
    let burst = configuration.burstBeats
    let start = header.bodyOffset / configuration.beatBytes + decided
    let beats = min(end - decided, burst - start % burst)
    // FIFO credit: the beats in flight or stored after this burst must have places.
    let needed = streamBeats + beats - configuration.fifoBeats
    let credit = needed > 0 ? pops[(needed - 1) & mask] + 1 : 0
    let first = streamBeats
    streamBeats += beats
    decided += beats
    issue(
      Burst(destination: 0, address: imageBase + start * configuration.beatBytes, beats: beats),
      earliest: max(credit, begin + 1), &watcher
    ) { timing, index, cycle in timing.arrivals[(first + index) & timing.mask] = cycle }
  }

  /// All bursts of a row or of the header; returns the arrival of the last beat.
  private mutating func request(
    destination: Int, offset: Int, beats: Int, earliest: Int, watcher: inout some Watcher
  ) -> Int {
    let burst = configuration.burstBeats
    var done = 0
    while done < beats {
      let start = offset / configuration.beatBytes + done
      let count = min(beats - done, burst - start % burst)
      issue(
        Burst(destination: destination, address: imageBase + start * configuration.beatBytes, beats: count),
        earliest: earliest, &watcher
      ) { timing, _, cycle in if destination == 1 { timing.embeddingArrivals.append(cycle) } }
      done += count
    }
    return lastArrival
  }

  /// Rules 1 and 2 for one burst.
  private mutating func issue(
    _ burst: Burst, earliest: Int, _ watcher: inout some Watcher, arrived: (inout StreamTiming, Int, Int) -> Void
  ) {
    let decision = max(earliest, lastAddress)
    lastDecision = decision
    let address = memory.accept(visible: decision + 1, address: burst.address, beats: burst.beats)
    lastAddress = address
    watcher.address(channel: channel, cycle: address, burst: burst)
    memory.nextBeats(burst.beats, into: &burstArrivals)
    for index in 0..<burst.beats {
      let arrival = burstArrivals[index]
      lastArrival = arrival
      arrived(&self, index, arrival)
      watcher.data(
        channel: channel, cycle: arrival, address: burst.address + index * configuration.beatBytes,
        isLast: index == burst.beats - 1)
    }
  }
}
