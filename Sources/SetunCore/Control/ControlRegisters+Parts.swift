import HardwareDescription
import SetunMachine

/// The ports of the AXI4-Lite slave.
struct AXILitePort {
  let writeAddressValid: Bit
  let writeAddressReady: Bit
  let writeAddress: Unsigned
  let writeDataValid: Bit
  let writeDataReady: Bit
  let writeData: Unsigned
  let writeStrobes: Unsigned
  let writeAnswerValid: Bit
  let writeAnswerReady: Bit
  let writeAnswer: Unsigned
  let readAddressValid: Bit
  let readAddressReady: Bit
  let readAddress: Unsigned
  let readValid: Bit
  let readReady: Bit
  let readData: Unsigned
  let readAnswer: Unsigned

  init(_ m: ModuleBuilder) {
    writeAddressValid = m.input("axil_awvalid", Bit.self)
    writeAddressReady = m.output("axil_awready", Bit.self)
    writeAddress = m.input("axil_awaddr", Unsigned.self, width: 16)
    writeDataValid = m.input("axil_wvalid", Bit.self)
    writeDataReady = m.output("axil_wready", Bit.self)
    writeData = m.input("axil_wdata", Unsigned.self, width: 32)
    writeStrobes = m.input("axil_wstrb", Unsigned.self, width: 4)
    writeAnswerValid = m.output("axil_bvalid", Bit.self)
    writeAnswerReady = m.input("axil_bready", Bit.self)
    writeAnswer = m.output("axil_bresp", Unsigned.self, width: 2)
    readAddressValid = m.input("axil_arvalid", Bit.self)
    readAddressReady = m.output("axil_arready", Bit.self)
    readAddress = m.input("axil_araddr", Unsigned.self, width: 16)
    readValid = m.output("axil_rvalid", Bit.self)
    readReady = m.input("axil_rready", Bit.self)
    readData = m.output("axil_rdata", Unsigned.self, width: 32)
    readAnswer = m.output("axil_rresp", Unsigned.self, width: 2)
  }
}

/// The tokens that the host has not read yet. Drive `pop` once.
struct TokenFIFO {
  let hasSpace: Bit
  let hasToken: Bit
  let head: Unsigned
  let pop: Bit

  /// - Parameter together: the tokens that come in this cycle and are pushed from the next one on, a bit each, where
  ///   several may; there is space when all of them have places.
  init(_ m: ModuleBuilder, capacity: Int, push: Bit, token: Unsigned, together: Unsigned?) {
    let addressBits = capacity.trailingZeroBitCount
    m.comment("Token FIFO; the pointers have one bit more than an address.")
    let tokens = m.memory(
      "tokens", Unsigned.self, width: token.width, depth: m.constant("TokenCapacity", capacity), readLatency: 0,
      style: .distributed)
    let writePointer = m.register("token_write_pointer", Unsigned.self, width: addressBits + 1, reset: 0)
    let readPointer = m.register("token_read_pointer", Unsigned.self, width: addressBits + 1, reset: 0)
    pop = m.wire("token_pop", Bit.self)
    hasToken = m.wire("has_token", writePointer != readPointer)
    let leaves = m.wire("token_leaves", pop && hasToken)
    if let together {
      m.comment("Tokens that are there or about to be pushed.")
      let reserved = m.register("reserved_tokens", Unsigned.self, width: addressBits + 1, reset: 0)
      let coming = (0..<together.width).reduce(Unsigned(0, width: addressBits + 1)) { $0 &+ together[$1].asUnsigned }
      reserved.next(reserved &+ m.wire("coming_tokens", coming) &- leaves.asUnsigned)
      hasSpace = m.wire(
        "has_token_space", reserved <= Unsigned(capacity - together.width, width: addressBits + 1))
    } else {
      let count = m.wire("token_count", writePointer &- readPointer)
      m.comment("Whether there is space is found out with the pointers, not from them.")
      func isAtMost(_ limit: Int) -> Bit { count <= Unsigned(limit, width: addressBits + 1) }
      let space = m.register("has_token_space", Bit.self, reset: true)
      space.next(
        (push && !leaves).select(
          isAtMost(capacity - 2), (leaves && !push).select(isAtMost(capacity), isAtMost(capacity - 1))))
      hasSpace = space
    }
    head = m.wire("head_token", tokens.read(readPointer.truncated(to: addressBits)))
    tokens.write(writePointer.truncated(to: addressBits), token, enable: push)
    m.when(push) { writePointer.next(writePointer &+ 1) }
    m.when(leaves) { readPointer.next(readPointer &+ 1) }
  }
}

