import SeededRandom
import SetunMachine
import Testing

@Suite("Memory channels: when requests are accepted and beats delivered")
struct MemoryChannelTests {
  @Test("without DRAM a channel is the formula of the architecture, each port with stalls of its own")
  func formula() {
    for seed in UInt64(1)...20 {
      var generator = SeededGenerator(seed: seed)
      let latency = Int.random(in: 1...200, using: &generator)
      let port = Int.random(in: 0..<32, using: &generator)
      for model in [MemoryModel(.ideal, latency: latency), MemoryModel(.random(seed: seed), latency: latency)] {
        var channel = MemoryChannel(model, beatBytes: 16, clockMHz: 100, port: port)
        var expected: [Int] = []
        var visible = 1
        for number in UInt64(0)..<50 {
          let beats = Int.random(in: 1...64, using: &generator)
          let accepted = channel.accept(visible: visible, address: 0, beats: beats)
          let stall = model.stall(MemoryModel.Channel(rawValue: 2 * UInt64(port)), number)
          #expect(accepted == visible + stall, "seed \(seed)")
          for _ in 0..<beats {
            let earliest = max(accepted + latency, (expected.last ?? -1) + 1)
            let channel = MemoryModel.Channel(rawValue: 2 * UInt64(port) + 1)
            expected.append(earliest + model.stall(channel, UInt64(expected.count)))
          }
          visible = accepted + Int.random(in: 1...100, using: &generator)
        }
        #expect(expected == expected.map { _ in channel.nextBeat() }, "seed \(seed)")
      }
    }
  }

