import HardwareDescription

/// Proves of a module through which words pass in order that none is lost, doubled, overtaken or changed.
///
/// The solver chooses a word, any word, and the moment at which it enters; the tracker counts the words before it and
/// wants to see it leave when they have left. As the choice is free, that holds for every word. Declared for invariants,
/// with the tracker's prefix:
///
/// - `formal_count`: the words inside, 0 ... `capacity`;
/// - `formal_tracks`: the chosen word is inside;
/// - `formal_ahead`: the words that leave before it;
/// - `formal_word`: its value.
///
/// Induction needs to know where the module keeps the chosen word; an assertion such as
/// `formal_tracks && formal_ahead == 0` implies `out_data_q == formal_word` says so.
public struct WordTracker: Sendable {
  /// Of the declared names.
  public var prefix = "formal"
  /// Bits of a word.
  public var width: Int
  /// The most words that are inside at once.
  public var capacity: Int
  /// 1 when a word enters, and the word.
  public var enters: String
  public var entering: String
  /// 1 when a word leaves, and the word.
  public var leaves: String
  public var leaving: String
  /// 1 while a word is offered at the way out, whether or not it leaves.
  public var offered: String
  /// The most cycles for which words are inside and none is offered; nil when that is not promised.
  public var latency: Int?
  /// 1 while a word would be taken; with it, a word is taken whenever fewer than `capacity` are inside.
  public var takes: String?
  /// 1 when all words inside are dropped.
  public var clear: String?
  /// Shows that `capacity` words can be inside; the solver needs more than that many cycles for it.
  public var coversFull = true

  public init(
    width: Int, capacity: Int, enters: String, entering: String, leaves: String, leaving: String, offered: String,
    latency: Int? = nil, takes: String? = nil, clear: String? = nil
  ) {
    self.width = width
    self.capacity = capacity
    self.enters = enters
    self.entering = entering
    self.leaves = leaves
    self.leaving = leaving
    self.offered = offered
    self.latency = latency
    self.takes = takes
    self.clear = clear
  }

  /// From one stream to another with the same payload.
  ///
  /// - Parameters:
  ///   - capacity: words that fit.
  ///   - latency: cycles for which words may be inside and none is offered: 0 for a queue whose word is offered in the
  ///     cycle after it has entered. Nil promises nothing.
  ///   - takesUntilFull: a word is taken whenever fewer than `capacity` are inside.
  public init(
    _ module: ModuleDefinition, from source: String = "in", to sink: String = "out", capacity: Int, latency: Int? = 0,
    takesUntilFull: Bool = true
  ) throws(FormalError) {
    let streams = StreamPorts.all(of: module)
    guard let source = streams.first(where: { $0.name == source && $0.direction == .input }), !source.payload.isEmpty
    else { throw .noStream(source, module: module.name) }
    guard let sink = streams.first(where: { $0.name == sink && $0.direction == .output }), !sink.payload.isEmpty
    else { throw .noStream(sink, module: module.name) }
    func word(_ stream: StreamPorts) -> String { "{\(stream.payload.joined(separator: ", "))}" }
    let width = module.ports.filter { source.payload.contains($0.emittedName) }.reduce(0) { $0 + $1.width }
    self.init(
      width: width, capacity: capacity, enters: source.transfers, entering: word(source), leaves: sink.transfers,
      leaving: word(sink), offered: sink.valid, latency: latency, takes: takesUntilFull ? source.ready : nil)
  }

  public var part: FormalPart {
    let p = prefix
    let bits = bitWidth(of: capacity + 1)
    let clears = clear ?? "1'b0"
    var declarations = """
      // The chosen word, and the words inside.
      (* anyconst *) logic [\(width - 1):0] \(p)_word;
      (* anyseq *) logic \(p)_chosen;
      logic \(p)_enters, \(p)_leaves, \(p)_tracks;
      logic [\(bits - 1):0] \(p)_count, \(p)_ahead;
      assign \(p)_enters = \(enters);
      assign \(p)_leaves = \(leaves);
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          \(p)_count <= '0;
          \(p)_ahead <= '0;
          \(p)_tracks <= 1'b0;
        end else if (\(clears)) begin
          \(p)_count <= '0;
          \(p)_tracks <= 1'b0;
        end else begin
          \(p)_count <= \(p)_count + \(bits)'(\(p)_enters) - \(bits)'(\(p)_leaves);
          if (\(p)_tracks) begin
            if (\(p)_leaves && \(p)_ahead == 0) \(p)_tracks <= 1'b0;
            if (\(p)_leaves) \(p)_ahead <= \(p)_ahead - \(bits)'(1);
          end else if (\(p)_enters && \(p)_chosen && (\(entering)) == \(p)_word
              && !(\(p)_leaves && \(p)_count == 0)) begin
            \(p)_tracks <= 1'b1;
            \(p)_ahead <= \(p)_count - \(bits)'(\(p)_leaves);
          end
        end
      end
      """
    var properties: [FormalProperty] = [
      .assert(
        "No word is lost, doubled, overtaken or changed.", when: "\(p)_tracks && \(p)_leaves && \(p)_ahead == 0",
        "(\(leaving)) == \(p)_word"),
      .assert(
        "A word leaves only when one is inside, or enters in that cycle and passes unchanged.",
        when: "\(p)_leaves",
        "\(p)_count != 0 || (\(p)_enters && (\(leaving)) == (\(entering)))"),
      .assert("At most \(capacity) words are inside.", "\(p)_count <= \(bits)'d\(capacity)"),
      .assert("The chosen word is one of the words inside.", when: "\(p)_tracks", "\(p)_ahead < \(p)_count"),
    ]
    if capacity > 1 {
      properties.append(
        .cover(
          "The chosen word leaves after another one.",
          "\(p)_tracks && \(p)_leaves && \(p)_ahead == 0 && formal_continues && $past(\(p)_tracks && \(p)_leaves)"))
    }
    if coversFull {
      properties.append(.cover("\(capacity) words are inside.", "\(p)_count == \(bits)'d\(capacity) && rst_ni"))
    }
    if let takes {
      properties.append(
        .assert(
          "A word is taken whenever fewer than \(capacity) are inside.",
          when: "rst_ni && \(p)_count < \(bits)'d\(capacity)", takes))
    }
    if let latency {
      let holds = "rst_ni && \(p)_count != 0"
      if latency == 0 {
        properties.append(.assert("While words are inside one is offered.", when: holds, offered))
      } else {
        let waitBits = bitWidth(of: latency)
        declarations += """

          // Cycles for which words have been inside and none was offered.
          logic [\(waitBits - 1):0] \(p)_waited;
          always @(posedge clk_i or negedge rst_ni) begin
            if (!rst_ni) \(p)_waited <= '0;
            else if ((\(clears)) || (\(offered)) || \(p)_count == 0) \(p)_waited <= '0;
            else if (\(p)_waited != \(waitBits)'d\(latency)) \(p)_waited <= \(p)_waited + \(waitBits)'d1;
          end
          """
        properties.append(
          .assert(
            "Words are inside for at most \(latency) cycles before one is offered.", when: holds,
            "(\(offered)) || \(p)_waited < \(waitBits)'d\(latency)"))
      }
    }
    return FormalPart(declarations: declarations, properties: properties)
  }
}

/// Bits that hold the unsigned `value`.
func bitWidth(of value: Int) -> Int { max(1, Int.bitWidth - value.leadingZeroBitCount) }