/// What the host sets for each of several streams, through the one that it has selected.
struct StreamSettings {
  /// The stream that the host has selected.
  let selected: Unsigned
  /// Its settings.
  let promptLength, tokenBudget: Unsigned
  /// Those of all streams for the run, stream 0 lowest.
  let allLengths, allBudgets: Unsigned
  private let lengths, budgets: Vector<Unsigned>
  private let streams: Int

  init(_ m: ModuleBuilder, _ c: Configuration, isWriting: Bit, _ data: Unsigned) {
    streams = c.streams
    let bits = indexWidth(c.streams)
    let selected = m.register("stream", Unsigned.self, width: bits, reset: 0)
    m.when(isWriting) { selected.next(data[bits - 1, 0]) }
    self.selected = selected
    lengths = m.registerVector("prompt_length", Unsigned.self, width: 32, count: c.streams, reset: 0)
    budgets = m.registerVector("token_budget", Unsigned.self, width: 32, count: c.streams, reset: 0)
    promptLength = m.wire("selected_length", lengths[selected])
    tokenBudget = m.wire("selected_budget", budgets[selected])
    allLengths = m.wire("all_lengths", Unsigned.self, width: 32 * c.streams)
    allBudgets = m.wire("all_budgets", Unsigned.self, width: 32 * c.streams)
  }

  /// Writes the selected stream's settings; `accept` copies all of them for the run, a cycle later than the other settings.
  func write(_ m: ModuleBuilder, length: Bit, budget: Bit, _ data: Unsigned, accept: Bit) {
    let copies = m.registeredCopies("settings_are_copied", accept.asUnsigned, count: streams, reset: 0)
    m.generate("setting", count: streams, index: "s") { s in
      let isSelected = m.wire("is_selected", selected == Unsigned(s, width: selected.width))
      m.when(length && isSelected) { lengths[s].next(data) }
      m.when(budget && isSelected) { budgets[s].next(data) }
      let runLength = m.register("run_prompt_length", Unsigned.self, width: 32)
      let runBudget = m.register("run_token_budget", Unsigned.self, width: 32)
      m.when(copies[s]) {
        runLength.next(lengths[s])
        runBudget.next(budgets[s])
      }
      allLengths.slice(at: s * 32, width: 32).drive(runLength)
      allBudgets.slice(at: s * 32, width: 32).drive(runBudget)
    }
  }
}

extension ModuleBuilder {
  /// One bit, or one of each stream.
  func streamInput(_ name: String, _ c: Configuration) -> Unsigned {
    c.streams == 1 ? input(name, Bit.self).asUnsigned : input(name, Unsigned.self, width: c.streams)
  }

  /// The tokens that come together, one after the other and with their stream's number above the id.
  func oneToken(
    _ c: Configuration, valid: Unsigned, id: Unsigned
  ) -> (valid: Bit, token: Unsigned, together: Unsigned?) {
    guard c.streams > 1 else { return (valid.asBit, id, nil) }
    let bits = indexWidth(c.streams)
    comment("Tokens come of all streams together; they are pushed one a cycle.")
    let waiting = register("waiting_tokens", Unsigned.self, width: c.streams, reset: 0)
    let stream = register("pushed_stream", Unsigned.self, width: bits, reset: 0)
    let ids = vector("token_of_stream", Unsigned.self, width: 16, count: c.streams)
    generate("token", count: c.streams, index: "s") { s in
      let held = register("held_token", Unsigned.self, width: 16)
      when(valid.reducedOr) { held.next(id.slice(at: s * 16, width: 16)) }
      ids[s].drive(held)
    }
    stream.next(stream &+ 1)
    waiting.next(concatenate(Unsigned(0, width: 1), waiting[c.streams - 1, 1]))
    when(valid.reducedOr) {
      waiting.next(valid)
      stream.next(0)
    }
    return (waiting[0], concatenate(stream, ids[stream]), valid)
  }
}
