import SetunMachine

/// The host's side of the serial line: registers written and read, runs followed, in ``BoardRequest``s and ``BoardMessage``s.
public final class BoardHost {
  private let port: any BytePort
  /// Seconds that the board may take for an answer, and between two messages of a run.
  private let patience: Double
  private var waiting: ArraySlice<UInt8> = []

  /// A host that has found a board: what is left of an earlier session has been stopped and dropped.
  ///
  /// - Parameters:
  ///   - configuration: that of the core; another one is refused.
  ///   - patience: seconds for an answer, and between two messages of a run.
  public init(
    _ port: any BytePort, configuration: Configuration, patience: Double = 2
  ) throws {
    self.port = port
    self.patience = patience
    if port.settlingTime > 0 { try settle() }
    let identity = try read(.identity)
    guard identity == ControlRegister.identityValue else { throw BoardHostError.notSetun(port.name, identity) }
    let hash = UInt64(try read(.configHashLow)) | UInt64(try read(.configHashHigh)) << 32
    guard hash == configuration.hash else {
      throw BoardHostError.otherConfiguration(port.name, expected: configuration.hash, found: hash)
    }
  }

  /// Ends a run that an earlier session may have left, and drops what it sends.
  private func settle() throws {
    let abort = ControlCommand.abort.rawValue
    // First silence, so that the board drops half a request; then the run ends, if there is one.
    try drain()
    try port.send(Self.write(ControlRegister.control.address, [abort]))
    // The answer comes within the board's patience; what follows it, without a pause.
    guard try !port.receive(atMost: 1, within: patience).isEmpty else {
      throw BoardHostError.silent(port.name, seconds: patience)
    }
    try drain()
  }

  private func drain() throws {
    waiting = []
    // Whatever talks for longer than this is no board that has been told to stop.
    var rounds = 10_000
    while rounds > 0, try !port.receive(atMost: 4096, within: port.settlingTime).isEmpty { rounds -= 1 }
  }

  // MARK: Registers

  /// Writes words to successive registers, 4 bytes apart.
  public func write(_ address: UInt16, _ words: [UInt32]) throws {
    // What the core itself would say, if the address could be sent.
    guard Int(address) + 4 * words.count <= ControlRegister.addressSpace else {
      throw BoardHostError.refused(address: address, response: 2)
    }
    for start in stride(from: 0, to: words.count, by: 256) {
      let part = Array(words[start..<min(start + 256, words.count)])
      let place = address + UInt16(4 * start)
      try port.send(Self.write(place, part))
      let answer = try message(.written)
      guard answer.detail == 0 else { throw BoardHostError.refused(address: place, response: answer.detail) }
    }
  }

  /// Writes registers in order; those that follow each other go together, since every request costs a turn of the line.
  func write(_ settings: [(register: ControlRegister, word: UInt32)]) throws {
    var rest = settings[...]
    while let first = rest.first?.register.address {
      let together = zip(rest, 0...).prefix { $0.register.address == first + 4 * UInt16($1) }.map(\.0.word)
      try write(first, together)
      rest = rest.dropFirst(together.count)
    }
  }

  private static func write(_ address: UInt16, _ words: [UInt32]) -> [UInt8] {
    [BoardRequest.write.rawValue] + bytes(UInt32(address)).prefix(2) + [UInt8(truncatingIfNeeded: words.count)]
      + words.flatMap(bytes)
  }

  private static func bytes(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }

  public func read(_ register: ControlRegister) throws -> UInt32 {
    try port.send([BoardRequest.read.rawValue] + Self.bytes(UInt32(register.address)).prefix(2))
    let answer = try message(.value)
    guard answer.detail == 0 else { throw BoardHostError.refused(address: register.address, response: answer.detail) }
    return answer.payload
  }

  // MARK: Runs

