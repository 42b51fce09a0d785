import HardwareDescription

/// Passes the words of several streams on, one at a time.
///
/// The streams are `in_0`, `in_1`, ...; a word that has been offered at `out` stays there until it has passed, whatever
/// arrives at other inputs.
///
/// Guarantees: latency 0, a word each cycle; `out_valid` and `out_data` depend on the inputs' valid and data in the same
/// cycle, `in_ready` on `out_ready` and on all valid. Words of an input leave in order, none is lost or doubled. `out` keeps
/// the four rules of `StreamRule` if the inputs do. With ``Policy/roundRobin`` a word waits for at most one word of each
/// other input; with ``Policy/fixedPriority`` words of a lower number go first, and a higher number may wait for ever.
/// Reset makes `in_0` the first in turn.
public struct StreamArbiter: HardwareModule {
  /// Who goes first.
  public enum Policy: String, CaseIterable, Hashable, Sendable {
    /// The input after the one that went last, and so on in a circle.
    case roundRobin
    /// The lowest number.
    case fixedPriority
  }

  /// Bits of the payload.
  public var width: Int
  /// Streams that enter, at least 1.
  public var inputs: Int
  public var policy: Policy

  public init(width: Int, inputs: Int, policy: Policy) {
    self.width = width
    self.inputs = inputs
    self.policy = policy
  }

  public var moduleName: String {
    "\(policy == .roundRobin ? "round_robin" : "priority")_arbiter_\(width)x\(inputs)"
  }
  public var documentation: String {
    let order = policy == .roundRobin ? "in turn" : "the lowest number first"
    return """
      Arbiter of \(inputs) streams, \(order), latency 0.
      A word offered at the output stays there until it has passed.
      """
  }

  public func build(_ m: ModuleBuilder) {
    guard m.accepts(inputs, in: 1..., named: "inputs") else { return }
    let sources = (0..<inputs).map { m.inputStream("in_\($0)", Unsigned.self, width: width) }
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let holds = m.register("holds", Bit.self, reset: false)
    let heldGrant = m.register("held_grant", Unsigned.self, width: inputs)

    let requests = m.wire("requests", concatenate(sources.reversed().map(\.valid)))
    m.comment("One bit is set, that of the input whose word is offered; it stays until the word has passed.")
    let grant = m.wire("grant", Unsigned.self, width: inputs)
    switch policy {
    case .fixedPriority: grant.drive(holds.select(heldGrant, lowestBit(of: requests)))
    case .roundRobin:
      m.comment("The inputs behind the one that went last; the others have their turn when none of these asks.")
      let behind = m.register("behind", Unsigned.self, width: inputs, reset: 0)
      let preferred = m.wire("preferred", requests & behind)
      let candidates = m.wire("candidates", preferred.reducedOr.select(preferred, requests))
      grant.drive(holds.select(heldGrant, lowestBit(of: candidates)))
      m.when(sink.transfers) { behind.next(~(grant | (grant &- 1))) }
    }
    holds.next(sink.valid && !sink.ready)
    heldGrant.next(grant)

    for (number, source) in sources.enumerated() { source.ready.drive(sink.ready && grant[number]) }
    sink.valid.drive(requests.reducedOr)
    let last = sources[inputs - 1].payload
    sink.payload.drive(
      sources.dropLast().enumerated().reversed().reduce(last) { rest, source in
        grant[source.offset].select(source.element.payload, rest)
      })
  }

  /// The number with only the lowest of its ones.
  private func lowestBit(of bits: Unsigned) -> Unsigned { bits & (~bits &+ 1) }
}
