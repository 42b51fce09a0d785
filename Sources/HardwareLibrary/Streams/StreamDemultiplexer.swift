import HardwareDescription

/// Sends each word to the one receiver that it names.
///
/// `in_data` is the payload with the receiver's number in its highest bits; the receivers' streams are `out_0`, `out_1`,
/// ... and have the payload without the number. A word whose number no receiver has is never taken.
///
/// Guarantees: combinational: latency 0, a word each cycle. The outputs depend on `in` in the same cycle, `in_ready` on
/// `in_data` and the named receiver's ready. Words for one receiver leave in order, none is lost or doubled. Each output
/// keeps the four rules of `StreamRule` if `in` does.
public struct StreamDemultiplexer: HardwareModule {
  /// Bits of the payload at the outputs.
  public var width: Int
  /// Receivers, at least 1.
  public var outputs: Int

  public init(width: Int, outputs: Int) {
    self.width = width
    self.outputs = outputs
  }

  /// Bits of a receiver's number.
  public var numberBits: Int { indexWidth(outputs) }

  public var moduleName: String { "stream_demultiplexer_\(width)x\(outputs)" }
  public var documentation: String {
    "Sends each word to the one of \(outputs) receivers that its highest \(numberBits) bits name; combinational."
  }

  public func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: numberBits + width)
    guard m.accepts(outputs, in: 1..., named: "outputs") else { return }
    let sinks = (0..<outputs).map { m.outputStream("out_\($0)", Unsigned.self, width: width) }
    let number = m.wire("number", source.payload.slice(at: width, width: numberBits))
    var isTaken = Bit(false)
    for (position, sink) in sinks.enumerated() {
      let isMeant = number == Unsigned(position, width: numberBits)
      sink.valid.drive(source.valid && isMeant)
      sink.payload.drive(source.payload.truncated(to: width))
      isTaken = position == 0 ? isMeant && sink.ready : isTaken || (isMeant && sink.ready)
    }
    source.ready.drive(isTaken)
  }
}
