import HardwareDescription
import HardwareFormal
import SetunMachine

/// What is assumed and proved of the weight streamer.
///
/// The harness keeps, beside the streamer, what the list in its documentation says of the current item: where it starts,
/// how many beats it has, and how many of them have been requested.
struct StreamerProperties {
  let configuration: Configuration
  /// Encoding of the streamer's items.
  private let items: [String: Int]

  private var places: Int { configuration.fifoBeats }
  private var burst: Int { configuration.burstBeats }
  private var beatShift: Int { configuration.beatBytes.trailingZeroBitCount }
  private var lengthBits: Int { burst.trailingZeroBitCount + 1 }
  private var headerBeats: Int { max(1, ImageHeader.byteCount / configuration.beatBytes) }

  init(_ configuration: Configuration, streamer: ModuleDefinition) {
    self.configuration = configuration
    let cases = streamer.enumerations.first { $0.cases.contains("awaitBegin") }?.cases ?? []
    items = Dictionary(uniqueKeysWithValues: zip(cases, 0...))
  }

  /// The streamer's item is `name`.
  func item(is name: String) -> String { "item_q == 3'd\(items[name] ?? 7)" }

  private var isRunning: String { "item_q >= 3'd\(items["prefix"] ?? 7)" }

  var part: FormalPart {
    FormalPart(declarations: declarations, properties: assumptions + preparation + list + burstLimits + bursts + covers)
  }

  // MARK: Declarations

  private var declarations: String {
    """
    // The image's fields and the run's lengths.
    logic [215:0] formal_fields, formal_fields_q;
    assign formal_fields = {image_base_i, body_offset_i, body_beats_i, body_beats_with_head_i, embedding_beats_i,
        positions_i, first_head_position_i};
    always @(posedge clk_i) formal_fields_q <= formal_fields;
    logic formal_same, formal_was_same, formal_was_same_before;
    logic formal_later = 1'b0;
    always @(posedge clk_i) begin
      formal_later <= 1'b1;
      formal_was_same <= formal_same;
      formal_was_same_before <= formal_was_same;
    end
    assign formal_same = formal_later && formal_fields == formal_fields_q;

    // What the list says of the current item.
    logic formal_runs;
    logic [31:0] formal_position, formal_body_start, formal_body, formal_start, formal_beats;
    assign formal_runs = \(isRunning);
    assign formal_body_start = {\(beatShift)'d0, body_offset_i[31:\(beatShift)]};
    assign formal_body = formal_position >= first_head_position_i ? body_beats_with_head_i : body_beats_i;
    assign formal_start = \(item(is: "header")) ? 32'd0 :
        \(item(is: "prefix")) ? formal_body_start :
        \(item(is: "embedding")) ? embedding_address_i : formal_body_start + 32'd\(places);
    assign formal_beats = \(item(is: "header")) ? 32'd\(headerBeats) :
        \(item(is: "prefix")) ? (formal_body < 32'd\(places) ? formal_body : 32'd\(places)) :
        \(item(is: "embedding")) ? 32'(embedding_beats_i) : formal_body - 32'd\(places);

    // Beats to the row's next boundary.
    logic [31:0] formal_row_boundary;
    assign formal_row_boundary = 32'd\(burst) - 32'(embedding_address_i[\(lengthBits - 2):0]);

    // Beats of it that have been requested, and the burst decided last.
    logic [31:0] formal_done, formal_next;
    logic [39:0] formal_address;
    logic [\(lengthBits - 1):0] formal_length;
    logic [1:0] formal_destination;
    // No run has started since the core was cleared.
    logic formal_cleared;
    assign formal_next = formal_done + 32'(length);
    always @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        formal_done <= '0;
        formal_position <= '0;
        formal_cleared <= 1'b1;
      end else if (clear_i) begin
        formal_done <= '0;
        formal_position <= '0;
        formal_cleared <= 1'b1;
      end else begin
        if (start_i) formal_cleared <= 1'b0;
        if (item_done) formal_done <= '0;
        else if (decide) formal_done <= formal_next;
        if (position_done) formal_position <= formal_position + 32'd1;
      end
    end
    always @(posedge clk_i) begin
      if (decide) begin
        formal_address <= {image_base_i[39:12], 12'd0} + 40'({formal_start + formal_done, \(beatShift)'d0});
        formal_length <= length;
        formal_destination <= \(item(is: "header")) ? 2'd2 : \(item(is: "embedding")) ? 2'd1 : 2'd0;
      end
    end
    """
  }

  // MARK: Assumptions

