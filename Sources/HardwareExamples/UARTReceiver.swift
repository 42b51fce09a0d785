import HardwareDescription

/// Receives bytes from a serial line: a start bit (0), eight data bits, lowest first, a stop bit (1).
///
/// The line belongs to no clock; it enters through a synchroniser of two registers. Each bit is sampled once, in its middle
/// counted from the falling edge of the start bit; a start bit that is gone by then is taken for noise.
///
/// Guarantees: `out` keeps the four rules of a stream. A byte is offered two cycles after the middle of its stop bit is
/// seen. A stop bit of 0 gives no byte but `framing_error` for a cycle, and the line must be 1 before the next start bit
/// counts. A byte that arrives while the one before it has not been taken is lost and gives `overrun` for a cycle.
public struct UARTReceiver: HardwareModule, Sendable {
  enum Phase: HardwareEnum { case idle, start, data, stop, recovery }

  /// Clock cycles a bit lasts: clock frequency over baud rate; 4 or more.
  public var divisor: Int

  public init(divisor: Int) { self.divisor = divisor }

  public var moduleName: String { "uart_receiver_\(divisor)" }
  public var documentation: String {
    """
    Serial receiver, 8N1: start bit, eight data bits with the lowest first, stop bit; \(divisor) cycles a bit.
    Bits are sampled in their middle. A bad stop bit loses the byte, and so does a byte that nobody has taken in time.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let pin = m.clocked(by: .asynchronous) { m.input("rx", Bit.self) }
    let bytes = m.outputStream("out", Unsigned.self, width: 8)
    m.comment("For one cycle each.")
    let framingError = m.output("framing_error", Bit.self)
    let overrun = m.output("overrun", Bit.self)
    guard m.acceptsDivisor(divisor) else { return }

    let line = m.synchronised("line", pin, reset: true)
    let phase = m.register("phase", reset: Phase.idle)
    let timer = m.register("timer", Unsigned.self, width: indexWidth(divisor))
    let bitsLeft = m.register("bits_left", Unsigned.self, width: 3)
    let shift = m.register("shift", Unsigned.self, width: 8)

    let isMiddle = m.wire("is_middle", timer == 0)
    m.when(!isMiddle) { timer.next(timer &- 1) }
    m.switchOn(phase) { value in
      switch value {
      case .idle:
        m.when(!line) {
          timer.next(Unsigned(divisor / 2 - 1))
          phase.next(.start)
        }
      case .start:
        m.when(isMiddle) {
          timer.next(Unsigned(divisor - 1))
          bitsLeft.next(7)
          phase.next(line.select(Enumerated(.idle), Enumerated(.data)))
        }
      case .data:
        m.when(isMiddle) {
          timer.next(Unsigned(divisor - 1))
          shift.next(concatenate(line, shift[7, 1]))
          bitsLeft.next(bitsLeft &- 1)
          m.when(bitsLeft == 0) { phase.next(.stop) }
        }
      case .stop:
        m.when(isMiddle) { phase.next(line.select(Enumerated(.idle), Enumerated(.recovery))) }
      case .recovery:
        m.when(line) { phase.next(.idle) }
      }
    }

    let ends = m.wire("ends", phase == .stop && isMiddle)
    let arrives = m.wire("arrives", ends && line)
    let valid = m.register("valid", Bit.self, reset: false)
    let data = m.register("data", Unsigned.self, width: 8)
    let hasRoom = m.wire("has_room", !valid || bytes.ready)
    m.when(hasRoom) { valid.next(arrives) }
    m.when(hasRoom) { data.next(shift) }
    bytes.valid.drive(valid)
    bytes.payload.drive(data)
    framingError.drive(m.registered("bad_stop", ends && !line, reset: false))
    overrun.drive(m.registered("lost_byte", arrives && !hasRoom, reset: false))
  }
}
