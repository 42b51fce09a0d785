import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// A model of the largest vectors that fit, and units of one element more.
  static let capacity = Bench(
    "capacity", "a model of the largest vectors, as simulated; one row more is illegal: cause 7",
    isQuick: false
  ) {
    model, configuration, seed in
    let c = configuration
    // All layers that there is state for, and the whole vocabulary, where a bench has time for them.
    let layers = max(1, min(c.stateCapacity / c.hiddenCapacity, 1536 / c.hiddenCapacity))
    let hasVocabulary = c.vocabularyCapacity * c.hiddenCapacity <= 1 << 20
    let shape = ModelConfiguration(
      hiddenSize: c.hiddenCapacity, intermediateSize: c.intermediateCapacity, layerCount: layers,
      vocabularySize: hasVocabulary ? c.vocabularyCapacity : 64)
    let fixture = try BenchFixture(configuration, shape, seed: seed)
    let core = try CoreBench(model, fixture)
    let request = RunRequest(prompt: fixture.prompt(1), budget: 1)
    try core.compare(fixture.shapeText, request)
    for unit in [Opcode.mlgru, .residual, .glu] + (hasVocabulary ? [.argmax] : []) {
      var body = HandBody(fixture)
      let rows = Int(body.items[body.index(unit)]["count"])
      body.setRows(rows + 1, of: unit, configuration)
      var edit = ImageEdit(fixture)
      guard body.longest(configuration) <= edit.bodyCapacity else { continue }
      edit.setBody(body)
      core.present(edit)
      try core.start(request)
      try core.finish(
        "\(unit) of \(rows + 1) rows", [.illegalInstruction], within: core.runBound(request) + core.bound.stop)
      core.session.clearFaults()
      _ = try core.session.drainTokenFIFO()
    }
    return core.log
  }
}
