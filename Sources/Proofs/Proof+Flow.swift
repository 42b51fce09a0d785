import HardwareDescription
import HardwareFormal
import HardwareLibrary

// Modules of the library that bring streams together, part them, or change their words.

extension Proof {
  /// Converters, arbiters, forks, joins, demultiplexers, credits.
  static let flow = [
    Proof("width_converter_up", "narrow words are joined in order") { () throws(FormalError) in
      try widthConverter(from: 4, to: 12)
    },
    Proof("width_converter_down", "wide words are split in order") { () throws(FormalError) in
      try widthConverter(from: 12, to: 4)
    },
    Proof("priority_arbiter", "the priority arbiter keeps the stream rules, passes each word once, low numbers first") {
      () throws(FormalError) in try arbiter(inputs: 3, .fixedPriority)
    },
    Proof(
      "round_robin_arbiter", "the round-robin arbiter keeps the stream rules, passes each word once, starves nobody"
    ) {
      () throws(FormalError) in try arbiter(inputs: 3, .roundRobin)
    },
    Proof("stream_fork", "the fork gives each word to each receiver once") { () throws(FormalError) in
      try fork(outputs: 3)
    },
    Proof("stream_join", "the join takes a word of each stream at once") { () throws(FormalError) in try join() },
    Proof("stream_demultiplexer", "the demultiplexer sends each word where it says") { () throws(FormalError) in
      try demultiplexer(outputs: 3)
    },
    Proof("credit_counter", "the credits stay in range and are counted") { () throws(FormalError) in
      try creditCounter(credits: 5)
    },
  ]

  public static func widthConverter(from input: Int, to output: Int) throws(FormalError) -> FormalHarness {
    let converter = WidthConverter(from: input, to: output)
    var harness = try FormalHarness(converter, slow: [output > input ? "out" : "in"])
    let ratio = converter.ratio
    if output > input {
      harness.declare(
        """
        // A chosen narrow word, the place it had when it came, and the narrow words inside.
        (* anyconst *) logic [\(input - 1):0] formal_word;
        (* anyseq *) logic formal_chosen;
        logic formal_enters, formal_leaves, formal_tracks;
        logic [3:0] formal_count, formal_place, formal_age;
        assign formal_enters = in_valid_i && in_ready_o;
        assign formal_leaves = out_valid_o && out_ready_i;
        always @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) begin
            formal_count <= 0;
            formal_tracks <= 0;
          end else begin
            formal_count <= formal_count + 4'(formal_enters) - (formal_leaves ? 4'd\(ratio) : 4'd0);
            if (formal_enters) formal_age <= formal_age + 4'd1;
            if (formal_leaves) formal_tracks <= 0;
            if (formal_enters && formal_chosen && in_data_i == formal_word && (!formal_tracks || formal_leaves)) begin
              formal_tracks <= 1;
              formal_place <= formal_leaves ? 4'd0 : formal_count;
              formal_age <= 0;
            end
          end
        end
        """)
      harness.add(
        .assert(
          "The narrow words inside are counted.", "formal_count == 4'(position_q) + (out_valid_q ? 4'd\(ratio) : 4'd0)"),
        .assert("A wide word is complete before the next begins.", when: "out_valid_q", "position_q == 0"),
        .assert("The position stays below the ratio.", "position_q < \(ratio)"),
        .assert(
          "The chosen word has as many behind it as came after it.", when: "formal_tracks",
          "formal_count == formal_place + 4'd1 + formal_age && formal_count <= 4'd\(ratio) && formal_age < 4'd\(ratio) && formal_place < 4'd\(ratio)"
        ),
        .assert(
          "The chosen word moves down as others come.", when: "formal_tracks",
          "\(input)'(word_q >> (\(input) * (\(ratio - 1) - formal_age))) == formal_word"),
        .assert(
          "Narrow words leave in the place in which they came.", when: "formal_tracks && formal_leaves",
          "\(input)'(out_data_o >> (\(input) * formal_place)) == formal_word"))
    } else {
      harness.declare(
        """
        // A chosen wide word, and how many parts of it have left.
        (* anyconst *) logic [\(converter.inputWidth - 1):0] formal_word;
        (* anyseq *) logic formal_chosen;
        logic formal_enters, formal_leaves, formal_tracks, formal_inside;
        logic [3:0] formal_parts;
        assign formal_enters = in_valid_i && in_ready_o;
        assign formal_leaves = out_valid_o && out_ready_i;
        always @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) begin
            formal_tracks <= 0;
            formal_inside <= 0;
            formal_parts <= 0;
          end else begin
            if (formal_leaves) formal_parts <= formal_parts + 4'd1;
            if (formal_leaves && formal_parts == 4'd\(ratio - 1)) begin
              formal_parts <= 0;
              formal_inside <= 0;
              formal_tracks <= 0;
            end
            if (formal_enters) begin
              formal_inside <= 1;
              formal_tracks <= formal_chosen && in_data_i == formal_word;
            end
          end
        end
        """)
      let width = converter.outputWidth
      harness.add(
        .assert("Parts leave only of a word that is inside.", "out_valid_q == formal_inside"),
        .assert("The parts that have left are counted.", "4'(position_q) == formal_parts && position_q < \(ratio)"),
        .assert("A word begins with its first part.", when: "!formal_inside", "formal_parts == 0"),
        .assert("A word is inside while it is tracked.", when: "formal_tracks", "formal_inside"),
        .assert(
          "The parts that have not left stand below.", when: "formal_tracks",
          "word_q == formal_word >> (\(width) * formal_parts)"),
        .assert(
          "A word enters only when no other is left.", when: "formal_enters",
          "!formal_inside || (formal_leaves && formal_parts == 4'd\(ratio - 1))"),
        .assert(
          "The parts leave from the lowest bits up.", when: "formal_tracks && formal_leaves",
          "out_data_o == \(width)'(formal_word >> (\(width) * formal_parts))"))
    }
    harness.addForwardCut()
    return harness
  }

