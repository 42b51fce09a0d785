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

  /// Positions of the run, and from which on the head is run.
  private let positions: Int
  private let firstHeadPosition: Int

  // The list's place.
  private enum Item { case prefix, embedding, rest, finished }
  private var item = Item.prefix
  private var position = 0
  /// Beats of the current item that are decided.
  private var decided = 0

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
  /// When each position's embedding row may be decided.
  private var embeddingReady: [Int]
  /// Arrival of the beats of the newest embedding row.
  private(set) var embeddingArrivals: [Int] = []
  private(set) var embeddingPosition = -1

  init(
    configuration: Configuration, memory: MemoryModel, header: ImageHeader, imageBase: Int, positions: Int,
    firstHeadPosition: Int
  ) {
    channel = header.channel
    self.configuration = configuration
    self.timing = MachineTiming(configuration)
    self.memory = MemoryChannel(memory, for: configuration, port: header.channel)
    self.header = header
    self.imageBase = imageBase + header.channel * header.imageBeats * configuration.beatBytes
    self.positions = positions
    self.firstHeadPosition = firstHeadPosition
    mask = configuration.fifoBeats - 1
    arrivals = Array(repeating: 0, count: configuration.fifoBeats)
    pops = Array(repeating: 0, count: configuration.fifoBeats)
    embeddingReady = Array(repeating: Int.max, count: positions)
  }

  /// Beats of a position's body.
  func bodyBeats(_ position: Int) -> Int { position >= firstHeadPosition ? header.bodyBeatsWithHead : header.bodyBeats }

  private func prefixBeats(_ position: Int) -> Int { min(configuration.fifoBeats, bodyBeats(position)) }

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
    embeddingReady[0] = cycle + timing.tokenToRequest + timing.crossing
  }

  /// Says that position `position`'s token is known and the embedding buffer free at `cycle`.
  mutating func tokenKnown(position: Int, cycle: Int) {
    if position < positions { embeddingReady[position] = cycle + timing.tokenToRequest + timing.crossing }
  }

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

  /// Makes the embedding row of a position known.
  mutating func fetchEmbedding(_ position: Int, _ watcher: inout some Watcher) {
    while embeddingPosition < position { advance(&watcher) }
  }

  /// Requests whatever a watcher would still see after the last beat was accepted.
  mutating func finish(_ watcher: inout some Watcher) {
    while item != .finished { advance(&watcher) }
  }

  /// Decides the next burst of the list.
  private mutating func advance(_ watcher: inout some Watcher) {
    switch item {
    case .prefix:
      streamBurst(until: prefixBeats(position), &watcher)
      if decided == prefixBeats(position) { item = .embedding }
    case .embedding:
      let row = header.embeddingOffset + tokens[position] * header.embeddingBeats * configuration.beatBytes
      embeddingArrivals.removeAll(keepingCapacity: true)
      _ = request(
        destination: 1, offset: row, beats: header.embeddingBeats, earliest: embeddingReady[position],
        watcher: &watcher)
      embeddingPosition = position
      if decided == bodyBeats(position) { nextPosition() } else { item = .rest }
    case .rest:
      streamBurst(until: bodyBeats(position), &watcher)
      if decided == bodyBeats(position) { nextPosition() }
    case .finished:
      preconditionFailure("the request list has ended")
    }
  }

  /// Tokens of the positions so far.
  var tokens: [Int] = []

  private mutating func nextPosition() {
    position += 1
    decided = 0
    item = position < positions ? .prefix : .finished
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
