import HardwareDescription

extension Simulation {
  // MARK: Names

  /// A handle to a port, an internal signal or an element of a vector.
  public func signal(_ name: String) throws(SimulationError) -> SignalHandle {
    if let known = handles[name] { return known }
    let handle = try handle(name, path: name)
    handles[name] = handle
    return handle
  }

  private func handle(_ name: String, path: String) throws(SimulationError) -> SignalHandle {
    guard let (entry, element) = names.find(path) else {
      throw .unknownSignal(name, near: nearest(to: name, among: names.suggestions))
    }
    let variable = entry.variable
    if variable.isVector, element == nil { throw .needsElement(name, count: variable.elements.count) }
    let value = variable.elements[element ?? 0]
    return SignalHandle(
      name: name, width: variable.width, isSigned: variable.isSigned, enumeration: variable.enumeration,
      slots: value.words.map { Int(program.slots[Int($0)]) },
      isInspected: value.words.contains { program.isInspected[Int($0)] },
      input: entry.isTopPort && variable.emittedName == "\(variable.name)_i" ? inputNumbers[variable.name] : nil)
  }

  /// What a bench pokes: an input, even when an output bears the same name.
  func inputHandle(_ name: String) throws(SimulationError) -> SignalHandle {
    if let known = inputHandles[name] { return known }
    guard let number = inputNumbers[name] else { return try signal(name) }
    let handle = try handle(name, path: "\(circuit.inputs[number].name)_i")
    inputHandles[name] = handle
    return handle
  }

  // MARK: Poke

  /// Sets an input. A negative number needs a signed input.
  public func poke(_ name: String, _ value: Int) throws(SimulationError) { try poke(inputHandle(name), value) }

  public func poke(_ name: String, _ value: UInt64) throws(SimulationError) { try poke(inputHandle(name), value) }

  public func poke(_ name: String, _ value: Bool) throws(SimulationError) { try poke(inputHandle(name), value ? 1 : 0) }

  /// Sets an input of any width; the pattern may be narrower and is then extended with zeros.
  public func poke(_ name: String, _ value: BitPattern) throws(SimulationError) { try poke(inputHandle(name), value) }

  public func poke(_ signal: SignalHandle, _ value: Int) throws(SimulationError) {
    if value >= 0, !signal.isSigned { return try poke(signal, UInt64(value)) }
    guard signal.isSigned, signal.width >= 64 || value >> (signal.width - 1) == value >> 63 else {
      throw .valueTooWide(signal.name, value: "\(value)", width: signal.width)
    }
    let fill: UInt64 = value < 0 ? .max : 0
    try set(signal) { $0 == 0 ? UInt64(bitPattern: Int64(value)) : fill }
  }

  public func poke(_ signal: SignalHandle, _ value: UInt64) throws(SimulationError) {
    let room = signal.isSigned ? signal.width - 1 : signal.width
    guard room >= 64 || value >> UInt64(room) == 0 else {
      throw .valueTooWide(signal.name, value: "\(value)", width: signal.width)
    }
    try set(signal) { $0 == 0 ? value : 0 }
  }

  public func poke(_ signal: SignalHandle, _ value: BitPattern) throws(SimulationError) {
    guard
      value.width <= signal.width
        || value.resized(to: signal.width, signed: false).resized(to: value.width, signed: false) == value
    else { throw .valueTooWide(signal.name, value: "0x\(value.hexadecimalDigits)", width: signal.width) }
    let words = value.resized(to: signal.width, signed: false)
      .resized(to: signal.slots.count * 64, signed: signal.isSigned).words
    try set(signal) { words[$0] }
  }

  /// Sets an input from words of 64 bits, low first, as many as its width needs; the quickest way for wide inputs.
  public func poke(_ signal: SignalHandle, words: [UInt64]) throws(SimulationError) {
    let top = WideValue.topBits(signal.width)
    guard words.count == signal.slots.count, let last = words.last, top == 64 || last >> UInt64(top) == 0 else {
      throw .valueTooWide(
        signal.name, value: "0x\(BitPattern(words: words, width: max(1, words.count * 64)).hexadecimalDigits)",
        width: signal.width)
    }
    let isNegative = signal.isSigned && last >> UInt64(top - 1) == 1
    try set(signal) { part in
      part == words.count - 1 && isNegative ? last | ~WordGraph.ones(top) : words[part]
    }
  }

