import SetunMachine

/// One channel's memory behind the AXI port of a core that is run in Swift: `Memory` of `Sim/memory.h`.
struct SimulatedChannel {
  struct Burst {
    var address: UInt64
    var beats: Int
    var id: UInt64
  }

  /// What stands on the data channel.
  struct Beat {
    /// 64-bit words, low first.
    var words: [UInt64]
    var response: UInt64
    var id: UInt64
    var isLast: Bool
  }

  /// The channel's part of the image, and where it lies.
  private let part: UnsafeRawBufferPointer
  private let base: Int
  private let beatBytes: Int
  /// The memory's times, counted from `origin`, and as they are at START.
  private var memory: MemoryChannel
  private let freshMemory: MemoryChannel
  /// The cycle of the last START.
  private var origin = 0
  private var bursts: [Burst] = []
  private var firstBurst = 0
  private var head = 0
  private var due: Int?
  private var waiting: (accept: Int, burst: Burst)?
  private var isAccepted = false
  private var presents = false
  private var showsBeat = true

  init(part: UnsafeRawBufferPointer, base: Int, beatBytes: Int, memory: MemoryChannel) {
    self.part = part
    self.base = base
    self.beatBytes = beatBytes
    self.memory = memory
    freshMemory = memory
  }

  /// Whether the request that is up is known.
  var isWaiting: Bool { waiting != nil }

  /// A request that is first seen in cycle `now`.
  mutating func take(_ burst: Burst, _ now: Int) {
    let accept = memory.accept(visible: now - origin, address: Int(burst.address), beats: burst.beats)
    waiting = (origin + accept, burst)
  }

  /// ARREADY in cycle `now`.
  mutating func isReady(_ now: Int) -> Bool {
    isAccepted = waiting.map { now >= $0.accept } ?? false
    return isAccepted
  }

  /// No request is up.
  mutating func isIdle() { (waiting, isAccepted) = (nil, false) }

  /// RVALID in cycle `now`, and what stands beside it when that is something else than before.
  mutating func data(_ now: Int, before: (words: ArraySlice<UInt64>, id: UInt64)) -> (valid: Bool, beat: Beat?) {
    presents = due.map { now >= $0 } ?? false
    guard presents else {
      guard showsBeat else { return (false, nil) }
      // What stands there without RVALID is nobody's.
      showsBeat = false
      return (false, Beat(words: before.words.map { ~$0 }, response: 3, id: before.id ^ 3, isLast: true))
    }
    showsBeat = true
    let burst = bursts[firstBurst]
    let offset = Int(burst.address) - base + head * beatBytes
    let isInside = offset >= 0 && offset + beatBytes <= part.count
    let words = (0..<beatBytes / 8).map { word in
      isInside ? UInt64(littleEndian: part.loadUnaligned(fromByteOffset: offset + word * 8, as: UInt64.self)) : 0
    }
    return (
      true, Beat(words: words, response: isInside ? 0 : 2, id: burst.id, isLast: head + 1 == burst.beats)
    )
  }

  /// START in cycle `now`.
  mutating func start(_ now: Int) {
    (memory, origin, head, due) = (freshMemory, now, 0, nil)
    bursts = []
    firstBurst = 0
  }

  /// The end of a cycle: the request that was accepted counts, and the beat that was shown is taken.
  mutating func step() {
    if isAccepted, let request = waiting {
      bursts.append(request.burst)
      if due == nil { schedule() }
      (waiting, isAccepted) = (nil, false)
    }
    if presents { pop() }
  }

  private mutating func pop() {
    head += 1
    if head == bursts[firstBurst].beats {
      firstBurst += 1
      head = 0
      if firstBurst > 64 {
        bursts.removeFirst(firstBurst)
        firstBurst = 0
      }
    }
    due = nil
    if firstBurst < bursts.count { schedule() }
  }

  private mutating func schedule() { due = origin + memory.nextBeat() }
}
