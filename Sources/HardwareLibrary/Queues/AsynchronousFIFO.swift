import HardwareDescription

/// A FIFO between two clocks: `in` belongs to the domain `source`, `out` to the main domain.
///
/// Guarantees: no path leads through; `in_ready` depends on registers of `source`, `out` comes from registers of the main
/// domain, and `out_ready` reaches the memory's address in the same cycle. A word needs `stages + 1` to `stages + 2` edges
/// of the main clock. A word each cycle of the slower clock from a depth of `2 * stages + 4` on. Room for `depth` words.
/// Words leave in order, none is lost or doubled. `out` keeps the four rules of `StreamRule` whatever
/// `in` does. Reset empties it; both domains are reset together.
public struct AsynchronousFIFO: HardwareModule {
  /// Bits of the payload.
  public var width: Int
  /// Words, a power of two, at least 2.
  public var depth: Int
  /// Registers of the synchronisers, at least 2.
  public var stages: Int
  /// Where the words are kept.
  public var style: Memory.Style

  public init(width: Int, depth: Int, stages: Int = 2, style: Memory.Style = .distributed) {
    self.width = width
    self.depth = depth
    self.stages = stages
    self.style = style
  }

  public var moduleName: String {
    "asynchronous_fifo_\(width)x\(depth)_\(stages)" + (style == .block ? "_block" : "")
  }
  public var documentation: String {
    """
    FIFO of \(depth) words between two clocks, with a stream at each end.
    The pointers cross in Gray code: of what arrives at most one bit is in doubt, which makes a pointer late, never wrong.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let bits = indexWidth(depth)
    guard depth >= 2, depth == 1 << bits else {
      m.report(
        .invalidExpression, "a depth of \(depth) words", suggestion: "use a power of two, at least 2", name: "depth",
        SourceLocation(#fileID, #line, #column))
      return
    }
    let words = m.memory(
      "words", Unsigned.self, width: width, depth: m.constant("Depth", depth), readLatency: 1, style: style,
      collision: .undefined)
    let headGray = m.register("head_gray", Unsigned.self, width: bits + 1, reset: 0)
    let tailGray = m.clocked(by: .source) { buildWriteSide(m, words, headGray) }
    buildReadSide(m, words, headGray, tailGray)
  }

  /// Returns the place behind the last word, in Gray code.
  private func buildWriteSide(_ m: ModuleBuilder, _ words: MemoryHandle<Unsigned>, _ headGray: Unsigned) -> Unsigned {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let bits = words.addressWidth
    let headSeen = m.synchronised("head_seen", gray: headGray, stages: stages)
    let tail = m.register("tail", Unsigned.self, width: bits + 1, reset: 0)
    let tailGray = m.register("tail_gray", Unsigned.self, width: bits + 1, reset: 0)
    let nextTail = m.wire("next_tail", tail &+ 1)
    m.comment("Full is a lap apart: in Gray code, the two highest bits differ and no other.")
    source.ready.drive(tailGray != headSeen ^ Unsigned(3 << (bits - 1), width: bits + 1))
    m.when(source.transfers) {
      words.write(tail.truncated(to: bits), source.payload)
      tail.next(nextTail)
      tailGray.next(grayCode(nextTail))
    }
    return tailGray
  }

  private func buildReadSide(
    _ m: ModuleBuilder, _ words: MemoryHandle<Unsigned>, _ headGray: Unsigned, _ tailGray: Unsigned
  ) {
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let bits = words.addressWidth
    let tailSeen = m.synchronised("tail_seen", gray: tailGray, stages: stages)
    let head = m.register("head", Unsigned.self, width: bits + 1, reset: 0)
    let valid = m.register("out_valid", Bit.self, reset: false)
    m.comment("The read looks ahead: the output register must hold the word that is the head in the next cycle.")
    let nextHead = m.wire("next_head", sink.transfers.select(head &+ 1, head))
    let nextHeadGray = m.wire("next_head_gray", grayCode(nextHead))
    head.next(nextHead)
    headGray.next(nextHeadGray)
    valid.next(nextHeadGray != tailSeen)
    sink.valid.drive(valid)
    sink.payload.drive(words.read("out_data", nextHead.truncated(to: bits)))
  }

  private func grayCode(_ number: Unsigned) -> Unsigned { number ^ (number >> 1) }
}
