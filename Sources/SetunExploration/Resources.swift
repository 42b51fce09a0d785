/// What a design takes of a fabric, or what a device has.
public struct Resources: Hashable, Sendable, Codable {
  /// Look-up tables of the fabric's own size, those used as small memories and shift registers included.
  public var luts = 0
  public var flipFlops = 0
  /// Block RAMs in the fabric's smallest unit (``Fabric``).
  public var blockRAMs = 0
  /// Large RAMs of 4096 words of 72 bits.
  public var ultraRAMs = 0
  public var dsps = 0

  public init(luts: Int = 0, flipFlops: Int = 0, blockRAMs: Int = 0, ultraRAMs: Int = 0, dsps: Int = 0) {
    self.luts = luts
    self.flipFlops = flipFlops
    self.blockRAMs = blockRAMs
    self.ultraRAMs = ultraRAMs
    self.dsps = dsps
  }

  public static func + (left: Resources, right: Resources) -> Resources {
    Resources(
      luts: left.luts + right.luts, flipFlops: left.flipFlops + right.flipFlops,
      blockRAMs: left.blockRAMs + right.blockRAMs, ultraRAMs: left.ultraRAMs + right.ultraRAMs,
      dsps: left.dsps + right.dsps)
  }

  public static func * (one: Resources, count: Int) -> Resources {
    Resources(
      luts: one.luts * count, flipFlops: one.flipFlops * count, blockRAMs: one.blockRAMs * count,
      ultraRAMs: one.ultraRAMs * count, dsps: one.dsps * count)
  }

  /// The kinds, with their names for people.
  package static let kinds: [(name: String, path: WritableKeyPath<Resources, Int> & Sendable)] = [
    ("LUTs", \.luts), ("flip-flops", \.flipFlops), ("block RAMs", \.blockRAMs), ("UltraRAMs", \.ultraRAMs),
    ("DSPs", \.dsps),
  ]
}