  /// What the streamer's documentation asks of the core around it.
  private var assumptions: [FormalProperty] {
    [
      .assume(
        "A run starts only when the core has been cleared since the last one.", when: "start_i",
        "formal_cleared && !clear_i"),
      .assume(
        "The run begins once, after the header.", when: "begin_i", "\(item(is: "awaitBegin")) && !halt_i && !clear_i"),
      .assume("The core is cleared only halted, with every beat received.", when: "clear_i", "halt_i && drained_o"),
      .assume(
        "Image and lengths are stable from two cycles before the run begins.", when: "begin_i",
        "formal_same && formal_was_same"),
      .assume("Image and lengths stay stable while it goes on.", when: "formal_runs", "formal_same"),
      .assume(
        "Bodies, rows and runs are not empty.", when: "formal_runs || begin_i",
        "body_beats_i != 0 && body_beats_with_head_i != 0 && embedding_beats_i != 0 && positions_i != 0"),
      .assume("Rows are asked for only in a run.", when: "embedding_valid_i", "formal_runs"),
      .assume(
        "A row's address is there a cycle before it is asked for.", when: "embedding_valid_i",
        "embedding_address_i == $past(embedding_address_i)"),
      .assume(
        "A row is asked for until it is taken.",
        when: "formal_continues && $past(embedding_valid_i && !embedding_taken_o && !clear_i)", "embedding_valid_i"),
      .assume(
        "A row that is taken is not asked for again.", when: "formal_continues && $past(embedding_taken_o)",
        "!embedding_valid_i"),
    ]
  }

  // MARK: Assertions

  /// The registers that prepare items hold what they should as soon as the image is stable.
  private var preparation: [FormalProperty] {
    func prepared(_ name: String, _ beats: String) -> [FormalProperty] {
      let prefix = "(\(beats) < 32'd\(places) ? \(beats) : 32'd\(places))"
      let boundary = "32'(body_boundary_q)"
      let rest = "(\(beats) - 32'd\(places))"
      func smaller(_ a: String) -> String { "(\(a) < \(boundary) ? \(a) : \(boundary))" }
      return [
        .assert(
          "The \(name) body's prefix and rest are prepared a cycle after the image is stable.", when: "formal_same",
          """
          \(name)_has_rest_q == (\(beats) > 32'd\(places)) && 32'(\(name)_prefix_beats_q) == \(prefix) &&
            \(name)_rest_beats_q == \(beats) - 32'd\(places)
          """.oneLine),
        .assert(
          "The \(name) body's first bursts are prepared two cycles after the image is stable.",
          when: "formal_same && formal_was_same && \(beats) != 0",
          """
          32'(\(name)_prefix_first_length_q) == \(smaller(prefix)) &&
            \(name)_prefix_is_single_q == (\(prefix) <= \(boundary)) &&
            (\(beats) <= 32'd\(places) || 32'(\(name)_rest_first_length_q) == \(smaller(rest))) &&
            \(name)_rest_is_single_q == (\(beats) - 32'd\(places) <= \(boundary))
          """.oneLine),
        .assert(
          "What follows the \(name) body's first bursts is prepared three cycles after the image is stable.",
          when: "formal_same && formal_was_same && formal_was_same_before && \(beats) != 0",
          """
          32'(\(name)_prefix_rests_q) == \(prefix) - \(smaller(prefix)) &&
            \(name)_prefix_ends_next_q == (\(name)_prefix_rests_q <= \(burst)) &&
            (\(beats) <= 32'd\(places) || \(name)_rest_rests_q == \(rest) - \(smaller(rest))) &&
            \(name)_rest_ends_next_q == (\(name)_rest_rests_q <= 32'd\(burst))
          """.oneLine),
      ]
    }
    let low = burst == 1 ? "0" : "formal_body_start[\(lengthBits - 2):0]"
    return prepared("plain", "body_beats_i") + prepared("headed", "body_beats_with_head_i") + [
      .assert(
        "Where the rest starts, and where the next boundary lies, is prepared a cycle after the image is stable.",
        when: "formal_same",
        "rest_start_q == formal_body_start + 32'd\(places) && 32'(body_boundary_q) == 32'd\(burst) - 32'(\(low))"),
      .assert(
        "In a run the image has been stable for three cycles.", when: "formal_runs",
        "formal_same && formal_was_same && formal_was_same_before"),
      .assert(
        "The row's first burst is prepared when the row is asked for.", when: "embedding_valid_i",
        """
        row_is_single_q == (32'(embedding_beats_i) <= formal_row_boundary) &&
          32'(row_first_length_q) == (32'(embedding_beats_i) < formal_row_boundary ? 32'(embedding_beats_i) : formal_row_boundary)
        """.oneLine),
    ]
  }

