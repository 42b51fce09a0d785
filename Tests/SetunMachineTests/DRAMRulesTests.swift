import SeededRandom
import SetunMachine
import Testing

/// JEDEC's rules, checked on a list of commands without knowing how it came about.
private struct DRAMRules {
  private struct Bank {
    var row: Int?
    var activated = -1_000_000
    var precharged = -1_000_000
    var read = -1_000_000
  }

  private let timing: DRAMTiming
  private var banks: [Bank]
  /// The clocks of all activates and reads so far, by rank, and the banks they were for.
  private var activates: [[(clock: Int, bank: Int)]]
  private var reads: [(clock: Int, bank: Int)] = []
  private var refreshed = -1_000_000
  private var refreshes = 0
  private(set) var broken: [String] = []

  init(_ timing: DRAMTiming) {
    self.timing = timing
    banks = Array(repeating: Bank(), count: timing.ranks * timing.bankGroups * timing.banksPerGroup)
    activates = Array(repeating: [], count: timing.ranks)
  }

  private func group(_ bank: Int) -> Int { bank / timing.banksPerGroup }
  private func rank(_ bank: Int) -> Int { group(bank) / timing.bankGroups }

  private mutating func demand(_ rule: String, _ command: DRAMCommand, after clock: Int, _ distance: Int) {
    if command.clock < clock + distance { broken.append("\(rule): \(command), \(clock) + \(distance)") }
  }

  mutating func check(_ command: DRAMCommand) {
    switch command.kind {
    case .precharge:
      if banks[command.bank].row == nil { broken.append("closed bank: \(command)") }
      demand("tRAS", command, after: banks[command.bank].activated, timing.tRAS)
      demand("tRTP", command, after: banks[command.bank].read, timing.tRTP)
      banks[command.bank].row = nil
      banks[command.bank].precharged = command.clock
    case .activate:
      if banks[command.bank].row != nil { broken.append("open bank: \(command)") }
      demand("tRP", command, after: banks[command.bank].precharged, timing.tRP)
      demand("tRC", command, after: banks[command.bank].activated, timing.tRC)
      demand("tRFC", command, after: refreshed, timing.tRFC)
      for other in activates[rank(command.bank)].suffix(4) {
        demand("tRRD_S", command, after: other.clock, timing.tRRDS)
        if group(other.bank) == group(command.bank) { demand("tRRD_L", command, after: other.clock, timing.tRRDL) }
      }
      if let fourth = activates[rank(command.bank)].suffix(4).first, activates[rank(command.bank)].count >= 4 {
        demand("tFAW", command, after: fourth.clock, timing.tFAW)
      }
      activates[rank(command.bank)].append((command.clock, command.bank))
      banks[command.bank].row = command.row
      banks[command.bank].activated = command.clock
    case .read:
      if banks[command.bank].row != command.row { broken.append("wrong row: \(command)") }
      demand("tRCD", command, after: banks[command.bank].activated, timing.tRCD)
      for other in reads.suffix(8) {
        demand("data bus", command, after: other.clock, timing.burstClocks)
        demand("tCCD_S", command, after: other.clock, rank(other.bank) == rank(command.bank) ? timing.tCCDS : 0)
        if group(other.bank) == group(command.bank) { demand("tCCD_L", command, after: other.clock, timing.tCCDL) }
      }
      if let last = reads.last, rank(last.bank) != rank(command.bank) {
        demand("rank switch", command, after: last.clock, timing.burstClocks + timing.rankSwitch)
      }
      // No read between the time of a refresh and the refresh.
      if command.clock >= (refreshes + 1) * timing.tREFI { broken.append("refresh overdue: \(command)") }
      reads.append((command.clock, command.bank))
      banks[command.bank].read = command.clock
    case .refresh:
      refreshes += 1
      demand("tREFI", command, after: 0, refreshes * timing.tREFI)
      demand("tRFC", command, after: refreshed, timing.tRFC)
      for bank in banks {
        if bank.row != nil { broken.append("open row: \(command)") }
        demand("tRP", command, after: bank.precharged, timing.tRP)
      }
      refreshed = command.clock
    }
  }
}

@Suite("What is sent to a DRAM keeps the DRAM's rules")
struct DRAMRulesTests {
  /// Parts, and figures that let another rule decide.
  static let timings: [DRAMTiming] = {
    var slow = DRAMTiming.ddr4
    (slow.name, slow.tRRDS, slow.tRRDL, slow.tFAW, slow.tRTP, slow.tRC) = ("slow rows", 9, 14, 60, 60, 130)
    var ranks = DRAMTiming.ddr4
    (ranks.name, ranks.ranks, ranks.rowBytes, ranks.rankSwitch) = ("two ranks", 2, 512, 3)
    var small = DRAMTiming.hbm2
    (small.name, small.bankGroups, small.banksPerGroup, small.tREFI) = ("two banks", 2, 1, 900)
    return [.ddr4, .hbm2, slow, ranks, small] + DRAMTiming.sharings.compactMap { DRAMTiming.ddr4Shared(ports: $0) }
  }()

  @Test("on random requests", arguments: timings.indices)
  func randomRequests(index: Int) {
    let timing = Self.timings[index]
    for seed in UInt64(1)...40 {
      var generator = SeededGenerator(seed: seed)
      let beatBytes = [16, 32, 64][Int.random(in: 0...2, using: &generator)]
      let clockMHz = Int.random(in: 100...400, using: &generator)
      let port = Int.random(in: 0..<32, using: &generator)
      var channel = MemoryChannel(
        .dram(timing), beatBytes: beatBytes, clockMHz: clockMHz, port: port, recordsCommands: true)
      var (cycle, address, bursts, last) = (1, 0, 0, -1)
      for _ in 0..<200 {
        // Long sequential runs, and single beats anywhere.
        let isRun = Bool.random(using: &generator)
        let beats = isRun ? Int.random(in: 1...4096 / beatBytes, using: &generator) : 1
        if !isRun { address = Int.random(in: 0..<1 << 16, using: &generator) * beatBytes }
        let accepted = channel.accept(visible: cycle, address: address, beats: beats)
        for _ in 0..<beats {
          let arrival = channel.nextBeat()
          #expect(arrival > last && arrival > accepted)
          last = arrival
        }
        let end = address + beats * beatBytes
        bursts += (end - 1) / timing.burstBytes - address / timing.burstBytes + 1
        address = end
        cycle = accepted + 1 + (Int.random(in: 0..<8, using: &generator) == 0 ? 3000 : 0)
      }
      var rules = DRAMRules(timing)
      // In time; of those in the same clock the one that was decided first.
      let commands = channel.commands.enumerated().sorted {
        ($0.element.clock, $0.offset) < ($1.element.clock, $1.offset)
      }
      for command in commands { rules.check(command.element) }
      #expect(rules.broken.prefix(3).isEmpty, "\(timing.name), seed \(seed): \(rules.broken.prefix(3))")
      let kinds = channel.commands.map(\.kind)
      #expect(kinds.filter { $0 == .read }.count == bursts)
      #expect(kinds.contains(.refresh) && kinds.contains(.precharge) && kinds.contains(.activate))
    }
  }
}
