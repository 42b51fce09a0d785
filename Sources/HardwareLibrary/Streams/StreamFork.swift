import HardwareDescription

/// Gives each word to several receivers, each of which takes it when it likes: an eager fork.
///
/// The receivers' streams are `out_0`, `out_1`, ...
///
/// Guarantees: latency 0, a word each cycle while all receivers are ready; a word is taken from `in` in the cycle in which
/// the last receiver takes it. `out_*_valid` and `out_*_data` depend on `in` in the same cycle, `in_ready` on every
/// `out_*_ready`, and no output on another's ready. Every receiver gets every word once, in order. Each output keeps the
/// four rules of `StreamRule` if `in` does. After reset no receiver has had the word at `in`.
public struct StreamFork: HardwareModule {
  /// Bits of the payload.
  public var width: Int
  /// Receivers, at least 1.
  public var outputs: Int

  public init(width: Int, outputs: Int) {
    self.width = width
    self.outputs = outputs
  }

  public var moduleName: String { "stream_fork_\(width)x\(outputs)" }
  public var documentation: String {
    """
    Gives each word to \(outputs) receivers, each in a cycle of its own; latency 0.
    The word is taken from the input when the last receiver has it.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    guard m.accepts(outputs, in: 1..., named: "outputs") else { return }
    let sinks = (0..<outputs).map { m.outputStream("out_\($0)", Unsigned.self, width: width) }
    m.comment("Who has the word at the input already.")
    let served = m.register("served", Unsigned.self, width: outputs, reset: 0)
    let ready = concatenate(sinks.reversed().map(\.ready))
    let reached = m.wire("reached", served | ready)

    m.when(source.valid) { served.next(reached.reducedAnd.select(Unsigned(0, width: outputs), reached)) }
    source.ready.drive(reached.reducedAnd)
    for (number, sink) in sinks.enumerated() {
      sink.valid.drive(source.valid && !served[number])
      sink.payload.drive(source.payload)
    }
  }
}
