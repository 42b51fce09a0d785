import HardwareDescription
import SeededRandom

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
/// Where SystemVerilog gives X, this gives a number: registers, and memories beyond their contents, start at 0 or
/// at random; a read beyond the end of a memory, a vector or a number gives 0 bits, and a write there is lost.
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
  let layouts: UnsafeMutablePointer<MemoryLayout>
  private let machine: Machine
  /// What has changed since everything was last computed.
  private var changed = Activity.all
  /// The same for signals that only an inspection computes.
  private var changedForInspection = Activity.all
  lazy var names = NameTable(circuit.top)
  var handles: [String: SignalHandle] = [:]
  var inputHandles: [String: SignalHandle] = [:]
  private(set) var inputNumbers: [String: Int] = [:]
  /// What is told of everything before each edge.
  var recorders: [any Recorder] = []
  /// By domain.
  var clocks: [Clock]

  /// Instants with rising edges so far: cycles, when there is one clock.
  public internal(set) var cycle = 0
  /// The present time, in the unit of the clocks' periods.
  public internal(set) var time = 0

  /// Instructions of a cycle in which everything changes.
  public var instructionCount: Int {
    program.blocks.reduce(0) { sum, block in
      program.runs[block.runs].reduce(sum) { $0 + Int($1.end - $1.start) }
    }
  }

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
    clocks = circuit.domains.map { Clock(domain: $0) }
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
          fill(memory, layout, address, Self.random(memory.width, &generator))
        }
      }
    }
    for (memory, layout) in zip(circuit.memories, program.memories) {
      for (address, word) in (memory.contents?.words ?? []).prefix(layout.depth).enumerated() {
        fill(memory, layout, address, word)
      }
    }
    for constant in program.constants { state[constant.slot] = constant.value }
  }

  private func fill(_ memory: Circuit.Memory, _ layout: MemoryLayout, _ address: Int, _ word: BitPattern) {
    let pattern = word.resized(to: layout.stride * 64, signed: memory.isSigned)
    for (part, bits) in pattern.words.enumerated() { state[layout.base + address * layout.stride + part] = bits }
  }

  private static func random(_ width: Int, _ generator: inout SeededGenerator) -> BitPattern {
    BitPattern(words: (0..<WideValue.count(width)).map { _ in generator.next() }, width: width)
  }

  private func store(_ pattern: BitPattern, _ value: WideValue) {
    let extended = pattern.resized(to: value.words.count * 64, signed: value.isSigned)
    for (word, bits) in zip(value.words, extended.words) { state[Int(program.slots[Int(word)])] = bits }
  }

  // MARK: Computation

  /// Computes what inputs and registers have changed.
  func settle() {
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

  // MARK: Edges

  /// Rising edges of some clocks at one instant: everything is sampled before anything changes.
  func edge(_ domains: [Int]) {
    settle()
    for recorder in recorders { recorder.record(self) }
    for domain in domains { writeMemories(domain) }
    for domain in domains { updateRegisters(domain) }
    cycle += 1
  }

  func applyReset(_ domain: Int) {
    for reset in program.domains[domain].resets where state[reset.slot] != reset.value {
      state[reset.slot] = reset.value
      changed |= reset.activity
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
    if clocks[domain].isInReset { applyReset(domain) }
  }

  /// Notes that something was changed from outside.
  func touch(_ activity: Activity) { changed |= activity }
}
