import HardwareDescription
import SetunMachine

/// The FIFO between the memory's read data and the sequencer: `fifoBeats` beats of `beatBits` bits in block RAM.
///
/// A beat pushed in cycle r is `valid` from cycle r + ``MachineTiming/fifo`` and stays at the output until popped; a beat
/// can be popped in every cycle. There is no full flag: the weight streamer requests a beat only when a place is reserved
/// for it, so a push never meets a full FIFO.
public struct StreamFIFO: HardwareModule {
  public let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var moduleName: String { "stream_fifo" }

  public var documentation: String {
    """
    Stream FIFO: \(configuration.fifoBeats) beats of \(configuration.beatBits) bits, in block RAM.

    A beat pushed in cycle r is shown by data_o, with valid_o, from cycle r + 2 on; pop_i takes it in the same cycle,
    one beat a cycle. pop_i must only be 1 while valid_o is 1.
    valid_o follows the pointers a cycle later and needs no reset: clear_i lasts two cycles or more, rst_ni one rising
    edge or more, and nothing is taken meanwhile.
    There is no backpressure: a beat is requested from memory only when a place is reserved for it (weight_streamer),
    so a push never meets a full FIFO.
    Source: ARCHITECTURE.md, section 3, rule 3.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let addressBits = configuration.fifoBeats.trailingZeroBitCount
    let depth = m.constant("FifoBeats", configuration.fifoBeats)

    let clear = m.input("clear", Bit.self)
    let push = m.input("push", Bit.self)
    let pushData = m.input("push_data", Unsigned.self, width: configuration.beatBits)
    let pop = m.input("pop", Bit.self)
    let validOutput = m.output("valid", Bit.self)
    let dataOutput = m.output("data", Unsigned.self, width: configuration.beatBits)

    let writePointer = m.register("write_pointer", Unsigned.self, width: addressBits + 1, reset: 0)
    let readPointer = m.register("read_pointer", Unsigned.self, width: addressBits + 1, reset: 0)

    let afterRead = m.wire("after_read_pointer", readPointer &+ 1)
    let nextRead = m.wire("next_read_pointer", pop.select(afterRead, readPointer))
    m.comment(
      """
      Compared before this cycle's push counts: the RAM shows a word to reads only from the cycle after its write on.
      Both comparisons are made beforehand, because pop_i comes late.
      """)
    let isHeld = m.wire("is_held", readPointer != writePointer)
    let isFollowed = m.wire("is_followed", afterRead != writePointer)
    let hasNext = m.wire("has_next", pop.select(isFollowed, isHeld))

    m.comment("The pointers are one bit wider than an address, so that a full FIFO differs from an empty one.")
    m.when(clear) {
      writePointer.next(0)
      readPointer.next(0)
    }.otherwise {
      m.when(push) { writePointer.next(writePointer &+ 1) }
      readPointer.next(nextRead)
    }

    m.comment(
      """
      The RAM's output register holds the head, and takes the beat after it, or waits for the first one. Where it reads
      does not depend on pop_i, which only enables it.
      """)
    let valid = m.registered("valid", hasNext)
    let readAhead = m.wire(
      "read_ahead", valid.select(afterRead, readPointer).truncated(to: addressBits))
    let beats = m.memory(
      "beats", Unsigned.self, width: configuration.beatBits, depth: depth, readLatency: 1,
      style: Configuration.style(depth: configuration.fifoBeats), collision: .undefined)
    beats.write(writePointer.truncated(to: addressBits), pushData, enable: push)
    let head = beats.read("head", readAhead, enable: m.wire("advances", pop || !valid))

    validOutput.drive(valid)
    dataOutput.drive(head)
  }
}
