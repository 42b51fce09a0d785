import HardwareDescription

/// Cuts a stream in both directions: the full cut.
///
/// Guarantees: no path leads through from `in` to `out` or back, and `in_ready` and all of `out` come from registers.
/// Latency 1, a word each cycle, room for two. Words leave in order, none is lost or doubled. `out` keeps the four rules
/// of `StreamRule` if `in` does. Reset empties it; during reset `in_ready` is 1 and nothing is taken.
public struct SkidBuffer: HardwareModule {
  /// Bits of the payload.
  public var width: Int

  public init(width: Int) { self.width = width }

  public var moduleName: String { "skid_buffer_\(width)" }
  public var documentation: String {
    """
    Register cut of a stream in both directions, one word a cycle, latency 1.
    The second word catches what arrives in the cycle in which the way out closes.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let valid = m.register("out_valid", Bit.self, reset: false)
    let data = m.register("out_data", Unsigned.self, width: width)
    let caught = m.register("caught", Bit.self, reset: false)
    let caughtData = m.register("caught_data", Unsigned.self, width: width)

    let moves = m.wire("moves", sink.ready || !valid)
    m.when(moves) {
      valid.next(caught || source.valid)
      caught.next(false)
    }.elseWhen(source.valid && !caught) {
      m.comment("The way out is closed: catch the word that was promised a place.")
      caught.next(true)
    }
    m.when(moves) { data.next(caught.select(caughtData, source.payload)) }
    m.when(!caught) { caughtData.next(source.payload) }

    source.ready.drive(!caught)
    sink.valid.drive(valid)
    sink.payload.drive(data)
  }
}
