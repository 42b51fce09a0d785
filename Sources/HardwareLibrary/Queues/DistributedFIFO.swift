import HardwareDescription

/// A FIFO with a stream at each end, in distributed memory, of any depth; a single word is a register.
///
/// Guarantees: no path leads through from `in` to `out` or back; `in_ready` depends on registers alone, so that a full FIFO
/// takes the next word one cycle after one has left. Latency 1; a word each cycle from depth 2 on, a word every second
/// cycle at depth 1; room for `depth` words. Words leave in order, none is lost or doubled. `out` keeps the four rules of
/// `StreamRule` whatever `in` does. Reset empties it; during reset `in_ready` is 1 and nothing is taken.
public struct DistributedFIFO: HardwareModule {
  /// Bits of the payload.
  public var width: Int
  /// Words, at least 1.
  public var depth: Int

  public init(width: Int, depth: Int) {
    self.width = width
    self.depth = depth
  }

  public var moduleName: String { "distributed_fifo_\(width)x\(depth)" }
  public var documentation: String {
    "FIFO of \(depth) word\(depth == 1 ? "" : "s") with a stream at each end, in distributed memory, latency 1."
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    guard m.accepts(depth, in: 1..., named: "depth") else { return }
    if depth == 1 { return HalfRateCut.build(m, source, sink) }
    let bits = indexWidth(depth)
    let words = m.memory(
      "words", Unsigned.self, width: width, depth: m.constant("Depth", depth), readLatency: 0, style: .distributed)
    m.comment("Place and lap: equal pointers mean empty, pointers that differ in the lap alone mean full.")
    let head = m.register("head", Unsigned.self, width: bits + 1, reset: 0)
    let tail = m.register("tail", Unsigned.self, width: bits + 1, reset: 0)

    source.ready.drive(tail != head ^ Unsigned(1 << bits, width: bits + 1))
    sink.valid.drive(tail != head)
    sink.payload.drive(words.read(head.truncated(to: bits)))
    m.when(source.transfers) {
      words.write(tail.truncated(to: bits), source.payload)
      tail.next(followingLapPointer(tail))
    }
    m.when(sink.transfers) { head.next(followingLapPointer(head)) }
  }

  /// The next place; after the last one the first of the next lap.
  private func followingLapPointer(_ pointer: Unsigned) -> Unsigned {
    let bits = indexWidth(depth)
    if depth == 1 << bits { return pointer &+ 1 }
    let nextLap = concatenate(!pointer[bits], Unsigned(0, width: bits))
    return (pointer.truncated(to: bits) == Unsigned(depth - 1, width: bits)).select(nextLap, pointer &+ 1)
  }
}
