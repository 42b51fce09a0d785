import SetunMachine

/// The records of simulator and RTL side by side.
public struct RecordComparison: Hashable, Sendable {
  /// In what the first pair of records differs.
  public enum Difference: String, Hashable, Sendable {
    case cycle
    case kind
    case sequence
    case opcode
    case destination
    case digest
    /// The RTL has no record here.
    case missing
    /// The simulator has no record here.
    case surplus
  }

  /// The first place where the two lists differ, with what surrounds it.
  public struct FirstDifference: Hashable, Sendable, CustomStringConvertible {
    /// Position in both sorted lists.
    public var index: Int
    /// Nil when the simulator's list ends before.
    public var simulator: RetireRecord?
    /// Nil when the RTL's list ends before.
    public var rtl: RetireRecord?
    /// Every field that differs; one of `missing` and `surplus` when a side has ended.
    public var differences: [Difference]
    /// Records around `index` in the simulator's list, from `contextStart`.
    public var simulatorContext: [RetireRecord]
    /// Records around `index` in the RTL's list, from `contextStart`.
    public var rtlContext: [RetireRecord]
    /// Position of the first record of both contexts.
    public var contextStart: Int

    public var description: String {
      func listing(_ name: String, _ records: [RetireRecord]) -> [String] {
        ["  \(name):"]
          + records.enumerated().map { offset, record in
            "  \(contextStart + offset == index ? ">" : " ") \(record)"
          }
          + (contextStart + records.count <= index ? ["  > (no record)"] : [])
      }
      let fields = differences.map(\.rawValue).joined(separator: ", ")
      let lines =
        ["record \(index) differs in \(fields)"] + listing("simulator", simulatorContext) + listing("rtl", rtlContext)
      return lines.joined(separator: "\n")
    }
  }

  /// How many records the simulator retired.
  public var simulatorCount: Int
  /// How many records the RTL retired.
  public var rtlCount: Int
  /// Records of (kind, channel, sequence) that differ in anything, or that one side alone has.
  public var mismatches: Int
  /// Nil when all are equal.
  public var firstDifference: FirstDifference?

  public var isEqual: Bool { firstDifference == nil && mismatches == 0 }

  /// Compares two lists in whatever order they are: both are sorted as records are listed first.
  ///
  /// - Parameter context: records shown before and after the first difference.
  public init(simulator: [RetireRecord], rtl: [RetireRecord], context: Int = 4) {
    let simulator = Self.sorted(simulator)
    let rtl = Self.sorted(rtl)
    simulatorCount = simulator.count
    rtlCount = rtl.count
    firstDifference = Self.firstDifference(sortedSimulator: simulator, sortedRTL: rtl, context: context)
    mismatches = firstDifference == nil ? 0 : Self.mismatches(simulator, rtl)
  }

  /// The first difference alone; nil when the lists are equal.
  public static func firstDifference(
    simulator: [RetireRecord], rtl: [RetireRecord], context: Int = 4
  ) -> FirstDifference? {
    firstDifference(sortedSimulator: sorted(simulator), sortedRTL: sorted(rtl), context: context)
  }

  private static func firstDifference(
    sortedSimulator simulator: [RetireRecord], sortedRTL rtl: [RetireRecord], context: Int
  ) -> FirstDifference? {
    let common = min(simulator.count, rtl.count)
    let index = (0..<common).first { simulator[$0] != rtl[$0] } ?? common
    guard index < max(simulator.count, rtl.count) else { return nil }
    let ours = index < simulator.count ? simulator[index] : nil
    let theirs = index < rtl.count ? rtl[index] : nil
    let start = max(0, index - max(context, 0))
    func surroundings(_ records: [RetireRecord]) -> [RetireRecord] {
      let end = min(records.count, index + max(context, 0) + 1)
      return start < end ? Array(records[start..<end]) : []
    }
    return FirstDifference(
      index: index, simulator: ours, rtl: theirs, differences: differences(ours, theirs),
      simulatorContext: surroundings(simulator), rtlContext: surroundings(rtl), contextStart: start)
  }

  private static func differences(_ ours: RetireRecord?, _ theirs: RetireRecord?) -> [Difference] {
    guard let ours else { return [.surplus] }
    guard let theirs else { return [.missing] }
    var result: [Difference] = []
    if ours.cycle != theirs.cycle { result.append(.cycle) }
    if ours.kind != theirs.kind { result.append(.kind) }
    if ours.sequence != theirs.sequence { result.append(.sequence) }
    if ours.opcode != theirs.opcode { result.append(.opcode) }
    if ours.destination != theirs.destination { result.append(.destination) }
    if ours.digest != theirs.digest { result.append(.digest) }
    return result
  }

  /// Pairs by (kind, channel, sequence), not by position: one record too many must not count everything after it.
  private static func mismatches(_ simulator: [RetireRecord], _ rtl: [RetireRecord]) -> Int {
    struct Key: Hashable {
      let kind: RetireKind
      let channel: Int
      let sequence: Int

      init(_ record: RetireRecord) { (kind, channel, sequence) = (record.kind, record.channel, record.sequence) }
    }
    var waiting: [Key: [RetireRecord]] = [:]
    for record in simulator { waiting[Key(record), default: []].append(record) }
    var count = 0
    var matched = 0
    for record in rtl {
      let key = Key(record)
      guard var candidates = waiting[key], !candidates.isEmpty else {
        count += 1
        continue
      }
      if candidates.removeFirst() != record { count += 1 }
      waiting[key] = candidates
      matched += 1
    }
    return count + simulator.count - matched
  }

  private static func sorted(_ records: [RetireRecord]) -> [RetireRecord] {
    records.sorted { a, b in
      if RetireRecord.precedes(a, b) { return true }
      // The remaining fields too, so that two lists of the same records are equal whatever order they came in.
      return !RetireRecord.precedes(b, a) && (a.opcode, a.digest) < (b.opcode, b.digest)
    }
  }
}
