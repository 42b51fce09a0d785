import HardwareDescription

/// The modules of the library, each with parameters at which it is checked: linted, simulated and proved.
public enum LibraryCatalogue {
  /// A module of the library.
  public struct Entry: Sendable {
    /// The Swift type.
    public let type: String
    /// What it does, in one sentence.
    public let summary: String
    /// Cycles from a word's arrival to its departure when nothing is in the way.
    public let latency: String
    /// Words it passes, at most.
    public let throughput: String
    /// The ways on which a path leads through within a cycle.
    public let paths: String
    /// What `rtlgen formal --only` proves of it, for ever or for so many cycles; none of a module whose fixed latency is all
    /// that others rely on.
    public let proofs: [String]
    /// Instances that are checked, corner cases and those that are proved included.
    public let modules: @Sendable () -> [any HardwareModule]
  }

  /// Every module, in the order of the library's page.
  public static let entries: [Entry] = streams + queues + clocks + arithmetic

  /// The table of the library's page, in Markdown.
  public static var table: String {
    let head = [
      "| Module | What it does | Latency | Throughput | Paths that lead through | Proofs |",
      "|---|---|---|---|---|---|",
    ]
    let rows = entries.map { entry in
      let proofs = entry.proofs.isEmpty ? "-" : entry.proofs.map { "`\($0)`" }.joined(separator: ", ")
      return
        "| ``\(entry.type)`` | \(entry.summary) | \(entry.latency) | \(entry.throughput) | \(entry.paths) | \(proofs) |"
    }
    return (head + rows).joined(separator: "\n")
  }

  private static let streams = [
    Entry(
      type: "SkidBuffer", summary: "Cuts a stream in both directions.", latency: "1", throughput: "1 a cycle",
      paths: "none", proofs: ["skid_buffer"]
    ) { [1, 2, 8, 65].map { SkidBuffer(width: $0) } },
    Entry(
      type: "ForwardCut", summary: "Cuts valid and payload.", latency: "1", throughput: "1 a cycle", paths: "ready",
      proofs: ["forward_cut"]
    ) { [1, 8].map { ForwardCut(width: $0) } },
    Entry(
      type: "BackwardCut", summary: "Cuts ready.", latency: "0", throughput: "1 a cycle", paths: "valid, payload",
      proofs: ["backward_cut"]
    ) { [1, 8].map { BackwardCut(width: $0) } },
    Entry(
      type: "HalfRateCut", summary: "Cuts a stream in both directions with one word of storage.", latency: "1",
      throughput: "1 every 2 cycles", paths: "none", proofs: ["half_rate_cut"]
    ) { [1, 8].map { HalfRateCut(width: $0) } },
    Entry(
      type: "WidthConverter", summary: "Joins narrow words or splits wide ones, lowest bits first.", latency: "1",
      throughput: "1 narrow word a cycle", paths: "ready", proofs: ["width_converter_up", "width_converter_down"]
    ) {
      [(8, 8), (1, 1), (1, 2), (2, 1), (4, 12), (12, 4), (8, 32), (32, 8), (5, 25), (25, 5)].map {
        WidthConverter(from: $0.0, to: $0.1)
      }
    },
    Entry(
      type: "StreamArbiter", summary: "Passes several streams on, in turn or by priority.", latency: "0",
      throughput: "1 a cycle", paths: "valid, payload, ready", proofs: ["priority_arbiter", "round_robin_arbiter"]
    ) {
      StreamArbiter.Policy.allCases.flatMap { policy in
        [(1, 1), (8, 1), (1, 2), (8, 2), (8, 3), (4, 3), (5, 4)].map {
          StreamArbiter(width: $0.0, inputs: $0.1, policy: policy)
        }
      }
    },
    Entry(
      type: "StreamFork", summary: "Gives each word to several receivers.", latency: "0", throughput: "1 a cycle",
      paths: "valid, payload, ready", proofs: ["stream_fork"]
    ) { [(8, 1), (1, 2), (8, 2), (8, 3), (4, 3)].map { StreamFork(width: $0.0, outputs: $0.1) } },
    Entry(
      type: "StreamJoin", summary: "Makes one word of a word from each stream.", latency: "0", throughput: "1 a cycle",
      paths: "valid, payload, ready", proofs: ["stream_join"]
    ) { [[8], [1, 1], [8, 3], [4, 3, 2], [4, 5, 6]].map { StreamJoin(widths: $0) } },
    Entry(
      type: "StreamDemultiplexer", summary: "Sends each word to the receiver it names.", latency: "0",
      throughput: "1 a cycle", paths: "valid, payload, ready", proofs: ["stream_demultiplexer"]
    ) { [(8, 1), (1, 2), (8, 3), (4, 3), (8, 4)].map { StreamDemultiplexer(width: $0.0, outputs: $0.1) } },
    Entry(
      type: "CreditCounter", summary: "Counts the places that a sender may still fill.", latency: "1",
      throughput: "1 a cycle", paths: "none", proofs: ["credit_counter"]
    ) { [1, 2, 3, 4, 5, 9].map { CreditCounter(credits: $0) } },
  ]

