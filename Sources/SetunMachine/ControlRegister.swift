/// The registers of the AXI4-Lite control port: 32-bit data, byte addresses (architecture, section 5).
///
/// The raw value is the byte address. The prompt window is not a case: see ``promptAddress(_:)``.
public enum ControlRegister: UInt16, CaseIterable, Hashable, Sendable {
  case identity = 0x000
  case version = 0x004
  case configHashLow = 0x008
  case configHashHigh = 0x00C
  case control = 0x010
  case status = 0x014
  case imageBaseLow = 0x018
  case imageBaseHigh = 0x01C
  case promptLength = 0x020
  case tokenBudget = 0x024
  case eosID = 0x028
  case token = 0x02C
  case cyclesLow = 0x030
  case cyclesHigh = 0x034
  case beatsLow = 0x038
  case beatsHigh = 0x03C
  case channelStride = 0x040
  case stream = 0x044

  /// What the host may do with a register.
  public enum Access: String, Codable, Sendable {
    case read = "R"
    case write = "W"
    case readWrite = "RW"
  }

  /// A field of a register: bits `lowBit ..< lowBit + width`.
  public struct Field: Codable, Hashable, Sendable {
    public let name: String
    public let lowBit: Int
    public let width: Int
    public let meaning: String

    /// The field's bits, as they lie in the register.
    public var mask: UInt32 { UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(width)) &- 1) << UInt32(lowBit) }
  }

  /// The value the identity register reads: `SETN` in little-endian bytes, also the image's magic.
  public static let identityValue: UInt32 = 0x4E54_4553

  /// The address space of the port in bytes.
  public static let addressSpace = 0x1_0000

  /// The byte address of the first prompt entry.
  public static let promptWindow: UInt16 = 0x4000

  /// The most prompt entries the address space has room for.
  public static let promptWindowEntries = (addressSpace - Int(promptWindow)) / 4

  /// The byte address of prompt entry `index`, or nil outside `0 ..< promptWindowEntries`.
  public static func promptAddress(_ index: Int) -> UInt16? {
    guard (0..<promptWindowEntries).contains(index) else { return nil }
    return promptWindow + UInt16(4 * index)
  }

  /// The byte address.
  public var address: UInt16 { rawValue }

  /// The name as documents and emitted constants spell it.
  public var name: String {
    switch self {
    case .identity: "IDENTITY"
    case .version: "VERSION"
    case .configHashLow: "CONFIG_HASH_LOW"
    case .configHashHigh: "CONFIG_HASH_HIGH"
    case .control: "CONTROL"
    case .status: "STATUS"
    case .imageBaseLow: "IMAGE_BASE_LOW"
    case .imageBaseHigh: "IMAGE_BASE_HIGH"
    case .promptLength: "PROMPT_LENGTH"
    case .tokenBudget: "TOKEN_BUDGET"
    case .eosID: "EOS_ID"
    case .token: "TOKEN"
    case .cyclesLow: "CYCLES_LOW"
    case .cyclesHigh: "CYCLES_HIGH"
    case .beatsLow: "BEATS_LOW"
    case .beatsHigh: "BEATS_HIGH"
    case .channelStride: "CHANNEL_STRIDE"
    case .stream: "STREAM"
    }
  }

  /// Who may read or write it.
  public var access: Access {
    switch self {
    case .control: .write
    case .imageBaseLow, .imageBaseHigh, .promptLength, .tokenBudget, .eosID, .channelStride, .stream: .readWrite
    case .identity, .version, .configHashLow, .configHashHigh, .status, .token, .cyclesLow, .cyclesHigh, .beatsLow,
      .beatsHigh:
      .read
    }
  }

  /// One line for the reference page.
  public var meaning: String {
    switch self {
    case .identity: "the letters SETN"
    case .version: "image format version"
    case .configHashLow: "configuration hash, low half"
    case .configHashHigh: "configuration hash, high half"
    case .control: "commands; the options count only together with START"
    case .status: "busy, cause of the last stop, token available"
    case .imageBaseLow: "byte address of the image, low half (4 KiB aligned)"
    case .imageBaseHigh: "byte address of the image, high half"
    case .promptLength: "tokens in the prompt, 1 to promptCapacity; with several streams 0 for one that takes no part"
    case .tokenBudget: "tokens to generate, at least 1"
    case .eosID: "token that ends generation when USE_EOS is given"
    case .token: "next generated token; a read takes it from the FIFO"
    case .cyclesLow: "cycles from START to idle, low half"
    case .cyclesHigh: "cycles from START to idle, high half"
    case .beatsLow: "steps in which stream beats were accepted since START, low half"
    case .beatsHigh: "steps in which stream beats were accepted since START, high half"
    case .channelStride: "bytes between the image's parts (4 KiB aligned); only where there are several channels"
    case .stream:
      "the stream whose PROMPT_LENGTH, TOKEN_BUDGET and PROMPT are meant; only where there are several"
    }
  }

  /// Whether a core has the register.
  public func isPresent(in configuration: Configuration) -> Bool {
    switch self {
    case .channelStride: configuration.channels > 1
    case .stream: configuration.streams > 1
    default: true
    }
  }

  /// The bit fields; empty when the register is one number.
  public var fields: [Field] {
    switch self {
    case .control: ControlCommand.table
    case .status:
      [
        Field(name: "BUSY", lowBit: 0, width: 1, meaning: "a sequence runs or drains"),
        Field(name: "CAUSE", lowBit: 8, width: 8, meaning: "why the last sequence stopped"),
        Field(name: "TOKEN_AVAILABLE", lowBit: 16, width: 1, meaning: "TOKEN holds a token"),
      ]
    case .token:
      [
        Field(name: "ID", lowBit: 0, width: 16, meaning: "token id"),
        Field(name: "STREAM", lowBit: 24, width: 4, meaning: "the stream that decided it"),
        Field(name: "VALID", lowBit: 31, width: 1, meaning: "the FIFO held a token"),
      ]
    default: []
    }
  }
}

