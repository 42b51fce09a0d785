import Foundation
import SetunMachine

/// One instance of a built core with its memory: the host's side of the control port and what was recorded.
///
/// Cycles are counted from the accepted START (cycle 0). Control transactions take clock cycles, which the core's own
/// times do not depend on. Use a session from one thread at a time.
public final class RTLSession {
  /// Why ``run(maxCycles:untilTokens:untilIdle:)`` came back.
  public enum Stop: Hashable, Sendable {
    /// The number of cycles asked for has passed.
    case cycles
    /// The number of tokens asked for is recorded.
    case tokens
    /// STATUS is not busy.
    case idle
  }

  /// A token on the token lane.
  public struct Token: Hashable, Sendable {
    public var cycle: Int
    public var id: Int
    /// The stream that decided it.
    public var stream: Int

    public init(cycle: Int, id: Int, stream: Int = 0) {
      self.cycle = cycle
      self.id = id
      self.stream = stream
    }
  }

  /// A token that the host read.
  public struct ReadToken: Hashable, Sendable {
    public var id: Int
    /// The stream that decided it.
    public var stream: Int

    public init(id: Int, stream: Int = 0) {
      self.id = id
      self.stream = stream
    }
  }

  public let model: VerilatorModel
  public let memory: MemoryModel
  /// The address of the image's first byte.
  public let imageBase: UInt64
  /// Bytes from one channel's part of the image to the next; all of it with one channel.
  public let channelBytes: Int

  private let handle: UnsafeMutableRawPointer
  private let ownedImage: UnsafeMutableRawBufferPointer?
  private let imageOwner: AnyObject?
  private var functions: HarnessLibrary { model.functions }

  /// Cycles a control transaction may take.
  private static let transactionTimeout: UInt32 = 10_000
  /// Cycles between two looks at STATUS.
  public static let pollInterval = 512

  /// A core out of reset.
  ///
  /// - Parameters:
  ///   - image: read in place, not copied: it must stay valid and unchanged while the session lives. With several
  ///     channels it has an equal part for each, of whole 4 KiB pages.
  ///   - owner: what keeps the image valid; kept as long as the session.
  ///   - base: where the image lies in the core's address space, a multiple of 4096.
  ///   - clockMHz: the core's clock, which a memory that is a DRAM needs.
  ///   - stateSeed: for models with random initial state; 0 leaves every register 0.
  public init(
    model: VerilatorModel, image: UnsafeRawBufferPointer, owner: AnyObject? = nil, base: UInt64 = 0,
    memory: MemoryModel = .ideal, clockMHz: Int? = nil, stateSeed: UInt32 = 0
  ) throws(BridgeError) {
    ownedImage = nil
    imageOwner = owner
    channelBytes = try Self.channelBytes(of: image.count, model)
    handle = try Self.create(
      model, image, base, channelBytes, memory.harnessWords(clockMHz: clockMHz), stateSeed)
    (self.model, self.memory, imageBase) = (model, memory, base)
    reset()
  }

  /// A core out of reset, with a copy of the image.
  public init(
    model: VerilatorModel, image: Data, base: UInt64 = 0, memory: MemoryModel = .ideal, clockMHz: Int? = nil,
    stateSeed: UInt32 = 0
  ) throws(BridgeError) {
    let words = try memory.harnessWords(clockMHz: clockMHz)
    channelBytes = try Self.channelBytes(of: image.count, model)
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(image.count, 1), alignment: 64)
    image.withUnsafeBytes { copy.copyMemory(from: $0) }
    let bytes = UnsafeRawBufferPointer(rebasing: copy[..<image.count])
    do {
      handle = try Self.create(model, bytes, base, channelBytes, words, stateSeed)
    } catch {
      copy.deallocate()
      throw error
    }
    ownedImage = copy
    imageOwner = nil
    (self.model, self.memory, imageBase) = (model, memory, base)
    reset()
  }

  deinit {
    functions.destroy(handle)
    ownedImage?.deallocate()
  }

  private static func channelBytes(of count: Int, _ model: VerilatorModel) throws(BridgeError) -> Int {
    let bytes = count / model.channels
    guard
      model.channels == 1 || bytes > 0 && bytes * model.channels == count && bytes % ImageHeader.regionAlignment == 0
    else {
      throw .imageParts(bytes: count, channels: model.channels)
    }
    return bytes
  }

  private static func create(
    _ model: VerilatorModel, _ image: UnsafeRawBufferPointer, _ base: UInt64, _ channelBytes: Int, _ memory: [UInt64],
    _ stateSeed: UInt32
  ) throws(BridgeError) -> UnsafeMutableRawPointer {
    let handle = model.functions.create(
      image.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(image.count), base, UInt64(channelBytes), memory,
      UInt32(memory.count), stateSeed)
    guard let handle else { throw .library("no instance could be made") }
    return handle
  }

  /// Holds the reset pin for `cycles` cycles; records, tokens and logits are cleared.
  public func reset(cycles: Int = 4) { functions.reset(handle, UInt32(clamping: cycles)) }
}

