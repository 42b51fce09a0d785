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
  /// was not requested. That a burst has a beat and at most as many as the longest is proved of the streamer.
  public static func creditLoop(_ configuration: Configuration) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(
      CreditLoop(configuration: configuration),
      remark:
        "FIFO of \(configuration.fifoBeats) beats, bursts of \(configuration.burstBeats) as proved of weight_streamer")
    let places = configuration.fifoBeats
    let lengthBits = configuration.burstBeats.trailingZeroBitCount + 1
    let placeBits = places.trailingZeroBitCount + 1
    harness.lookBack = 1
    harness.depth = 12 + places / configuration.burstBeats
    harness.declare(
      """
      // Beats of the request that is up, and beats that the memory has accepted and not sent, for the FIFO and others.
      logic formal_accepted, formal_beat, formal_other_beat;
      logic [\(placeBits - 1):0] formal_stream, formal_stream_up, formal_inside, formal_free;
      logic [16:0] formal_others, formal_others_up;
      assign formal_accepted = axi_arvalid_o && axi_arready_i;
      assign formal_beat = axi_rvalid_i && axi_rid_i == 2'd0;
      assign formal_other_beat = axi_rvalid_i && axi_rid_i != 2'd0;
      assign formal_stream_up = axi_arvalid_o && axi_arid_o == 2'd0 ? \(placeBits)'(axi_arlen_o) + \(placeBits)'d1 : '0;
      assign formal_others_up = axi_arvalid_o && axi_arid_o != 2'd0 ? 17'(axi_arlen_o) + 17'd1 : '0;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          formal_stream <= '0;
          formal_others <= '0;
        end else begin
          formal_stream <= formal_stream + (formal_accepted ? formal_stream_up : '0) - \(placeBits)'(formal_beat);
          formal_others <= formal_others + (formal_accepted ? formal_others_up : '0) - 17'(formal_other_beat);
        end
      end
      // Beats decided that have not arrived, as the streamer should count them.
      logic [\(placeBits - 1):0] formal_reserved;
      logic [16:0] formal_others_reserved;
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          formal_reserved <= '0;
          formal_others_reserved <= '0;
        end else begin
          formal_reserved <= formal_reserved - \(placeBits)'(formal_beat) +
              (u_streamer.decide && u_streamer.is_stream ? \(placeBits)'(u_streamer.length) : '0);
          formal_others_reserved <= formal_others_reserved - 17'(formal_other_beat) +
              (u_streamer.decide && !u_streamer.is_stream ? 17'(u_streamer.length) : '0);
        end
      end
      // Beats inside the FIFO, and the places that no beat has and no request reserves.
      assign formal_inside = u_fifo.write_pointer_q - u_fifo.read_pointer_q;
      assign formal_free = \(placeBits)'d\(places) - formal_inside - formal_reserved;
      """)
    harness.declare(clearDeclarations)
    for property in clearAssumptions { harness.add(property) }
    harness.add(
      .assume(
        "A burst has 1 to \(configuration.burstBeats) beats.", when: "u_streamer.decide",
        "u_streamer.length != 0 && u_streamer.length <= \(lengthBits)'d\(configuration.burstBeats)"),
      .assume("The memory sends no stream beat that was not requested.", when: "formal_beat", "formal_stream != 0"),
      .assume(
        "The memory sends no other beat that was not requested.", when: "formal_other_beat", "formal_others != 0"),
      .assume("No more than a row or the header is under way beside the stream.", "formal_others <= 17'd65535"),
      .assume("The sequencer takes a beat only when one is shown.", when: "pop_i", "valid_o"),
      .assume("The core is cleared only halted and drained.", when: "clear_i", "halt_i && drained_o"),
      .assert(
        "The FIFO is never full when a beat arrives.", when: "formal_beat", "formal_inside < \(placeBits)'d\(places)"),
      .assert(
        "Every beat that is requested has a place.", "formal_reserved <= \(placeBits)'d\(places) - formal_inside"),
      .assert(
        "The beats reserved are those requested and those of the request that is up.",
        "formal_reserved == formal_stream + formal_stream_up && formal_stream <= formal_reserved"),
      .assert(
        "So are the other beats.",
        "formal_others_reserved == formal_others + formal_others_up && formal_others <= formal_others_reserved"),
      .assert("The FIFO holds at most as many beats as it has places.", "formal_inside <= \(placeBits)'d\(places)"),
      .assert(
        "The credit is the number of places neither occupied nor reserved.", "u_streamer.free_places_q == formal_free"),
      .assert("No beat is shown when none is inside.", when: "valid_o && rst_ni && !clear_i", "formal_inside != 0"),
      .assert("Clearing takes a cycle.", when: "formal_was_clear", "formal_inside == 0"),
      .assert(
        "The beats under way are counted.",
        "u_streamer.outstanding_q == 17'(formal_reserved) + formal_others_reserved"),
      .assert(
        "The request that is up has 1 to \(configuration.burstBeats) beats.", when: "axi_arvalid_o",
        "axi_arlen_o < 8'd\(configuration.burstBeats)"),
      .assert(
        "Drained, no beat is requested or under way.", when: "drained_o",
        "formal_stream == 0 && formal_others == 0 && !axi_arvalid_o"),
      .cover(
        "Every place is reserved or occupied.",
        "u_streamer.free_places_q == 0 && formal_inside != 0 && formal_stream != 0"))
    return harness
  }
}
