import HardwareDescription

/// A FIFO with a stream at each end, in block RAM, of any depth from 2 on: the first word falls through to `out`.
///
/// Guarantees: no path leads through from `in` to `out` or back; `in_ready` and `out_valid` come from registers, `out_data`
/// from the RAM's output register. `out_ready` reaches the RAM's address in the same cycle. Latency 2; a word each cycle
/// from depth 3 on, two words in three cycles at depth 2; room for `depth` words, the one at `out` included. Words leave in
/// order, none is lost or doubled. `out` keeps the four rules of `StreamRule` whatever `in` does. `count` is the number of
/// words inside, from a register: a word counts from the cycle after it was taken until the cycle in which it leaves.
/// Reset empties it; during reset `in_ready` is 1 and nothing is taken.
public struct BlockFIFO: HardwareModule {
  /// Bits of the payload.
  public var width: Int
  /// Words, at least 2.
  public var depth: Int

  public init(width: Int, depth: Int) {
    self.width = width
    self.depth = depth
  }

  /// Bits of `count`.
  public var countBits: Int { indexWidth(depth + 1) }

  public var moduleName: String { "block_fifo_\(width)x\(depth)" }
  public var documentation: String {
    """
    FIFO of \(depth) words with a stream at each end, in block RAM, latency 2.
    count_o is the number of words inside, the one at the output included.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    guard m.accepts(depth, in: 2..., named: "depth") else { return }
    let countOutput = m.output("count", Unsigned.self, width: countBits)
    let bits = indexWidth(depth)
    let head = m.register("head", Unsigned.self, width: bits, reset: 0)
    let tail = m.register("tail", Unsigned.self, width: bits, reset: 0)
    let count = m.register("count", Unsigned.self, width: countBits, reset: 0)
    let valid = m.register("out_valid", Bit.self, reset: false)

    let pushes = m.wire("pushes", source.transfers)
    let pops = m.wire("pops", sink.transfers)
    m.comment("The read looks ahead: the RAM's output register must hold the word that is the head in the next cycle.")
    let nextHead = m.wire("next_head", pops.select(following(head, below: depth), head))
    m.comment("The RAM shows a word to reads from the cycle after its write on, so this cycle's push does not count.")
    let isFollowed = m.wire("is_followed", count > Unsigned(1))
    valid.next(pops.select(isFollowed, count != 0))
    head.next(nextHead)
    m.when(pushes) { tail.next(following(tail, below: depth)) }
    m.when(pushes && !pops) { count.next(count &+ 1) }.elseWhen(pops && !pushes) { count.next(count &- 1) }

    let words = m.memory(
      "words", Unsigned.self, width: width, depth: m.constant("Depth", depth), readLatency: 1, style: .block,
      collision: .undefined)
    words.write(tail, source.payload, enable: pushes)
    let word = words.read("out_data", nextHead)

    source.ready.drive(count != Unsigned(depth, width: countBits))
    sink.valid.drive(valid)
    sink.payload.drive(word)
    countOutput.drive(count)
  }
}