  public static func arbiter(inputs: Int, _ policy: StreamArbiter.Policy) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(StreamArbiter(width: 4, inputs: inputs, policy: policy))
    let taken = (0..<inputs).map { "(in_\($0)_valid_i && in_\($0)_ready_o)" }
    harness.add(
      .assert(
        "What was offered and not taken is held.", when: "holds_q",
        "(requests & held_grant_q) != 0 && (held_grant_q & (held_grant_q - \(inputs)'d1)) == 0"),
      .assert(
        "A word leaves whenever one is taken.", "(out_valid_o && out_ready_i) == (\(taken.joined(separator: " || ")))"),
      .assert("No two are taken at once.", "(grant & (grant - \(inputs)'d1)) == 0"),
      .assert("Nobody waits while nothing is offered.", "out_valid_o == (requests != 0)"))
    for (number, taken) in taken.enumerated() {
      harness.add(.assert("What is taken from in_\(number) leaves.", when: taken, "out_data_o == in_\(number)_data_i"))
    }
    switch policy {
    case .fixedPriority:
      harness.add(
        .assert(
          "A lower number goes first, unless a word is on offer.", when: "!holds_q",
          "(requests & (grant - \(inputs)'d1)) == 0"))
    case .roundRobin: harness.addTurns(inputs)
    }
    return harness
  }

  public static func fork(outputs: Int) throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(StreamFork(width: 4, outputs: outputs))
    let given = (0..<outputs).reversed().map { "out_\($0)_valid_o && out_\($0)_ready_i" }.joined(separator: ", ")
    harness.declare(
      """
      // Who has had the word at the input.
      logic [\(outputs - 1):0] formal_given, formal_had;
      assign formal_given = {\(given)};
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) formal_had <= '0;
        else if (in_valid_i && in_ready_o) formal_had <= '0;
        else formal_had <= formal_had | formal_given;
      end
      """)
    harness.add(
      .assert("The register knows who has had the word.", "served_q == formal_had"),
      .assert("A word that somebody has had is still there.", when: "served_q != 0", "in_valid_i"),
      .assert("Nobody gets a word twice.", "(formal_given & formal_had) == 0"),
      .assert("Nobody gets a word that is not there.", when: "formal_given != 0", "in_valid_i"),
      .assert(
        "A word is taken when the last receiver has it.", when: "in_valid_i && rst_ni",
        "in_ready_o == &(formal_had | formal_given)"))
    for number in 0..<outputs {
      harness.add(
        .assert("out_\(number) gets the word.", when: "out_\(number)_valid_o", "out_\(number)_data_o == in_data_i"))
      for other in 0..<outputs where other != number {
        harness.add(
          Independence(
            "out_\(number): valid does not depend on out_\(other): ready.", "out_\(number)_valid_o",
            of: "out_\(other)_ready_i"))
      }
    }
    return harness
  }

  public static func join() throws(FormalError) -> FormalHarness {
    var harness = try FormalHarness(StreamJoin(widths: [4, 3, 2]))
    for number in 0..<3 {
      harness.add(
        .assert(
          "in_\(number) passes when the joined word does.",
          "(in_\(number)_valid_i && in_\(number)_ready_o) == (out_valid_o && out_ready_i)"))
    }
    harness.add(.assert("The first is highest.", "out_data_o == {in_0_data_i, in_1_data_i, in_2_data_i}"))
    return harness
  }

  public static func demultiplexer(outputs: Int) throws(FormalError) -> FormalHarness {
    let module = StreamDemultiplexer(width: 4, outputs: outputs)
    var harness = try FormalHarness(module)
    let given = (0..<outputs).map { "(out_\($0)_valid_o && out_\($0)_ready_i)" }
    harness.add(
      .assert(
        "A word leaves whenever one is taken.", "(in_valid_i && in_ready_o) == (\(given.joined(separator: " || ")))"))
    for number in 0..<outputs {
      harness.add(
        .assert(
          "out_\(number) is offered what is meant for it.", when: "out_\(number)_valid_o",
          "in_data_i == {\(module.numberBits)'d\(number), out_\(number)_data_o}"))
    }
    return harness
  }

  public static func creditCounter(credits: Int) throws(FormalError) -> FormalHarness {
    let module = CreditCounter(credits: credits)
    var harness = try FormalHarness(module)
    let bits = module.countBits
    harness.add(
      .assert("The credits stay in range.", "count_o <= \(bits)'d\(credits)"),
      .assert("One is available when one is left.", "available_o == (count_o != 0)"),
      .assert(
        "A credit is spent.", when: "formal_continues && $past(take_i && !give_i && available_o)",
        "count_o == $past(count_o) - \(bits)'d1"),
      .assert(
        "A credit is returned.", when: "formal_continues && $past(give_i && !take_i && count_o != \(bits)'d\(credits))",
        "count_o == $past(count_o) + \(bits)'d1"),
      .assert(
        "Nothing changes otherwise.",
        when: "formal_continues && $past(take_i == give_i || (take_i ? !available_o : count_o == \(bits)'d\(credits)))",
        "count_o == $past(count_o)"),
      .cover("All are spent.", "count_o == 0 && rst_ni"))
    for input in ["take_i", "give_i"] {
      harness.add(Independence("available does not depend on \(input).", "available_o", of: input))
    }
    return harness
  }
}

