import HardwareDescription

/// Runs an elaborated design, cycle by cycle.
///
///     let sim = try Simulation(Elaborator().run(Accumulator(width: 8)))
///     sim.reset()
///     try sim.poke("valid", 1)
///     try sim.poke("sample", -3)
///     sim.step()
///     try sim.peekSigned("total")   // -3
///
/// Values are of two states. Poked inputs hold until they are poked again. Outputs and internal signals show what they are
/// with the present inputs and registers, so between two edges a bench may poke and peek as it likes. `step` is a rising
/// edge: registers, memory writes and registered reads take what was there right before it.
///
/// Where SystemVerilog gives X, this gives a number: registers and memories start at 0, or at random; a read beyond the end of
/// a memory, a vector or a number gives 0 bits, and a write there is lost.
///
/// Signals are named by path, as in `u_fifo.words` or `gen_lane[3].level_q`, by the author's name or by that in the emitted
/// text; elements of vectors as `history[2]`. An author's name that stands for a port and for something inside means the port.
public final class Simulation {
  /// What registers and memories hold before the first reset.
  public enum InitialState: Hashable, Sendable {
    case zero
    /// Bits drawn from a seed.
    case random(seed: UInt64)
  }

  let circuit: Circuit
  let program: Program
  let state: UnsafeMutablePointer<UInt64>
  private let code: UnsafeMutablePointer<Instruction>
  private let tables: UnsafeMutablePointer<UInt32>
  private let layouts: UnsafeMutablePointer<MemoryLayout>
  private let machine: Machine
  /// What has changed since everything was last computed.
  private var changed = Activity.all
  /// The same for signals that only an inspection computes.
  private var changedForInspection = Activity.all
  lazy var names = NameTable(circuit.top)
  private var handles: [String: SignalHandle] = [:]
  private var inputHandles: [String: SignalHandle] = [:]
  private var inputNumbers: [String: Int] = [:]
  private var isInReset = false
  /// Called before each edge, with everything computed: what records waveforms.
  var observers: [() -> Void] = []

  /// Rising edges so far.
  public private(set) var cycle = 0

  /// Elaboration must not have found errors.
  public convenience init(
    _ elaboration: Elaboration, initialState: InitialState = .zero
  ) throws(SimulationError) {
    if !elaboration.errors.isEmpty { throw .invalidDesign(elaboration.errors) }
    try self.init(elaboration.design, initialState: initialState)
  }

  /// Elaborates the module with the standard passes.
  public convenience init(
    _ module: some HardwareModule, initialState: InitialState = .zero
  ) throws(SimulationError) {
    try self.init(Elaborator().run(module), initialState: initialState)
  }

  init(_ design: Design, initialState: InitialState) throws(SimulationError) {
    circuit = try Lowering.circuit(of: design)
    program = Scheduler.program(for: circuit)
    state = .allocate(capacity: program.size + 1)
    state.initialize(repeating: 0, count: program.size + 1)
    code = .allocate(capacity: program.code.count + 1)
    code.initialize(from: program.code, count: program.code.count)
    tables = .allocate(capacity: program.tables.count + 1)
    tables.initialize(from: program.tables, count: program.tables.count)
    layouts = .allocate(capacity: program.memories.count + 1)
    layouts.initialize(from: program.memories, count: program.memories.count)
    machine = Machine(state: state, code: code, tables: tables, memories: layouts)
    for (number, input) in circuit.inputs.enumerated() {
      inputNumbers[input.name] = number
      inputNumbers["\(input.name)_i"] = number
    }
    initialise(initialState)
  }

  deinit {
    state.deallocate()
    code.deallocate()
    tables.deallocate()
    layouts.deallocate()
  }

  private func initialise(_ initialState: InitialState) {
    if case .random(let seed) = initialState {
      var generator = SeededGenerator(seed: seed)
      for register in circuit.registers {
        store(Self.random(register.current.width, &generator), register.current)
      }
      for (memory, layout) in zip(circuit.memories, program.memories) {
        for address in 0..<layout.depth {
          let pattern = Self.random(memory.width, &generator).resized(to: layout.stride * 64, signed: memory.isSigned)
          for (part, word) in pattern.words.enumerated() { state[layout.base + address * layout.stride + part] = word }
        }
      }
    }
    for constant in program.constants { state[constant.slot] = constant.value }
  }