  private func set(_ signal: SignalHandle, _ word: (Int) -> UInt64) throws(SimulationError) {
    guard let input = signal.input else { throw .notAnInput(signal.name) }
    for (part, slot) in signal.slots.enumerated() {
      let bits = word(part)
      if state[slot] != bits {
        state[slot] = bits
        touch(program.inputActivity[input])
      }
    }
  }

  // MARK: Peek

  /// The bits of a signal of at most 64 bits.
  public func peek(_ name: String) throws(SimulationError) -> UInt64 { try peek(signal(name)) }

  public func peek(_ signal: SignalHandle) throws(SimulationError) -> UInt64 {
    guard signal.slots.count == 1 else { throw .needsBitPattern(signal.name, width: signal.width) }
    if signal.isInspected { settleAll() } else { settle() }
    return state[signal.slots[0]] & WordGraph.ones(signal.width)
  }

  /// A signal of at most 64 bits as the number it stands for: two's complement when it is signed.
  public func peekSigned(_ name: String) throws(SimulationError) -> Int { try peekSigned(signal(name)) }

  public func peekSigned(_ signal: SignalHandle) throws(SimulationError) -> Int {
    let bits = try peek(signal)
    guard signal.isSigned, signal.width < 64 else { return Int(truncatingIfNeeded: bits) }
    return Int(bits) - (bits >> UInt64(signal.width - 1) == 1 ? 1 << signal.width : 0)
  }

  /// The bits of a signal of any width.
  public func peekBits(_ name: String) throws(SimulationError) -> BitPattern { peekBits(try signal(name)) }

  public func peekBits(_ signal: SignalHandle) -> BitPattern {
    if signal.isInspected { settleAll() } else { settle() }
    return BitPattern(words: signal.slots.map { state[$0] }, width: signal.width)
  }

  // MARK: Memories

  /// The word of a memory of at most 64 bits.
  public func peek(memory name: String, at address: Int) throws(SimulationError) -> UInt64 {
    let pattern = try peekBits(memory: name, at: address)
    guard pattern.words.count == 1 else { throw .needsBitPattern(name, width: pattern.width) }
    return pattern.words[0]
  }

  public func peekBits(memory name: String, at address: Int) throws(SimulationError) -> BitPattern {
    let (number, base) = try place(name, address)
    let words = (0..<layouts[number].stride).map { state[base + $0] }
    return BitPattern(words: words, width: circuit.memories[number].width)
  }

  /// Replaces a word of a memory, now.
  public func poke(memory name: String, at address: Int, _ value: UInt64) throws(SimulationError) {
    try poke(memory: name, at: address, BitPattern(words: [value], width: 64))
  }

  public func poke(memory name: String, at address: Int, _ value: BitPattern) throws(SimulationError) {
    let (number, base) = try place(name, address)
    let memory = circuit.memories[number]
    let cut = value.resized(to: memory.width, signed: false)
    guard
      cut.resized(to: max(memory.width, value.width), signed: false)
        == value.resized(to: max(memory.width, value.width), signed: false)
    else { throw .valueTooWide(name, value: "0x\(value.hexadecimalDigits)", width: memory.width) }
    let extended = cut.resized(to: layouts[number].stride * 64, signed: memory.isSigned)
    for (part, word) in extended.words.enumerated() { state[base + part] = word }
    touch(program.memoryActivity[number])
  }

  private func place(_ name: String, _ address: Int) throws(SimulationError) -> (number: Int, base: Int) {
    guard let number = names.memories[name] else {
      throw .unknownMemory(name, near: nearest(to: name, among: names.memories.keys))
    }
    let layout = layouts[number]
    guard (0..<layout.depth).contains(address) else {
      throw .addressOutOfRange(name, address: address, depth: layout.depth)
    }
    return (number, layout.base + address * layout.stride)
  }
}

extension BitPattern {
  /// Without leading zeros.
  var hexadecimalDigits: String {
    let text = words.reversed().map { word in
      let part = String(word, radix: 16)
      return String(repeating: "0", count: 16 - part.count) + part
    }.joined()
    let digits = text.drop { $0 == "0" }
    return digits.isEmpty ? "0" : String(digits)
  }
}
