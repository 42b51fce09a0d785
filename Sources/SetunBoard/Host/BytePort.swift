/// A line of bytes to a board and back.
public protocol BytePort: AnyObject {
  /// Sends bytes; returns when the line has taken them, which may be before they have left.
  func send(_ bytes: [UInt8]) throws(PortError)

  /// At least one byte and at most `count`, as soon as there are any; none when `seconds` of the board's time have passed.
  func receive(atMost count: Int, within seconds: Double) throws(PortError) -> [UInt8]

  /// Seconds of silence that show that nothing of an earlier session is under way; 0 when there was none.
  var settlingTime: Double { get }

  /// What it is called in messages.
  var name: String { get }
}

/// Why bytes do not pass.
public enum PortError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system's word for why the port cannot be opened.
  case cannotOpen(String, reason: String)
  case missing(String)
  case noPermission(String)
  /// Another program has it.
  case busy(String)
  case notSerial(String)
  /// The system knows no such rate.
  case baud(String, rate: Int)
  /// It went away, as an unplugged cable does.
  case lost(String)
  /// Bytes cannot leave: seconds waited.
  case stalled(String, seconds: Double)

  public var description: String {
    switch self {
    case .cannotOpen(let name, let reason): "\(name): cannot be opened (\(reason))."
    case .missing(let name): "\(name): does not exist; is the board connected?"
    case .noPermission(let name): "\(name): may not be opened; members of the group 'dialout' may."
    case .busy(let name): "\(name): is in use by another program."
    case .notSerial(let name): "\(name): is no serial port."
    case .baud(let name, let rate): "\(name): cannot run at \(rate) baud."
    case .lost(let name): "\(name): went away; is the cable still there?"
    case .stalled(let name, let seconds): "\(name): took no byte for \(seconds) s."
    }
  }
}
