import HardwareDescription

/// Cuts a stream's way forward: `valid` and the payload come from registers, `ready` passes through.
///
/// Guarantees: no path leads from `in` to `out`; `in_ready` depends on `out_ready` in the same cycle. Latency 1, a word
/// each cycle, room for one. Words leave in order, none is lost or doubled. `out` keeps the four rules of `StreamRule`
/// whatever `in` does. Reset empties it.
public struct ForwardCut: HardwareModule {
  /// Bits of the payload.
  public var width: Int

  public init(width: Int) { self.width = width }

  public var moduleName: String { "forward_cut_\(width)" }
  public var documentation: String {
    "Register cut of a stream's valid and payload, one word a cycle, latency 1; ready passes through."
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    let valid = m.register("out_valid", Bit.self, reset: false)
    let data = m.register("out_data", Unsigned.self, width: width)

    let moves = m.wire("moves", sink.ready || !valid)
    m.when(moves) { valid.next(source.valid) }
    m.when(moves) { data.next(source.payload) }

    source.ready.drive(moves)
    sink.valid.drive(valid)
    sink.payload.drive(data)
  }
}
