/// A command to a DRAM.
public struct DRAMCommand: Hashable, Sendable {
  public enum Kind: Sendable {
    case precharge, activate, read, refresh
  }

  public var kind: Kind
  /// The clock of the DRAM in which it is sent.
  public var clock: Int
  /// The bank, counted over ranks and bank groups, groups of a rank together; a refresh is for all, and has 0.
  public var bank: Int
  /// The row that is opened, read or closed; 0 for a refresh.
  public var row: Int
}

/// The times of one AXI port's reads from a DRAM: rows, banks, refresh and the controller in front of them.
///
/// - An address is, from its low bits: byte of the burst, bank group, column, bank, rank, row. A sequential stream so
///   changes the bank group with every burst and the row of a bank once in `rowBytes * bankGroups`.
/// - Reads are issued in the order of the requests, and data come in that order. Rows stay open until another row of
///   their bank is wanted, or a refresh. Precharge and activate of a burst are issued as soon as the DRAM allows and the burst
///   is among the next `queueBursts`, so while earlier bursts are read; activates keep the order of the bursts.
/// - From clock `k * tREFI` on (k = 1, 2, ...) no read is issued until all banks are closed and refreshed. No refresh is
///   postponed or pulled in, and no row is opened for a read that would come too late.
/// - Clock 0 is START's cycle, where all rows are closed: a run's times do not depend on what ran before.
///
/// Not modelled: two commands that want the command bus in the same clock, power-down, ZQ calibration, and writes, which
/// the core never makes. `Sim/dram.h` is the same in C++.
struct DRAMController: Sendable {
  private struct Bank {
    /// The open row, -1 when closed.
    var row = -1
    /// The first clock in which it may be activated, and precharged.
    var activate = 0
    var precharge = 0
  }

  /// Long before clock 0.
  private static let never = -1 << 40

  private let timing: DRAMTiming
  private let beatBytes: Int
  private let clockMHz: Int
  /// The clock, modulo `slot`, in which this port's data start when the bus is shared.
  private let phase: Int
  private let slot: Int

  private var banks: [Bank]
  /// The newest activates: by rank and bank group, by rank, and the last four by rank with the place of the oldest.
  private var groupActivates: [Int]
  private var rankActivates: [Int]
  private var windows: [Int]
  private var oldest: [Int]
  /// The newest reads: by rank and bank group, and of all.
  private var groupReads: [Int]
  private var lastRead = never
  private var lastRank = 0
  private var nextRefresh: Int

  /// DRAM bursts so far; the reads of the newest, and when the newest left the port, by number modulo the places.
  private var bursts = 0
  private var departures = 0
  private var reads: [Int]
  private var departed: [Int]
  /// Requests so far, and the cycle of the last beat of the newest.
  private var requests = 0
  private var ends: [Int]

  /// What was sent to the DRAM, when it is to be kept.
  private(set) var commands: [DRAMCommand] = []
  private let recordsCommands: Bool

  private var lastArrival = -1
  private var arrivals: [Int] = []
  private var firstArrival = 0

  init(_ timing: DRAMTiming, beatBytes: Int, clockMHz: Int, port: Int, recordsCommands: Bool) {
    precondition(
      timing.bufferBursts >= 2 * max(1, beatBytes / timing.burstBytes), "the controller buffers less than two beats")
    self.timing = timing
    self.recordsCommands = recordsCommands
    self.beatBytes = beatBytes
    self.clockMHz = clockMHz
    slot = timing.burstClocks * timing.sharingPorts
    phase = timing.burstClocks * (port % timing.sharingPorts)
    let groups = timing.bankGroups * timing.ranks
    banks = Array(repeating: Bank(), count: groups * timing.banksPerGroup)
    groupActivates = Array(repeating: Self.never, count: groups)
    rankActivates = Array(repeating: Self.never, count: timing.ranks)
    windows = Array(repeating: Self.never, count: 4 * timing.ranks)
    oldest = Array(repeating: 0, count: timing.ranks)
    groupReads = Array(repeating: Self.never, count: groups)
    nextRefresh = timing.tREFI
    reads = Array(repeating: 0, count: timing.queueBursts)
    departed = Array(repeating: 0, count: timing.bufferBursts)
    ends = Array(repeating: 0, count: timing.outstandingRequests)
  }

  /// The first clock that begins in or after core cycle `cycle`, and the other way round.
  private func clock(ofCycle cycle: Int) -> Int { (cycle * timing.clockMHz + clockMHz - 1) / clockMHz }
  private func cycle(ofClock clock: Int) -> Int { (clock * clockMHz + timing.clockMHz - 1) / timing.clockMHz }

