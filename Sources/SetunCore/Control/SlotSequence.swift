import HardwareDescription
import SetunMachine

extension ModuleBuilder {
  /// An input with a bit for each channel.
  func channelInput(_ name: String, _ c: Configuration) -> Unsigned {
    c.channels == 1 ? input(name, Bit.self).asUnsigned : input(name, Unsigned.self, width: c.channels)
  }
}

/// Which channels the slots of a MATVEC take a row group from: ``GroupPlacement`` in hardware.
///
/// The slot after the one at hand is worked out while that one is taken, which needs two beats at least; the first slot
/// of a MATVEC is known two cycles after the instruction.
struct SlotSequence {
  /// The channels of the slot at hand.
  let active: Unsigned
  /// The slot at hand is known.
  let isKnown: Bit
  /// The channels of the slot at hand, none while it is not known.
  var wanted: Unsigned { active & isKnown.replicated(channels) }

  private let m: ModuleBuilder
  private let channels: Int
  private let nextActive: Unsigned
  private let nextGroups: Unsigned
  /// The channel of the first group after the slot at hand.
  private let cursor: Unsigned

  init(_ m: ModuleBuilder, _ c: Configuration) {
    self.m = m
    channels = c.channels
    m.comment("The channels that have a group of the slot at hand, and of the one that follows.")
    active = m.register("active", Unsigned.self, width: channels)
    isKnown = m.register("slot_known", Bit.self)
    nextActive = m.register("next_active", Unsigned.self, width: channels)
    let bits = indexWidth(channels)
    nextGroups = m.register("next_groups", Unsigned.self, width: bits)
    cursor = m.register("cursor", Unsigned.self, width: bits)
  }

  /// The registers' next values.
  ///
  /// - Parameters:
  ///   - isLoading: the first slot of a MATVEC is to be found, of which rowsLeft are the rows.
  ///   - rowsLeft: rows of each matrix from the slot at hand on.
  ///   - groupTaken: the slot at hand is used up in this cycle.
  ///   - isEnd: it is the MATVEC's last.
  ///   - isWeights: a MATVEC is under way.
  ///   - restart: a position begins; its first group lies on channel 0.
  func advance(
    isLoading: Bit, rowsLeft: Unsigned, matrixLast: Bit, groupTaken: Bit, isEnd: Bit, isWeights: Bit, restart: Bit
  ) {
    let bits = indexWidth(channels)
    m.comment(
      "After the last matrix a slot of the next rows follows. Group k of a slot is there when rows are left for it.")
    let isBeyond = m.wire("is_beyond", matrixLast && !isLoading)
    let filled = m.wire(
      "slot_filled",
      concatenate(
        (0..<channels).reversed().map { k in
          isBeyond.select(
            rowsLeft > Unsigned(5 * (channels + k), width: rowsLeft.width),
            rowsLeft > Unsigned(5 * k, width: rowsLeft.width))
        }))
    m.comment("Groups of that slot; all channels count as none, which leaves the cursor where it is.")
    let groups = m.wire(
      "slot_groups",
      (1..<channels).reduce(Unsigned(0, width: bits)) { count, k in
        filled[k - 1].select(Unsigned(k, width: bits), count)
      } & (~filled[channels - 1]).replicated(bits))
    m.comment("The slot's first group lies on the channel of the cursor.")
    let turned = m.wire("slot_turned", concatenate(filled, filled) << cursor)
    let rotated = m.wire("slot_channels", turned.slice(at: channels, width: channels))
    m.unused(turned.slice(at: 0, width: channels))
    nextActive.next(rotated)
    nextGroups.next(groups)
    isKnown.next(isWeights)
    m.when(isLoading) {
      active.next(rotated)
      cursor.next(cursor &+ groups)
    }.elseWhen(groupTaken && !isEnd) {
      active.next(nextActive)
      cursor.next(cursor &+ nextGroups)
    }
    m.when(restart) { cursor.next(0) }
  }
}

/// How far each channel's body is used up.
struct BodyProgress {
  /// The position's body is used up when what is taken now is complete.
  let isLast: Bit
  /// Channels that have nothing left; only where there are several.
  let usedUp: Unsigned?

  /// Drives the output `pop`.
  ///
  /// - Parameters:
  ///   - restart: no beat is taken in this cycle, and with several channels none in the next one.
  ///   - taken: the channels of which a beat is taken, where there are several.
  ///   - limits: beats of each channel's body without and with the head, 32 bits each.
  init(
    _ m: ModuleBuilder, _ c: Configuration, accept: Bit, taken: Unsigned?, limits: (plain: Unsigned, headed: Unsigned),
    hasHead: Bit, restart: Bit
  ) {
    guard let taken else {
      m.output("pop", accept)
      let beatsDone = m.register("beats_done", Unsigned.self, width: 32)
      let limit = m.wire("body_limit", hasHead.select(limits.headed, limits.plain))
      isLast = m.wire("body_last", beatsDone + 1 == limit.extended(to: 33))
      usedUp = nil
      m.when(accept) { beatsDone.next(beatsDone &+ 1) }
      m.when(restart) { beatsDone.next(0) }
      return
    }
    let channels = m.constant("Channels", c.channels)
    let takenChannels = m.wire("taken_channels", taken)
    let pop = m.wire("pop", takenChannels & accept.replicated(c.channels))
    m.output("pop", pop)
    m.comment("Beats of each channel's body that are taken.")
    let beatsDone = m.registerVector("beats_done", Unsigned.self, width: 32, count: channels)
    let isLastOf = m.wire("channel_last", Unsigned.self, width: c.channels)
    let isUsedUp = m.wire("channel_used_up", Unsigned.self, width: c.channels)
    m.comment("A position's first beat is accepted two cycles after the end of the one before, or later.")
    let restarts = m.registeredCopies("channel_restarts", restart.asUnsigned, count: c.channels, reset: 1)
    let hasHeadHere = m.registeredCopies("channel_has_head", hasHead.asUnsigned, count: c.channels)
    m.generate("channel", count: channels) { k in
      let limit = m.wire(
        "limit",
        hasHeadHere[k].select(limits.headed.slice(at: k * 32, width: 32), limits.plain.slice(at: k * 32, width: 32)))
      m.when(restarts[k]) { beatsDone[k].next(0) }.elseWhen(pop[k]) { beatsDone[k].next(beatsDone[k] &+ 1) }
      isLastOf[k].drive(beatsDone[k] + 1 == limit.extended(to: 33))
      isUsedUp[k].drive(beatsDone[k] == limit)
    }
    isLast = m.wire("body_last", (takenChannels & isLastOf | ~takenChannels & isUsedUp).reducedAnd)
    usedUp = isUsedUp
  }
}
