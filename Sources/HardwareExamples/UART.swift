import HardwareDescription
import HardwareLibrary

/// A serial port with a FIFO in each direction.
///
/// `send` takes bytes until its FIFO is full; `received` offers what has arrived, in order. `framing_error` (a bad stop bit)
/// and `overrun` (a byte that found the FIFO full) stay 1 until `clear_errors`.
public struct UART: HardwareModule, Sendable {
  /// Clock cycles a bit lasts: clock frequency over baud rate; 4 or more.
  public var divisor: Int
  /// Bytes in each FIFO.
  public var depth: Int

  public init(divisor: Int, depth: Int) {
    self.divisor = divisor
    self.depth = depth
  }

  public var moduleName: String { "uart_\(divisor)_\(depth)" }
  public var documentation: String {
    "Serial port, 8N1, \(divisor) cycles a bit, with a FIFO of \(depth) bytes in each direction."
  }

  public func build(_ m: ModuleBuilder) {
    let send = m.inputStream("send", Unsigned.self, width: 8)
    let received = m.outputStream("received", Unsigned.self, width: 8)
    let pin = m.clocked(by: .asynchronous) { m.input("rx", Bit.self) }
    let line = m.output("tx", Bit.self)
    m.comment("Kept until they are cleared.")
    let framingError = m.output("framing_error", Bit.self)
    let overrun = m.output("overrun", Bit.self)
    let clear = m.input("clear_errors", Bit.self)

    let transmitter = m.instance("u_transmitter", UARTTransmitter(divisor: divisor))
    transmitter.connectStream("in", from: m.queue("send_fifo", send, depth: depth))
    line.drive(transmitter.output("tx", Bit.self))

    let receiver = m.instance("u_receiver", UARTReceiver(divisor: divisor))
    receiver.connect("rx", pin)
    let bytes = receiver.output("out", Stream<Unsigned>(width: 8))
    received.drive(m.queue("receive_fifo", bytes, depth: depth))

    let badStop = m.register("bad_stop", Bit.self, reset: false)
    let lostByte = m.register("lost_byte", Bit.self, reset: false)
    m.when(clear) {
      badStop.next(false)
      lostByte.next(false)
    }
    m.when(receiver.output("framing_error", Bit.self)) { badStop.next(true) }
    m.when(receiver.output("overrun", Bit.self)) { lostByte.next(true) }
    framingError.drive(badStop)
    overrun.drive(lostByte)
  }
}