  /// Takes a request whose ARVALID is first 1 in `visible`; returns the cycle of its handshake.
  mutating func accept(visible: Int, address: Int, beats: Int) -> Int {
    let place = requests % timing.outstandingRequests
    let accepted = requests < timing.outstandingRequests ? visible : max(visible, ends[place] + 1)
    let request = clock(ofCycle: accepted + 1) + timing.requestLatency
    var next = address / timing.burstBytes
    var leaving = next
    var ready = 0
    var end = address
    for beat in 1...beats {
      end += beatBytes
      while next * timing.burstBytes < end {
        ready = read(next, from: request)
        next += 1
      }
      lastArrival = max(cycle(ofClock: ready), lastArrival + 1)
      arrivals.append(lastArrival)
      // A burst has left with the last of its bytes that are wanted.
      let gone = beat == beats ? next : end / timing.burstBytes
      while leaving < gone {
        departed[departures % timing.bufferBursts] = clock(ofCycle: lastArrival + 1)
        departures += 1
        leaving += 1
      }
    }
    ends[place] = lastArrival
    requests += 1
    return accepted
  }

  /// The cycle of the next beat, in the order of the requests; nil when none is outstanding.
  mutating func nextBeat() -> Int? {
    guard firstArrival < arrivals.count else { return nil }
    let arrival = arrivals[firstArrival]
    firstArrival += 1
    if firstArrival == arrivals.count {
      arrivals.removeAll(keepingCapacity: true)
      firstArrival = 0
    }
    return arrival
  }

  /// Reads DRAM burst `number` (address / burstBytes), which is wanted from clock `request` on; returns the clock in which
  /// it is at the port.
  private mutating func read(_ number: Int, from request: Int) -> Int {
    let groupInRank = number % timing.bankGroups
    var rest = number / timing.bankGroups / (timing.rowBytes / timing.burstBytes)
    let bankInGroup = rest % timing.banksPerGroup
    rest /= timing.banksPerGroup
    let rank = rest % timing.ranks
    let row = rest / timing.ranks
    let group = rank * timing.bankGroups + groupInRank
    let bank = group * timing.banksPerGroup + bankInGroup

    let queued = bursts < timing.queueBursts ? request : max(request, reads[bursts % timing.queueBursts])
    let credit = bursts < timing.bufferBursts ? 0 : departed[bursts % timing.bufferBursts]
    let busFree = lastRead + (rank == lastRank ? timing.tCCDS : timing.burstClocks + timing.rankSwitch)
    let column = max(credit, busFree, groupReads[group] + timing.tCCDL)

    var activate = 0
    var read = 0
    while true {
      let isOpen = banks[bank].row == row
      if isOpen {
        read = max(queued, column)
      } else {
        activate = max(queued, banks[bank].activate)
        if banks[bank].row >= 0 { activate = max(activate, max(queued, banks[bank].precharge) + timing.tRP) }
        activate = max(
          activate, rankActivates[rank] + timing.tRRDS, groupActivates[group] + timing.tRRDL,
          windows[4 * rank + oldest[rank]] + timing.tFAW)
        read = max(activate + timing.tRCD, column)
      }
      if timing.sharingPorts > 1 {
        let late = (read + timing.readLatency - phase) % slot
        if late != 0 { read += slot - late }
      }
      if read < nextRefresh {
        if !isOpen {
          if banks[bank].row >= 0 { record(.precharge, max(queued, banks[bank].precharge), bank, banks[bank].row) }
          open(row, of: bank, rank: rank, group: group, at: activate)
        }
        break
      }
      refresh()
    }
    record(.read, read, bank, row)
    banks[bank].precharge = max(banks[bank].precharge, read + timing.tRTP)
    groupReads[group] = read
    lastRead = read
    lastRank = rank
    reads[bursts % timing.queueBursts] = read
    bursts += 1
    return read + timing.readLatency + timing.burstClocks + timing.responseLatency
  }

  private mutating func open(_ row: Int, of bank: Int, rank: Int, group: Int, at activate: Int) {
    banks[bank] = Bank(row: row, activate: activate + timing.tRC, precharge: activate + timing.tRAS)
    groupActivates[group] = activate
    rankActivates[rank] = activate
    windows[4 * rank + oldest[rank]] = activate
    oldest[rank] = (oldest[rank] + 1) % 4
    record(.activate, activate, bank, row)
  }

  private mutating func record(_ kind: DRAMCommand.Kind, _ clock: Int, _ bank: Int, _ row: Int) {
    if recordsCommands { commands.append(DRAMCommand(kind: kind, clock: clock, bank: bank, row: row)) }
  }

  /// Closes all banks and refreshes them.
  private mutating func refresh() {
    var idle = nextRefresh
    var isAnyOpen = false
    for bank in banks {
      isAnyOpen = isAnyOpen || bank.row >= 0
      idle = max(idle, bank.row >= 0 ? bank.precharge : bank.activate)
    }
    let start = idle + (isAnyOpen ? timing.tRP : 0)
    for bank in banks.indices {
      if banks[bank].row >= 0 { record(.precharge, idle, bank, banks[bank].row) }
      banks[bank] = Bank(row: -1, activate: start + timing.tRFC, precharge: 0)
    }
    record(.refresh, start, 0, 0)
    nextRefresh += timing.tREFI
  }
}
