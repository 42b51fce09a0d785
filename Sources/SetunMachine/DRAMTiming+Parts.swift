/// The parts that can be named. What no public source states is marked "assumed".
extension DRAMTiming {
  /// Whole clocks for a time in picoseconds, rounded up as JESD79-4 asks for minima.
  private static func clocks(_ picoseconds: Int, at clockMHz: Int) -> Int {
    (picoseconds * clockMHz + 999_999) / 1_000_000
  }

  /// One 64-bit channel of DDR4-2400, behind a controller of its own: 19.2 GB/s.
  ///
  /// A registered module of 8 Gb parts, 4 bits wide, one rank, as on the Alveo U250.
  /// - Speed bin DDR4-2400T, 17-17-17 (Micron, 8Gb: x4, x8, x16 DDR4 SDRAM, -083; Micron, 16GB (x72, ECC, SR) RDIMM
  ///   MTA18ASF2G72PZ, -2G3, key timing parameters: tRCD and tRP 14.16 ns, tRC 46.16 ns; "DDR4-2400 Speed Bins and
  ///   Operating Conditions": tRAS 32 ns).
  /// - JESD79-4, timing parameters by speed bin: tCCD_S 4 clocks, tCCD_L 5 ns, tRTP 7.5 ns or 4 clocks; for a page of half
  ///   a kilobyte tRRD_S 3.3 ns or 4 clocks, tRRD_L 4.9 ns or 4 clocks, tFAW 13 ns or 16 clocks.
  /// - JESD79-4, refresh parameters by density: 8 Gb, tRFC1 350 ns; tREFI 7.8 us up to 85 degrees Celsius.
  /// - Organisation: 4 groups of 4 banks, 1024 columns (Micron, same data sheet).
  /// - An open page policy, and rows prepared while others are read, one activate, one read and one precharge a clock of
  ///   the controller: AMD, PG150 and the same text in PG252, "Memory Controller".
  /// - Latency of the controller: 63 clocks in all make the idle latencies that "Shuhai: Benchmarking High Bandwidth
  ///   Memory on FPGAs" (FCCM 2020) measured on a U280: 22, 27 and 32 cycles of 300 MHz for an open, a closed and
  ///   another row (here 22, 27 and 31). How they are divided is assumed, and so are queue, buffer (4 KiB) and
  ///   outstanding requests.
  public static let ddr4 = DRAMTiming(
    name: "ddr4", clockMHz: 1200, burstBytes: 64, burstClocks: 4, rowBytes: 8192, bankGroups: 4, banksPerGroup: 4,
    ranks: 1, sharingPorts: 1, readLatency: 17, tRCD: clocks(14_160, at: 1200), tRP: clocks(14_160, at: 1200),
    tRAS: clocks(32_000, at: 1200), tRC: clocks(46_160, at: 1200), tCCDS: 4, tCCDL: clocks(5_000, at: 1200), tRRDS: 4,
    tRRDL: clocks(4_900, at: 1200), tFAW: max(16, clocks(13_000, at: 1200)), tRTP: clocks(7_500, at: 1200),
    tREFI: 7_800 * 1200 / 1000, tRFC: clocks(350_000, at: 1200), rankSwitch: 2, requestLatency: 32,
    responseLatency: 31, queueBursts: 16, bufferBursts: 64, outstandingRequests: 16)

  /// The numbers of ports among which a DRAM can be shared: they divide its eight banks.
  public static let sharings = [1, 2, 4, 8]

