/// The memory behind one AXI read port, as times: when each request is accepted and when each beat is delivered.
///
/// A pure function of the port's own requests since START, since RREADY is always 1. Simulator, bench and, in C++,
/// the harness (`Sim/memory.h`) ask the same questions and get the same answers.
public struct MemoryChannel: Sendable {
  /// The number of the port, 0 ... 31; it enters the random stalls and a shared DRAM's turns.
  public let port: Int

  private let model: MemoryModel
  private var controller: DRAMController?

  /// For a memory without DRAM: requests and beats so far, the last beat's cycle, and what is outstanding.
  private var requests: UInt64 = 0
  private var beats: UInt64 = 0
  private var last = Int.min / 2
  private var pending: [(first: Int, beats: Int)] = []
  private var firstPending = 0
  /// The first possible cycle of the current request's beats, and how many are left.
  private var first = 0
  private var left = 0

  /// - Parameters:
  ///   - beatBytes: of the port, a power of two.
  ///   - clockMHz: of the core, for the ratio to a DRAM's clock.
  ///   - recordsCommands: whether ``commands`` are kept.
  public init(
    _ model: MemoryModel, beatBytes: Int, clockMHz: Int, port: Int = 0, recordsCommands: Bool = false
  ) {
    precondition((0..<32).contains(port), "ports are numbered 0 to 31")
    self.model = model
    self.port = port
    if case .dram(let timing) = model.mode {
      controller = DRAMController(
        timing, beatBytes: beatBytes, clockMHz: clockMHz, port: port, recordsCommands: recordsCommands)
    }
  }

  /// The memory behind port `port` of a configured core.
  public init(_ model: MemoryModel, for configuration: Configuration, port: Int = 0) {
    self.init(model, beatBytes: configuration.beatBytes, clockMHz: configuration.clockMHz, port: port)
  }

  /// What was sent to a DRAM so far, when it is kept: in the order of the reads, so not quite in that of time.
  public var commands: [DRAMCommand] { controller?.commands ?? [] }

  /// Takes a request.
  ///
  /// - Parameters:
  ///   - cycle: the first in which its ARVALID is 1, after the handshake of the one before.
  ///   - address: in bytes, a multiple of the beat.
  ///   - beats: at least 1.
  /// - Returns: the cycle of its handshake.
  public mutating func accept(visible cycle: Int, address: Int, beats: Int) -> Int {
    if let accepted = controller?.accept(visible: cycle, address: address, beats: beats) { return accepted }
    let accepted = cycle + model.addressStall(requests, port: port)
    requests += 1
    pending.append((accepted + model.latency, beats))
    return accepted
  }

  /// The cycle in which the next beat is delivered, in the order of the requests; at least one must be outstanding.
  public mutating func nextBeat() -> Int {
    if controller != nil {
      guard let arrival = controller?.nextBeat() else { preconditionFailure("no beat is outstanding") }
      return arrival
    }
    if left == 0 { takeRequest() }
    last = max(first, last + 1) + model.dataStall(beats, port: port)
    beats += 1
    left -= 1
    return last
  }

  /// The cycles of the next `count` beats, as ``nextBeat()`` gives them one by one.
  public mutating func nextBeats(_ count: Int, into cycles: inout [Int]) {
    cycles.removeAll(keepingCapacity: true)
    if model.mode == .ideal || model.mode == .onChip {
      if left == 0 { takeRequest() }
      if count <= left {
        let start = max(first, last + 1)
        cycles.append(contentsOf: start..<start + count)
        last = start + count - 1
        beats += UInt64(count)
        left -= count
        return
      }
    }
    for _ in 0..<count { cycles.append(nextBeat()) }
  }

  /// The oldest request's beats are next.
  private mutating func takeRequest() {
    precondition(firstPending < pending.count, "no beat is outstanding")
    (first, left) = pending[firstPending]
    firstPending += 1
    if firstPending == pending.count {
      pending.removeAll(keepingCapacity: true)
      firstPending = 0
    }
  }
}