  private static func random(_ width: Int, _ generator: inout SeededGenerator) -> BitPattern {
    BitPattern(words: (0..<WideValue.count(width)).map { _ in generator.next() }, width: width)
  }

  private func store(_ pattern: BitPattern, _ value: WideValue) {
    let extended = pattern.resized(to: value.words.count * 64, signed: value.isSigned)
    for (word, bits) in zip(value.words, extended.words) { state[Int(program.slots[Int(word)])] = bits }
  }

  // MARK: Time

  /// Computes what inputs and registers have changed.
  private func settle() {
    if changed.isEmpty { return }
    execute(program.blocks, changed)
    changedForInspection |= changed
    changed = .none
  }

  /// Computes the signals that nothing but a bench looks at, too.
  func settleAll() {
    settle()
    if changedForInspection.isEmpty { return }
    execute(program.inspection, changedForInspection)
    changedForInspection = .none
  }

  @inline(__always)
  private func execute(_ blocks: [Program.Block], _ changed: Activity) {
    program.runs.withUnsafeBufferPointer { runs in
      for block in blocks where block.activity.meets(changed) {
        for index in block.runs { machine.execute(runs[index]) }
      }
    }
  }

  /// `count` rising edges.
  public func step(_ count: Int = 1) {
    for _ in 0..<max(0, count) {
      settle()
      for observer in observers { observer() }
      for domain in program.domains.indices { writeMemories(domain) }
      for domain in program.domains.indices { updateRegisters(domain) }
      cycle += 1
    }
  }

  /// Holds the reset for `cycles` edges, at least one. Registers with a reset take their values at once; the others are
  /// clocked as ever.
  public func reset(cycles: Int = 1) {
    assertReset()
    step(max(1, cycles))
    releaseReset()
  }

  /// Pulls the reset: registers that have one take their reset values now and keep them.
  public func assertReset() {
    isInReset = true
    applyReset()
  }

  public func releaseReset() { isInReset = false }

  private func applyReset() {
    for domain in program.domains {
      for reset in domain.resets where state[reset.slot] != reset.value {
        state[reset.slot] = reset.value
        changed |= reset.activity
      }
    }
  }

  private func writeMemories(_ domain: Int) {
    for write in program.domains[domain].writes where state[write.enable] != 0 {
      let layout = layouts[write.memory]
      let address = state[write.address]
      guard address < UInt64(layout.depth) else { continue }
      let base = layout.base + Int(address) * layout.stride
      for (part, slot) in write.data.enumerated() where state[base + part] != state[slot] {
        state[base + part] = state[slot]
        changed |= write.activity
      }
    }
  }

  private func updateRegisters(_ domain: Int) {
    for bank in program.domains[domain].banks {
      let (current, next) = (state + bank.current, state + bank.next)
      var index = 0
      while index < bank.count, current[index] == next[index] { index += 1 }
      if index == bank.count { continue }
      (current + index).update(from: next + index, count: bank.count - index)
      changed |= bank.activity
    }
    if isInReset { applyReset() }
  }

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
  private func input(_ name: String) throws(SimulationError) -> SignalHandle {
    if let known = inputHandles[name] { return known }
    guard let number = inputNumbers[name] else { return try signal(name) }
    let handle = try handle(name, path: "\(circuit.inputs[number].name)_i")
    inputHandles[name] = handle
    return handle
  }

  // MARK: Poke

  /// Sets an input. A negative number needs a signed input.
  public func poke(_ name: String, _ value: Int) throws(SimulationError) { try poke(input(name), value) }

  public func poke(_ name: String, _ value: UInt64) throws(SimulationError) { try poke(input(name), value) }

  public func poke(_ name: String, _ value: Bool) throws(SimulationError) { try poke(input(name), value ? 1 : 0) }

  /// Sets an input of any width; the pattern may be narrower and is then extended with zeros.
  public func poke(_ name: String, _ value: BitPattern) throws(SimulationError) { try poke(input(name), value) }

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

  private func set(_ signal: SignalHandle, _ word: (Int) -> UInt64) throws(SimulationError) {
    guard let input = signal.input else { throw .notAnInput(signal.name) }
    for (part, slot) in signal.slots.enumerated() {
      let bits = word(part)
      if state[slot] != bits {
        state[slot] = bits
        changed |= program.inputActivity[input]
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
    changed |= program.memoryActivity[number]
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