  @Test(
    "beats by the burst come when beats one by one do",
    arguments: [MemoryModel.ideal, .random(seed: 4), .dram(.ddr4), .dram(.hbm2)])
  func bursts(model: MemoryModel) {
    var generator = SeededGenerator(seed: 11)
    var (single, several) = (
      MemoryChannel(model, beatBytes: 64, clockMHz: 300), MemoryChannel(model, beatBytes: 64, clockMHz: 300)
    )
    var visible = 1
    var cycles: [Int] = []
    for _ in 0..<200 {
      let requests = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        (beats: Int.random(in: 1...64, using: &generator), address: 64 * Int.random(in: 0..<1 << 20, using: &generator))
      }
      var outstanding = 0
      for request in requests {
        let accepted = single.accept(visible: visible, address: request.address, beats: request.beats)
        #expect(accepted == several.accept(visible: visible, address: request.address, beats: request.beats))
        visible = accepted + 1
        outstanding += request.beats
      }
      // Not at the requests' ends.
      while outstanding > 0 {
        let count = Int.random(in: 1...min(outstanding, 80), using: &generator)
        several.nextBeats(count, into: &cycles)
        #expect(cycles == (0..<count).map { _ in single.nextBeat() }, "seed 11")
        outstanding -= count
      }
    }
  }

  @Test("the stalls of port 0 are those of channels 0 and 1, those of port 5 of channels 10 and 11")
  func ports() {
    #expect(MemoryModel.Channel.address(port: 0) == .address && MemoryModel.Channel.data(port: 0) == .data)
    #expect(MemoryModel.Channel.address(port: 5).rawValue == 10 && MemoryModel.Channel.data(port: 5).rawValue == 11)
  }

  /// What a controller without latency of its own does on a core at the DRAM's clock, so that a cycle is a clock: a request
  /// accepted in cycle c can have its first command in clock c + 1.
  struct Case: Sendable, CustomTestStringConvertible {
    var label: String
    var timing = DRAMTiming.ddr4
    var beatBytes = 64
    var port = 0
    var keepsLatency = false
    var requests: [(visible: Int, address: Int)]
    var beats = 1
    /// Of the handshakes, where they are not the first visible cycles.
    var accepted: [Int]?
    var arrivals: [Int]

    var testDescription: String { label }
  }

  static func ddr4(_ change: (inout DRAMTiming) -> Void) -> DRAMTiming {
    var timing = DRAMTiming.ddr4
    change(&timing)
    return timing
  }

  // DDR4-2400: CL, tRCD and tRP 17, a burst 4 clocks. Addresses: 64 the next bank group, 256 the next column, 32768 the
  // next bank, 131072 the next row.
  static let cases: [Case] = [
    // Activate 11, read 28, data 45 to 48, at the port in 49.
    Case(label: "closed row", requests: [(10, 0)], arrivals: [49]),
    Case(label: "open row", requests: [(10, 0), (100, 256)], arrivals: [49, 101 + 21]),
    Case(label: "another row, idle bank", requests: [(10, 0), (200, 131072)], arrivals: [49, 201 + 17 + 17 + 21]),
    // tRAS 39: precharge 50, activate 67, read 84.
    Case(label: "another row at once", requests: [(10, 0), (11, 131072)], arrivals: [49, 105]),
    // Activate 81, read 98.
    Case(
      label: "tRC 70: another row at once", timing: ddr4 { $0.tRC = 70 }, requests: [(10, 0), (11, 131072)],
      arrivals: [49, 119]),
    // tRTP 9: the second read is at 61, precharge 70, activate 87, read 104.
    Case(
      label: "another row after a read", requests: [(10, 0), (60, 256), (61, 131072)], arrivals: [49, 82, 125]),
    Case(label: "tCCD_L 6: the same group", requests: [(10, 0), (11, 256)], arrivals: [49, 55]),
    Case(
      label: "tCCD_S 4: another group", requests: [(10, 0), (60, 64), (100, 0), (101, 64)],
      arrivals: [49, 61 + 38, 101 + 21, 101 + 21 + 4]),
    // Activate 15, read 32.
    Case(label: "tRRD_S 4: a closed row in another group", requests: [(10, 0), (11, 64)], arrivals: [49, 53]),
    // Activate 19, read 36.
    Case(
      label: "tRRD_L 8: a closed row in the same group", timing: ddr4 { $0.tRRDL = 8 },
      requests: [(10, 0), (11, 32768)],
      arrivals: [49, 57]),
    // Activates 11, 15, 19, 23 and, with 16 clocks, 27; with 40, 51.
    Case(
      label: "tFAW 16", requests: [(10, 0), (11, 64), (12, 128), (13, 192), (14, 32768)],
      arrivals: [49, 53, 57, 61, 65]),
    Case(
      label: "tFAW 40", timing: ddr4 { $0.tFAW = 40 },
      requests: [(10, 0), (11, 64), (12, 128), (13, 192), (14, 32768)], arrivals: [49, 53, 57, 61, 89]),
    // tREFI 9360, tRFC 420. Read 9357 comes before; 9360 would not.
    Case(label: "just before a refresh", requests: [(9339, 0)], arrivals: [9340 + 38]),
    Case(label: "a refresh in the way, all closed", requests: [(9342, 0)], arrivals: [9360 + 420 + 38]),
    Case(
      label: "a refresh in the way, a row open", requests: [(9000, 0), (9359, 256)],
      arrivals: [9001 + 38, 9360 + 17 + 420 + 38]),
    // Activate 9339: tRAS forbids the precharge before 9378, and the read of 9356 comes before the refresh.
    Case(
      label: "a refresh waits for tRAS", requests: [(9338, 0), (9355, 256)],
      arrivals: [9339 + 38, 9339 + 39 + 17 + 420 + 38]),
    Case(label: "three refreshes passed, the last under way", requests: [(28180, 0)], arrivals: [28080 + 420 + 38]),
    // Without looking ahead the activate waits for the read in 28.
    Case(
      label: "a queue of one", timing: ddr4 { $0.queueBursts = 1 }, requests: [(10, 0), (11, 64)],
      arrivals: [49, 28 + 38]),
    // The third burst is read when the first has left, in 50.
    Case(
      label: "a buffer of two", timing: ddr4 { $0.bufferBursts = 2 }, requests: [(10, 0), (11, 64), (12, 128)],
      arrivals: [49, 53, 50 + 21]),
    Case(
      label: "one outstanding request", timing: ddr4 { $0.outstandingRequests = 1 }, requests: [(10, 0), (11, 256)],
      accepted: [10, 50], arrivals: [49, 51 + 21]),
    Case(
      label: "latency of the controller", timing: ddr4 { ($0.requestLatency, $0.responseLatency) = (32, 31) },
      keepsLatency: true, requests: [(10, 0)], arrivals: [49 + 63]),
    // Activates 11 and 12; the second read leaves two clocks between the bursts.
    Case(
      label: "two ranks", timing: ddr4 { $0.ranks = 2 }, requests: [(10, 0), (11, 131072)], arrivals: [49, 28 + 6 + 21]),
    // The data would start in 45; this port's turns are 0, 8, ...; the other one's 4, 12, ...
    Case(
      label: "turns of port 0 of 2", timing: DRAMTiming.ddr4Shared(ports: 2) ?? .ddr4, requests: [(10, 0)],
      arrivals: [48 + 4]),
    Case(
      label: "turns of port 1 of 2", timing: DRAMTiming.ddr4Shared(ports: 2) ?? .ddr4, port: 1, requests: [(10, 0)],
      arrivals: [52 + 4]),
    Case(label: "a burst in four beats", beatBytes: 16, requests: [(10, 0)], beats: 4, arrivals: [49, 50, 51, 52]),
    Case(label: "two beats of two bursts", beatBytes: 16, requests: [(10, 48)], beats: 2, arrivals: [49, 53]),
    // CL 13, tRCD 13, tRRD_S 4: activates 11 and 15, reads 24 and 28, the last data in 41 and 42.
    Case(label: "a beat of two bursts of HBM2", timing: .hbm2, requests: [(10, 0)], arrivals: [43]),
  ]

  @Test("figures worked by hand", arguments: cases)
  func workedByHand(_ test: Case) {
    var timing = test.timing
    if !test.keepsLatency { (timing.requestLatency, timing.responseLatency) = (0, 0) }
    var channel = MemoryChannel(
      .dram(timing), beatBytes: test.beatBytes, clockMHz: timing.clockMHz, port: test.port)
    let accepted = test.requests.map { channel.accept(visible: $0.visible, address: $0.address, beats: test.beats) }
    #expect(accepted == test.accepted ?? test.requests.map(\.visible))
    #expect(test.arrivals.map { _ in channel.nextBeat() } == test.arrivals)
  }

  @Test("the parts' figures in clocks are those of the data sheets")
  func parts() throws {
    let ddr4 = DRAMTiming.ddr4
    #expect([ddr4.readLatency, ddr4.tRCD, ddr4.tRP, ddr4.tRAS, ddr4.tRC] == [17, 17, 17, 39, 56])
    #expect([ddr4.tCCDS, ddr4.tCCDL, ddr4.tRRDS, ddr4.tRRDL, ddr4.tFAW, ddr4.tRTP] == [4, 6, 4, 6, 16, 9])
    #expect([ddr4.tREFI, ddr4.tRFC, ddr4.rowStride] == [9360, 420, 131072])
    #expect(ddr4.peakMegabytesPerSecond == 19200)
    let shared = try #require(DRAMTiming.ddr4Shared(ports: 4))
    #expect([shared.tRRDS, shared.tRRDL, shared.tFAW, shared.rowStride] == [28, 32, 144, 16384])
    #expect(shared.peakMegabytesPerSecond == 4800)
    let hbm2 = DRAMTiming.hbm2
    #expect([hbm2.readLatency, hbm2.tRCD, hbm2.tRP, hbm2.tRAS, hbm2.tRC] == [13, 13, 13, 31, 44])
    #expect([hbm2.tCCDS, hbm2.tCCDL, hbm2.tRRDS, hbm2.tRRDL, hbm2.tFAW, hbm2.tRTP] == [2, 3, 4, 6, 27, 6])
    #expect([hbm2.tREFI, hbm2.tRFC, hbm2.rowStride] == [3510, 234, 16384])
    #expect(hbm2.peakMegabytesPerSecond == 14400)
    for ports in DRAMTiming.sharings {
      let timing = try #require(DRAMTiming.ddr4Shared(ports: ports))
      #expect(timing.bankGroups * timing.banksPerGroup * ports == 8)
    }
    #expect(DRAMTiming.ddr4Shared(ports: 3) == nil && DRAMTiming.ddr4Shared(ports: 0) == nil)
  }

  static func port(_ bits: Int, _ clockMHz: Int) -> Configuration {
    var configuration = Configuration.wide
    (configuration.beatBits, configuration.clockMHz) = (bits, clockMHz)
    return configuration
  }

  /// A port, a memory behind it, and what a sequential read gets of the peak at least and at most.
  static let readers: [(memory: String, bits: Int, clockMHz: Int, fraction: ClosedRange<Double>)] = [
    ("ddr4", 512, 250, 0.97...1), ("ddr4", 128, 100, 0.999...1), ("ddr4-shared:4", 128, 250, 0.97...1),
    // Where the DRAM is the limit a refresh costs at least tRFC in tREFI.
    ("ddr4", 512, 300, 0.94...1 - 420.0 / 9360), ("ddr4-shared:8", 128, 250, 0.93...1 - 420.0 / 9360),
    ("hbm2", 512, 225, 0.91...1 - 234.0 / 3510), ("hbm2", 512, 250, 0.91...1 - 234.0 / 3510),
    ("hbm2", 256, 450, 0.91...1 - 234.0 / 3510), ("ideal", 512, 250, 1...1),
  ]

  @Test("a sequential read gets what refresh leaves", arguments: readers.indices)
  func deliverable(index: Int) throws {
    let reader = Self.readers[index]
    let configuration = Self.port(reader.bits, reader.clockMHz)
    let result = MemoryChannel.deliverable(try MemoryModel(parsing: reader.memory), for: configuration)
    #expect(reader.fraction.contains(result.fraction), "\(reader): \(result)")
    #expect(result.fraction >= 0.9)
    #expect(abs(result.fraction + result.refresh + result.rows + result.rest - 1) < 1e-9)
  }

  @Test("lone requests take the measured latencies of the controllers, within one cycle")
  func latencies() {
    let ddr4 = MemoryChannel.deliverable(.dram(.ddr4), for: Self.port(512, 300))
    #expect([ddr4.openRow, ddr4.closedRow, ddr4.otherRow] == [22, 27, 31])
    let hbm2 = MemoryChannel.deliverable(.dram(.hbm2), for: Self.port(256, 450))
    #expect([hbm2.openRow, hbm2.closedRow, hbm2.otherRow] == [48, 55, 61])
  }
}
