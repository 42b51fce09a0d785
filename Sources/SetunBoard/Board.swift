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
  /// What nextpnr is told to reach; the core's clock with a margin for other seeds.
  public let targetMHz: Int

  /// Radiona ULX3S with a LFE5U-85F.
  public static let ulx3s = Board(
    name: "ulx3s", title: "Radiona ULX3S, Lattice LFE5U-85F-6BG381C", configuration: .ulx3s, device: "ecp5-85",
    placement: ["--85k", "--package", "CABGA381", "--speed", "6"], targetMHz: 75)

  public static let all: [Board] = [ulx3s]

  /// Finds a board by its name.
  public static func named(_ name: String) throws(BoardError) -> Board {
    guard let board = all.first(where: { $0.name == name }) else {
      throw BoardError("'\(name)' is no known board; there is \(all.map(\.name).joined(separator: ", ")).")
    }
    return board
  }
}