// MARK: - Control port

extension RTLSession {
  public func write(_ register: ControlRegister, _ value: UInt32) throws(BridgeError) {
    try write(address: register.address, value)
  }

  public func write(address: UInt16, _ value: UInt32) throws(BridgeError) {
    let response = functions.write(handle, UInt32(address), value, Self.transactionTimeout)
    guard response >= 0 else { throw .noAnswer(address: address) }
    guard response == 0 else { throw .refused(address: address, response: Int(response)) }
  }

  public func read(_ register: ControlRegister) throws(BridgeError) -> UInt32 { try read(address: register.address) }

  public func read(address: UInt16) throws(BridgeError) -> UInt32 {
    var value: UInt32 = 0
    let response = functions.read(handle, UInt32(address), &value, Self.transactionTimeout)
    guard response >= 0 else { throw .noAnswer(address: address) }
    guard response == 0 else { throw .refused(address: address, response: Int(response)) }
    return value
  }

  /// A 64-bit number in two registers.
  public func read(low: ControlRegister, high: ControlRegister) throws(BridgeError) -> UInt64 {
    UInt64(try read(low)) | UInt64(try read(high)) << 32
  }

  public func status() throws(BridgeError) -> CoreStatus { CoreStatus(rawValue: try read(.status)) }

  /// CYCLES: from START to idle.
  public func cyclesRegister() throws(BridgeError) -> UInt64 { try read(low: .cyclesLow, high: .cyclesHigh) }

  /// BEATS: stream beats accepted since START.
  public func beatsRegister() throws(BridgeError) -> UInt64 { try read(low: .beatsLow, high: .beatsHigh) }

  /// Writes the prompt and the sequence's registers, then START. Other streams than the first take no part, unless the
  /// options have `oneSequence`: then all work on this one.
  ///
  /// - Parameters:
  ///   - prompt: token ids, at least one for a good start (the core itself refuses others, with cause bad start).
  ///   - budget: tokens to generate.
  ///   - eos: the token that ends generation, or nil.
  ///   - options: of `clear`, `logits`, `score`, `oneSequence`; `start` is added, and `useEOS` when `eos` is given.
  public func start(
    prompt: [Int], budget: Int, eos: Int? = nil, options: ControlCommand = [.clear]
  ) throws(BridgeError) {
    try start(prompts: [prompt], budgets: [budget], eos: eos, options: options)
  }

  /// Writes the prompt and budget of each stream and the run's registers, then START.
  ///
  /// - Parameters:
  ///   - prompts: of stream 0 first; a stream with an empty one, or without one, takes no part. With the option
  ///     `oneSequence` only the first counts, and only that is written.
  ///   - budgets: one for each prompt.
  public func start(
    prompts: [[Int]], budgets: [Int], eos: Int? = nil, options: ControlCommand = [.clear]
  ) throws(BridgeError) {
    guard prompts.count <= model.streams, budgets.count == prompts.count else {
      throw .badStart("\(prompts.count) prompts and \(budgets.count) budgets for \(model.streams) streams")
    }
    for stream in 0..<(options.contains(.oneSequence) ? 1 : model.streams) {
      if model.streams > 1 { try write(.stream, UInt32(stream)) }
      let isUsed = stream < prompts.count
      try writeSequence(isUsed ? prompts[stream] : [], budget: isUsed ? budgets[stream] : 0)
    }
    try writeImagePlace()
    var command = options.union(.start)
    if let eos {
      try write(.eosID, try Self.word(eos, "end-of-sequence token"))
      command.insert(.useEOS)
    }
    try write(.control, command.rawValue)
  }