extension FormalHarness {
  /// Who waits at a round-robin arbiter sees at most one word of each other input pass, so it waits for less than `inputs`
  /// words.
  fileprivate mutating func addTurns(_ inputs: Int) {
    let zero = "\(inputs)'d0"
    add(
      .assert(
        "The inputs whose turn comes first are the highest.",
        "!behind_q[0] && (~behind_q & (~behind_q + \(inputs)'d1)) == \(zero)"))
    for number in 0..<inputs {
      let (before, passed, itself) = ("formal_before_\(number)", "formal_passed_\(number)", "\(inputs)'d\(1 << number)")
      let lower = "\(inputs)'d\((1 << number) - 1)"
      declare(
        """
        // Whose turn comes before that of in_\(number), and who has passed while it waits.
        logic [\(inputs - 1):0] \(before), \(passed);
        assign \(before) = behind_q[\(number)] ? behind_q & \(lower) : behind_q | \(lower);
        always @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) \(passed) <= '0;
          else if (!in_\(number)_valid_i || in_\(number)_ready_o) \(passed) <= '0;
          else if (out_valid_o && out_ready_i) \(passed) <= \(passed) | grant;
        end
        """)
      add(
        .assert(
          "While in_\(number) waits each other input passes at most one word.",
          when: "in_\(number)_valid_i && !in_\(number)_ready_o && out_valid_o && out_ready_i",
          "(\(passed) & grant) == \(zero)"),
        .assert(
          "Who has passed in_\(number) has its turn behind it.", when: "\(passed) != \(zero)",
          "in_\(number)_valid_i && (\(passed) & (\(before) | \(itself))) == \(zero)"),
        .assert(
          "A word held on offer before in_\(number) has its turn before it.", when: "holds_q && \(passed) != \(zero)",
          "(held_grant_q & ~(\(before) | \(itself))) == \(zero)"),
        .cover(
          "in_\(number) waits for a word of each other input.", "\(passed) == ~\(itself) && in_\(number)_ready_o"))
    }
  }
}
