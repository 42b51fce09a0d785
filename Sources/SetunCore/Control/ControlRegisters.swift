import HardwareDescription
import SetunMachine

/// The AXI4-Lite control port: registers, prompt buffer and token FIFO.
///
/// Settings are copied when a START is accepted, so what the host writes while a run is busy is for the next one. The
/// prompt buffer is not copied; it cannot be written while busy.
public struct ControlRegisters: HardwareModule {
  public let configuration: Configuration

  public init(configuration: Configuration) { self.configuration = configuration }

  public var moduleName: String { "control_registers" }

  public var documentation: String {
    """
    Control registers: AXI4-Lite slave, prompt buffer of \(configuration.promptCapacity) tokens, token FIFO of \(configuration.tokenCapacity) tokens.

    Write address and data are accepted in any order and held until both are there; one write and one read may be
    outstanding. SLVERR, without any effect, answers unmapped or unaligned addresses, writes to read-only registers, reads of
    write-only ones (data 0), writes without all four strobes, and prompt writes while busy.
    A START is accepted when the core is not busy, and is ignored otherwise (OKAY). start_o is 1 in the cycle after its
    write takes effect: this is cycle 0 of a run. The settings are copied together with it and stay until the next START.
    ABORT and SOFT_RESET are pulses in the same cycle as start_o would be.
    IMAGE_BASE has 40 bits; its low twelve read as 0. An EOS_ID above 65535 matches no token.
    prompt_data_o follows prompt_address_i by one cycle; its bit 16 says that the value had bits above 16.
    Backpressure: token_space_o is 1 while the token FIFO takes one more token; TOKEN reads take one out.
    Source: ARCHITECTURE.md, section 5.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let port = AXILitePort(m)
    let busy = m.input("busy", Bit.self)
    let cause = m.input("cause", Unsigned.self, width: 8)
    let cycles = m.input("cycles", Unsigned.self, width: 64)
    let beats = m.input("beats", Unsigned.self, width: 64)
    let streams = configuration.streams
    let tokenValid = m.streamInput("token_valid", configuration)
    let tokenID = m.input("token_id", Unsigned.self, width: 16 * streams)
    let promptBits = indexWidth(configuration.promptCapacity)
    let streamBits = streams == 1 ? 0 : indexWidth(streams)
    let promptAddress = m.input("prompt_address", Unsigned.self, width: streamBits + promptBits)

    // MARK: Write channel

    let hasAddress = m.register("has_write_address", Bit.self, reset: false)
    let hasData = m.register("has_write_data", Bit.self, reset: false)
    let writeData = m.register("write_data", Unsigned.self, width: 32)
    let isFullWord = m.register("is_full_word", Bit.self)
    let answerValid = m.register("write_answer_valid", Bit.self, reset: false)
    let answerIsError = m.register("write_answer_is_error", Bit.self)
    m.comment("Write address and data, each held until the other is there and the last answer is gone.")
    let write = m.wire("write", hasAddress && hasData && (!answerValid || port.writeAnswerReady))

    m.when(write) {
      hasAddress.next(false)
      hasData.next(false)
    }
    let takesAddress = m.wire("takes_write_address", port.writeAddressValid && !hasAddress)
    m.when(takesAddress) { hasAddress.next(true) }
    m.when(port.writeDataValid && !hasData) {
      hasData.next(true)
      writeData.next(port.writeData)
      isFullWord.next(port.writeStrobes.reducedAnd)
    }
    port.writeAddressReady.drive(!hasAddress)
    port.writeDataReady.drive(!hasData)

    // MARK: Registers

    let startPulse = m.register("start", Bit.self, reset: false)
    m.comment("An idle core takes no notice of these two.")
    let abortPulse = m.register("abort", Bit.self)
    let softResetPulse = m.register("soft_reset", Bit.self)
    m.comment("Run control shows busy one cycle after the start pulse.")
    let isActive = m.wire("is_active", busy || startPulse)

    var addresses: [ControlRegister: Unsigned] = [:]
    func address(_ register: ControlRegister) -> Unsigned {
      if let known = addresses[register] { return known }
      let words = register.name.split(separator: "_").map { $0.prefix(1) + $0.dropFirst().lowercased() }
      let value = Unsigned(m.constant("Address" + words.joined(), Int(register.address)), width: 16)
      addresses[register] = value
      return value
    }
    m.comment("What an address means is found out when it is taken.")
    func isWriting(_ register: ControlRegister) -> Bit {
      let isMeant = m.register("is_\(register.name.lowercased())_write", Bit.self)
      m.when(takesAddress) { isMeant.next(port.writeAddress == address(register)) }
      return isMeant
    }
    let isControl = isWriting(.control)
    let isBaseLow = isWriting(.imageBaseLow)
    let isBaseHigh = isWriting(.imageBaseHigh)
    let isPromptLength = isWriting(.promptLength)
    let isTokenBudget = isWriting(.tokenBudget)
    let isEOS = isWriting(.eosID)
    m.comment("The prompt window starts at \(hexadecimal(ControlRegister.promptWindow)); entries are words.")
    let entry = m.wire("addressed_entry", port.writeAddress[13, 2])
    let place = m.register("prompt_entry", Unsigned.self, width: promptBits)
    let isPrompt = m.register("is_prompt_write", Bit.self)
    m.when(takesAddress) {
      place.next(entry.truncated(to: promptBits))
      isPrompt.next(
        port.writeAddress[15, 14] == 1 && port.writeAddress[1, 0] == 0
          && (configuration.promptCapacity == 1 << 12
            ? Bit(true) : entry < Unsigned(configuration.promptCapacity, width: 12))
      )
    }
    let isStride = configuration.channels > 1 ? isWriting(.channelStride) : nil
    let isStream = streams > 1 ? isWriting(.stream) : nil
    let isSetting = isControl || isBaseLow || isBaseHigh || isPromptLength || isTokenBudget || isEOS
    let isRegister = m.wire(
      "is_register_write", [isStride, isStream].reduce(isSetting) { sum, next in next.map { sum || $0 } ?? sum })
    let isLegal = m.wire("is_legal_write", isFullWord && (isRegister || isPrompt && !isActive))
    let take = m.wire("take_write", write && isLegal)

    m.when(write) {
      answerValid.next(true)
      answerIsError.next(!isLegal)
    }.elseWhen(port.writeAnswerReady) {
      answerValid.next(false)
    }
    port.writeAnswerValid.drive(answerValid)
    port.writeAnswer.drive(concatenate(answerIsError, Unsigned(0, width: 1)))

    let baseLow = m.register("image_base_low", Unsigned.self, width: 20, reset: 0)
    let baseHigh = m.register("image_base_high", Unsigned.self, width: 8, reset: 0)
    let ofStreams = isStream.map { StreamSettings(m, configuration, isWriting: take && $0, writeData) }
    let promptLength = ofStreams?.promptLength ?? m.register("prompt_length", Unsigned.self, width: 32, reset: 0)
    let tokenBudget = ofStreams?.tokenBudget ?? m.register("token_budget", Unsigned.self, width: 32, reset: 0)
    let eosID = m.register("eos_id", Unsigned.self, width: 32, reset: 0)
    let stride = isStride.map { _ in m.register("channel_stride", Unsigned.self, width: 20, reset: 0) }
    m.when(take) {
      m.when(isBaseLow) { baseLow.next(writeData[31, 12]) }
      m.when(isBaseHigh) { baseHigh.next(writeData[7, 0]) }
      if ofStreams == nil {
        m.when(isPromptLength) { promptLength.next(writeData) }
        m.when(isTokenBudget) { tokenBudget.next(writeData) }
      }
      m.when(isEOS) { eosID.next(writeData) }
      if let isStride, let stride { m.when(isStride) { stride.next(writeData[31, 12]) } }
    }

    // MARK: Commands

    let command = m.wire("is_command", take && isControl)
    func commandBit(_ command: ControlCommand) -> Bit { writeData[Int(command.rawValue).trailingZeroBitCount] }
    let accept = m.wire("accept_start", command && commandBit(.start) && !isActive)
    startPulse.next(accept)
    ofStreams?.write(
      m, length: take && isPromptLength, budget: take && isTokenBudget, writeData, accept: accept)
    abortPulse.next(command && commandBit(.abort))
    softResetPulse.next(command && commandBit(.softReset))
    m.output("start", startPulse)
    m.output("abort", abortPulse)
    m.output("soft_reset", softResetPulse)

    let eosFits = m.wire("eos_id_fits", eosID[31, 16] == 0)
    let flags: [(name: String, value: Bit)] =
      [
        ("clear_state", commandBit(.clear)), ("use_eos", commandBit(.useEOS) && eosFits),
        ("logits_enable", commandBit(.logits)), ("score", commandBit(.score)),
      ] + (streams > 1 ? [("one_sequence", commandBit(.oneSequence))] : [])
    let numbers: [(name: String, value: Unsigned)] =
      [
        ("image_base", concatenate(baseHigh, baseLow, Unsigned(0, width: 12))), ("eos_id", eosID[15, 0]),
      ] + (streams == 1 ? [("prompt_length", promptLength), ("token_budget", tokenBudget)] : [])
      + (stride.map { [("channel_stride", concatenate($0, Unsigned(0, width: 12)))] } ?? [])
    let flagCopies = flags.map { m.register("run_\($0.name)", Bit.self) }
    let numberCopies = numbers.map { m.register("run_\($0.name)", Unsigned.self, width: $0.value.width) }
    m.comment("The run's own copy of the settings, there in the cycle of the start pulse.")
    m.when(accept) {
      for (copy, flag) in zip(flagCopies, flags) { copy.next(flag.value) }
      for (copy, number) in zip(numberCopies, numbers) { copy.next(number.value) }
    }
    for (copy, flag) in zip(flagCopies, flags) { m.output(flag.name, copy) }
    for (copy, number) in zip(numberCopies, numbers) { m.output(number.name, copy) }
    if let ofStreams {
      m.output("prompt_length", ofStreams.allLengths)
      m.output("token_budget", ofStreams.allBudgets)
    }

    // MARK: Prompt buffer

    let capacity = m.constant("PromptCapacity", configuration.promptCapacity)
    let promptDepth = streams == 1 ? capacity : Index(streams << promptBits)
    let prompt = m.memory(
      "prompt", Unsigned.self, width: 17, depth: promptDepth, readLatency: 1, style: .block)
    let isLarge = m.wire("is_large_token", writeData[31, 16] != 0)
    prompt.write(
      ofStreams.map { concatenate($0.selected, place) } ?? place, concatenate(isLarge, writeData[15, 0]),
      enable: take && isPrompt)
    m.output("prompt_data", prompt.read("prompt_word", promptAddress))

    // MARK: Token FIFO and read channel

    let arriving = m.oneToken(configuration, valid: tokenValid, id: tokenID)
    let tokens = TokenFIFO(
      m, capacity: configuration.tokenCapacity, push: arriving.valid, token: arriving.token, together: arriving.together
    )
    m.output("token_space", tokens.hasSpace)

    let hasReadAddress = m.register("has_read_address", Bit.self, reset: false)
    let readValid = m.register("read_valid", Bit.self, reset: false)
    let readData = m.register("read_data", Unsigned.self, width: 32)
    let readIsError = m.register("read_is_error", Bit.self)
    m.comment("A read takes effect when its address is held and the last answer is gone.")
    let read = m.wire("read", hasReadAddress && (!readValid || port.readReady))
    let takesReadAddress = m.wire("takes_read_address", port.readAddressValid && !hasReadAddress)
    m.when(takesReadAddress) {
      hasReadAddress.next(true)
    }.elseWhen(read) {
      hasReadAddress.next(false)
    }
    m.when(read) { readValid.next(true) }.elseWhen(port.readReady) { readValid.next(false) }
    port.readAddressReady.drive(!hasReadAddress)
    port.readValid.drive(readValid)
    port.readData.drive(readData)
    port.readAnswer.drive(concatenate(readIsError, Unsigned(0, width: 1)))

    let status = m.wire(
      "status",
      concatenate(Unsigned(0, width: 15), tokens.hasToken, cause, Unsigned(0, width: 7), isActive))
    let token = m.wire(
      "token_word",
      tokens.hasToken.select(
        concatenate(
          Unsigned(1, width: 1), Unsigned(0, width: streams == 1 ? 15 : 7 - streamBits),
          streams == 1
            ? tokens.head : concatenate(tokens.head[15 + streamBits, 16], Unsigned(0, width: 8), tokens.head[15, 0])),
        Unsigned(0, width: 32)))
    func value(_ register: ControlRegister) -> Unsigned? {
      switch register {
      case .identity: Unsigned(words: [UInt64(ControlRegister.identityValue)], width: 32)
      case .version: Unsigned(Int(ImageHeader.version), width: 32)
      case .configHashLow: Unsigned(words: [configuration.hash & 0xFFFF_FFFF], width: 32)
      case .configHashHigh: Unsigned(words: [configuration.hash >> 32], width: 32)
      case .control: nil
      case .status: status
      case .imageBaseLow: concatenate(baseLow, Unsigned(0, width: 12))
      case .imageBaseHigh: baseHigh.extended(to: 32)
      case .promptLength: promptLength
      case .tokenBudget: tokenBudget
      case .eosID: eosID
      case .token: token
      case .cyclesLow: cycles[31, 0]
      case .cyclesHigh: cycles[63, 32]
      case .beatsLow: beats[31, 0]
      case .beatsHigh: beats[63, 32]
      case .channelStride: stride.map { concatenate($0, Unsigned(0, width: 12)) }
      case .stream: ofStreams?.selected.extended(to: 32)
      }
    }
    m.comment("Which register is read, one bit each.")
    var answers: [(isMeant: Bit, value: Unsigned)] = []
    for register in ControlRegister.allCases {
      guard let value = value(register) else { continue }
      let isMeant = m.register("is_\(register.name.lowercased())_read", Bit.self)
      m.when(takesReadAddress) { isMeant.next(port.readAddress == address(register)) }
      answers.append((isMeant, m.wire("\(register.name.lowercased())_answer", value & isMeant.replicated(32))))
      if register == .token { tokens.pop.drive(read && isMeant) }
    }
    let answer = answers.dropFirst().reduce(answers[0].value) { $0 | $1.value }
    let isKnown = answers.dropFirst().reduce(answers[0].isMeant) { $0 || $1.isMeant }
    m.when(read) {
      readData.next(answer)
      readIsError.next(!isKnown)
    }
  }
}

private func hexadecimal(_ address: UInt16) -> String { "0x" + String(address, radix: 16) }
