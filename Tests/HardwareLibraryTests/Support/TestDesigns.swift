import HardwareDescription
import HardwareLibrary

/// Two factors and a summand.
struct Operands: HardwareBundle {
  var left = Unsigned.field(width: 4)
  var right = Unsigned.field(width: 4)
  var offset = Signed.field(width: 8)

  mutating func forEachField(_ field: FieldVisitor) {
    field("left", &left)
    field("right", &right)
    field("offset", &offset)
  }
}

/// Sends `in_data`, 16 bits, through a pipeline from bundle to number.
private func build(
  _ m: ModuleBuilder, _ pipeline: (Stream<Operands>) -> Stream<Signed>
) {
  let source = m.inputStream("in", Unsigned.self, width: 16)
  let sink = m.outputStream("out", Unsigned.self, width: 16)
  sink.drive(pipeline(source.map { Operands().unpacked(from: $0) }).map { $0.extended(to: 16).asUnsigned })
}

/// `left * right + offset` in three stages, with an offset that waits for the product.
struct MultiplyAddPipeline: HardwareModule {
  func build(_ m: ModuleBuilder) {
    HardwareLibraryTests.build(m) { source in
      m.elasticPipeline("mac", from: source) { pipeline, word in
        let product = pipeline.stage("product", word) { $0.left * $0.right }
        let late = pipeline.stage("late_product", product) { $0 }
        return pipeline.stage("sum", late, word.offset) { $0.signedValue + $1 }
      }
    }
  }

  @Sendable static func expected(_ sent: [String: [Word]]) -> [String: [Word]] {
    let words = (sent["in"] ?? []).map { word in
      let bits = Int(word.words[0])
      let product = (bits >> 12) * (bits >> 8 & 15)
      return Word(product + Int(Int8(truncatingIfNeeded: bits)), width: 16)
    }
    return ["out": words]
  }
}

/// The same as a pipeline that cannot stall, behind credits.
struct MultiplyAddCredits: HardwareModule {
  func build(_ m: ModuleBuilder) {
    HardwareLibraryTests.build(m) { source in
      m.creditPipeline("mac", from: source) { pipeline, word in
        let product = (pipeline.input(word.left) * pipeline.input(word.right)).registered("product")
          .registered("late_product")
        return pipeline.combine(product, pipeline.input(word.offset)) { $0.signedValue + $1 }.registered("sum")
      }
    }
  }
}

/// Every cut and a queue in a row.
struct StreamChain: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: 12)
    let sink = m.outputStream("out", Unsigned.self, width: 12)
    let first = m.cut("first", source, .full)
    let queued = m.queue("words", m.cut("back", first, .backward), depth: 4)
    sink.drive(m.cut("last", queued, .forward))
  }
}

/// Streams of bundles through every combinator.
struct CombinatorTour: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.input("in", Stream(Operands()))
    let pieces = m.fork("copies", m.queue("stored", source, depth: 3, in: .block), into: 2)
    m.unused(pieces[1].payload.left)
    m.unused(pieces[1].payload.right)
    let pair = m.join("pairs", pieces[0], m.cut("rest", pieces[1].map { $0.offset }, .halfRate))
    let parts = m.distributed("ways", pair, into: 2) { $0.first.left[0].asUnsigned }
    let merged = m.arbitrated("merged", parts[0], [m.queue("odd", parts[1], depth: 2)], .fixedPriority)
    let bytes = m.converted("bytes", merged.map { $0.packed }, to: 8)
    m.output("out", Stream<Unsigned>(width: 8)).drive(bytes)
  }
}
