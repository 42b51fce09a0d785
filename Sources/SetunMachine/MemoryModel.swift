import SeededRandom

/// How the memory behind the AXI read port behaves: its latency and its stalls (architecture, sections 3 and 4).
///
/// AR `k` (numbered from START) whose ARVALID is first seen in cycle v is accepted at `a = v + addressStall(k)`.
/// Beat `m` (numbered from START over all bursts) of a burst accepted at a is presented at
/// `r[m] = max(a + latency, r[m - 1] + 1) + dataStall(m)`. Both sides of a comparison draw the same stalls, because a stall
/// is a stateless hash of (seed, channel, number). ``MemoryChannel`` evaluates this, and a DRAM's rules (``DRAMTiming``)
/// where one is named.
public struct MemoryModel: Hashable, Sendable, CustomStringConvertible {
  /// Whether the memory stalls.
  public enum Mode: Hashable, Sendable {
    /// Never stalls: AR accepted at once, one beat a cycle after the latency.
    case ideal
    /// The chip's own block RAM (`OnChipMemory` of `SetunBoard`): as `ideal`, with the latency of that module.
    case onChip
    /// Stalls one handshake in four, by 0 to 15 cycles.
    case random(seed: UInt64)
    /// A DRAM and its controller; `latency` is not used.
    case dram(DRAMTiming)
  }

  /// A channel that can stall; the raw value enters the hash: 2c for the addresses of port c, 2c + 1 for its data.
  public struct Channel: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Those of port 0.
    public static let address = Channel(rawValue: 0)
    public static let data = Channel(rawValue: 1)

    @inlinable
    public static func address(port: Int) -> Channel { Channel(rawValue: 2 * UInt64(port)) }

    @inlinable
    public static func data(port: Int) -> Channel { Channel(rawValue: 2 * UInt64(port) + 1) }
  }

  /// A text that names no memory.
  public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init(text: String) { self.text = text }

    public var description: String {
      "'\(text)' is not a memory; write 'ideal', 'on-chip', 'random:SEED' with SEED 0 to 2^64 - 1, 'ddr4', 'hbm2', or "
        + "'ddr4-shared:N' with N 1, 2, 4 or 8"
    }
  }

  /// The latency when none is told, in cycles.
  public static let defaultLatency = 64

  /// Cycles from a request that the memory on the chip has accepted to its first beat: queue, address register, its copy at
  /// each bank, RAM, a register behind each bank, and one behind the selection of the bank.
  public static let onChipLatency = 6

  public var mode: Mode

  /// Cycles from an accepted AR to its first beat, at least 1.
  public var latency: Int

  public init(_ mode: Mode, latency: Int = MemoryModel.defaultLatency) {
    precondition(latency >= 1, "a memory answers at the earliest one cycle after the request")
    self.mode = mode
    self.latency = latency
  }

  /// Never stalls, default latency.
  public static let ideal = MemoryModel(.ideal)

  /// Never stalls, the latency of the chip's own memory.
  public static let onChip = MemoryModel(.onChip, latency: onChipLatency)

  /// Stalls at random, default latency.
  public static func random(seed: UInt64) -> MemoryModel { MemoryModel(.random(seed: seed)) }

  /// A DRAM behind each port.
  public static func dram(_ timing: DRAMTiming) -> MemoryModel { MemoryModel(.dram(timing)) }

  /// Reads "ideal", "on-chip" (which has its own latency), "random:SEED" (decimal, or hexadecimal with 0x), "ddr4", "ddr4-shared:N" or "hbm2".
  public init(parsing text: String, latency: Int = MemoryModel.defaultLatency) throws(ParseError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let mode: Mode? =
      switch (String(parts[0]), parts.dropFirst().first) {
      case ("ideal", nil): .ideal
      case ("on-chip", nil): .onChip
      case ("ddr4", nil): .dram(.ddr4)
      case ("hbm2", nil): .dram(.hbm2)
      case ("ddr4-shared", let ports?): Int(ports).flatMap { DRAMTiming.ddr4Shared(ports: $0) }.map { .dram($0) }
      case ("random", let digits?):
        (digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)).map { .random(seed: $0) }
      default: nil
      }
    guard let mode else { throw ParseError(text: text) }
    self.init(mode, latency: mode == .onChip ? Self.onChipLatency : latency)
  }

  /// The form `init(parsing:latency:)` reads.
  public var description: String {
    switch mode {
    case .ideal: "ideal"
    case .onChip: "on-chip"
    case .random(let seed): "random:\(seed)"
    case .dram(let timing): timing.name
    }
  }

  /// Cycles AR `burst` of a port waits for ARREADY.
  @inlinable
  public func addressStall(_ burst: UInt64, port: Int = 0) -> Int { stall(.address(port: port), burst) }

  /// Cycles beat `beat` of a port waits beyond its earliest cycle.
  @inlinable
  public func dataStall(_ beat: UInt64, port: Int = 0) -> Int { stall(.data(port: port), beat) }

  /// The random stall of handshake `index` on a channel, 0 to 15 cycles; a DRAM's waits are not of this kind.
  @inlinable
  public func stall(_ channel: Channel, _ index: UInt64) -> Int {
    guard case .random(let seed) = mode else { return 0 }
    let hash = Self.hash(seed: seed, channel: channel, index: index)
    return hash & 3 == 0 ? Int((hash >> 8) & 15) : 0
  }

  /// The splitmix64 finaliser of `seed * 0x9E3779B97F4A7C15 ^ (channel << 56) ^ index`: the product keeps neighbouring
  /// seeds from being permutations of each other.
  @inlinable
  public static func hash(seed: UInt64, channel: Channel, index: UInt64) -> UInt64 {
    SeededGenerator.mix(seed &* 0x9E37_79B9_7F4A_7C15 ^ (channel.rawValue << 56) ^ index)
  }
}
