/// The control port as one value: what drivers, tools and documents are told of it, all of it taken from ``ControlRegister``,
/// ``StopCause`` and ``Configuration``.
public struct RegisterMap: Codable, Hashable, Sendable {
  /// A register as its users see it.
  public struct Register: Codable, Hashable, Sendable {
    public var name: String
    /// Byte address.
    public var address: Int
    public var access: ControlRegister.Access
    /// What it reads after a reset; nil where that depends on the configuration, or where it cannot be read.
    public var reset: UInt32?
    /// The bits that take what is written.
    public var writableBits: UInt32
    public var meaning: String
    /// Where a core has the register, if not everywhere.
    public var presence: String?
    /// Empty when the register is one number.
    public var fields: [ControlRegister.Field]
  }

  /// The prompt buffer, a word an entry; it can only be written.
  public struct Window: Codable, Hashable, Sendable {
    public var name: String
    /// Byte address of entry 0.
    public var address: Int
    /// Bytes from one entry to the next.
    public var stride: Int
    /// Entries for which the address space has room; a core has `promptCapacity` of them.
    public var entries: Int
    public var access: ControlRegister.Access
    public var meaning: String
  }

  /// A value of STATUS.CAUSE.
  public struct Cause: Codable, Hashable, Sendable {
    public var code: Int
    public var name: String
    public var meaning: String
    /// The sequence ended as it was asked to.
    public var isSuccess: Bool
  }

  /// What a driver must know of a configuration.
  public struct Machine: Codable, Hashable, Sendable {
    public var name: String
    /// What CONFIG_HASH reads, 16 hexadecimal digits.
    public var hash: String
    public var channels: Int
    public var streams: Int
    public var beatBits: Int
    public var promptCapacity: Int
    public var tokenCapacity: Int
    public var vocabularyCapacity: Int
    public var clockMHz: Int
    /// The names of the registers that it has.
    public var registers: [String]
  }

  /// Bytes of the address space.
  public var addressSpace: Int
  /// What IDENTITY reads.
  public var identity: UInt32
  /// What VERSION reads.
  public var formatVersion: UInt32
  public var registers: [Register]
  public var promptWindow: Window
  public var causes: [Cause]
  public var configurations: [Machine]

  /// - Parameter configurations: those whose parameters are listed.
  public init(configurations: [Configuration] = Configuration.named) {
    addressSpace = ControlRegister.addressSpace
    identity = ControlRegister.identityValue
    formatVersion = ImageHeader.version
    registers = ControlRegister.allCases.map { register in
      Register(
        name: register.name, address: Int(register.address), access: register.access, reset: register.resetValue(),
        writableBits: register.writableBits(), meaning: register.meaning, presence: register.presence,
        fields: register.fields)
    }
    promptWindow = Window(
      name: "PROMPT", address: Int(ControlRegister.promptWindow), stride: 4,
      entries: ControlRegister.promptWindowEntries, access: .write,
      meaning: "the prompt's token ids, in order; cannot be written while busy")
    causes = StopCause.allCases.map { cause in
      Cause(code: Int(cause.rawValue), name: cause.name, meaning: cause.explanation, isSuccess: cause.isSuccess)
    }
    self.configurations = configurations.map { configuration in
      let digits = String(configuration.hash, radix: 16)
      return Machine(
        name: configuration.name, hash: String(repeating: "0", count: 16 - digits.count) + digits,
        channels: configuration.channels, streams: configuration.streams, beatBits: configuration.beatBits,
        promptCapacity: configuration.promptCapacity, tokenCapacity: configuration.tokenCapacity,
        vocabularyCapacity: configuration.vocabularyCapacity, clockMHz: configuration.clockMHz,
        registers: ControlRegister.allCases.filter { $0.isPresent(in: configuration) }.map(\.name))
    }
  }
}

extension ControlRegister {
  /// What the register reads after a reset, or nil where it cannot be read.
  ///
  /// - Parameter configuration: without one, what depends on it is nil, too.
  public func resetValue(in configuration: Configuration? = nil) -> UInt32? {
    switch self {
    case .identity: Self.identityValue
    case .version: ImageHeader.version
    case .configHashLow: configuration.map { UInt32(truncatingIfNeeded: $0.hash) }
    case .configHashHigh: configuration.map { UInt32(truncatingIfNeeded: $0.hash >> 32) }
    case .control: nil
    case .status, .imageBaseLow, .imageBaseHigh, .promptLength, .tokenBudget, .eosID, .token, .cyclesLow, .cyclesHigh,
      .beatsLow, .beatsHigh, .channelStride, .stream:
      0
    }
  }

  /// The bits that take what is written; a readable register reads 0 in the others.
  ///
  /// - Parameter configuration: without one, the bits of the largest core.
  public func writableBits(in configuration: Configuration? = nil) -> UInt32 {
    switch self {
    case .control: fields.reduce(0) { $0 | $1.mask }
    case .imageBaseLow, .channelStride: 0xFFFF_F000
    case .imageBaseHigh: 0x0000_00FF
    case .promptLength, .tokenBudget, .eosID: 0xFFFF_FFFF
    case .stream: UInt32((configuration?.streams ?? 16) - 1)
    case .identity, .version, .configHashLow, .configHashHigh, .status, .token, .cyclesLow, .cyclesHigh, .beatsLow,
      .beatsHigh:
      0
    }
  }

  /// Where a core has the register, in words; nil when every core has it.
  public var presence: String? {
    switch self {
    case .channelStride: "several channels"
    case .stream: "several streams"
    default: nil
    }
  }
}

extension StopCause {
  /// The name as documents and constants spell it.
  public var name: String {
    switch self {
    case .none: "NONE"
    case .budgetReached: "BUDGET_REACHED"
    case .endOfSequence: "END_OF_SEQUENCE"
    case .abort: "ABORT"
    case .softReset: "SOFT_RESET"
    case .memoryError: "MEMORY_ERROR"
    case .badTritCode: "BAD_TRIT_CODE"
    case .illegalInstruction: "ILLEGAL_INSTRUCTION"
    case .headerFormat: "HEADER_FORMAT"
    case .headerHash: "HEADER_HASH"
    case .headerCRC: "HEADER_CRC"
    case .badStart: "BAD_START"
    }
  }
}