  /// Which item follows which.
  private var list: [FormalProperty] {
    func follows(_ first: String, _ second: String, _ condition: String = "1'b1") -> String {
      "$past(\(item(is: first)) && (\(condition))) && \(item(is: second))"
    }
    let ends = "formal_position + 32'd1 == positions_i"
    let steps = [
      follows("idle", "header", "start_i"), follows("header", "awaitBegin"), follows("awaitBegin", "prefix", "begin_i"),
      follows("prefix", "embedding"), follows("embedding", "rest", "formal_body > 32'd\(places)"),
      follows("embedding", "prefix", "formal_body <= 32'd\(places) && !(\(ends))"),
      follows("embedding", "idle", "formal_body <= 32'd\(places) && \(ends)"), follows("rest", "prefix", "!(\(ends))"),
      follows("rest", "idle", ends),
    ].map { "(\($0))" }.joined(separator: " || ")
    return [
      .assert(
        "Header, then for each position prefix, row and rest; after the last position nothing.",
        when: "formal_continues && !$past(clear_i) && item_q != $past(item_q)", steps),
      .assert(
        "A rest is requested only of a body longer than the FIFO.", when: item(is: "rest"),
        "formal_body > 32'd\(places)"),
      .assert(
        "The positions are counted.", when: "formal_runs",
        "following_position_q == formal_position + 32'd1 && formal_position < positions_i"),
      .assert(
        "The counts start anew.", when: "formal_cleared || \(item(is: "header")) || \(item(is: "awaitBegin"))",
        "following_position_q == 32'd1 && formal_position == 0"),
      .assert(
        "A position's body has the head from first_head_position_i on.", when: "formal_runs",
        "has_head_q == (formal_position >= first_head_position_i)"),
      .assert(
        "What follows the position is prepared before it ends.",
        when: "\(item(is: "embedding")) || \(item(is: "rest"))",
        """
        is_last_position_q == (following_position_q == positions_i) &&
          next_has_head_q == (following_position_q >= first_head_position_i)
        """.oneLine),
      .assert(
        "A row is taken exactly when its last burst is decided.",
        "embedding_taken_o == (\(item(is: "embedding")) && decide && formal_next == formal_beats)"),
    ]
  }

  /// What every burst keeps to; the credit loop relies on it.
  private var burstLimits: [FormalProperty] {
    [
      .assert(
        "An item goes on only while beats of it are left.", when: "is_continued_q",
        "formal_done != 0 && formal_done < formal_beats && (formal_runs || \(item(is: "header")))"),
      .assert("The core is idle from clear to start.", when: "formal_cleared", item(is: "idle")),
      .assert("An item that does not go on has not begun.", when: "!is_continued_q", "formal_done == 0"),
      .assert(
        "A burst asks for at least one beat, at most for \(burst), and for none beyond its item.", when: "decide",
        "length != 0 && length <= \(lengthBits)'d\(burst) && 32'(length) <= formal_beats - formal_done"),
    ]
  }

  /// How an item is cut into bursts.
  private var bursts: [FormalProperty] {
    let low = lengthBits - 2
    let pageBytes = 4096
    return [
      .assert(
        "A row that goes on is still asked for.", when: "is_continued_q && \(item(is: "embedding"))",
        "embedding_valid_i"),
      .assert(
        "The next burst of an item is prepared with the one before.", when: "is_continued_q",
        """
        next_offset_q == formal_start + formal_done && next_remaining_q == formal_beats - formal_done &&
          next_is_last_q == (next_remaining_q <= 32'd\(burst)) &&
          32'(next_length_q) == (next_is_last_q ? next_remaining_q : 32'd\(burst)) &&
          next_offset_q[\(low):0] == 0
        """.oneLine),
      .assert(
        "A burst begins where the one before it in its item ended, the first one at its start.", when: "decide",
        "offset == formal_start + formal_done"),
      .assert(
        "An item ends exactly when all its beats are requested.", when: "decide",
        "ends_item == (formal_next == formal_beats)"),
      .assert(
        "The address channel shows address, length and destination of the burst decided.", when: "axi_arvalid_o",
        "axi_araddr_o == formal_address && axi_arlen_o == 8'(formal_length - \(lengthBits)'d1) && axi_arid_o == formal_destination"
      ),
      .assert(
        "The burst shown has 1 to \(burst) beats.", when: "axi_arvalid_o",
        "formal_length != 0 && formal_length <= \(lengthBits)'d\(burst)"),
      .assert(
        "No burst crosses a multiple of \(burst) beats.", when: "axi_arvalid_o",
        "9'(axi_araddr_o[\(beatShift + low):\(beatShift)]) + 9'(axi_arlen_o) < 9'd\(burst)"),
      .assert(
        "No burst crosses 4 KiB.", when: "axi_arvalid_o",
        "14'(axi_araddr_o[11:0]) + (14'(axi_arlen_o) + 14'd1) * 14'd\(configuration.beatBytes) <= 14'd\(pageBytes)"),
      .assert(
        "No burst is decided while halt_i is 1.", when: "formal_continues && $past(halt_i && !axi_arvalid_o)",
        "!axi_arvalid_o"),
    ]
  }

  private var covers: [FormalProperty] {
    // A rest of a second burst lies behind a FIFO full of bursts; the solver takes long to find more than a few.
    let rest: [FormalProperty] =
      places > 2 * burst
      ? []
      : [
        .cover("A rest takes two bursts.", "\(item(is: "rest")) && item_done && is_continued_q")
      ]
    return rest + [
      .cover("A burst is cut at the boundary.", "decide && length < \(lengthBits)'d\(burst) && !ends_item"),
      .cover("A row takes two bursts.", "embedding_taken_o && is_continued_q"),
      .cover(
        "The body of a second position is requested.", "\(item(is: "prefix")) && formal_position == 32'd1 && item_done"),
      .cover("A run is requested to its end.", "formal_continues && $past(position_done) && \(item(is: "idle"))"),
    ]
  }
}

extension String {
  /// Without line breaks and the spaces around them.
  fileprivate var oneLine: String {
    split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
  }
}
