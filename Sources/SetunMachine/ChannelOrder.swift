/// Which channel holds each row group of a MATVEC, and in which order they are taken.
///
/// Row groups are numbered through a token's whole body, group k lies on channel k mod N. They are taken in slots: up to
/// N consecutive groups of one matrix, one a channel, whose beats are accepted together; the matrices of the instruction
/// take turns slot by slot. A matrix whose groups are no multiple of N ends with a slot that leaves channels out, and the
/// next group goes on where it ended: so no channel holds padding, and all hold as many groups as any other, give or take
/// one.
public struct GroupPlacement: Hashable, Sendable {
  /// N.
  public let channels: Int
  /// Row groups of each matrix.
  public let groups: Int
  public let matrices: Int
  /// The channel of the first group.
  public let first: Int

  public init(channels: Int, first: Int, groups: Int, matrices: Int) {
    self.channels = channels
    self.first = first
    self.groups = groups
    self.matrices = matrices
  }

  /// Slots of each matrix.
  public var slots: Int { (groups + channels - 1) / channels }
  /// Groups of each matrix' last slot when that is not full; else 0.
  private var tail: Int { groups % channels }

  /// Groups of a slot of each matrix.
  @inlinable
  public func groups(inSlot slot: Int) -> Int { min(channels, groups - slot * channels) }

  /// The channel of a slot's first group.
  public func first(slot: Int, matrix: Int) -> Int {
    slot < groups / channels ? first : (first + matrix * tail) % channels
  }

  /// The channel of a group, and its number among the groups that the channel holds of this MATVEC.
  public func place(group: Int, matrix: Int) -> (channel: Int, index: Int) {
    let slot = group / channels
    let channel = (first(slot: slot, matrix: matrix) + group % channels) % channels
    guard slot == groups / channels else { return (channel, slot * matrices + matrix) }
    let before = (0..<matrix).count { isTaken(channel, inTailOf: $0) }
    return (channel, slot * matrices + before)
  }

  /// Groups that a channel holds.
  public func groups(on channel: Int) -> Int {
    groups / channels * matrices + (0..<matrices).count { isTaken(channel, inTailOf: $0) }
  }

  /// The channel of the first group of the MATVEC that follows.
  public var next: Int { (first + matrices * tail) % channels }

  private func isTaken(_ channel: Int, inTailOf matrix: Int) -> Bool {
    (channel + channels * (matrix + 1) - first - matrix * tail % channels) % channels < tail
  }
}
