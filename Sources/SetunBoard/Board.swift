import SetunMachine

/// A board that open tools can make a bitstream for: its core, its device, and how its pins are named.
public struct Board: Hashable, Sendable {
  /// How it is named on the command line.
  public let name: String
  /// The board, for people.
  public let title: String
  public let configuration: Configuration
  /// The device's name among those whose resources are known (`ResourceBudget`).
  public let device: String
  /// What nextpnr-ecp5 calls device and package.
  public let placement: [String]
  /// The board's own clock.
  public let oscillatorMHz: Int
  /// Every pin that the top module has, and no other.
  public let pins: [Pin]

  /// A pin of the chip, and the bit of a port that is on it.
  public struct Pin: Hashable, Sendable {
    public enum Pull: String, Sendable {
      case none = "NONE"
      case up = "UP"
      case down = "DOWN"
    }

    /// As emitted, with the bit where the port has several.
    public let port: String
    /// The ball of the package.
    public let site: String
    public let pull: Pull
    /// In mA; nil for an input.
    public let drive: Int?
    /// What it is, for people.
    public let meaning: String
  }

  /// Bits a second on the serial line.
  public static let baud = 1_000_000

  /// The top module's name.
  public var topName: String { "setun_\(name)" }

  /// The serial line to the board.
  public func link(baud: Int = Board.baud) -> BoardLink { BoardLink(baud: baud, clockMHz: configuration.clockMHz) }

  public static let all: [Board] = [ulx3s]

  /// Finds a board by its name.
  public static func named(_ name: String) throws(BoardError) -> Board {
    guard let board = all.first(where: { $0.name == name }) else {
      throw BoardError("'\(name)' is no known board; there is \(all.map(\.name).joined(separator: ", ")).")
    }
    return board
  }
}

extension Board {
  /// The pins and the oscillator's clock, as nextpnr-ecp5 reads them. What a PLL makes of the clock, it derives itself.
  public var pinConstraints: String {
    var lines = [
      "# Pins of \(topName) on the \(title); written by rtlgen from the table of the board.",
      "BLOCK RESETPATHS;",
      "BLOCK ASYNCPATHS;",
      "SYSCONFIG CONFIG_IOVOLTAGE=3.3 COMPRESS_CONFIG=ON MCCLK_FREQ=62 MASTER_SPI_PORT=ENABLE SLAVE_SPI_PORT=DISABLE "
        + "SLAVE_PARALLEL_PORT=DISABLE;",
    ]
    for pin in pins {
      lines += ["", "# \(pin.meaning)", "LOCATE COMP \"\(pin.port)\" SITE \"\(pin.site)\";"]
      let drive = pin.drive.map { " DRIVE=\($0)" } ?? ""
      lines.append("IOBUF PORT \"\(pin.port)\" PULLMODE=\(pin.pull.rawValue) IO_TYPE=LVCMOS33\(drive);")
      if pin.port.hasPrefix("clk_") { lines.append("FREQUENCY PORT \"\(pin.port)\" \(oscillatorMHz) MHZ;") }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
