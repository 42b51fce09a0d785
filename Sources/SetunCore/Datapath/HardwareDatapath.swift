import HardwareDescription
import HardwareLibrary
import SetunMachine

/// A datapath whose values are circuit nodes in a pipeline that balances its own delays: each operator is an instance.
struct HardwareDatapath: FloatDatapath {
  let configuration: Configuration
  let builder: ModuleBuilder
  let pipeline: Pipeline

  var one: Staged<Unsigned> {
    // Exponent field 127, fraction zero.
    pipeline.input(Unsigned(127 << configuration.fractionBits, width: configuration.floatBits))
  }

  func multiply(_ a: Staged<Unsigned>, _ b: Staged<Unsigned>, _ name: StaticString) -> Staged<Unsigned> {
    binary(FloatMultiply(format: configuration.format), a, b, name)
  }

  func add(_ a: Staged<Unsigned>, _ b: Staged<Unsigned>, _ name: StaticString) -> Staged<Unsigned> {
    binary(FloatAdd(format: configuration.format), a, b, name)
  }

  func subtract(_ a: Staged<Unsigned>, _ b: Staged<Unsigned>, _ name: StaticString) -> Staged<Unsigned> {
    binary(FloatAdd(format: configuration.format), a, b.map { negated($0) }, name)
  }

  func sigmoidPair(_ a: Staged<Unsigned>, _ name: StaticString) -> (
    positive: Staged<Unsigned>, negative: Staged<Unsigned>
  ) {
    let unit = pipeline.instance("u_\(name)", FloatSigmoidPair(format: configuration.format), ["a": a])
    return (
      unit.output("positive", Unsigned.self, name: "\(name)"),
      unit.output("negative", Unsigned.self, name: "\(name)_negative")
    )
  }

  func sigmoid(_ a: Staged<Unsigned>, _ name: StaticString) -> Staged<Unsigned> {
    let pair = sigmoidPair(a, name)
    builder.unused(pair.negative.value)
    return pair.positive
  }

  /// With several streams the recurrence lies outside: the operands leave, and the next state comes back when every
  /// stream's is there.
  func recur(
    _ forgetGate: Staged<Unsigned>, _ state: Staged<Unsigned>, _ fresh: Staged<Unsigned>
  ) -> Staged<Unsigned> {
    guard configuration.streams > 1 else { return add(multiply(forgetGate, state, "kept"), fresh, "next_state") }
    let stage = max(forgetGate.stage, max(state.stage, fresh.stage))
    builder.output("chain_forget", forgetGate.aligned(to: stage))
    builder.output("chain_fresh", fresh.aligned(to: stage))
    builder.output("chain_state", state.aligned(to: stage))
    let next = builder.input("chain_next", Unsigned.self, width: configuration.floatBits)
    return pipeline.input(next, stage: stage + configuration.streams * MachineTiming.stateChain)
  }

  /// The sign flipped; zero has no sign.
  private func negated(_ value: Unsigned) -> Unsigned {
    let top = configuration.floatBits - 1
    let magnitude = value[top - 1, 0]
    return concatenate(!value[top] && magnitude.reducedOr, magnitude)
  }

  private func binary(
    _ module: some FixedLatencyModule, _ a: Staged<Unsigned>, _ b: Staged<Unsigned>, _ name: StaticString
  ) -> Staged<Unsigned> {
    pipeline.instance("u_\(name)", module, ["a": a, "b": b]).output("result", Unsigned.self, name: "\(name)")
  }
}
