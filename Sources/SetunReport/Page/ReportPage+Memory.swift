extension ReportPage {
  // MARK: Bytes

  var traffic: String {
    let traffic = facts.traffic
    let all = Double(traffic.bytesPerToken)
    let styles = ["c0", "c4", "c7", "c1", "c6", "c2", "c5", "c3"]
    let bars = StackedBars(
      rows: [
        .init(
          label: "A token reads",
          pieces: zip(traffic.items, styles).map { item, style in
            .init(value: item.bytes, style: style, title: "\(item.name): \(Markup.bytes(item.bytes))")
          }, note: Markup.bytes(all))
      ], full: all, description: "Bytes a token reads", barHeight: 30, writesShares: true)
    let rows = zip(traffic.items, styles).map { item, style in
      [
        "<span class=\"swatch \(style)\"></span>\(item.name)", item.isPadding ? "padding" : "",
        Markup.bytes(item.bytes),
        Markup.percent(item.bytes / all, 3),
      ]
    }
    return section(
      "Bytes of a token", traffic.evidence,
      "\(Markup.number(traffic.bytesPerToken)) bytes, \(Markup.number(traffic.bitsPerWeight, 4)) bits for each ternary weight: "
        + "\(Markup.number(traffic.overEntropy, 4)) times the entropy, log2(3) bits each "
        + "(\(Markup.bytes(traffic.entropyBytes))). \(Markup.percent(traffic.paddingShare, 3)) is padding.",
      bars.svg + Markup.table(["What", "", "bytes", "share"], rows, text: [1]))
  }

  var footprint: String {
    let footprint = facts.footprint
    let half = Double(footprint.halfPrecisionBytes + footprint.halfPrecisionStateBytes)
    let others = Double(footprint.halfPrecisionBytes - footprint.halfPrecisionTernaryBytes)
    func piece(_ value: Double, _ style: String, _ name: String) -> StackedBars.Piece {
      .init(value: value, style: style, title: "\(name): \(Markup.bytes(value))")
    }
    let bars = StackedBars(
      rows: [
        .init(
          label: "fp16",
          pieces: [
            piece(Double(footprint.halfPrecisionTernaryBytes), "c0", "Matrices"),
            piece(others, "c7", "Embeddings and norm weights"),
            piece(Double(footprint.halfPrecisionStateBytes), "c6", "Recurrent state"),
          ], note: Markup.bytes(half)),
        .init(
          label: "Setun",
          pieces: [
            piece(Double(footprint.bodyBytes), "c0", "Stream: weights, norm weights, instructions"),
            piece(Double(footprint.embeddingBytes), "c7", "Embeddings, bf16"),
            piece(Double(footprint.otherBytes), "c8", "Headers and alignment"),
            piece(footprint.stateBytes, "c6", "Recurrent state, on chip"),
          ], note: Markup.bytes(Double(footprint.imageBytes) + footprint.stateBytes)),
      ], full: half, description: "Memory as fp16 and on the machine")
    let rows: [[String]] = [
      [
        "Matrices", Markup.bytes(Double(footprint.halfPrecisionTernaryBytes)),
        Markup.bytes(Double(footprint.bodyBytes)) + " <span class=\"soft\">with norm weights and instructions</span>",
        "",
      ],
      [
        "Ternary weights alone, padding included", Markup.bytes(Double(footprint.halfPrecisionTernaryBytes)),
        Markup.bytes(Double(footprint.halfPrecisionTernaryBytes) / footprint.ternaryRatio),
        Markup.number(footprint.ternaryRatio, 2),
      ],
      [
        "Embeddings and norm weights", Markup.bytes(others), Markup.bytes(Double(footprint.embeddingBytes)), "",
      ],
      [
        "Recurrent state", Markup.bytes(Double(footprint.halfPrecisionStateBytes)), Markup.bytes(footprint.stateBytes),
        "",
      ],
      [
        "<span class=\"own\">Everything</span>", Markup.bytes(half),
        Markup.bytes(Double(footprint.imageBytes) + footprint.stateBytes), Markup.number(footprint.ratio, 2),
      ],
    ]
    return section(
      "Memory against fp16", footprint.evidence,
      "Image and state take \(Markup.number(footprint.ratio, 2)) times less than fp16 parameters and state; the ternary weights alone "
        + "\(Markup.number(footprint.ternaryRatio, 2)) times less. The paper this model comes from claims a factor of ten; embeddings stay at "
        + "16 bits, so the smaller the layers, the further the whole stays below it.",
      bars.svg
        + Markup.legend([
          ("c0", "Matrices, stream"), ("c7", "Embeddings, and norm weights of fp16"), ("c8", "Headers, alignment"),
          ("c6", "State"),
        ]) + Markup.table(["What", "fp16", "Setun", "times less"], rows))
  }

  // MARK: Energy

  var energy: String {
    let energy = facts.energy
    let idle = energy.items.filter { $0.count == nil }.reduce(into: (low: 0.0, high: 0.0)) { sum, item in
      sum = (sum.low + item.lowMillijoules, sum.high + item.highMillijoules)
    }
    let bars = RangeBars(
      rows: energy.items.map { ($0.parameter.name, $0.lowMillijoules, $0.highMillijoules, "c5") } + [
        ("Everything", energy.lowMillijoules, energy.highMillijoules, "c0")
      ], unit: "mJ a token", description: "Energy of a token, from low to high")
    let rows = energy.items.map { item -> [String] in
      let parameter = item.parameter
      return [
        Markup.escape(parameter.name), item.count.map { String(Markup.short($0 / 1e6)) + " million" } ?? "all the time",
        "\(Markup.short(parameter.low)) to \(Markup.short(parameter.high)) \(parameter.unit)",
        "\(Markup.short(item.lowMillijoules)) to \(Markup.short(item.highMillijoules))",
        Markup.escape(parameter.source),
      ]
    }
    return section(
      "Energy, as far as it can be estimated", energy.evidence,
      "\(Markup.short(energy.lowMillijoules)) to \(Markup.short(energy.highMillijoules)) mJ a token, "
        + "\(Markup.short(energy.lowWatts)) to \(Markup.short(energy.highWatts)) W: a range from published parameters, not a "
        + "measurement, and no ground for a claim against measured designs. \(Markup.short(idle.low)) to "
        + "\(Markup.short(idle.high)) mJ of it is the idle board, which one stream pays for alone.",
      bars.svg
        + "<details><summary>Parameters and their sources</summary>"
        + Markup.table(["Parameter", "events a token", "each", "mJ a token", "source"], rows, text: [4]) + "</details>")
  }

  // MARK: Others

  var comparison: String {
    let (subject, comparison) = (facts.subject, facts.comparison)
    let own = [
      "<span class=\"own\">Setun</span>",
      "\(Markup.escape(subject.model)), \(Markup.number(facts.traffic.bitsPerWeight, 2)) bits a weight",
      "\(Markup.escape(subject.configuration)): \(subject.channels) x \(subject.beatBits) bits, \(Markup.escape(subject.memory)), "
        + "\(subject.clockMegahertz) MHz",
      "\(Markup.short(facts.speed.tokensPerSecond)) (\(subject.streams))", Evidence.simulated.rawValue, "yes",
      "\(Markup.short(facts.energy.lowWatts)) to \(Markup.short(facts.energy.highWatts)) W estimated",
      "\(Markup.percent(facts.bandwidth.fractionOfPeak)), of the deliverable \(Markup.percent(facts.bandwidth.fractionOfDeliverable))",
      "1",
    ]
    let rows = comparison.rows.map { row -> [String] in
      let design = row.published
      return [
        "\(Markup.escape(design.design))<br/><span class=\"soft\">\(Markup.escape(design.source))</span>",
        Markup.escape(design.model), Markup.escape(design.platform), Markup.escape(design.speed), design.obtained,
        design.head,
        design.power.map(Markup.escape) ?? "-", design.ofRoofline.map(Markup.escape) ?? "-",
        row.speedOfOneStream.map { Markup.short($0) } ?? "-",
      ]
    }
    return section(
      "Published designs", comparison.evidence,
      "Tokens a second with the number of streams in brackets, as the sources state them. The last column divides this run's speed by that "
        + "of one published stream, where the model has the same size. Boards, bits a weight and whether the head counts "
        + "differ: read it with the other columns. Roofline shares are computed from the sources' figures, against peak bandwidth.",
      Markup.table(
        [
          "Design", "model", "platform", "tokens/s (streams)", "evidence", "head counted", "power", "of the roofline",
          "this run / one stream",
        ], [own] + rows, text: [1, 2, 3, 4, 5, 6, 7]))
  }

  // MARK: How to read it

  var notes: String {
    let subject = facts.subject
    let meanings = Evidence.allCases.map { "<dt>\($0.rawValue)</dt><dd>\($0.explanation)</dd>" }.joined()
    var rtl =
      "The run was not repeated on the RTL; <code>--engine rtl</code> does so, and <code>rtlgen compare</code> compares every record."
    if let agreement = subject.rtl {
      rtl =
        "The Verilator build of the emitted RTL ran the same tokens: \(Markup.number(agreement.rtlCycles)) cycles to the last one, the "
        + "simulator \(Markup.number(agreement.simulatorCycles)); \(Markup.number(agreement.records)) records compared, "
        + "\(Markup.number(agreement.mismatches)) differ."
    }
    return section(
      "How to read this", nil, rtl,
      "<dl>\(meanings)</dl><dl><dt>command</dt><dd><code>\(Markup.escape(subject.command))</code></dd>"
        + "<dt>configuration</dt><dd>\(Markup.escape(subject.configuration)) (hash \(subject.configurationHash)), "
        + "\(subject.rowLanes) row lane\(subject.rowLanes == 1 ? "" : "s")</dd><dt>prompt</dt><dd>\(subject.promptTokens) tokens, not counted</dd></dl>"
    )
  }
}
