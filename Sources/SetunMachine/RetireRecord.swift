/// A lane of the retire port, or an AXI channel watched beside it (architecture, section 4).
public enum RetireKind: UInt32, CaseIterable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// A beat written to a vector slot.
  case load = 0
  /// A row group's sums entering the row-sum queue.
  case sums = 1
  /// An element written by a row unit.
  case element = 2
  /// A word of quantised activations.
  case quantise = 3
  /// A row scale alpha.
  case scale = 4
  /// A generated or scored token.
  case token = 5
  /// An AR handshake.
  case address = 6
  /// An R handshake.
  case data = 7

  /// Whether the digest starts again at 0 after each record: so for the lanes of instructions (load to scale),
  /// while tokens, addresses and data fold on from START.
  @inlinable
  public var restartsDigest: Bool { rawValue < RetireKind.token.rawValue }

  /// Whether records carry an instruction's sequence number; the others count their own records from 0.
  @inlinable
  public var carriesInstruction: Bool { restartsDigest }

  public static func < (a: RetireKind, b: RetireKind) -> Bool { a.rawValue < b.rawValue }

  public var description: String {
    switch self {
    case .load: "load"
    case .sums: "sums"
    case .element: "element"
    case .quantise: "quantise"
    case .scale: "scale"
    case .token: "token"
    case .address: "address"
    case .data: "data"
    }
  }
}

/// The rolling digest of 64-bit words: `d = (rotateLeft(d, 5) ^ w) * 0x9E3779B97F4A7C15`, wrapping, from 0.
public struct Digest: Hashable, Sendable {
  public var value: UInt64

  @inlinable
  public init(_ value: UInt64 = 0) { self.value = value }

  @inlinable
  public mutating func fold(_ word: UInt64) {
    value = (((value << 5) | (value >> 59)) ^ word) &* 0x9E37_79B9_7F4A_7C15
  }
}

/// What retired, when, and the digest of its data. Simulator and RTL must produce equal records.
public struct RetireRecord: Hashable, Sendable, CustomStringConvertible {
  /// Cycle of the last item, counted from the accepted START (cycle 0).
  public var cycle: Int
  public var kind: RetireKind
  /// Instructions since START (0 first); for token, address and data the number of earlier records of that kind (and
  /// channel).
  public var sequence: Int
  /// The instruction's opcode; 0 for token, address and data.
  public var opcode: UInt8
  /// The instruction's destination; 4 * channel + ARID for address; the channel for data; the stream for
  /// token.
  public var destination: UInt8
  /// Of the words folded since the lane's digest last started.
  public var digest: UInt64

  @inlinable
  public init(cycle: Int, kind: RetireKind, sequence: Int, opcode: UInt8 = 0, destination: UInt8 = 0, digest: UInt64) {
    self.cycle = cycle
    self.kind = kind
    self.sequence = sequence
    self.opcode = opcode
    self.destination = destination
    self.digest = digest
  }

  /// The channel of an address or data record; 0 of others.
  @inlinable
  public var channel: Int {
    switch kind {
    case .address: Int(destination) / 4
    case .data: Int(destination)
    default: 0
    }
  }

  /// Whether `a` comes before `b` when records are listed: by cycle, kind, destination (which has the channel), sequence.
  @inlinable
  public static func precedes(_ a: RetireRecord, _ b: RetireRecord) -> Bool {
    (a.cycle, a.kind.rawValue, a.destination, a.sequence) < (b.cycle, b.kind.rawValue, b.destination, b.sequence)
  }

  public var description: String {
    let hex = String(digest, radix: 16)
    let padded = String(repeating: "0", count: 16 - hex.count) + hex
    let code = String(opcode, radix: 16)
    return "cycle \(cycle) \(kind) #\(sequence) opcode 0x\(code.count < 2 ? "0" : "")\(code) "
      + "destination \(destination) digest \(padded)"
  }
}

/// The instruction an item of a retire lane belongs to; 48 bits on the port:
/// {destination[7:0], opcode[7:0], sequence[31:0]}.
public struct RetireTag: Hashable, Sendable {
  public var sequence: Int
  public var opcode: UInt8
  public var destination: UInt8

  @inlinable
  public init(sequence: Int, opcode: UInt8, destination: UInt8) {
    self.sequence = sequence
    self.opcode = opcode
    self.destination = destination
  }

  /// The 48 bits of the port.
  @inlinable
  public var bits: UInt64 {
    UInt64(destination) << 40 | UInt64(opcode) << 32 | UInt64(UInt32(truncatingIfNeeded: sequence))
  }
}

