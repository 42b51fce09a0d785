import HardwareDescription

/// A pipeline between two streams that stalls by itself.
///
/// Stages are closures with a name; the result of each goes into registers of that name. A stage may combine values of
/// different stages: the earlier ones are delayed until they meet. The ready chain stays hidden.
///
///     let result = m.elasticPipeline("mac", from: source) { pipeline, word in
///       let product = pipeline.stage("product", word) { $0.left * $0.right }
///       return pipeline.stage("sum", product, word.offset) { $0 + $1 }
///     }
///
/// Guarantees: a word leaves as many cycles after it came as there are stages, unless it must wait; a word each cycle; room
/// for a word in each stage. A stage moves when it is empty or the stage behind it moves, so gaps between words close while
/// the way out is closed. Words leave in order, none is lost or doubled. The result keeps the four rules of
/// `StreamRule`, whatever the source does. Its ready passes through all stages in one cycle: cut it,
/// or use `creditPipeline` where that is too long. Reset empties every stage.
public final class ElasticPipeline {
  /// The handshake of a stage.
  private struct Stage {
    /// The stage holds a word.
    let valid: Bit
    /// The stage takes what the one before it holds.
    let moves: Bit
  }

  let builder: ModuleBuilder
  public let name: String
  private var stages: [Stage] = []

  init(builder: ModuleBuilder, name: String) {
    self.builder = builder
    self.name = name
  }

  /// Cycles from the source to the result.
  public var latency: Int { stages.count }

  /// Registers with `function` of the inputs, one stage behind the latest of them.
  public func stage<each Input: StreamPayload, Output: StreamPayload>(
    _ name: String, _ inputs: repeat StageValue<each Input>, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column,
    _ function: (repeat each Input) -> Output
  ) -> StageValue<Output> {
    var latest = 0
    for input in repeat each inputs { latest = max(latest, input.stage) }
    let result = function(repeat (each inputs).aligned(to: latest, file: file, line: line, column: column))
    let moves = enable(of: latest + 1, file, line, column)
    let registers = builder.payloadRegister(name, result, enable: moves, file: file, line: line, column: column)
    return StageValue(registers, name: name, stage: latest + 1, pipeline: self)
  }

  /// When the registers of a stage take their values; makes the stages that are missing.
  func enable(of stage: Int, _ file: StaticString, _ line: Int, _ column: Int) -> Bit {
    while stages.count < stage {
      let number = stages.count + 1
      let valid = builder.register(
        "\(name)_valid_\(number)", Bit.self, reset: false, file: file, line: line, column: column)
      stages.append(
        Stage(
          valid: valid, moves: builder.wire("\(name)_moves_\(number)", Bit.self, file: file, line: line, column: column)
        ))
    }
    return stages[stage - 1].moves
  }

  /// Ties the stages together and drives the source's ready.
  func finish<Payload: StreamPayload>(
    _ source: Stream<some StreamPayload>, _ result: StageValue<Payload>, _ file: StaticString, _ line: Int,
    _ column: Int
  ) -> Stream<Payload> {
    let payload = result.aligned(to: latency, file: file, line: line, column: column)
    guard let last = stages.last else {
      return Stream(valid: source.valid, ready: source.ready, payload: payload)
    }
    let ready = builder.wire("\(name)_ready", Bit.self, file: file, line: line, column: column)
    var before = source.valid
    for (number, stage) in stages.enumerated() {
      let next = number + 1 < stages.count ? stages[number + 1].moves : ready
      stage.moves.drive(!stage.valid || next, file: file, line: line, column: column)
      builder.when(stage.moves, file: file, line: line, column: column) {
        stage.valid.next(before, file: file, line: line, column: column)
      }
      before = stage.valid
    }
    source.ready.drive(stages[0].moves, file: file, line: line, column: column)
    return Stream(valid: last.valid, ready: ready, payload: payload)
  }
}

/// A value inside an ``ElasticPipeline``, at the stage at which it was made. The fields of a bundle are such values, too:
/// `word.offset`; a field that waits for a later stage is delayed without the others.
@dynamicMemberLookup
public final class StageValue<Payload: StreamPayload> {
  /// 0 for the source's payload, 1 for what the first stage made of it, ...
  public let stage: Int
  private let name: String
  private let pipeline: ElasticPipeline
  /// The value at its stage, one stage later, ...
  private var copies: [Payload]
  /// Fields asked for so far, so that all who ask share the registers.
  private var fields: [AnyKeyPath: Any] = [:]

  init(_ value: Payload, name: String, stage: Int, pipeline: ElasticPipeline) {
    self.stage = stage
    self.name = name
    self.pipeline = pipeline
    copies = [value]
  }

  public subscript<Field: StreamPayload>(dynamicMember path: KeyPath<Payload, Field>) -> StageValue<Field> {
    if let known = fields[path] as? StageValue<Field> { return known }
    let value = copies[0][keyPath: path]
    let known = (value as? any HardwareValue).flatMap { pipeline.builder.name(of: $0) }
    let field = StageValue<Field>(
      value, name: known ?? "\(name)_field_\(fields.count)", stage: stage, pipeline: pipeline)
    fields[path] = field
    return field
  }

  /// The value at a later stage. All who ask share the registers.
  func aligned(to later: Int, file: StaticString, line: Int, column: Int) -> Payload {
    while stage + copies.count <= later {
      let next = stage + copies.count
      let enable = pipeline.enable(of: next, file, line, column)
      copies.append(
        pipeline.builder.payloadRegister(
          "\(name)_s\(next)", copies[copies.count - 1], enable: enable, file: file, line: line, column: column))
    }
    return copies[later - stage]
  }
}

extension ModuleBuilder {
  /// The result of a pipeline that `build` makes between `source` and the stream that is returned.
  public func elasticPipeline<Payload: StreamPayload, Result: StreamPayload>(
    _ name: String, from source: Stream<Payload>, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column,
    _ build: (ElasticPipeline, StageValue<Payload>) -> StageValue<Result>
  ) -> Stream<Result> {
    let pipeline = ElasticPipeline(builder: self, name: name)
    let result = build(pipeline, StageValue(source.payload, name: "\(name)_in", stage: 0, pipeline: pipeline))
    return pipeline.finish(source, result, file, line, column)
  }
}
