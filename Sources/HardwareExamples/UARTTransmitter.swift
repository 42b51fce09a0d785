import HardwareDescription

/// Sends bytes over a serial line: a start bit (0), eight data bits, lowest first, a stop bit (1).
///
/// Guarantees: each bit lasts `divisor` cycles, the line is 1 between frames and comes from a register. A byte is taken when
/// the frame before it has ended, one cycle after its stop bit, so that a byte takes 10 x `divisor` + 1 cycles.
public struct UARTTransmitter: HardwareModule, Sendable {
  /// Clock cycles a bit lasts: clock frequency over baud rate; 4 or more.
  public var divisor: Int

  public init(divisor: Int) { self.divisor = divisor }

  public var moduleName: String { "uart_transmitter_\(divisor)" }
  public var documentation: String {
    "Serial transmitter, 8N1: start bit, eight data bits with the lowest first, stop bit; \(divisor) cycles a bit."
  }

  public func build(_ m: ModuleBuilder) {
    let bytes = m.inputStream("in", Unsigned.self, width: 8)
    let line = m.output("tx", Bit.self)
    guard m.acceptsDivisor(divisor) else { return }

    let frame = m.register("frame", Unsigned.self, width: 9, reset: 0x1FF)
    let bitsLeft = m.register("bits_left", Unsigned.self, width: 4, reset: 0)
    let timer = m.register("timer", Unsigned.self, width: indexWidth(divisor))

    let isIdle = m.wire("is_idle", bitsLeft == 0)
    m.when(isIdle) {
      m.when(bytes.valid) {
        frame.next(concatenate(bytes.payload, Bit(false)))
        bitsLeft.next(10)
        timer.next(Unsigned(divisor - 1))
      }
    }.elseWhen(timer != 0) {
      timer.next(timer &- 1)
    }.otherwise {
      frame.next(concatenate(Bit(true), frame[8, 1]))
      bitsLeft.next(bitsLeft &- 1)
      timer.next(Unsigned(divisor - 1))
    }
    bytes.ready.drive(isIdle)
    m.comment("The bit on the line is the lowest of the frame; ones move in behind it and keep the idle line high.")
    line.drive(frame[0])
  }
}

extension ModuleBuilder {
  /// Whether a bit lasts long enough to be sampled in its middle behind the synchroniser; reports it if not.
  func acceptsDivisor(_ divisor: Int, file: StaticString = #fileID, line: Int = #line) -> Bool {
    if divisor >= 4 { return true }
    report(
      .invalidExpression, "a bit of \(divisor) cycles", suggestion: "use a divisor of 4 or more", name: "divisor",
      SourceLocation(file, line))
    return false
  }
}