/// Folds retired items into records: what the RTL harness does, for a machine modelled in Swift.
///
/// Items of one lane are given in the order of their cycles; lanes may run ahead of each other, since each has a
/// digest of its own. `records` is in the order of the calls: sort by ``RetireRecord/precedes(_:_:)`` to list it.
public struct RetireLog: Sendable {
  public private(set) var records: [RetireRecord] = []
  @usableFromInline var digests = [Digest](repeating: Digest(), count: RetireKind.allCases.count)
  private var tokenCount = 0
  /// Digest and number of the records of each channel's AR and R.
  @usableFromInline var addresses: [(digest: Digest, count: Int)]
  @usableFromInline var data: [(digest: Digest, count: Int)]

  /// - Parameter channels: N, the AXI ports that are watched.
  public init(channels: Int = 1) {
    addresses = Array(repeating: (Digest(), 0), count: channels)
    data = addresses
  }

  /// Folds one 64-bit word into a lane.
  @inlinable
  public mutating func fold(_ kind: RetireKind, _ word: UInt64) { digests[Int(kind.rawValue)].fold(word) }

  /// Ends a record of an instruction's lane (load to scale) at the cycle of its last item; its digest starts again.
  public mutating func close(_ kind: RetireKind, cycle: Int, tag: RetireTag) {
    let lane = Int(kind.rawValue)
    append(
      kind, cycle: cycle, sequence: tag.sequence, opcode: tag.opcode, destination: tag.destination, digests[lane])
    digests[lane] = Digest()
  }

  /// A row group's five sums entering the queue at `cycle`.
  @inlinable
  public mutating func foldSums(cycle: Int, _ sums: some Sequence<Int32>) {
    fold(.sums, UInt64(cycle))
    for sum in sums { fold(.sums, UInt64(bitPattern: Int64(sum))) }
  }

  /// An element of a row unit: four words of machine-float bits (unused ones 0).
  @inlinable
  public mutating func foldElement(_ word0: UInt32, _ word1: UInt32 = 0, _ word2: UInt32 = 0, _ word3: UInt32 = 0) {
    fold(.element, UInt64(word0))
    fold(.element, UInt64(word1))
    fold(.element, UInt64(word2))
    fold(.element, UInt64(word3))
  }

  /// A token that a stream decided at `cycle`; of one cycle in the order of the streams.
  public mutating func recordToken(cycle: Int, id: Int, stream: Int = 0) {
    fold(.token, UInt64(id))
    append(
      .token, cycle: cycle, sequence: tokenCount, opcode: 0, destination: UInt8(truncatingIfNeeded: stream),
      digests[Int(RetireKind.token.rawValue)])
    tokenCount += 1
  }

  /// An AR handshake at `cycle`.
  public mutating func recordAddress(cycle: Int, address: UInt64, beats: Int, id: Int, channel: Int = 0) {
    for word in [UInt64(cycle), address, UInt64(beats)] { addresses[channel].digest.fold(word) }
    append(
      .address, cycle: cycle, sequence: addresses[channel].count, opcode: 0,
      destination: UInt8(truncatingIfNeeded: 4 * channel + id), addresses[channel].digest)
    addresses[channel].count += 1
  }

  /// Folds one 64-bit word of an R handshake: the cycle first, then the data, low first.
  @inlinable
  public mutating func foldData(_ word: UInt64, channel: Int) { data[channel].digest.fold(word) }

  /// An R handshake at `cycle` of the given 64-bit words, low first.
  @inlinable
  public mutating func foldData(cycle: Int, _ words: some Sequence<UInt64>, channel: Int = 0) {
    data[channel].digest.fold(UInt64(cycle))
    for word in words { data[channel].digest.fold(word) }
  }

  /// The last beat of a burst, already folded, arrived at `cycle`.
  public mutating func recordData(cycle: Int, channel: Int = 0) {
    append(
      .data, cycle: cycle, sequence: data[channel].count, opcode: 0, destination: UInt8(truncatingIfNeeded: channel),
      data[channel].digest)
    data[channel].count += 1
  }

  private mutating func append(
    _ kind: RetireKind, cycle: Int, sequence: Int, opcode: UInt8, destination: UInt8, _ digest: Digest
  ) {
    records.append(
      RetireRecord(
        cycle: cycle, kind: kind, sequence: sequence, opcode: opcode, destination: destination, digest: digest.value))
  }
}
