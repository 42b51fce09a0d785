import HardwareDescription

/// Cuts a stream's way back: `ready` comes from a register, `valid` and the payload pass through.
///
/// Guarantees: no path leads from `out_ready` to `in_ready`; `out_valid` and `out_data` depend on `in` in the same cycle.
/// Latency 0, a word each cycle, room for one. Words leave in order, none is lost or doubled. `out` keeps the four rules of
/// `StreamRule` if `in` does. Reset empties it; during reset `in_ready` is 1 and nothing is taken.
public struct BackwardCut: HardwareModule {
  /// Bits of the payload.
  public var width: Int

  public init(width: Int) { self.width = width }

  public var moduleName: String { "backward_cut_\(width)" }
  public var documentation: String {
    """
    Register cut of a stream's ready, one word a cycle, latency 0; valid and payload pass through.
    A word that arrives while the way out is closed is caught and leaves first.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let caught = m.register("caught", Bit.self, reset: false)
    let caughtData = m.register("caught_data", Unsigned.self, width: width)

    m.when(!caught) { caughtData.next(source.payload) }
    m.when(sink.ready) { caught.next(false) }.elseWhen(source.valid) { caught.next(true) }

    source.ready.drive(!caught)
    sink.valid.drive(caught || source.valid)
    sink.payload.drive(caught.select(caughtData, source.payload))
  }
}
