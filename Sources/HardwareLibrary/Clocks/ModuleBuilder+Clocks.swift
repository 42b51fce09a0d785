import HardwareDescription

extension ModuleBuilder {
  /// `stream` of the domain `source` in the domain that is open, behind an ``AsynchronousFIFO`` of `depth` words, a power
  /// of two; 8 are enough for a word each cycle.
  public func crossed<Payload: StreamPayload>(
    _ name: String, _ stream: Stream<Payload>, from source: ClockDomain, depth: Int = 8,
    in style: Memory.Style = .distributed, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Stream<Payload> {
    let module = AsynchronousFIFO(width: stream.payload.payloadWidth, depth: depth, style: style)
    let queue = instance("u_\(name)", module, clocks: [.source: source], file: file, line: line, column: column)
    receive(queue, "in", stream, file, line, column)
    return send(queue, "out", like: stream.payload, file, line, column)
  }

  /// Pulses of the domain `source` in the domain that is open: ``PulseSynchroniser``.
  public func crossed(
    _ name: String, pulse: Bit, from source: ClockDomain, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Bit {
    let synchroniser = instance(
      "u_\(name)", PulseSynchroniser(), clocks: [.source: source], file: file, line: line, column: column)
    synchroniser.connect("in", pulse, file: file, line: line, column: column)
    return synchroniser.output("out", Bit.self, file: file, line: line, column: column)
  }
}
