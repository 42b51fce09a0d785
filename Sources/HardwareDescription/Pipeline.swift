/// A module with a fixed number of cycles from inputs to outputs.
public protocol FixedLatencyModule: HardwareModule {
  /// Cycles from an input to the outputs that belong to it.
  var latency: Int { get }
}

/// A pipeline without stall that balances its own delays.
///
/// Values carry the stage at which they are valid: stage 0 is the cycle in which `valid` is 1. Combining values of
/// different stages delays the earlier ones; `registered` moves a value to the next stage; an instance of a
/// `FixedLatencyModule` moves it by the instance's latency. The valid bits have a reset, data has none.
public final class Pipeline {
  let builder: ModuleBuilder
  public let name: String
  /// The clock of its registers: the domain that was open when it was made.
  public let domain: ClockDomain
  private let valid: Bit
  /// The latest stage any value has reached.
  public internal(set) var latency = 0

  init(builder: ModuleBuilder, name: String, valid: Bit) {
    self.builder = builder
    self.name = name
    self.valid = valid
    domain = builder.domain
  }

  /// `value`, valid at `stage`.
  public func input<Value: HardwareValue>(_ value: Value, stage: Int = 0) -> Staged<Value> {
    latency = max(latency, stage)
    return Staged(value: value, stage: stage, pipeline: self)
  }

  /// 1 when the values at `stage` are valid.
  public func valid(at stage: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column) -> Bit {
    Bit(
      expression: builder.delayed(
        valid.expression, by: stage, stage: 0, fallback: "\(name)_valid", reset: BitPattern(0, width: 1), in: domain,
        SourceLocation(file, line, column)),
      builder: nil)
  }

