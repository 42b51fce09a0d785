/// A report as one self-contained HTML page, made from its facts and from nothing else.
///
/// It needs no network and no script, and follows the reader's choice of light or dark.
public struct ReportPage {
  let facts: ReportFacts

  public init(_ facts: ReportFacts) { self.facts = facts }

  public var html: String {
    let title = Markup.escape("\(facts.subject.model) on \(facts.subject.configuration), \(facts.subject.memory)")
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(title)</title>
      <style>
      \(Stylesheet.text)
      </style></head><body><main>
      \(header)
      \(goals)
      \(roofline)
      \(cycles)
      \(units)
      \(prediction)
      \(traffic)
      \(footprint)
      \(energy)
      \(comparison)
      \(notes)
      </main></body></html>

      """
  }

  func section(_ title: String, _ evidence: Evidence?, _ lead: String, _ content: String) -> String {
    "<section><h2>\(Markup.escape(title))\(evidence.map(Markup.badge) ?? "")</h2>\n<p class=\"soft\">\(lead)</p>\n\(content)\n</section>"
  }

  // MARK: What it is, and how fast

  private var header: String {
    let (subject, speed, bandwidth) = (facts.subject, facts.speed, facts.bandwidth)
    func tile(_ value: String, _ what: String, _ evidence: Evidence) -> String {
      "<div class=\"tile\"><b>\(value)</b><span class=\"soft\">\(what)</span>\(Markup.badge(evidence))</div>"
    }
    let memory = "\(subject.channels) x \(subject.beatBits) bits at \(subject.clockMegahertz) MHz"
    return """
      <h1>\(Markup.escape(subject.model)) on \(Markup.escape(subject.configuration))</h1>
      <p class="soft">d \(subject.hiddenSize), I \(subject.intermediateSize), \(subject.layers) layers, vocabulary \
      \(Markup.number(subject.vocabulary)); \(Markup.number(Double(subject.ternaryWeights) / 1e6, 1)) million ternary weights a \
      token. Memory <code>\(Markup.escape(subject.memory))</code>, \(memory); \(streams); embedding, head and \
      argmax on the device and in every figure. Mean of \(speed.tokens) \(speed.unit)s in the steady state.</p>
      <div class="tiles">
      \(tile(Markup.short(speed.tokensPerSecond), "tokens/s", speed.evidence))
      \(tile(Markup.short(speed.microsecondsPerToken), "microseconds a \(speed.unit)", speed.evidence))
      \(tile(Markup.number(speed.cyclesPerToken), "cycles a \(speed.unit)", speed.evidence))
      \(tile(Markup.percent(bandwidth.fractionOfDeliverable), "of the deliverable bandwidth", bandwidth.evidence))
      </div>
      """
  }

  /// How many streams there are, and what they do to the figures.
  private var streams: String {
    let (subject, speed) = (facts.subject, facts.speed)
    guard subject.streams > 1 else { return "1 stream" }
    let work =
      subject.isOneSequence
      ? "all on one sequence, so that a step reads \(speed.promptTokensPerStep) positions of a prompt and gives \(speed.tokensPerStep) token"
      : "a step, one pass over the weights, gives \(speed.tokensPerStep) tokens"
    return "\(subject.streams) streams, \(work); what is said of a token below is said of a step, but for energy"
  }

  private var goals: String {
    let rows = facts.goals.map { goal -> [String] in
      func text(_ value: Double) -> String {
        goal.isShare ? Markup.percent(value, 2) : Markup.number(value, 4)
      }
      let bound =
        switch goal.bound {
        case .atMost(let limit)?: "at most " + text(limit)
        case .atLeast(let limit)?: "at least " + text(limit)
        case nil: "none set"
        }
      let verdict =
        goal.isMet.map { $0 ? "<span class=\"good\">met</span>" : "<span class=\"bad\">missed</span>" } ?? ""
      return [
        Markup.escape(goal.name) + Markup.badge(goal.evidence), text(goal.value),
        bound, verdict,
      ]
    }
    return section(
      "Against the project's bars", nil, "What the project sets itself, and what this run shows.",
      Markup.table(["Figure", "Value", "Bar", ""], rows, text: [3]))
  }

  // MARK: What bounds it

  private var roofline: String {
    let (roofline, bandwidth) = (facts.roofline, facts.bandwidth)
    let rows = roofline.bounds.map { bound -> [String] in
      let name = bound.name == roofline.boundBy ? "<span class=\"own\">\(bound.name)</span>" : bound.name
      return [
        name + Markup.badge(bound.evidence), Markup.escape(bound.reason), Markup.number(bound.cyclesPerToken),
        Markup.short(bound.tokensPerSecond),
      ]
    }
    let own = [
      "<span class=\"own\">this run</span>" + Markup.badge(facts.speed.evidence), "",
      Markup.number(facts.speed.cyclesPerToken),
      Markup.short(facts.speed.tokensPerSecond),
    ]
    let rates: [(String, Double, String)] = [
      ("peak", bandwidth.peak, "of data bus or ports, all channels"),
      (
        "deliverable", bandwidth.deliverable,
        "to a plain sequential read through the same memory; \(Markup.percent(bandwidth.lostToRefresh)) goes to refresh, "
          + "\(Markup.percent(bandwidth.lostToRows)) to rows, \(Markup.percent(bandwidth.lostOtherwise)) elsewhere"
      ),
      (
        "used", bandwidth.used,
        "\(Markup.percent(bandwidth.fractionOfDeliverable)) of the deliverable, \(Markup.percent(bandwidth.fractionOfPeak)) of the peak"
      ),
    ]
    return section(
      "Bound by: \(roofline.boundBy)", roofline.evidence,
      "The tightest bound would allow \(Markup.short(1 / roofline.fraction)) times this speed: the run reaches "
        + "\(Markup.percent(roofline.fraction)) of it.",
      RooflineChart(facts: roofline, bandwidth: bandwidth).svg
        + Markup.table(
          ["If only this took time", "because", "cycles a token", "tokens/s"], rows + [own], text: [1])
        + Markup.table(
          ["Bandwidth", "GB/s", ""], rates.map { [$0.0, Markup.number($0.1, 2), $0.2] }, text: [2]))
  }

  // MARK: Where the cycles went

  private func style(_ kind: CycleClass) -> String { "c\(CycleClass.allCases.firstIndex(of: kind) ?? 0)" }
  private func style(_ part: LayerPart) -> String { "p\(LayerPart.allCases.firstIndex(of: part) ?? 0)" }

  private var cycles: String {
    let cycles = facts.cycles
    let tokens = Double(cycles.tokens)
    let all = Double(cycles.total)
    func pieces(_ values: [Int], of name: String) -> [StackedBars.Piece] {
      zip(cycles.classes, values).map { kind, count in
        StackedBars.Piece(
          value: Double(count), style: style(kind),
          title: "\(name), \(kind.title.lowercased()): \(Markup.number(Double(count) / tokens, 1)) cycles a token, "
            + Markup.percent(Double(count) / all, 2))
      }
    }
    let sums = cycles.classes.map { cycles.total(of: $0) }
    let whole = StackedBars(
      rows: [
        .init(
          label: "A token", pieces: pieces(sums, of: "A token"), note: "\(Markup.number(all / tokens)) cycles")
      ], full: all, description: "A token's cycles by class", barHeight: 30, writesShares: true)
    let others = cycles.classes.filter { $0 != .weights }.reduce(0) { $0 + cycles.total(of: $1) }
    let rest = StackedBars(
      rows: [
        .init(
          label: "All but weights", pieces: pieces(sums, of: "A token").filter { $0.style != style(.weights) },
          note: "\(Markup.number(Double(others) / tokens)) cycles")
      ], full: max(Double(others), 1), description: "The cycles that took no weights, magnified", barHeight: 30)
    let parts = StackedBars(
      rows: cycles.rows.map { row in
        .init(
          label: row.part.title, pieces: pieces(row.cycles, of: row.part.title),
          note: "\(Markup.number(Double(row.total) / tokens)), \(Markup.percent(Double(row.total) / all))")
      }, full: Double(cycles.rows.map(\.total).max() ?? 1), description: "Cycles of each part of the work by class")
    let used = cycles.classes.enumerated().filter { sums[$0.offset] > 0 }
    let table = Markup.table(
      ["Class"] + cycles.rows.map(\.part.title) + ["Sum", "Share"],
      used.map { place, kind in
        ["<span class=\"swatch \(style(kind))\"></span>\(kind.title)"]
          + (cycles.rows.map { $0.cycles[place] } + [sums[place]]).map { Markup.number(Double($0) / tokens, 1) }
          + [Markup.percent(Double(sums[place]) / all, 2)]
      } + [
        ["<span class=\"own\">All</span>"]
          + (cycles.rows.map(\.total) + [cycles.total]).map { Markup.number(Double($0) / tokens, 1) }
          + [Markup.percent(1, 2)]
      ])
    let meanings = used.map { "<dt>\($0.element.title)</dt><dd>\($0.element.explanation)</dd>" }.joined()
    return section(
      "Where every cycle went", cycles.evidence,
      "What the sequencer did in each cycle of a token: it took a step of beats, or waited for one reason. Each cycle is counted "
        + "once; a part of the work has the cycles up to its own last beat. The second bar magnifies what is not weights.",
      whole.svg + rest.svg + Markup.legend(used.map { (style($0.element), $0.element.title) }) + parts.svg
        + "<details><summary>What the classes mean, and the figures, in cycles a token</summary><dl>\(meanings)</dl>\(table)</details>"
    )
  }

  private var units: String {
    let activity = facts.activity
    let tokens = Double(facts.speed.tokens)
    let all = facts.speed.cyclesPerToken * tokens
    let bars = StackedBars(
      rows: activity.units.map { unit in
        .init(
          label: unit.name,
          pieces: zip(activity.parts, unit.cycles).map { part, count in
            StackedBars.Piece(
              value: count, style: style(part),
              title: "\(unit.name), \(part.title): \(Markup.number(count / tokens, 1)) cycles a token")
          }, note: Markup.percent(unit.fraction))
      }, full: all, description: "Cycles in which each unit took something, by part of the work", showsRest: true)
    let rows = activity.units.map { [$0.name, $0.takes, Markup.percent($0.fraction, 2)] }
    return section(
      "How busy each unit was", activity.evidence,
      "Cycles in which a unit took something, of all cycles; grey is idle. A stream FIFO held "
        + "\(Markup.number(activity.fifoOccupancy, 1)) of \(activity.fifoPlaces) beats on average.",
      bars.svg + Markup.legend(activity.parts.map { (style($0), $0.title) })
        + "<details><summary>What a unit takes</summary>\(Markup.table(["Unit", "takes at most once a cycle", "of all cycles"], rows, text: [1]))</details>"
    )
  }

  private var prediction: String {
    let prediction = facts.prediction
    let full = prediction.rows.flatMap { [$0.predictedCycles, $0.simulatedCycles] }.max() ?? 1
    let bars = StackedBars(
      rows: prediction.rows.flatMap { row in
        [
          StackedBars.Row(
            label: row.part.title,
            pieces: [
              .init(
                value: row.predictedCycles, style: "c2",
                title: "\(row.part.title), predicted: \(Markup.number(row.predictedCycles, 1)) cycles")
            ], note: "predicted \(Markup.number(row.predictedCycles))"),
          StackedBars.Row(
            label: "",
            pieces: [
              .init(
                value: row.simulatedCycles, style: "c0",
                title: "\(row.part.title), simulated: \(Markup.number(row.simulatedCycles, 1)) cycles")
            ], note: "simulated \(Markup.number(row.simulatedCycles))"),
        ]
      }, full: full, description: "Predicted and simulated cycles of each part of the work", barHeight: 10)
    return section(
      "Predicted beside simulated", prediction.evidence,
      "The compiler predicts \(Markup.number(prediction.predictedCyclesPerToken)) cycles a token with this memory; the simulator counts "
        + "\(Markup.number(prediction.simulatedCyclesPerToken, 1))\(Markup.badge(.simulated)): "
        + "\(Markup.number(100 * prediction.difference, 3)) % apart. The parts below are predicted for a stream FIFO that is never "
        + "empty, \(Markup.number(prediction.predictedCoreCycles)) cycles in all: a memory slower than the core shows as the "
        + "difference.",
      bars.svg)
  }
}
