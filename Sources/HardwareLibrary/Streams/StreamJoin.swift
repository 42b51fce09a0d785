import HardwareDescription

/// Makes one word of a word from each of several streams.
///
/// The streams are `in_0`, `in_1`, ...; `in_0` stands in the highest bits of `out`.
///
/// Guarantees: combinational: latency 0, a word each cycle; a word passes when all inputs have one and `out` is ready.
/// `out` depends on the inputs in the same cycle, `in_*_ready` on `out_ready` and on every valid. Words leave in order,
/// none is lost or doubled. `out` keeps the four rules of `StreamRule` if the inputs do.
public struct StreamJoin: HardwareModule {
  /// Bits of the inputs' payloads.
  public var widths: [Int]

  public init(widths: [Int]) { self.widths = widths }

  public var moduleName: String { "stream_join_" + widths.map(String.init).joined(separator: "_") }
  public var documentation: String {
    "Makes one word of a word from each of \(widths.count) streams, the first in the highest bits; combinational."
  }

  public func build(_ m: ModuleBuilder) {
    guard m.accepts(widths.count, in: 1..., named: "widths.count") else { return }
    let sources = widths.enumerated().map { m.inputStream("in_\($0.offset)", Unsigned.self, width: $0.element) }
    let sink = m.outputStream("out", Unsigned.self, width: widths.reduce(0, +))
    let valid = m.wire("all_valid", concatenate(sources.map(\.valid)).reducedAnd)
    for source in sources { source.ready.drive(valid && sink.ready) }
    sink.valid.drive(valid)
    sink.payload.drive(concatenate(sources.map(\.payload)))
  }
}