/// What is written to CONTROL.
public struct ControlCommand: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Starts a sequence; ignored while busy.
  public static let start = ControlCommand(rawValue: 1 << 0)
  /// Stops new requests, drains, reports cause ``StopCause/abort``.
  public static let abort = ControlCommand(rawValue: 1 << 1)
  /// As abort, with cause ``StopCause/softReset``.
  public static let softReset = ControlCommand(rawValue: 1 << 2)
  /// The recurrent state reads as 0 for the first position.
  public static let clear = ControlCommand(rawValue: 1 << 3)
  /// Generation also ends at the token in EOS_ID.
  public static let useEOS = ControlCommand(rawValue: 1 << 4)
  /// The logits leave through the logits stream.
  public static let logits = ControlCommand(rawValue: 1 << 5)
  /// Every prompt position runs the head.
  public static let score = ControlCommand(rawValue: 1 << 6)
  /// All streams work on the sequence of stream 0: a step reads as many positions of its prompt as there are streams.
  public static let oneSequence = ControlCommand(rawValue: 1 << 7)

  /// The fields of CONTROL, low bit first.
  public static let table: [ControlRegister.Field] = [
    .init(name: "START", lowBit: 0, width: 1, meaning: "start a sequence"),
    .init(name: "ABORT", lowBit: 1, width: 1, meaning: "stop requests, drain, report abort"),
    .init(name: "SOFT_RESET", lowBit: 2, width: 1, meaning: "stop requests, drain, report soft reset"),
    .init(name: "CLEAR", lowBit: 3, width: 1, meaning: "the recurrent state reads as 0 at the first position"),
    .init(name: "USE_EOS", lowBit: 4, width: 1, meaning: "stop after the token in EOS_ID"),
    .init(name: "LOGITS", lowBit: 5, width: 1, meaning: "stream the logits"),
    .init(name: "SCORE", lowBit: 6, width: 1, meaning: "every prompt position runs the head"),
    .init(name: "ONE_SEQUENCE", lowBit: 7, width: 1, meaning: "all streams work on the sequence of stream 0"),
  ]
}

/// Why the core went idle (STATUS bits 15 to 8).
public enum StopCause: UInt8, CaseIterable, Hashable, Sendable {
  case none = 0
  case budgetReached = 1
  case endOfSequence = 2
  case abort = 3
  case softReset = 4
  case memoryError = 5
  case badTritCode = 6
  case illegalInstruction = 7
  case headerFormat = 8
  case headerHash = 9
  case headerCRC = 10
  case badStart = 11

  /// Whether the sequence ended as it was asked to.
  public var isSuccess: Bool { self == .budgetReached || self == .endOfSequence }

  /// In words.
  public var explanation: String {
    switch self {
    case .none: "none"
    case .budgetReached: "budget reached"
    case .endOfSequence: "end of sequence"
    case .abort: "abort"
    case .softReset: "soft reset"
    case .memoryError: "memory error"
    case .badTritCode: "bad trit code"
    case .illegalInstruction: "illegal instruction"
    case .headerFormat: "header magic, version or size"
    case .headerHash: "header configuration hash"
    case .headerCRC: "header CRC"
    case .badStart: "bad start (prompt length, budget or token out of range)"
    }
  }
}

/// STATUS, taken apart.
public struct CoreStatus: Hashable, Sendable {
  /// A sequence runs or drains.
  public var isBusy: Bool
  /// The raw cause, 0 to 255.
  public var causeCode: UInt8
  /// TOKEN holds a token.
  public var hasToken: Bool

  public init(rawValue: UInt32) {
    isBusy = rawValue & 1 != 0
    causeCode = UInt8(truncatingIfNeeded: rawValue >> 8)
    hasToken = rawValue & (1 << 16) != 0
  }

  public init(isBusy: Bool, cause: StopCause, hasToken: Bool) {
    self.isBusy = isBusy
    self.causeCode = cause.rawValue
    self.hasToken = hasToken
  }

  /// The cause, or nil for a code no cause has.
  public var cause: StopCause? { StopCause(rawValue: causeCode) }

  /// The register's value.
  public var rawValue: UInt32 { (isBusy ? 1 : 0) | UInt32(causeCode) << 8 | (hasToken ? 1 << 16 : 0) }
}
