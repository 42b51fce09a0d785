import SeededRandom

/// How the memory behind the AXI read port behaves: its latency and its stalls (architecture, sections 3 and 4).
///
/// AR `k` (numbered from START) whose ARVALID is first seen in cycle v is accepted at `a = v + addressStall(k)`.
/// Beat `m` (numbered from START over all bursts) of a burst accepted at a is presented at
/// `r[m] = max(a + latency, r[m - 1] + 1) + dataStall(m)`. The simulator evaluates this formula, the RTL harness
/// implements it; both draw the same stalls, because a stall is a stateless hash of (seed, channel, number).
public struct MemoryModel: Hashable, Sendable, CustomStringConvertible {
  /// Whether the memory stalls.
  public enum Mode: Hashable, Sendable {
    /// Never stalls: AR accepted at once, one beat a cycle after the latency.
    case ideal
    /// Stalls one handshake in four, by 0 to 15 cycles.
    case random(seed: UInt64)
  }

  /// A channel that can stall; the raw value enters the hash.
  public enum Channel: UInt64, Sendable {
    case address = 0
    case data = 1
  }

  /// A text that names no memory.
  public struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init(text: String) { self.text = text }

    public var description: String {
      "'\(text)' is not a memory; write 'ideal' or 'random:SEED' with SEED 0 to 2^64 - 1"
    }
  }

  /// The latency when none is told, in cycles.
  public static let defaultLatency = 64

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

  /// Stalls at random, default latency.
  public static func random(seed: UInt64) -> MemoryModel { MemoryModel(.random(seed: seed)) }

  /// Reads "ideal" or "random:SEED" (decimal, or hexadecimal with 0x).
  public init(parsing text: String, latency: Int = MemoryModel.defaultLatency) throws(ParseError) {
    if text == "ideal" {
      self.init(.ideal, latency: latency)
      return
    }
    let prefix = "random:"
    guard text.hasPrefix(prefix) else { throw ParseError(text: text) }
    let digits = text.dropFirst(prefix.count)
    let seed = digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
    guard let seed else { throw ParseError(text: text) }
    self.init(.random(seed: seed), latency: latency)
  }

  /// The form `init(parsing:latency:)` reads.
  public var description: String {
    switch mode {
    case .ideal: "ideal"
    case .random(let seed): "random:\(seed)"
    }
  }

  /// Cycles AR `burst` waits for ARREADY.
  @inlinable
  public func addressStall(_ burst: UInt64) -> Int { stall(.address, burst) }

  /// Cycles beat `beat` waits beyond its earliest cycle.
  @inlinable
  public func dataStall(_ beat: UInt64) -> Int { stall(.data, beat) }

  /// The stall of handshake `index` on a channel, 0 to 15 cycles.
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
