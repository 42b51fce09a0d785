import HardwareDescription

/// Cuts a stream in both directions with a single word of storage.
///
/// Guarantees: no path leads through from `in` to `out` or back, and `in_ready` and all of `out` come from registers.
/// Latency 1, a word every second cycle, room for one. Words leave in order, none is lost or doubled. `out` keeps the four
/// rules of `StreamRule` whatever `in` does. Reset empties it; during reset `in_ready` is 1 and nothing is taken.
public struct HalfRateCut: HardwareModule {
  /// Bits of the payload.
  public var width: Int

  public init(width: Int) { self.width = width }

  public var moduleName: String { "half_rate_cut_\(width)" }
  public var documentation: String {
    "Register cut of a stream in both directions with one word of storage: a word every second cycle, latency 1."
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: width)
    let sink = m.outputStream("out", Unsigned.self, width: width)
    Self.build(m, source, sink)
  }

  /// The cut between two streams of a module.
  static func build(_ m: ModuleBuilder, _ source: Stream<Unsigned>, _ sink: Stream<Unsigned>) {
    let valid = m.register("out_valid", Bit.self, reset: false)
    let data = m.register("out_data", Unsigned.self, width: source.payload.width)

    valid.next(valid.select(!sink.ready, source.valid))
    m.when(!valid) { data.next(source.payload) }

    source.ready.drive(!valid)
    sink.valid.drive(valid)
    sink.payload.drive(data)
  }
}
