import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension Bench {
  /// The largest model that fits, and units of one element more.
  static let capacity = Bench(
    "capacity", "a model as large as the machine in everything, as simulated; one row more is illegal: cause 7",
    isQuick: false
  ) {
    model, configuration, seed in
    let c = configuration
    // As many layers as there is state for, but not more than a bench has time for.
    let layers = max(1, min(c.stateCapacity / c.hiddenCapacity, 2048 / c.hiddenCapacity))
    let shape = ModelConfiguration(
      hiddenSize: c.hiddenCapacity, intermediateSize: c.intermediateCapacity, layerCount: layers,
      vocabularySize: c.vocabularyCapacity)
    let fixture = try BenchFixture(configuration, shape, seed: seed)
    let core = try CoreBench(model, fixture)
    let request = RunRequest(prompt: fixture.prompt(1), budget: 1)
    try core.compare(fixture.shapeText, request)
    for unit in [Opcode.mlgru, .residual, .glu, .argmax] {
      var body = HandBody(fixture)
      let rows = Int(body.items[body.index(unit)]["count"])
      body.setRows(rows + 1, of: unit, configuration)
      var edit = ImageEdit(fixture)
      guard body.beats(upTo: body.items.count, configuration) <= edit.bodyCapacity else { continue }
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
