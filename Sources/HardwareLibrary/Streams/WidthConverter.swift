import HardwareDescription

/// Joins narrow words to wide ones, or splits wide words into narrow ones, by an integer ratio.
///
/// The first narrow word stands in the lowest bits of the wide one; words that split leave lowest bits first.
///
/// Guarantees: no path leads from `in` to `out`; `in_ready` depends on `out_ready` in the same cycle. Latency 1, counted
/// from the last narrow word that goes in and to the first that comes out; a narrow word each cycle, a wide word every
/// `ratio` cycles, without gaps. Room for one wide word. Words leave in order, none is lost or doubled; narrow words wait
/// until a wide word is complete. `out` keeps the four rules of `StreamRule` whatever `in` does. Reset empties it,
/// started wide words included.
public struct WidthConverter: HardwareModule {
  /// Bits of a word that goes in.
  public var inputWidth: Int
  /// Bits of a word that comes out; a multiple or a fraction of `inputWidth`.
  public var outputWidth: Int

  public init(from inputWidth: Int, to outputWidth: Int) {
    self.inputWidth = inputWidth
    self.outputWidth = outputWidth
  }

  /// Narrow words in a wide one.
  public var ratio: Int { max(inputWidth, outputWidth) / max(1, min(inputWidth, outputWidth)) }

  public var moduleName: String { "width_converter_\(inputWidth)_to_\(outputWidth)" }
  public var documentation: String {
    outputWidth >= inputWidth
      ? "Joins \(ratio) word\(ratio == 1 ? "" : "s") of \(inputWidth) bits, the first in the lowest bits; latency 1."
      : "Splits a word of \(inputWidth) bits into \(ratio) words, the lowest bits first; latency 1."
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: inputWidth)
    let sink = m.outputStream("out", Unsigned.self, width: outputWidth)
    guard max(inputWidth, outputWidth) == ratio * min(inputWidth, outputWidth) else {
      m.report(
        .invalidExpression, "\(inputWidth) and \(outputWidth) bits have no integer ratio",
        suggestion: "convert to a common multiple first", name: "out_data", SourceLocation(#fileID, #line, #column))
      return
    }
    let valid = m.register("out_valid", Bit.self, reset: false)
    let word = m.register("word", Unsigned.self, width: max(inputWidth, outputWidth))
    let position =
      ratio == 1 ? nil : m.register("position", Unsigned.self, width: indexWidth(ratio), reset: 0)
    let isLast = position.map { m.wire("is_last", $0 == Unsigned(ratio - 1)) } ?? Bit(true)
    if outputWidth >= inputWidth {
      join(m, source, sink, valid, word, position, isLast)
    } else {
      split(m, source, sink, valid, word, position, isLast)
    }
    sink.valid.drive(valid)
    sink.payload.drive(word.truncated(to: outputWidth))
  }

  /// Shifts words in from the top.
  private func join(
    _ m: ModuleBuilder, _ source: Stream<Unsigned>, _ sink: Stream<Unsigned>, _ valid: Bit, _ word: Unsigned,
    _ position: Unsigned?, _ isLast: Bit
  ) {
    let moves = m.wire("moves", sink.ready || !valid)
    source.ready.drive(moves)
    m.when(moves) { valid.next(source.valid && isLast) }
    let rest = word.width - inputWidth
    let shifted = rest == 0 ? source.payload : concatenate(source.payload, word.slice(at: inputWidth, width: rest))
    m.when(source.transfers) { word.next(shifted) }
    if let position { m.when(source.transfers) { position.next(following(position, isLast)) } }
  }

  /// Shifts words out at the bottom.
  private func split(
    _ m: ModuleBuilder, _ source: Stream<Unsigned>, _ sink: Stream<Unsigned>, _ valid: Bit, _ word: Unsigned,
    _ position: Unsigned?, _ isLast: Bit
  ) {
    let moves = m.wire("moves", !valid || sink.ready && isLast)
    source.ready.drive(moves)
    m.when(moves) { valid.next(source.valid) }
    m.when(moves) { word.next(source.payload) }.elseWhen(sink.ready) {
      word.next((word >> outputWidth).extended(to: word.width))
    }
    if let position { m.when(sink.transfers) { position.next(following(position, isLast)) } }
  }

  private func following(_ position: Unsigned, _ isLast: Bit) -> Unsigned {
    ratio == 1 << position.width ? position &+ 1 : isLast.select(Unsigned(0, width: position.width), position &+ 1)
  }
}