  /// One 64-bit channel of DDR4-2400 that `ports` AXI ports share, as on the KV260 (four): 19.2 GB/s for all together.
  ///
  /// A simplification: the controller serves the ports strictly by turns, one burst of 64 bytes each, whether they want
  /// it or not, and gives each its own banks, a part of the activates and its own sight of a refresh. So the times of a port
  /// follow from its own requests alone; a real controller gives an idle port's turn to another.
  /// - 8 Gb parts, 16 bits wide: 2 groups of 4 banks, 1024 columns (Micron, 8Gb: x4, x8, x16 DDR4 SDRAM); speed bin and
  ///   refresh as `ddr4`. JESD79-4 for a page of 2 kilobytes: tRRD_S 5.3 ns, tRRD_L 6.4 ns, tFAW 30 ns; each port has
  ///   one activate in `ports`.
  /// - Outstanding requests: 8, what AFIFM_RDISSUE (AMD, UG1087) holds after reset, 7, stands for.
  /// - Latency of the way through the processing system, queue and buffer: assumed.
  ///
  /// - Returns: nil unless `ports` is one of ``sharings``.
  public static func ddr4Shared(ports: Int) -> DRAMTiming? {
    guard sharings.contains(ports) else { return nil }
    var timing = ddr4
    timing.name = "ddr4-shared:\(ports)"
    timing.sharingPorts = ports
    timing.bankGroups = ports == 8 ? 1 : 2
    timing.banksPerGroup = max(1, 4 / ports)
    timing.tRRDS = clocks(5_300, at: 1200) * ports
    timing.tRRDL = clocks(6_400, at: 1200) * ports
    timing.tFAW = clocks(30_000, at: 1200) * ports
    timing.requestLatency = 80
    timing.responseLatency = 80
    timing.outstandingRequests = 8
    return timing
  }

  /// One pseudo channel of HBM2 at 1.8 Gb/s a pin, 64 bits, behind a port of its own: 14.4 GB/s.
  ///
  /// - JESD235: bursts of four in pseudo channels (32 bytes, two clocks), 1 KiB rows, four groups of four banks (also in
  ///   AMD, PG313, "Address Mapping", 4H devices), tREFI 3.9 us, tRFC 260 ns for a channel of 4 Gb.
  /// - JESD235 leaves the other times to the vendor, and vendors do not publish them. Taken, in nanoseconds, from the
  ///   description of a 4 Gb HBM2 channel in DRAMsim3 (HBM2_4Gb_x128): CL 14, tRCD 14, tRP 14, tRAS 34, tRRD_S 4,
  ///   tRRD_L 6, tFAW 30, tRTP 6; tCCD_L 3 ns from that in gem5 (HBM_2000_4H_1x64).
  /// - The controller looks ahead among 64 commands (AMD, PG276, "Reorder, Refresh, and Power Savings Options Tab");
  ///   here it never reorders, and refreshes all banks at once.
  /// - Latency of the controller, 79 clocks in all, from the same measurements as for `ddr4`: 48, 55 and 62 cycles of
  ///   450 MHz (here 48, 55 and 61), without the lateral switch. Its division, buffer (4 KiB) and outstanding requests
  ///   are assumed. The hard port takes bursts of at most 16 beats of 256 bits; what cuts longer ones is not modelled.
  public static let hbm2 = DRAMTiming(
    name: "hbm2", clockMHz: 900, burstBytes: 32, burstClocks: 2, rowBytes: 1024, bankGroups: 4, banksPerGroup: 4,
    ranks: 1, sharingPorts: 1, readLatency: clocks(14_000, at: 900), tRCD: clocks(14_000, at: 900),
    tRP: clocks(14_000, at: 900), tRAS: clocks(34_000, at: 900), tRC: clocks(48_000, at: 900), tCCDS: 2,
    tCCDL: clocks(3_000, at: 900), tRRDS: clocks(4_000, at: 900), tRRDL: clocks(6_000, at: 900),
    tFAW: clocks(30_000, at: 900), tRTP: clocks(6_000, at: 900), tREFI: 3_900 * 900 / 1000,
    tRFC: clocks(260_000, at: 900), rankSwitch: 2, requestLatency: 40, responseLatency: 39, queueBursts: 64,
    bufferBursts: 128, outstandingRequests: 16)
}
