import HardwareDescription
import HardwareFormal
import SetunCore
import SetunMachine

/// The weight streamer and the stream FIFO, connected as in the core, with the memory and everything else left free.
struct CreditLoop: HardwareModule {
  let configuration: Configuration

  var moduleName: String { "credit_loop" }
  var documentation: String { "Weight streamer and stream FIFO as the core connects them." }

  func build(_ m: ModuleBuilder) {
    let streamer = m.instance("u_streamer", WeightStreamer(configuration: configuration))
    let fifo = m.instance("u_fifo", StreamFIFO(configuration: configuration))
    for port in ["start", "begin", "halt", "embedding_valid", "axi_arready"] {
      streamer.connect(port, m.input(port, Bit.self))
    }
    for (port, width) in [
      ("image_base", 40), ("body_offset", 32), ("body_beats", 32), ("body_beats_with_head", 32),
      ("embedding_address", 32), ("embedding_beats", 16), ("positions", 32), ("first_head_position", 32),
    ] { streamer.connect(port, m.input(port, Unsigned.self, width: width)) }
    let clear = m.input("clear", Bit.self)
    let pop = m.input("pop", Bit.self)
    let arrives = m.input("axi_rvalid", Bit.self)
    let identifier = m.input("axi_rid", Unsigned.self, width: 2)
    streamer.connect("clear", clear)
    streamer.connect("fifo_pop", pop)
    streamer.connect("beat_received", arrives)
    fifo.connect("clear", clear)
    fifo.connect("push", m.wire("stream_beat", arrives && identifier == Unsigned(0, width: 2)))
    fifo.connect("push_data", m.input("axi_rdata", Unsigned.self, width: configuration.beatBits))
    fifo.connect("pop", pop)
    for port in ["axi_arvalid", "embedding_taken", "drained"] { m.output(port, streamer.output(port, Bit.self)) }
    for port in ["axi_araddr", "axi_arid", "axi_arlen"] { m.output(port, streamer.output(port, Unsigned.self)) }
    m.unused(streamer.output("axi_arsize", Unsigned.self))
    m.unused(streamer.output("axi_arburst", Unsigned.self))
    m.output("valid", fifo.output("valid", Bit.self))
    m.output("data", fifo.output("data", Unsigned.self))
  }
}

extension Proof {
  /// A place is reserved for every beat that is requested, so that AXI's RREADY can be 1 always.
  ///
  /// The memory accepts requests and sends beats whenever it likes, in any order of destinations, but sends no beat that
  /// was not requested.
  public static func creditLoop(_ configuration: Configuration) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(
      CreditLoop(configuration: configuration),
      remark: "FIFO of \(configuration.fifoBeats) beats, bursts as weight_streamer proves them")
    guard let streamer = harness.design.module("weight_streamer") else {
      throw .unknownName("weight_streamer", module: harness.name)
    }
    let places = configuration.fifoBeats
    let properties = StreamerProperties(configuration, streamer: streamer, path: "u_streamer.")
    harness.depth = 12 + places / configuration.burstBeats
    harness.add(properties.surroundings)
    harness.declare(
      """
      // Beats of the request that is up, and beats accepted by the memory that have not arrived: for the FIFO and others.
      logic [9:0] formal_up;
      logic [19:0] formal_stream, formal_others, formal_room;
      logic formal_beat, formal_accepted;
      assign formal_up = axi_arvalid_o ? 10'(axi_arlen_o) + 10'd1 : 10'd0;
      assign formal_beat = axi_rvalid_i && axi_rid_i == 2'd0;
      assign formal_accepted = axi_arvalid_o && axi_arready_i;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          formal_stream <= '0;
          formal_others <= '0;
        end else begin
          formal_stream <= formal_stream - 20'(formal_beat) +
              (formal_accepted && axi_arid_o == 2'd0 ? 20'(formal_up) : 20'd0);
          formal_others <= formal_others - 20'(axi_rvalid_i && !formal_beat) +
              (formal_accepted && axi_arid_o != 2'd0 ? 20'(formal_up) : 20'd0);
        end
      end
      // Beats inside the FIFO, and the places nobody has reserved.
      logic [19:0] formal_inside, formal_stream_up, formal_others_up;
      assign formal_inside = 20'(u_fifo.write_pointer_q - u_fifo.read_pointer_q);
      assign formal_stream_up = axi_arid_o == 2'd0 ? 20'(formal_up) : 20'd0;
      assign formal_others_up = axi_arid_o != 2'd0 ? 20'(formal_up) : 20'd0;
      assign formal_room = 20'd\(places) - formal_inside - formal_stream - formal_stream_up;
      """)
    harness.add(
      .assume("The memory sends no stream beat that was not requested.", when: "formal_beat", "formal_stream != 0"),
      .assume(
        "The memory sends no other beat that was not requested.", when: "axi_rvalid_i && !formal_beat",
        "formal_others != 0"),
      .assume("The sequencer takes a beat only when one is shown.", when: "pop_i", "valid_o"),
      .assume("The run begins after the header has arrived.", when: "begin_i", "formal_others == 0 && !axi_arvalid_o"),
      .assume(
        "A row is asked for after the row before it has arrived.",
        when: "embedding_valid_i && formal_done == 0 && \(properties.item(is: "embedding"))",
        "formal_others == 0 && formal_others_up == 0"),
      .assert("The FIFO is never full when a beat arrives.", when: "formal_beat", "formal_inside < 20'd\(places)"),
      .assert("No beat is shown when none is inside.", when: "valid_o", "formal_inside != 0"),
      .assert(
        "The credit is the number of places that are neither occupied nor reserved.",
        "20'(u_streamer.free_places_q) == formal_room"),
      .assert(
        "Every beat requested has a place.",
        "formal_inside + formal_stream + formal_stream_up <= 20'd\(places)"),
      .assert("Fewer beats are reserved than there are places.", "formal_stream <= 20'd\(places) && formal_inside <= 20'd\(places)"),
      .assert(
        "The beats under way are counted.",
        "20'(u_streamer.outstanding_q) == formal_stream + formal_others + 20'(formal_up)"),
      .assert(
        "At most a row or the header is under way beside the stream.",
        "formal_others + formal_others_up <= 20'd65535"),
      .assert(
        "Of header or row no more is under way than was requested.",
        when: "\(properties.item(is: "header")) || (\(properties.item(is: "embedding")) && formal_done != 0)",
        "32'(formal_others) + 32'(formal_others_up) <= formal_done"),
      .assert("From clear to start nothing is under way.", when: "formal_cleared", "formal_stream == 0 && formal_others == 0 && !axi_arvalid_o"),
      .assert("Drained, no beat is under way.", when: "drained_o", "formal_stream == 0 && formal_others == 0 && !axi_arvalid_o"),
      .cover("Every place is reserved or occupied.", "u_streamer.free_places_q == 0 && formal_inside != 0 && formal_stream != 0"),
      .cover("A run is requested, received and drained.", "formal_runs == 0 && drained_o && formal_position != 0 && !halt_i"))
    return harness
  }
}
