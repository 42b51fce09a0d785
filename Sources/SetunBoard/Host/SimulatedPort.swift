import VerilatorBridge

/// The serial line of a board's chip in Verilator. Its time is the board's clock, which runs while bytes are waited for.
public final class SimulatedPort: BytePort {
  public let session: BoardSession
  private let clockMHz: Int

  public init(model: BoardModel, link: BoardLink) throws(BridgeError) {
    session = try BoardSession(model: model, cyclesPerBit: link.cyclesPerBit)
    clockMHz = link.clockMHz
    // The PLL locks, and the reset ends.
    session.run(cycles: 64)
  }

  public var settlingTime: Double { 0 }
  public var name: String { "sim" }

  public func send(_ bytes: [UInt8]) { session.send(bytes) }

  public func receive(atMost count: Int, within seconds: Double) -> [UInt8] {
    session.receive(atMost: count, cycles: Int(seconds * Double(clockMHz) * 1e6))
  }
}
