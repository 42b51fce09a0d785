import HardwareDescription
import SetunMachine

/// One weight channel: from its AXI read master to the row sums of its groups.
public struct WeightChannel: HardwareModule {
  public let configuration: Configuration
  /// Where there are registers on the way to the channel: its FIFO lies on this side of them, because the program is read
  /// from it.
  public let isCentral: Bool

  public init(configuration: Configuration, isCentral: Bool = false) {
    self.configuration = configuration
    self.isCentral = isCentral
  }

  public var moduleName: String { isCentral ? "central_channel" : "weight_channel" }

  public var documentation: String {
    """
    A weight channel: AXI4 read master, header check, stream FIFO, decoder and trees. The streamer keeps the FIFO full;
    pop_i takes a beat, which one cycle later is an operand in operand_o, and a beat of weights with weight_valid_i.
    activation_i is the word that meets the beat \(OperatorLatency.tritDecode + 1) cycles after its pop. The sums of a row group leave a
    fixed time after its last beat.
    \(crossingNote)Only activations, sums and a few control signals cross the channel's boundary, and at the beginning of a layer the
    beats of its vectors. Backpressure is the sequencer's, which pops; RREADY is always 1, since a beat is requested only
    when a place is reserved for it.
    Source: ARCHITECTURE.md, sections 1 and 3.
    """
  }

  /// R.
  private var crossing: Int { configuration.channelRegisters }