  /// Writes the prompt and budget of the stream that is selected.
  private func writeSequence(_ prompt: [Int], budget: Int) throws(BridgeError) {
    for (index, token) in prompt.enumerated() {
      guard let address = ControlRegister.promptAddress(index) else {
        throw .badStart("\(prompt.count) prompt tokens, the port has room for \(ControlRegister.promptWindowEntries)")
      }
      try write(address: address, try Self.word(token, "prompt token"))
    }
    try write(.promptLength, UInt32(prompt.count))
    try write(.tokenBudget, try Self.word(budget, "token budget"))
  }

  /// Writes where the image lies: the address of its first byte and, for several channels, the bytes of a part.
  public func writeImagePlace() throws(BridgeError) {
    try write(.imageBaseLow, UInt32(truncatingIfNeeded: imageBase))
    try write(.imageBaseHigh, UInt32(truncatingIfNeeded: imageBase >> 32))
    if model.channels > 1 { try write(.channelStride, try Self.word(channelBytes, "channel stride")) }
  }

  /// Writes ABORT.
  public func abort() throws(BridgeError) { try write(.control, ControlCommand.abort.rawValue) }

  /// Writes SOFT_RESET.
  public func softReset() throws(BridgeError) { try write(.control, ControlCommand.softReset.rawValue) }

  /// Takes the tokens that lie in the core's token FIFO; their ids.
  public func drainTokenFIFO() throws(BridgeError) -> [Int] { try readTokens().map(\.id) }

  /// Takes the tokens that lie in the core's token FIFO.
  public func readTokens() throws(BridgeError) -> [ReadToken] {
    var tokens: [ReadToken] = []
    while true {
      let word = try read(.token)
      guard word >> 31 == 1 else { return tokens }
      tokens.append(ReadToken(id: Int(word & 0xFFFF), stream: Int(word >> 24 & 0xF)))
    }
  }

  private static func word(_ value: Int, _ what: String) throws(BridgeError) -> UInt32 {
    guard let word = UInt32(exactly: value) else { throw .badStart("\(what) \(value) is not a 32-bit number") }
    return word
  }
}

// MARK: - Running

extension RTLSession {
  /// Clocks the core until something asked for happens.
  ///
  /// - Parameters:
  ///   - maxCycles: at most so many cycles from now.
  ///   - untilTokens: stop in the cycle after this many tokens since START are recorded.
  ///   - untilIdle: stop when STATUS is not busy (looked at every `pollInterval` cycles; CYCLES has the exact time).
  ///   - pollInterval: cycles between two looks at STATUS, at least 1.
  public func run(
    maxCycles: Int, untilTokens: Int? = nil, untilIdle: Bool = false, pollInterval: Int = RTLSession.pollInterval
  ) throws(BridgeError) -> Stop {
    let stop = functions.run(
      handle, UInt64(max(maxCycles, 0)), UInt64(max(untilTokens ?? 0, 0)),
      untilIdle ? Int32(ControlRegister.status.address) : -1, UInt32(clamping: pollInterval))
    switch stop {
    case 0: return .cycles
    case 1: return .tokens
    case 2: return .idle
    default: throw .noAnswer(address: ControlRegister.status.address)
    }
  }

  /// Runs until token number `index` (from 0 since START) is recorded; nil when the core goes idle before.
  public func token(_ index: Int, maxCycles: Int = 1 << 32) throws(BridgeError) -> Token? {
    if tokenCount <= index {
      switch try run(maxCycles: maxCycles, untilTokens: index + 1, untilIdle: true) {
      case .tokens: break
      case .idle: return nil
      case .cycles: throw .stuck(cycle: cycle, waitedFor: "token \(index)")
      }
    }
    return tokens[index]
  }

