import HardwareDescription
import HardwareExamples
import HardwareLibrary

/// A host behind a serial line: receiver, a few places for what comes while a message leaves, bridge, transmitter.
///
/// The transmitter starts no byte while `hold` is 1; one that has begun is finished.
public struct UARTHost: HardwareModule, Sendable {
  public var link: BoardLink

  public init(link: BoardLink) { self.link = link }

  public var moduleName: String { "uart_host_\(link.cyclesPerBit)_\(link.silenceBits)" }

  public var documentation: String {
    """
    A host on a serial line, 8N1, \(link.cyclesPerBit) clock cycles a bit (\(link.baud) baud at \(link.clockMHz) MHz): the AXI4-Lite port
    of a core, and its logits. While hold is 1 no byte is begun. \(BoardLink.receiveBytes) bytes wait while a message leaves.
    """
  }

  public func build(_ m: ModuleBuilder) {
    m.comment("The serial line, and the host's request to send nothing.")
    let (line, holdPin) = m.clocked(by: .asynchronous) { (m.input("rx", Bit.self), m.input("hold", Bit.self)) }
    let transmitted = m.output("tx", Bit.self)

    let receiver = m.instance("u_receiver", UARTReceiver(divisor: link.cyclesPerBit))
    receiver.connect("rx", line)
    let bytes = receiver.output("out", Stream<Unsigned>(width: 8))
    let bridge = m.instance("u_bridge", HostBridge(silenceBits: link.silenceBits), comment: "Requests and answers.")
    bridge.connectStream("received", from: m.queue("received", bytes, depth: BoardLink.receiveBytes))
    for error in ["framing_error", "overrun"] { bridge.connect(error, receiver.output(error, Bit.self)) }

    let hold = m.synchronised("hold", holdPin)
    let transmitter = m.instance("u_transmitter", UARTTransmitter(divisor: link.cyclesPerBit))
    transmitter.connect("in_valid", bridge.output("send_valid", Bit.self) && !hold)
    transmitter.connect("in_data", bridge.output("send_data", Unsigned.self))
    bridge.connect("send_ready", transmitter.output("in_ready", Bit.self) && !hold)
    transmitted.drive(transmitter.output("tx", Bit.self))

    m.comment("The core's port, seen from the host.")
    for name in OnChipSystem.hostBits { bridge.connect(name, m.input(name, Bit.self)) }
    for (name, width) in OnChipSystem.hostWords { bridge.connect(name, m.input(name, Unsigned.self, width: width)) }
    for (name, width) in OnChipSystem.hostInputs {
      if width == 1 {
        m.output(name, bridge.output(name, Bit.self))
      } else {
        m.output(name, bridge.output(name, Unsigned.self))
      }
    }
    m.comment("For the LEDs.")
    for name in ["is_busy", "token_toggle", "link_error"] { m.output(name, bridge.output(name, Bit.self)) }
    m.output("cause", bridge.output("cause", Unsigned.self))
  }
}