  /// Runs a sequence from one START to its end; every token as it comes, with its logits when the command has LOGITS.
  ///
  /// - Parameters:
  ///   - prompt: 1 to promptCapacity tokens.
  ///   - budget: tokens to generate at most.
  ///   - endToken: the token that ends generation, too.
  ///   - options: CLEAR, LOGITS and SCORE count.
  /// - Returns: STATUS after the run.
  public func run(
    prompt: [Int], budget: Int, endToken: Int?, options: ControlCommand,
    deliver: (_ token: Int, _ logits: [Float]) throws -> Void
  ) throws -> CoreStatus {
    try write(ControlRegister.promptWindow, prompt.map { UInt32(truncatingIfNeeded: $0) })
    var settings: [(register: ControlRegister, word: UInt32)] = [
      (.promptLength, UInt32(prompt.count)), (.tokenBudget, UInt32(truncatingIfNeeded: budget)),
    ]
    var command = options.intersection([.clear, .logits, .score])
    command.insert(.start)
    if let endToken {
      settings.append((.eosID, UInt32(truncatingIfNeeded: endToken)))
      command.insert(.useEOS)
    }
    try write(settings)
    try port.send([BoardRequest.run.rawValue, UInt8(command.rawValue)])
    let answer = try message(.written)
    guard answer.detail == 0 else {
      throw BoardHostError.refused(address: ControlRegister.control.address, response: answer.detail)
    }

    let wantsLogits = command.contains(.logits)
    var tokens: [Int] = []
    var rows: [[Float]] = []
    var row: [Float] = []
    var (delivered, status): (Int, CoreStatus?) = (0, nil)
    // The last logits of a step may come after its token, and a run's end before neither.
    while status == nil || (wantsLogits && delivered < tokens.count) {
      let next = try message(nil)
      switch next.kind {
      case .token: tokens.append(Int(next.payload))
      case .logit:
        row.append(Float(bitPattern: next.payload))
        if next.detail == 1 {
          rows.append(row)
          row = []
        }
      case .finished: status = CoreStatus(rawValue: next.payload)
      case .written, .value, .fault: throw BoardHostError.unexpected(port.name, next.tag)
      }
      while delivered < tokens.count, !wantsLogits || delivered < rows.count {
        try deliver(tokens[delivered], wantsLogits ? rows[delivered] : [])
        delivered += 1
      }
    }
    return status ?? CoreStatus(rawValue: 0)
  }

  // MARK: Messages

  private struct Message {
    let tag: UInt8
    let kind: BoardMessage
    let detail: UInt8
    let payload: UInt32
  }

  /// The next message, which must be of a kind if one is given.
  private func message(_ wanted: BoardMessage?) throws -> Message {
    let tag = try byte()
    guard let kind = BoardMessage(rawValue: tag >> 4) else { throw BoardHostError.unexpected(port.name, tag) }
    var payload: UInt32 = 0
    for position in 0..<kind.payloadBytes { payload |= UInt32(try byte()) << (8 * position) }
    let detail = tag & 0xF
    if kind == .fault {
      throw LinkFault(rawValue: detail).map { BoardHostError.fault(port.name, $0) }
        ?? BoardHostError.unexpected(port.name, tag)
    }
    guard wanted == nil || wanted == kind else { throw BoardHostError.unexpected(port.name, tag) }
    return Message(tag: tag, kind: kind, detail: detail, payload: payload)
  }

  private func byte() throws -> UInt8 {
    if waiting.isEmpty { waiting = try port.receive(atMost: 4096, within: patience)[...] }
    guard let byte = waiting.popFirst() else { throw BoardHostError.silent(port.name, seconds: patience) }
    return byte
  }
}

/// Why a board does not do what it is asked for.
public enum BoardHostError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing came for some seconds.
  case silent(String, seconds: Double)
  /// The board has not understood a request.
  case fault(String, LinkFault)
  /// A byte that starts no message, or a message out of turn.
  case unexpected(String, UInt8)
  /// The core has no such register, or not now.
  case refused(address: UInt16, response: UInt8)
  /// Something answers, but it is no core.
  case notSetun(String, UInt32)
  case otherConfiguration(String, expected: UInt64, found: UInt64)

  public var description: String {
    switch self {
    case .silent(let name, let seconds):
      "\(name): the board said nothing for \(seconds) s; is the bitstream loaded, and the baud rate the same?"
    case .fault(let name, let fault): "\(name): the board reports \(fault.explanation)."
    case .unexpected(let name, let byte):
      "\(name): the board sent the byte 0x\(String(byte, radix: 16)), which does not belong there; is the baud rate the same?"
    case .refused(let address, let response):
      "The core answered control address 0x\(String(address, radix: 16)) with error response \(response)."
    case .notSetun(let name, let identity):
      "\(name): what answers is no core of Setun (its identity is 0x\(String(identity, radix: 16)))."
    case .otherConfiguration(let name, let expected, let found):
      "\(name): the core has the configuration \(String(found, radix: 16)), not \(String(expected, radix: 16)); make the "
        + "bitstream again."
    }
  }
}
