import SetunMachine

/// What a host sends over the serial line: a byte that says what is asked for, then its arguments, lowest byte first.
///
/// Every request is answered by one ``BoardMessage``. A host sends the next request when it has the answer; beyond that, at most
/// ``BoardLink/receiveBytes`` bytes are taken while a message leaves.
public enum BoardRequest: UInt8, CaseIterable, Sendable {
  /// Writes words to successive registers: address (2 bytes), number of words (1 byte, 0 for 256), words (4 bytes each).
  /// Answered by ``BoardMessage/written``.
  case write = 0x57
  /// Reads a register: address (2 bytes). Answered by ``BoardMessage/value``.
  case read = 0x52
  /// Writes CONTROL (1 byte) and reports what the run brings: answered by ``BoardMessage/written``, then ``BoardMessage/token`` and, with
  /// LOGITS, ``BoardMessage/logit`` as they are made, then ``BoardMessage/finished``.
  case run = 0x47

  /// In words.
  public var meaning: String {
    switch self {
    case .write: "address (2), number of words (1, 0 stands for 256), words (4 each): writes successive registers"
    case .read: "address (2): reads a register"
    case .run: "CONTROL (1): writes it, and reports what the run brings"
    }
  }
}

/// What the board sends: a byte whose high half says what, its low half some detail, then a fixed number of bytes, the lowest
/// first.
public enum BoardMessage: UInt8, CaseIterable, Sendable {
  /// All words of a request were written; the detail is the AXI response, those of several words combined by OR.
  case written = 0x1
  /// The word that was read; the detail is the AXI response.
  case value = 0x2
  /// A token's id.
  case token = 0x3
  /// A logit, binary32, in row order; the detail is 1 with the last of a step.
  case logit = 0x4
  /// The run is over and every token has been sent: STATUS.
  case finished = 0x5
  /// A request was not understood and has had no effect beyond the words already written; the detail is a ``LinkFault``.
  case fault = 0x6

  /// Bytes behind the first one.
  public var payloadBytes: Int {
    switch self {
    case .written, .fault: 0
    case .token: 2
    case .value, .logit, .finished: 4
    }
  }

  /// The first byte.
  public func tag(_ detail: UInt8 = 0) -> UInt8 { rawValue << 4 | detail & 0xF }

  /// In words.
  public var meaning: String {
    switch self {
    case .written: "answer to a write or a run; the detail is the AXI response"
    case .value: "a register's word (4); the detail is the AXI response"
    case .token: "a token's id (2), as it is made"
    case .logit: "a logit (4), binary32, in row order; the detail is 1 with the last of a step"
    case .finished: "the run is over: STATUS (4)"
    case .fault: "the request was not understood; the detail says why"
    }
  }
}

/// Why the board could not take a request. It is reported when the line has been silent for ``BoardLink/silence``, and everything
/// until then is dropped.
public enum LinkFault: UInt8, CaseIterable, Sendable {
  /// The first byte is no request.
  case unknownRequest = 1
  /// A stop bit was 0.
  case framing = 2
  /// A byte came when there was no room.
  case overrun = 3
  /// The line fell silent within a request.
  case incomplete = 4

  /// In words.
  public var explanation: String {
    switch self {
    case .unknownRequest: "an unknown request"
    case .framing: "a framing error (is the baud rate right?)"
    case .overrun: "an overrun"
    case .incomplete: "an incomplete request"
    }
  }
}

/// The serial line between host and board: 8N1.
public struct BoardLink: Hashable, Sendable {
  /// Bits a second.
  public var baud: Int
  /// Of the board's core.
  public var clockMHz: Int
  /// Log2 of the clock cycles after which a silent line ends a request.
  public var silenceBits: Int

  public init(baud: Int = 1_000_000, clockMHz: Int, silenceBits: Int = 20) {
    self.baud = baud
    self.clockMHz = clockMHz
    self.silenceBits = silenceBits
  }

  /// Bytes that wait on the board while it sends.
  public static let receiveBytes = 16

  /// Clock cycles a bit lasts.
  public var cyclesPerBit: Int { (clockMHz * 1_000_000 + baud / 2) / baud }

  /// Clock cycles after which a silent line ends a request.
  public var silence: Int { 1 << silenceBits }

  /// How far the board's bits are from the baud rate, as a fraction.
  var deviation: Double { abs(Double(clockMHz) * 1e6 / (Double(cyclesPerBit) * Double(baud)) - 1) }

  /// - Throws: when the clock cannot make the rate within 2 %, or a bit is shorter than the receiver can sample.
  public func validate() throws(BoardError) {
    guard baud >= 300, cyclesPerBit >= 4, deviation <= 0.02 else {
      throw BoardError("\(baud) baud cannot be made from \(clockMHz) MHz; 1000000 can.")
    }
  }
}
