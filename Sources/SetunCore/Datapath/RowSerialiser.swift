import HardwareDescription
import SetunMachine

/// Queues row groups and hands out their rows one a cycle, or with several lanes a group a cycle.
public struct RowSerialiser: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The row-sum queue and the row serialiser. A group of five sums enters at most every cycle (sums_valid_i); one \(configuration.phrase("row", "group")) is
    issued a cycle, while enable_i is 1, and leaves in row_*_o one cycle later. \(padding) Backpressure
    is by credit: group_left_o returns the place of a group to the sequencer, which therefore never overfills the queue.
    start_i announces the groups of a MATVEC: rows_i rows of each matrix, groups of the matrices taking turns.
    Source: ARCHITECTURE.md, section 3, rule 6.
    """
  }

  private var padding: String {
    configuration.phrase(
      "Rows of padding are skipped.",
      "Rows of padding\nare missing in row_lanes_o; slot_*_o is the group's place in a vector slot.")
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let clear = m.input("clear", Bit.self)
    let enable = m.input("enable", Bit.self)
    let start = m.input("start", Bit.self)
    let rows = m.input("rows", Unsigned.self, width: Configuration.indexBits)
    let lastMatrix = m.input("last_matrix", Unsigned.self, width: 2)
    let push = m.input("sums_valid", Bit.self)
    let sums = m.input("sum", Unsigned.self, width: c.channels * 5 * c.sumBits)

    let pointerBits = indexWidth(c.sumQueueGroups)
    m.comment("The pointers are a bit wider than an address: equal means empty.")
    let writePointer = m.register("write_pointer", Unsigned.self, width: pointerBits + 1, reset: 0)
    let readPointer = m.register("read_pointer", Unsigned.self, width: pointerBits + 1, reset: 0)
    m.when(push) { writePointer.next(writePointer &+ 1) }
    guard c.channels == 1 else {
      m.comment("Every channel's sums have a queue of their own and a copy of the place that is read.")
      let nextPlace = m.wire("next_place", Unsigned.self, width: pointerBits)
      let places = m.registeredCopies("place", nextPlace, count: c.channels)
      let head = m.vector("head", Unsigned.self, width: 5 * c.sumBits, count: c.channels)
      m.generate("queue", count: c.channels) { k in
        let queue = m.memory(
          "queue", Unsigned.self, width: 5 * c.sumBits, depth: c.sumQueueGroups, readLatency: 0, style: .distributed)
        queue.write(
          writePointer.truncated(to: pointerBits), sums.slice(at: k * 5 * c.sumBits, width: 5 * c.sumBits), enable: push
        )
        head[k].drive(queue.read(places.slice(at: k * pointerBits, width: pointerBits)))
      }
      let issue = m.wire("issue", enable && readPointer != writePointer)
      let left = m.wire("slot_left", Bit.self)
      let next = m.wire("next_read_pointer", left.select(readPointer &+ 1, readPointer))
      nextPlace.drive(clear.select(Unsigned(0, width: pointerBits), next.truncated(to: pointerBits)))
      readPointer.next(next)
      m.when(clear) {
        writePointer.next(0)
        readPointer.next(0)
      }
      return issueSlots(m, head, issue: issue, start: start, rows: rows, lastMatrix: lastMatrix, left: left)
    }
    let queue = m.memory(
      "queue", Unsigned.self, width: sums.width, depth: c.sumQueueGroups, readLatency: 0, style: .distributed)
    queue.write(writePointer.truncated(to: pointerBits), sums, enable: push)

    guard c.rowLanes == 1 else {
      m.comment("The group at the queue's head.")
      let group = m.wire("group", queue.read(readPointer.truncated(to: pointerBits)))
      let issue = m.wire("issue", enable && readPointer != writePointer)
      m.when(issue) { readPointer.next(readPointer &+ 1) }
      m.when(clear) {
        writePointer.next(0)
        readPointer.next(0)
      }
      return issueGroups(m, group, issue: issue, start: start, rows: rows, lastMatrix: lastMatrix)
    }

    m.comment("The row at the queue's head.")
    let group = m.wire("group", queue.read(readPointer.truncated(to: pointerBits)))
    let place = m.register("place", Unsigned.self, width: 3)
    let matrix = m.register("matrix", Unsigned.self, width: 2)
    let base = m.register("base", Unsigned.self, width: Configuration.indexBits)
    let left = m.register("rows_left", Unsigned.self, width: Configuration.indexBits)
    let row = m.wire("row", base &+ place.extended(to: Configuration.indexBits))
    m.comment("Found a cycle beforehand.")
    let isTail = m.register("group_is_tail", Bit.self)
    let rowLast = m.register("row_is_last", Bit.self)
    let groupLast = m.register("row_is_last_of_group", Bit.self)
    let nextIsLast = m.wire(
      "next_is_last", isTail && place + 2 == left.slice(at: 0, width: 3).extended(to: 4))
    let matrixLast = m.wire("matrix_is_last", matrix == lastMatrix)
    m.comment("Whether a group waits is found out with the pointers, not from them.")
    let isFilled = m.register("is_filled", Bit.self, reset: false)
    let issue = m.wire("issue", enable && isFilled)
    let leaves = m.wire("group_leaves", issue && groupLast)
    let afterRead = m.wire("after_read_pointer", readPointer &+ 1)
    isFilled.next(push || leaves.select(afterRead != writePointer, readPointer != writePointer))
    m.when(issue) {
      place.next(place &+ 1)
      rowLast.next(nextIsLast)
      groupLast.next(place == 3 || nextIsLast)
      m.when(groupLast) {
        place.next(0)
        rowLast.next(left == 1)
        groupLast.next(left == 1)
        readPointer.next(afterRead)
        m.when(matrixLast) {
          matrix.next(0)
          base.next(base &+ 5)
          left.next(left &- 5)
          isTail.next(left <= 10)
          rowLast.next(left == 6)
          groupLast.next(left == 6)
        }.otherwise {
          matrix.next(matrix &+ 1)
        }
      }
    }
    m.when(start) {
      place.next(0)
      matrix.next(0)
      base.next(0)
      left.next(rows)
      isTail.next(rows <= 5)
      rowLast.next(rows == 1)
      groupLast.next(rows == 1)
    }
    m.when(clear) {
      writePointer.next(0)
      readPointer.next(0)
      isFilled.next(false)
    }
    m.output("group_left", leaves)
    m.output("issue", issue)

    let candidates = m.vector("candidate", Signed.self, width: c.sumBits, count: 5)
    m.generate("candidate", count: 5) { k in
      candidates[k].drive(group.slice(at: k * c.sumBits, width: c.sumBits).asSigned)
    }
    var tag = RowTag(c)
    tag.valid = issue
    tag.matrix = matrix
    tag.place = place
    tag.index = row
    tag.last = rowLast && matrixLast
    m.output("row", m.registered("row", tag))
    m.output("row_sum", m.registered("row_sum", candidates[place]))
  }

  /// With several channels: the groups of the slot at the queue's head, one a cycle, from the channel on that follows that of
  /// the newest group.
  private func issueSlots(
    _ m: ModuleBuilder, _ heads: Vector<Unsigned>, issue: Bit, start: Bit, rows: Unsigned, lastMatrix: Unsigned,
    left slotLeft: Bit
  ) {
    let c = configuration
    let bits = indexWidth(c.channels)
    let restart = m.input("restart", Bit.self)
    m.comment(
      "The group that is issued next, and the first one of its slot: the matrices pass the same rows slot by slot.")
    let channel = m.register("channel", Unsigned.self, width: bits, reset: 0)
    let nextChannel = m.wire(
      "next_channel",
      restart.select(Unsigned(0, width: bits), issue.select(channel &+ 1, channel)))
    channel.next(nextChannel)
    let matrix = m.register("matrix", Unsigned.self, width: 2)
    let index = m.register("group_index", Unsigned.self, width: Configuration.indexBits)
    let left = m.register("rows_left", Unsigned.self, width: Configuration.indexBits)
    let slot = m.register("group_slot", SlotPlace(c))
    let firstIndex = m.register("first_index", Unsigned.self, width: Configuration.indexBits)
    let firstLeft = m.register("first_rows_left", Unsigned.self, width: Configuration.indexBits)
    let firstSlot = m.register("first_slot", SlotPlace(c))
    let matrixLast = m.wire("matrix_is_last", matrix == lastMatrix)
    let isTail = m.wire("group_is_tail", left <= 5)
    let isFirstOfSlot = m.wire("group_is_first_of_slot", index.slice(at: 0, width: bits) == 0)
    let isLastOfSlot = m.wire(
      "group_is_last_of_slot", isTail || index.slice(at: 0, width: bits) == Unsigned(c.channels - 1, width: bits))
    m.when(issue) {
      index.next(index &+ 1)
      left.next(left &- 5)
      slot.advance(m, c)
      m.when(isLastOfSlot) {
        m.when(matrixLast) { matrix.next(0) }.otherwise {
          matrix.next(matrix &+ 1)
          index.next(isFirstOfSlot.select(index, firstIndex))
          left.next(isFirstOfSlot.select(left, firstLeft))
          slot.next(isFirstOfSlot.select(slot, firstSlot))
        }
      }
    }
    m.comment("The first group of a slot, kept when the first matrix passes.")
    m.when(issue && matrix == 0 && isFirstOfSlot) {
      firstIndex.next(index)
      firstLeft.next(left)
      firstSlot.next(slot)
    }
    m.when(start) {
      matrix.next(0)
      index.next(0)
      left.next(rows)
      slot.restart()
    }
    slotLeft.drive(issue && isLastOfSlot)
    m.output("group_left", slotLeft)
    m.output("issue", issue)

    m.comment("A row is chosen with a copy of the channel of its own.")
    let channels = m.constant("Channels", c.channels)
    let chosen = m.registeredCopies("chosen", nextChannel, count: c.rowLanes, reset: 0)
    let rowSums = m.outputVector("row_sum", Unsigned.self, width: c.sumBits, count: c.rowLanes)
    m.generate("row", count: m.constant("Rows", c.rowLanes), index: "r") { r in
      let candidates = m.vector("candidate", Unsigned.self, width: c.sumBits, count: channels)
      m.generate("candidate", count: channels) { k in
        candidates[k].drive(heads[k].slice(at: r * c.sumBits, width: c.sumBits))
      }
      let own = m.wire("own_channel", chosen.slice(at: r * bits, width: bits))
      rowSums[r].drive(m.registered("row_sum", candidates[own]))
    }
    var tag = RowTag(c)
    tag.valid = issue
    tag.lanes = m.filledLanes("filled", left, c)
    tag.matrix = matrix
    tag.index = index
    tag.last = isTail && matrixLast
    m.output("row", m.registered("row", tag))
    m.output("slot", m.registered("slot", slot))
  }

  /// With several lanes: tags of the groups that leave the queue.
  private func issueGroups(
    _ m: ModuleBuilder, _ group: Unsigned, issue: Bit, start: Bit, rows: Unsigned, lastMatrix: Unsigned
  ) {
    let c = configuration
    let matrix = m.register("matrix", Unsigned.self, width: 2)
    let index = m.register("group_index", Unsigned.self, width: Configuration.indexBits)
    let left = m.register("rows_left", Unsigned.self, width: Configuration.indexBits)
    let slot = m.register("group_slot", SlotPlace(c))
    let matrixLast = m.wire("matrix_is_last", matrix == lastMatrix)
    m.when(issue) {
      m.when(matrixLast) {
        matrix.next(0)
        index.next(index &+ 1)
        left.next(left &- 5)
        slot.advance(m, c)
      }.otherwise {
        matrix.next(matrix &+ 1)
      }
    }
    m.when(start) {
      matrix.next(0)
      index.next(0)
      left.next(rows)
      slot.restart()
    }
    m.output("group_left", issue)
    m.output("issue", issue)

    var tag = RowTag(c)
    tag.valid = issue
    tag.lanes = m.filledLanes("filled", left, c)
    tag.matrix = matrix
    tag.index = index
    tag.last = left <= 5 && matrixLast
    m.output("row", m.registered("row", tag))
    m.output("slot", m.registered("slot", slot))
    m.output("row_sum", m.registered("row_sum", group))
  }
}
