import HardwareDescription
import HardwareLibrary
import SetunMachine

/// What stands on a board's chip: its pins, the PLL, the reset, a host on the serial line, LEDs, and core with memory.
public struct BoardTop: HardwareModule, Sendable {
  public let board: Board
  public let system: OnChipSystem
  public let link: BoardLink
  private let pll: ECP5PLL

  /// - Throws: when the board's clock cannot be made into the core's, or the baud rate not of that.
  public init(board: Board, system: OnChipSystem, baud: Int = Board.baud) throws(BoardError) {
    self.board = board
    self.system = system
    link = board.link(baud: baud)
    try link.validate()
    pll = try ECP5PLL(inputMHz: board.oscillatorMHz, outputMHz: board.configuration.clockMHz)
  }

  /// Vendor's cells in the design.
  public static let cells = [ECP5PLL.cellName]
  /// Cycles of the core's clock from the PLL's lock to the release of the reset.
  static let resetStages = 4

  public var moduleName: String { board.topName }

  public var documentation: String {
    """
    Setun on the \(board.title): the model in block RAM, a host on the serial line.
    \(board.oscillatorMHz) MHz become \(board.configuration.clockMHz) MHz; the button resets everything.
    LEDs: 0 alive (about once a second), 1 busy, 2 turns over with each token, 3 error, 7 to 4 the cause of the last stop.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let (clockPin, buttonPin, line, hold) = m.clocked(by: .asynchronous) {
      (
        m.input("clk_25mhz", Bit.self), m.input("reset_button_n", Bit.self), m.input("ftdi_txd", Bit.self),
        m.input("ftdi_nrts", Bit.self)
      )
    }
    let transmitted = m.output("ftdi_rxd", Bit.self)
    let leds = m.output("led", Unsigned.self, width: 8)
    m.comment("High, or the ESP32 takes the board over.")
    m.output("wifi_gpio0", Bit(true))

    let (clock, lock) = m.pll(pll, clockPin)
    let unsynchronised = ClockDomain("pll")
    m.derive(unsynchronised, clock: clock, reset: lock && buttonPin)
    let reset = m.instance(
      "u_reset", ResetSynchroniser(stages: Self.resetStages), clocks: [.main: unsynchronised],
      comment: "The reset begins with the button or the PLL, and ends in step with the clock.")
    m.comment("One register in front of all resets, active high as flip-flops of the FPGA are: no inverter behind it.")
    let synchronised = ClockDomain("early")
    m.derive(synchronised, clock: clock, reset: reset.output("released", Bit.self))
    let isHeld = m.clocked(by: synchronised) { m.registered("held", Bit(false), reset: true) }
    m.derive(.main, clock: clock, reset: !isHeld)

    let host = m.instance("u_host", UARTHost(link: link), comment: "The host behind the serial line.")
    host.connect("rx", line)
    host.connect("hold", hold)
    transmitted.drive(host.output("tx", Bit.self))
    let system = m.instance("u_system", self.system, comment: "Core and memory.")
    for (name, width) in OnChipSystem.hostInputs {
      if width == 1 {
        system.connect(name, host.output(name, Bit.self))
      } else {
        system.connect(name, host.output(name, Unsigned.self))
      }
    }
    for name in OnChipSystem.hostBits { host.connect(name, system.output(name, Bit.self)) }
    for (name, _) in OnChipSystem.hostWords { host.connect(name, system.output(name, Unsigned.self)) }

    let blink = m.register("blink", Unsigned.self, width: 26, reset: 0)
    blink.next(blink &+ 1)
    let cause = host.output("cause", Unsigned.self)
    let isError = m.wire(
      "is_error",
      host.output("link_error", Bit.self) || cause > Unsigned(Int(StopCause.endOfSequence.rawValue), width: 4))
    leds.drive(
      m.registered(
        "shown",
        concatenate(
          cause, isError, host.output("token_toggle", Bit.self), host.output("is_busy", Bit.self), blink[25])))
  }
}