  private static let queues = [
    Entry(
      type: "DistributedFIFO", summary: "A FIFO in LUT RAM.", latency: "1",
      throughput: "1 a cycle (depth 1: 1 every 2)",
      paths: "none", proofs: ["distributed_fifo_1", "distributed_fifo_3", "distributed_fifo_4"]
    ) { [(8, 1), (1, 2), (8, 2), (8, 3), (8, 4), (5, 7), (8, 16)].map { DistributedFIFO(width: $0.0, depth: $0.1) } },
    Entry(
      type: "BlockFIFO", summary: "A FIFO in block RAM with a count.", latency: "2",
      throughput: "1 a cycle (depth 2: 2 every 3)", paths: "none",
      proofs: ["block_fifo_2", "block_fifo_3", "block_fifo_4"]
    ) { [(1, 2), (8, 2), (8, 3), (8, 4), (5, 7), (8, 16)].map { BlockFIFO(width: $0.0, depth: $0.1) } },
    Entry(
      type: "AsynchronousFIFO", summary: "A FIFO between two clocks.", latency: "3 to 4 of the main clock",
      throughput: "1 a cycle of the slower clock from depth 8 on", paths: "none", proofs: ["asynchronous_fifo"]
    ) {
      [(2, 2), (8, 2), (1, 4), (8, 8), (5, 16)].map { AsynchronousFIFO(width: $0.0, depth: $0.1) } + [
        AsynchronousFIFO(width: 8, depth: 8, stages: 3, style: .block)
      ]
    },
  ]

  private static let clocks = [
    Entry(
      type: "BitSynchroniser", summary: "Takes a bit into a clock domain.", latency: "2 to 3", throughput: "levels",
      paths: "none", proofs: ["bit_synchroniser"]
    ) { [2, 3].map { BitSynchroniser(stages: $0) } },
    Entry(
      type: "ResetSynchroniser", summary: "Releases a reset in step with its clock.", latency: "2",
      throughput: "levels",
      paths: "the reset's fall", proofs: ["reset_synchroniser"]
    ) { [2, 3].map { ResetSynchroniser(stages: $0) } },
    Entry(
      type: "PulseSynchroniser", summary: "Carries pulses between clocks.", latency: "2 to 3 of the main clock",
      throughput: "pulses more than a cycle of the main clock apart", paths: "none", proofs: ["pulse_synchroniser"]
    ) { [2, 3].map { PulseSynchroniser(stages: $0) } },
    Entry(
      type: "BusSynchroniser", summary: "Carries words between clocks, with request and acknowledge.",
      latency: "3 to 4 of the main clock", throughput: "1 a round trip", paths: "none", proofs: ["bus_synchroniser"]
    ) {
      [1, 2, 8].map { BusSynchroniser(width: $0) } + [BusSynchroniser(width: 70, stages: 3)]
    },
  ]

  private static let formats = [(3, 2), (4, 3), (5, 10), (8, 15), (8, 23)].map {
    FloatEncoding(exponentBits: $0.0, fractionBits: $0.1)
  }

  private static let arithmetic = [
    Entry(
      type: "FloatMultiply", summary: "Product of two floats, rounded to nearest even.", latency: "3",
      throughput: "1 a cycle", paths: "none", proofs: []
    ) { formats.map { FloatMultiply(format: $0) } },
    Entry(
      type: "FloatAdd", summary: "Sum of two floats, rounded to nearest even.", latency: "6", throughput: "1 a cycle",
      paths: "none", proofs: []
    ) { formats.map { FloatAdd(format: $0) } },
    Entry(
      type: "FloatFromInteger", summary: "An integer as a float, rounded to nearest even.", latency: "4",
      throughput: "1 a cycle", paths: "none", proofs: []
    ) { formats.flatMap { format in [2, 18, 40].map { FloatFromInteger(format: format, width: $0) } } },
    Entry(
      type: "FloatToInteger", summary: "A float as an integer, rounded to nearest even.", latency: "4",
      throughput: "1 a cycle", paths: "none", proofs: []
    ) { formats.flatMap { format in [2, 18, 40].map { FloatToInteger(format: format, width: $0) } } },
  ]
}