  /// Runs until the core is idle; the cause.
  public func finish(maxCycles: Int = 1 << 32) throws(BridgeError) -> CoreStatus {
    guard try run(maxCycles: maxCycles, untilIdle: true) == .idle else {
      throw .stuck(cycle: cycle, waitedFor: "idle")
    }
    return try status()
  }
}

// MARK: - What was seen

extension RTLSession {
  /// Whether a START has been accepted since reset.
  public var hasStarted: Bool { functions.started(handle) != 0 }
  /// The current cycle, from START.
  public var cycle: Int { Int(functions.cycle(handle)) }
  /// Clock cycles since the session was made.
  public var totalCycles: Int { Int(functions.totalCycles(handle)) }
  /// AR handshakes since START, on all channels.
  public var addressCount: Int { (0..<model.channels).reduce(0) { $0 + addressCount(channel: $1) } }
  /// R handshakes since START, on all channels.
  public var beatCount: Int { (0..<model.channels).reduce(0) { $0 + beatCount(channel: $1) } }
  /// AR handshakes of a channel since START.
  public func addressCount(channel: Int) -> Int { Int(functions.addressCount(handle, number(of: channel))) }
  /// R handshakes of a channel since START.
  public func beatCount(channel: Int) -> Int { Int(functions.dataCount(handle, number(of: channel))) }

  private func number(of channel: Int) -> UInt32 {
    precondition((0..<model.channels).contains(channel), "channels are numbered from 0")
    return UInt32(channel)
  }

  /// The records since START (or since they were cleared), in the order of their cycles.
  public var records: [RetireRecord] {
    var count: UInt64 = 0
    guard let base = functions.records(handle, &count), count > 0 else { return [] }
    return (0..<Int(count)).map { index in
      let at = 32 * index
      func word(_ offset: Int) -> UInt32 { base.load(fromByteOffset: at + offset, as: UInt32.self) }
      // The harness only makes kinds 0 to 7; another would be memory gone wrong, and must not pass as one of them.
      guard let kind = RetireKind(rawValue: word(16)) else { preconditionFailure("retire kind \(word(16))") }
      return RetireRecord(
        cycle: Int(base.load(fromByteOffset: at, as: UInt64.self)), kind: kind, sequence: Int(word(20)),
        opcode: UInt8(truncatingIfNeeded: word(24)), destination: UInt8(truncatingIfNeeded: word(28)),
        digest: base.load(fromByteOffset: at + 8, as: UInt64.self))
    }
  }

  /// Forgets the records so far; digests and counts go on.
  public func clearRecords() { functions.clearRecords(handle) }

  /// Whether records are made (the default). Without them generation is a little faster.
  public func setRecording(_ on: Bool) { functions.setRecording(handle, on ? 1 : 0) }

  /// Whether a digest of all outputs is made in each cycle out of reset; starts anew.
  public func setOutputRecording(_ on: Bool) { functions.setOutputRecording(handle, on ? 1 : 0) }

  /// The digests of the outputs, cycle by cycle: every output in the order of the core's ports, those wider than 64 bits
  /// by 32 bits, low first, folded from 0.
  public var outputDigests: [UInt64] {
    var count: UInt64 = 0
    guard let base = functions.outputs(handle, &count) else { return [] }
    return Array(UnsafeBufferPointer(start: base, count: Int(count)))
  }

  /// How many tokens the token lane has shown since START.
  public var tokenCount: Int {
    var count: UInt64 = 0
    _ = functions.tokens(handle, &count)
    return Int(count)
  }

  /// The tokens on the token lane since START.
  public var tokens: [Token] {
    var count: UInt64 = 0
    guard let base = functions.tokens(handle, &count) else { return [] }
    return (0..<Int(count)).map { index in
      Token(
        cycle: Int(base.load(fromByteOffset: 16 * index, as: UInt64.self)),
        id: Int(base.load(fromByteOffset: 16 * index + 8, as: UInt32.self)),
        stream: Int(base.load(fromByteOffset: 16 * index + 12, as: UInt32.self)))
    }
  }

