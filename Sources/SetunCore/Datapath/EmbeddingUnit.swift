import HardwareDescription
import SetunMachine

/// Buffers an embedding row and hands out its elements.
public struct EmbeddingUnit: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    The embedding row of the next token. Beats arrive from the read channel at any time; while an EMBED is armed, one
    element a cycle is issued as soon as its beat is there, and its value leaves two cycles later. The request list
    fetches the next row only after this one's EMBED has retired, and a row has exactly the beats of its elements (the
    sequencer refuses other EMBEDs): so the buffer never overflows, nothing is issued twice, and no backpressure is
    needed.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let words = VectorSlot.words(c, depth: c.hiddenCapacity)
    let wordBits = indexWidth(words)
    let placeBits = indexWidth(c.halvesPerBeat)
    let indexBits = Configuration.indexBits
    let clear = m.input("clear", Bit.self)
    let beatValid = m.input("beat_valid", Bit.self)
    let beat = m.input("beat", Unsigned.self, width: c.beatBits)
    let armed = m.input("armed", Bit.self)
    let count = m.input("count", Unsigned.self, width: indexBits)

    let arrived = m.register("arrived", Unsigned.self, width: indexBits, reset: 0)
    let element = m.register("element", Unsigned.self, width: indexBits, reset: 0)
    let word = m.wire("word", element >> placeBits)
    let issue = m.wire("issue", armed && word < arrived)
    let last = m.wire("last", element + 1 == count.extended(to: indexBits + 1))
    m.when(beatValid) { arrived.next(arrived &+ 1) }
    m.when(issue) {
      element.next(element &+ 1)
      m.when(last) {
        element.next(0)
        arrived.next(0)
      }
    }
    m.when(clear) {
      arrived.next(0)
      element.next(0)
    }

    let buffer = m.instance("u_buffer", VectorSlot(configuration: c, depth: c.hiddenCapacity))
    buffer.connect("write_valid", beatValid)
    buffer.connect("write_word", arrived.slice(at: 0, width: wordBits))
    buffer.connect("write_data", beat)
    buffer.connect("element", element.slice(at: 0, width: placeBits + wordBits))
    let convert = m.instance("u_convert", FloatFromBFloat16(format: c.format))
    convert.connect("half", buffer.output("half", Unsigned.self))

    m.output("index_two_early", element)
    m.output("index_one_early", m.delayed("issued_index", element, by: 1))
    let latency = MachineTiming(c).embed
    var issued = ElementTag()
    issued.valid = issue
    issued.index = element
    issued.last = last
    m.output("issued", m.delayed("issued", issued, by: latency))
    m.output("value", convert.output("result", Unsigned.self))
  }
}
