import HardwareDescription
import HardwareFormal
import HardwareLibrary
import HardwareSimulator

// snippet: bundle
struct RowTag: HardwareBundle {
  var valid = Bit.field()
  var index: Unsigned

  init(indexBits: Int) { index = .field(width: indexBits) }

  mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field("index", &index)
  }
}

struct RowHold: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let hold = m.input("hold", Bit.self)
    let row = m.input("row", RowTag(indexBits: 8))
    let kept = m.register("kept", row.shape)
    kept.next(hold.select(kept, row))
    m.output("held", kept)
  }
}
// snippet.end

// snippet: stream
struct Doubler: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.input("in", Stream<Unsigned>(width: 8))
    let sink = m.output("out", Stream<Unsigned>(width: 9))
    let queued = m.queue("buffer", source, depth: 8)
    let doubled = queued.map { $0 + $0 }
    sink.drive(m.cut("cut", doubled, .full))
  }
}
// snippet.end

struct Scale: FixedLatencyModule {
  var latency: Int { 2 }
  func build(_ m: ModuleBuilder) {
    // snippet: pipeline
    let valid = m.input("valid", Bit.self)
    let sample = m.input("sample", Signed.self, width: 12)
    let gain = m.input("gain", Signed.self, width: 6)
    let offset = m.input("offset", Signed.self, width: 12)

    let pipeline = m.pipeline("scale", valid: valid)
    let product = (pipeline.input(sample) * pipeline.input(gain)).registered("product")
    let moved = (product + pipeline.input(offset)).registered("moved")
    m.output("valid", pipeline.valid(at: moved.stage))
    m.output("result", moved.value)
    // snippet.end
  }
}

struct ElasticScale: HardwareModule {
  func build(_ m: ModuleBuilder) {
    // snippet: elastic
    let source = m.input("in", Stream<Signed>(width: 12))
    let gain = m.input("gain", Signed.self, width: 6)
    let result = m.elasticPipeline("scale", from: source) { pipeline, sample in
      let product = pipeline.stage("product", sample) { $0 * gain }
      return pipeline.stage("moved", product, sample) { $0 + $1 }
    }
    m.output("out", Stream<Signed>(width: 19)).drive(result)
    // snippet.end
  }
}

// snippet: pass
/// Refuses memories, for a technology that has none.
struct NoMemories: Pass {
  let name = "no-memories"
  let summary = "refuses every memory"

  func run(_ design: inout Design, _ diagnostics: inout [Diagnostic]) {
    for module in design.modules {
      for memory in module.memories {
        diagnostics.append(
          Diagnostic(
            .invalidExpression, "a memory of \(memory.width) bits a word", suggestion: "use registers",
            location: memory.location, path: "\(module.path).\(memory.name)"))
      }
    }
  }
}
// snippet.end

func findings() -> [Diagnostic] {
  // snippet: passes
  let elaborator = Elaborator(passes: Elaborator.standardPasses + [NoMemories()])
  let elaboration = elaborator.run(Lookup())
  // snippet.end
  return elaboration.diagnostics
}

func streamBench() throws -> (words: [UInt64], violations: [StreamViolation]) {
  // snippet: bench
  let simulation = try Simulation(Doubler())
  simulation.reset()
  let driver = try StreamDriver(simulation, "in", words: [1, 2, 250], stalls: .random(seed: 1))
  let monitor = try StreamMonitor(simulation, "out", stalls: .phases(seed: 2))
  try simulation.run([driver, monitor], atMost: 100) { monitor.words.count == 3 }
  // snippet.end
  return (monitor.words, monitor.violations)
}

func proof() throws -> FormalHarness {
  // snippet: formal
  var harness = try FormalHarness(SkidBuffer(width: 8))
  harness.add(.assert("A word is caught only behind another one.", when: "caught_q", "out_valid_q"))
  harness.add(.cover("It can be full.", "caught_q"))
  // snippet.end
  return harness
}