  /// The complete rows of logits that a stream's port gave since START or since the last call, which forgets them.
  public func takeLogitRows(stream: Int = 0) -> [[Float]] {
    precondition((0..<model.streams).contains(stream), "streams are numbered from 0")
    let port = UInt32(stream)
    var rows: UInt64 = 0
    var count: UInt64 = 0
    guard let ends = functions.logitRows(handle, port, &rows), rows > 0,
      let values = functions.logits(handle, port, &count)
    else { return [] }
    var start = 0
    let result = (0..<Int(rows)).map { index -> [Float] in
      let end = Int(ends[index])
      defer { start = end }
      return Array(UnsafeBufferPointer(start: values + start, count: end - start))
    }
    functions.clearLogits(handle, port)
    return result
  }

  /// How many logits all ports gave since START that are not taken; those of a row that is not complete count, too.
  public var logitCount: Int {
    (0..<model.streams).reduce(0) { sum, stream in
      var count: UInt64 = 0
      _ = functions.logits(handle, UInt32(stream), &count)
      return sum + Int(count)
    }
  }

  /// How often the core broke a rule of AXI or of the retire port.
  public var protocolErrorCount: Int { Int(functions.protocolErrors(handle)) }

  /// The first of them in words.
  public var protocolErrors: [String] {
    (0..<min(protocolErrorCount, 16)).compactMap { index in
      functions.protocolError(handle, UInt64(index)).map { String(cString: $0) }
    }
  }
}

// MARK: - Faults and traces

/// When the logits port's receiver is ready.
public enum LogitsReceiver: Hashable, Sendable {
  case always
  case never
  /// In one cycle of four on average, at the latest every sixteenth.
  case random(seed: UInt64)
}

extension RTLSession {
  /// Beats requested and not yet delivered, plus one for each request that waits for ARREADY, on all channels.
  public var outstandingBeats: Int { Int(functions.outstanding(handle)) }

  public func setLogitsReceiver(_ receiver: LogitsReceiver) {
    switch receiver {
    case .always: functions.setLogitsReady(handle, 0, 0)
    case .never: functions.setLogitsReady(handle, 1, 0)
    case .random(let seed): functions.setLogitsReady(handle, 2, seed)
    }
  }

  /// How control transactions are made from now on.
  ///
  /// - Parameters:
  ///   - stalls: the seed of random waits of 0 to 15 cycles, each channel by itself; nil for none.
  ///   - strobes: WSTRB, one bit a byte.
  public func setHost(stalls: UInt64? = nil, strobes: UInt32 = 0xF) {
    functions.setHost(handle, stalls == nil ? 0 : 1, stalls ?? 0, strobes)
  }
}

extension RTLSession {
  /// Gives beat `beat` of a channel (from START) an RRESP: 2 SLVERR, 3 DECERR.
  public func failBeat(_ beat: Int, channel: Int = 0, response: UInt32 = 2) {
    functions.failBeat(handle, number(of: channel), UInt64(beat), response)
  }

  /// Flips the bits of `mask` in byte `offset` of the whole image, as the core reads it.
  public func flip(offset: Int, mask: UInt8) { functions.flip(handle, UInt64(offset), UInt32(mask)) }

  public func clearFaults() { functions.clearFaults(handle) }

  /// Writes VCD from now on; two time units a cycle, the rising edge at odd ones.
  public func openTrace(_ url: URL) throws(BridgeError) {
    guard functions.canTrace() != 0 else { throw .trace("the model was built without tracing") }
    guard functions.traceOpen(handle, url.path) != 0 else { throw .trace("\(url.path): cannot write the trace") }
  }

  /// Ends the VCD; throws when not all of it could be written. Without a VCD nothing happens.
  public func closeTrace() throws(BridgeError) {
    guard functions.traceClose(handle) != 0 else { throw .trace("the trace cannot be written (the disk may be full)") }
  }
}