  /// The value delayed until `stage`.
  public func align<Value: HardwareValue>(
    _ staged: Staged<Value>, to stage: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Value {
    let location = SourceLocation(file, line, column)
    if stage < staged.stage {
      builder.report(
        .invalidExpression, "a value of stage \(staged.stage) is wanted at stage \(stage)", name: name, location)
      return staged.value
    }
    if stage == staged.stage { return staged.value }
    let delayed = builder.delayed(
      staged.value.expression, by: stage - staged.stage, stage: staged.stage, fallback: "\(name)_s\(staged.stage)",
      reset: nil, in: domain, location)
    return Value(expression: delayed, builder: nil)
  }

  /// Combines values, all delayed to the latest stage among them.
  public func combine<each Value: HardwareValue, Result: HardwareValue>(
    _ staged: repeat Staged<each Value>, file: StaticString = #fileID, line: Int = #line, column: Int = #column,
    _ function: (repeat each Value) -> Result
  ) -> Staged<Result> {
    var stage = 0
    for value in repeat each staged { stage = max(stage, value.stage) }
    return input(function(repeat align(each staged, to: stage, file: file, line: line, column: column)), stage: stage)
  }

  /// An instance of a module of fixed latency; its inputs are delayed to the latest stage among them.
  public func instance(
    _ name: String, _ module: some FixedLatencyModule, _ inputs: KeyValuePairs<String, any StagedValue>,
    valid: String? = nil, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> StagedInstance {
    let stage = inputs.map(\.value.stage).max() ?? 0
    let handle = builder.clocked(by: domain) { builder.instance(name, module, file: file, line: line, column: column) }
    if let valid {
      handle.connect(
        valid, self.valid(at: stage, file: file, line: line, column: column), file: file, line: line, column: column)
    }
    for (port, value) in inputs {
      value.connect(to: handle, port, stage: stage, file: file, line: line, column: column)
    }
    latency = max(latency, stage + module.latency)
    return StagedInstance(handle: handle, stage: stage + module.latency, pipeline: self)
  }
}

/// An instance inside a pipeline.
public struct StagedInstance {
  public let handle: InstanceHandle
  /// The stage of the outputs.
  public let stage: Int
  let pipeline: Pipeline

  public func output<T: HardwareValue>(
    _ port: String, _ type: T.Type, name: String? = nil, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Staged<T> {
    pipeline.input(handle.output(port, type, name: name, file: file, line: line, column: column), stage: stage)
  }
}

/// A staged value of any type.
public protocol StagedValue {
  var stage: Int { get }
  func connect(to instance: InstanceHandle, _ port: String, stage: Int, file: StaticString, line: Int, column: Int)
}

/// A value that is valid at a stage of a pipeline.
public struct Staged<Value: HardwareValue>: StagedValue {
  public let value: Value
  public let stage: Int
  public let pipeline: Pipeline

  /// Bits.
  public var width: Int { value.width }

  public func connect(
    to instance: InstanceHandle, _ port: String, stage: Int, file: StaticString, line: Int, column: Int
  ) {
    instance.connect(
      port, pipeline.align(self, to: stage, file: file, line: line, column: column), file: file, line: line,
      column: column)
  }

  /// The value delayed until `stage`.
  public func aligned(to stage: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column) -> Value {
    pipeline.align(self, to: stage, file: file, line: line, column: column)
  }

  /// A function of the value in the same stage.
  public func map<Result: HardwareValue>(_ function: (Value) -> Result) -> Staged<Result> {
    pipeline.input(function(value), stage: stage)
  }
}

extension Staged where Value: HardwareNumber {
  /// The value through a register, hence one stage later.
  public func registered(_ name: String, file: StaticString = #fileID, line: Int = #line, column: Int = #column)
    -> Staged
  {
    pipeline.input(
      pipeline.builder.clocked(by: pipeline.domain) {
        pipeline.builder.registered(name, value, file: file, line: line, column: column)
      }, stage: stage + 1)
  }

  /// The value through a wire with a name of its own.
  public func named(_ name: String, file: StaticString = #fileID, line: Int = #line, column: Int = #column) -> Staged {
    pipeline.input(pipeline.builder.wire(name, value, file: file, line: line, column: column), stage: stage)
  }

  public static func + (a: Staged, b: Staged) -> Staged { a.pipeline.combine(a, b) { $0 + $1 } }
  public static func * (a: Staged, b: Staged) -> Staged { a.pipeline.combine(a, b) { $0 * $1 } }
  public static func == (a: Staged, b: Staged) -> Staged<Bit> { a.pipeline.combine(a, b) { $0 == $1 } }
  public static func < (a: Staged, b: Staged) -> Staged<Bit> { a.pipeline.combine(a, b) { $0 < $1 } }
}

extension Staged where Value == Bit {
  /// The bit through a register, hence one stage later.
  public func registered(_ name: String, file: StaticString = #fileID, line: Int = #line, column: Int = #column)
    -> Staged
  {
    pipeline.input(
      pipeline.builder.clocked(by: pipeline.domain) {
        pipeline.builder.registered(name, value, file: file, line: line, column: column)
      }, stage: stage + 1)
  }

  /// The bit through a wire with a name of its own.
  public func named(_ name: String, file: StaticString = #fileID, line: Int = #line, column: Int = #column) -> Staged {
    pipeline.input(pipeline.builder.wire(name, value, file: file, line: line, column: column), stage: stage)
  }
}

/// What a delay delays, so that equal delays are shared.
struct DelayKey: Hashable {
  let signal: SignalID?
  let expression: ObjectIdentifier?
  let scope: ScopeID
  let domain: ClockDomain
  let hasReset: Bool
}

extension ModuleBuilder {
  /// A pipeline whose stage 0 is the cycle in which `valid` is 1.
  public func pipeline(_ name: String, valid: Bit) -> Pipeline { Pipeline(builder: self, name: name, valid: valid) }

  /// `value` delayed by `cycles`, through data registers without reset.
  public func delayed<T: HardwareValue>(
    _ name: String, _ value: T, by cycles: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> T {
    T(
      expression: delayed(
        value.expression, by: cycles, stage: 0, fallback: name, prefersFallback: true, reset: nil,
        SourceLocation(file, line, column)),
      builder: nil)
  }

  /// `value` delayed by `cycles`, through registers that are 0 after reset.
  public func delayedWithReset(
    _ name: String, _ value: Bit, by cycles: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bit {
    Bit(
      expression: delayed(
        value.expression, by: cycles, stage: 0, fallback: name, prefersFallback: true, reset: BitPattern(0, width: 1),
        SourceLocation(file, line, column)), builder: nil)
  }

  /// Delays share one chain per source; a chain grows to the longest delay that was asked for.
  func delayed(
    _ source: ExpressionNode, by cycles: Int, stage: Int, fallback: String, prefersFallback: Bool = false,
    reset: BitPattern?, in chosen: ClockDomain? = nil, _ location: SourceLocation
  ) -> ExpressionNode {
    if let chosen, chosen != domain {
      return clocked(by: chosen) {
        delayed(
          source, by: cycles, stage: stage, fallback: fallback, prefersFallback: prefersFallback, reset: reset, location
        )
      }
    }
    if cycles == 0 || source.constant != nil { return source }
    if cycles < 0 { return .invalid("a delay of \(cycles) cycles", width: source.width, isSigned: source.isSigned) }
    var base = fallback
    var key = DelayKey(
      signal: nil, expression: ObjectIdentifier(source), scope: scope, domain: domain, hasReset: reset != nil)
    if case .signal(let id, nil) = source.kind {
      key = DelayKey(signal: id, expression: nil, scope: scope, domain: domain, hasReset: reset != nil)
      if !prefersFallback { base = definition[id].name }
    }
    if let known = delays[key] {
      let count = max(definition[known].count?.value ?? 0, cycles)
      definition.signals[known.number].count = Index(count)
      return expression(definition[known], .index(Index(cycles - 1)))
    }
    let signal = declare(
      uniqueName(base, in: scope), .delay(source: source, firstStage: stage + 1, reset: reset), width: source.width,
      isSigned: source.isSigned,
      count: Index(cycles), location)
    delays[key] = signal.id
    append(.declaration(signal.id))
    return expression(signal, .index(Index(cycles - 1)))
  }
}

extension Signal {
  var isDelay: Bool {
    if case .delay = role { true } else { false }
  }
}
