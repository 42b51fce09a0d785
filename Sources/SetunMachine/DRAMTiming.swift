/// A DRAM and the controller between it and one AXI port: every figure that decides when a read is served.
///
/// The `t` names are JEDEC's. Times are in clocks of the DRAM (half its data rate) unless a comment says otherwise. The
/// core never writes, so nothing turns the data bus around and there is no figure for that.
public struct DRAMTiming: Hashable, Sendable {
  /// What `MemoryModel` reads and writes as text.
  public var name: String

  /// Clock of the DRAM, in MHz.
  public var clockMHz: Int

  // MARK: Organisation

  /// Bytes of one burst over the whole data bus.
  public var burstBytes: Int
  /// Clocks for which a burst occupies the data bus.
  public var burstClocks: Int
  /// Bytes of a row (page) over the whole data bus.
  public var rowBytes: Int
  public var bankGroups: Int
  public var banksPerGroup: Int
  public var ranks: Int
  /// AXI ports that share the data bus by turns. Each has one burst in `sharingPorts` and banks of its own; the banks above
  /// are those of one port.
  public var sharingPorts: Int

  // MARK: Commands

  /// Read to the first data (CL).
  public var readLatency: Int
  /// Activate to read, and precharge to activate.
  public var tRCD: Int
  public var tRP: Int
  /// Activate to precharge, and to the next activate of the same bank.
  public var tRAS: Int
  public var tRC: Int
  /// Read to read in another bank group, and in the same.
  public var tCCDS: Int
  public var tCCDL: Int
  /// Activate to activate in another bank group, and in the same.
  public var tRRDS: Int
  public var tRRDL: Int
  /// A window in which at most four activates of a rank lie.
  public var tFAW: Int
  /// Read to precharge.
  public var tRTP: Int
  /// From one refresh of all banks to the next, and how long one takes.
  public var tREFI: Int
  public var tRFC: Int
  /// Idle clocks of the data bus between bursts of different ranks.
  public var rankSwitch: Int

  // MARK: Controller

  /// From the cycle after the AR handshake to the first command, and from a burst's last data to the port.
  public var requestLatency: Int
  public var responseLatency: Int
  /// DRAM bursts for which the controller looks ahead: the rows of so many are prepared while earlier ones are read.
  public var queueBursts: Int
  /// DRAM bursts that are under way from the read command to the port or wait there.
  public var bufferBursts: Int
  /// AXI bursts that are accepted and not yet delivered; ARREADY waits beyond that.
  public var outstandingRequests: Int

  /// The figures in the order in which the harness takes them (`Sim/dram.h`).
  public var words: [Int] {
    [
      clockMHz, burstBytes, burstClocks, rowBytes, bankGroups, banksPerGroup, ranks, sharingPorts, readLatency, tRCD,
      tRP,
      tRAS, tRC, tCCDS, tCCDL, tRRDS, tRRDL, tFAW, tRTP, tREFI, tRFC, rankSwitch, requestLatency, responseLatency,
      queueBursts, bufferBursts, outstandingRequests,
    ]
  }

  /// Bytes that one port can take in a second at most, in millions.
  public var peakMegabytesPerSecond: Double {
    Double(burstBytes * clockMHz) / Double(burstClocks * sharingPorts)
  }

  /// Bytes after which an address lies in the same bank again, one row further.
  public var rowStride: Int { rowBytes * bankGroups * banksPerGroup * ranks }

  /// As if nothing were ever refreshed.
  var withoutRefresh: DRAMTiming {
    var timing = self
    timing.tREFI = 1 << 60
    return timing
  }

  /// As if every row were open.
  var withoutRows: DRAMTiming {
    var timing = self
    (timing.tRCD, timing.tRP, timing.tRAS, timing.tRC) = (0, 0, 0, 0)
    (timing.tRRDS, timing.tRRDL, timing.tFAW, timing.tRTP) = (0, 0, 0, 0)
    return timing
  }
}