  private var crossingNote: String {
    guard crossing > 0 else { return "" }
    let pop = isCentral ? "but pop_i, whose operand waits instead" : "pop_i too"
    let registers = crossing == 1 ? "a register" : "\(crossing) registers"
    return "Every signal passes \(registers) on its way in, \(pop),\nand as many on its way out.\n"
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    func arriving(_ name: String) -> Bit {
      let value = m.input(name, Bit.self)
      return m.delayedWithReset("\(name)_here", value, by: crossing)
    }
    func leaving(_ name: String, _ value: Bit) {
      m.output(name, m.delayedWithReset("\(name)_there", value, by: crossing))
    }
    m.comment("Control.")
    let clear = arriving("clear")
    let start = arriving("start")
    let begin = arriving("begin")
    let halt = arriving("halt")
    let imageBase = m.input("image_base", Unsigned.self, width: 40)
    let number = c.channels == 1 ? nil : m.input("channel", Unsigned.self, width: indexWidth(c.channels))
    let positions = m.input("positions", Unsigned.self, width: 32)
    let firstHeadPosition = m.input("first_head_position", Unsigned.self, width: 32)
    let embeddingWanted = arriving("embedding_valid")
    let embeddingAddress = m.input("embedding_address", Unsigned.self, width: 32 * c.streams)
    m.comment("The beat at the FIFO's head, and what becomes of the one taken in the cycle before.")
    let pop = isCentral ? m.input("pop", Bit.self) : arriving("pop")
    let weightValid = arriving("weight_valid")
    func follows(_ name: String) -> Bit { m.delayed("\(name)_here", m.input(name, Bit.self), by: crossing) }
    let weightFirst = follows("weight_first")
    let weightLast = follows("weight_last")
    let weightFinal = follows("weight_final")
    let activation = m.delayed(
      "activation_here", m.input("activation", Unsigned.self, width: c.streams * c.beatBits), by: crossing)
    m.comment("AXI4 read master.")
    let addressReady = m.input("axi_arready", Bit.self)
    let dataValid = m.input("axi_rvalid", Bit.self)
    let data = m.input("axi_rdata", Unsigned.self, width: c.beatBits)
    let identifier = m.input("axi_rid", Unsigned.self, width: 2)
    let response = m.input("axi_rresp", Unsigned.self, width: 2)
    let isLast = m.input("axi_rlast", Bit.self)

    let header = m.instance(
      "u_header_check", HeaderCheck(configuration: c), comment: "Judges the image header that every run reads first.")
    let streamer = m.instance(
      "u_streamer", WeightStreamer(configuration: c),
      comment: "Issues all read requests, in one static order, against FIFO credit.")
    let fifo = m.instance(
      "u_fifo", StreamFIFO(configuration: c), comment: "The weight stream: program and operands.")
    let engine = m.instance(
      "u_engine", TernaryEngine(configuration: c), comment: "Five dot products a beat, accumulated over a row group.")

    func arrives(_ name: String, _ destination: Int) -> Bit {
      m.wire(name, dataValid && identifier == Unsigned(destination, width: 2))
    }
    m.comment("Beats are counted, so the end of a burst needs no attention.")
    m.unused(isLast)
    leaving("memory_error", dataValid && response[1])
    m.unused(response[0])

    m.comment("The read channel's beat goes where ARID said.")
    if !HeaderCheck.isOneBurst(c) { header.connect("start", start) }
    header.connect("valid", arrives("header_beat", WeightStreamer.Destination.header))
    header.connect("data", data)
    if let number { header.connect("channel", number) }
    for port in ["ok", "error_format", "error_hash", "error_crc"] {
      leaving("header_\(port)", header.output(port, Bit.self))
    }
    for port in ["body_beats", "body_beats_with_head", "embedding_offset", "embedding_beats", "vocabulary", "epsilon"] {
      m.output(port, header.output(port, Unsigned.self))
    }

    streamer.connect("clear", clear)
    streamer.connect("start", start)
    streamer.connect("begin", begin)
    streamer.connect("halt", halt)
    streamer.connect("image_base", imageBase)
    for port in ["body_offset", "body_beats", "body_beats_with_head", "embedding_beats"] {
      streamer.connect(port, header.output(port, Unsigned.self))
    }
    let taken = streamer.output("embedding_taken", Bit.self)
    if c.channels == 1, crossing == 0 {
      streamer.connect("embedding_valid", embeddingWanted)
    } else {
      m.comment("The others, or the way, may take their time; the row is requested once.")
      let isTaken = m.register("row_is_taken", Bit.self, reset: false)
      isTaken.next(embeddingWanted && (isTaken || taken))
      m.when(clear) { isTaken.next(false) }
      streamer.connect("embedding_valid", m.wire("row_wanted", embeddingWanted && !isTaken))
    }
    streamer.connect("embedding_address", embeddingAddress)
    streamer.connect("positions", positions)
    streamer.connect("first_head_position", firstHeadPosition)
    streamer.connect("fifo_pop", pop)
    streamer.connect("beat_received", dataValid)
    streamer.connect("axi_arready", addressReady)
    m.output("axi_arvalid", streamer.output("axi_arvalid", Bit.self))
    for port in ["axi_araddr", "axi_arid", "axi_arlen", "axi_arsize", "axi_arburst"] {
      m.output(port, streamer.output(port, Unsigned.self))
    }
    m.output("axi_rready", Bit(true))
    leaving("embedding_taken", taken)
    leaving("drained", streamer.output("drained", Bit.self))
    let rowBeat = arrives("row_beat", WeightStreamer.Destination.embedding)
    leaving("embedding_beat", rowBeat)
    if c.streams > 1 {
      m.comment("Rows arrive in the order of the streams.")
      let beats = header.output("embedding_beats", Unsigned.self)
      let count = m.register("row_beats", Unsigned.self, width: beats.width, reset: 0)
      let stream = m.register("row_stream", Unsigned.self, width: indexWidth(c.streams), reset: 0)
      m.when(rowBeat) {
        count.next(count &+ 1)
        m.when(count + 1 == beats.extended(to: beats.width + 1)) {
          count.next(0)
          stream.next(stream &+ 1)
        }
      }
      m.when(clear) {
        count.next(0)
        stream.next(0)
      }
      m.output("embedding_stream", m.delayed("stream_there", stream, by: crossing))
    }
    m.output("embedding_data", m.delayed("data_there", data, by: crossing))

    fifo.connect("clear", clear)
    let push = arrives("stream_beat", WeightStreamer.Destination.stream)
    fifo.connect("push", push)
    fifo.connect("push_data", data)
    fifo.connect("pop", pop)
    let head = fifo.output("data", Unsigned.self)
    if crossing == 0 || isCentral {
      m.output("beat_valid", fifo.output("valid", Bit.self))
    } else {
      m.comment(
        "A beat that is told in cycle r is popped in r + 1 at the earliest, and the pop takes its time to come here.")
      leaving("beat_valid", push)
      m.unused(fifo.output("valid", Bit.self))
    }
    m.output("instruction", head.slice(at: 0, width: InstructionSet.wordBits))

    var operand = m.registered("operand", head)
    if isCentral { operand = m.delayed("operand_here", operand, by: crossing) }
    m.output("operand", m.delayed("operand_there", operand, by: crossing))
    engine.connect("valid", weightValid)
    engine.connect("first", weightFirst)
    engine.connect("last", weightLast)
    engine.connect("final", weightFinal)
    engine.connect("code", operand)
    engine.connect("activation", activation)
    for port in ["bad_trit", "sums_valid"] { leaving(port, engine.output(port, Bit.self)) }
    m.output("sums_final", m.delayed("sums_final_there", engine.output("sums_final", Bit.self), by: crossing))
    m.output("sum", m.delayed("sum_there", engine.output("sum", Unsigned.self), by: crossing))
  }
}
