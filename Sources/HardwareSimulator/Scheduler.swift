import HardwareDescription

/// Lays out a circuit and orders its instructions.
struct Scheduler {
  private let circuit: Circuit
  private var program = Program()
  /// Per word of the graph.
  private var activity: [Activity]
  private var isNeeded: [Bool]
  /// Registers that take the value of a word that has its place elsewhere.
  private var copies: [(word: WordID, destination: UInt32)] = []

  private static let inputBits = 40
  private static let memoryBits = 40

  static func program(for circuit: Circuit) -> Program {
    var scheduler = Scheduler(circuit)
    scheduler.run()
    return scheduler.program
  }

  private init(_ circuit: Circuit) {
    self.circuit = circuit
    activity = Array(repeating: .none, count: circuit.graph.nodes.count)
    isNeeded = Array(repeating: false, count: circuit.graph.nodes.count)
    program.slots = Array(repeating: Program.unplaced, count: circuit.graph.nodes.count)
    program.domains = Array(repeating: Program.Domain(), count: circuit.domains.count)
  }

  private mutating func run() {
    assignActivity()
    var roots: [WordID] = []
    for register in circuit.registers { roots += register.next.words }
    for memory in circuit.memories {
      for write in memory.writes { roots += [write.enable, write.address] + write.data.words }
    }
    for output in circuit.outputs { roots += output.value.words }
    let primary = reach(roots)
    var inspected: [WordID] = []
    func visit(_ scope: Circuit.Scope) {
      for variable in scope.variables { for value in variable.elements { inspected += value.words } }
      for child in scope.children { visit(child) }
    }
    visit(circuit.top)
    let secondary = reach(inspected)
    placeConstantsAndState(primary + secondary)
    program.isInspected = Array(repeating: false, count: circuit.graph.nodes.count)
    for word in secondary { program.isInspected[Int(word)] = true }
    program.blocks = schedule(primary, copies: copies)
    program.inspection = schedule(secondary, copies: [])
    placeMemories()
    placeWrites()
    encode()
  }

  /// Words that are newly needed for `roots`, in the order in which they can be computed.
  private mutating func reach(_ roots: [WordID]) -> [WordID] {
    var open = roots
    var found: [WordID] = []
    while let word = open.popLast() {
      if isNeeded[Int(word)] { continue }
      isNeeded[Int(word)] = true
      found.append(word)
      circuit.graph.visitOperands(word) { open.append($0) }
    }
    return found.sorted()
  }

  // MARK: Activity

  private mutating func assignActivity() {
    for (number, input) in circuit.inputs.enumerated() {
      let bit = Activity(bit: number % Self.inputBits)
      program.inputActivity.append(bit)
      for word in input.value.words { activity[Int(word)] = bit }
    }
    program.memoryActivity = circuit.memories.indices.map {
      Activity(bit: Self.inputBits + $0 % Self.memoryBits)
    }
    let keys = Set(circuit.registers.map { groupKey($0) }).sorted { $0.lexicographicallyPrecedes($1) }
    let first = Self.inputBits + Self.memoryBits
    let room = Activity.bitCount - first
    var bits: [[Int]: Int] = [:]
    for (number, key) in keys.enumerated() {
      // Neighbours in the hierarchy share a bit when there are too many.
      bits[key] = first + (keys.count <= room ? number : number * room / keys.count)
    }
    for register in circuit.registers {
      let bit = Activity(bit: bits[groupKey(register)] ?? first)
      for word in register.current.words { activity[Int(word)] = bit }
    }
    for number in circuit.graph.nodes.indices {
      let word = WordID(number)
      var own = activity[number]
      circuit.graph.visitOperands(word) { own |= activity[Int($0)] }
      let node = circuit.graph.nodes[number]
      if node.operation == .load { own |= program.memoryActivity[Int(node.b)] }
      activity[number] = own
    }
  }

  private func groupKey(_ register: Circuit.Register) -> [Int] { [register.group, register.domain] }

  // MARK: Places

  private mutating func take(_ count: Int) -> Int {
    program.size += count
    return program.size - count
  }

  private mutating func place(_ word: WordID) {
    program.slots[Int(word)] = UInt32(take(1))
  }

  private mutating func placeConstantsAndState(_ words: [WordID]) {
    for word in words {
      guard let value = circuit.graph.constantValue(word) else { continue }
      place(word)
      program.constants.append((Int(program.slots[Int(word)]), value))
    }
    for input in circuit.inputs { for word in input.value.words { place(word) } }
    // Registers that keep their value for ever have no next value.
    var changing: [Int] = []
    for (number, register) in circuit.registers.enumerated() {
      if register.next.words == register.current.words {
        for word in register.current.words { place(word) }
      } else {
        changing.append(number)
      }
    }
    changing.sort { a, b in
      let (x, y) = (circuit.registers[a], circuit.registers[b])
      if x.domain != y.domain { return x.domain < y.domain }
      return (activityOrder(x), a) < (activityOrder(y), b)
    }
    var position = 0
    while position < changing.count {
      var end = position
      let (domain, own) = (
        circuit.registers[changing[position]].domain, activity(circuit.registers[changing[position]])
      )
      while end < changing.count, circuit.registers[changing[end]].domain == domain,
        activity(circuit.registers[changing[end]]) == own
      {
        end += 1
      }
      placeBank(changing[position..<end], domain, own)
      position = end
    }
    for register in circuit.registers {
      guard let reset = register.reset else { continue }
      let extended = reset.resized(to: register.current.words.count * 64, signed: register.current.isSigned)
      for (word, value) in zip(register.current.words, extended.words) {
        program.domains[register.domain].resets.append(
          Program.Reset(slot: Int(program.slots[Int(word)]), value: value, activity: activity[Int(word)]))
      }
    }
  }

  private func activity(_ register: Circuit.Register) -> Activity { activity[Int(register.current.words[0])] }

  private func activityOrder(_ register: Circuit.Register) -> Int {
    let own = activity(register)
    for index in 0..<4 where own[index] != 0 { return index * 64 + own[index].trailingZeroBitCount }
    return 0
  }

  private mutating func placeBank(_ members: ArraySlice<Int>, _ domain: Int, _ own: Activity) {
    let count = members.reduce(0) { $0 + circuit.registers[$1].current.words.count }
    let (current, next) = (take(count), take(count))
    var offset = 0
    for member in members {
      let register = circuit.registers[member]
      for (word, after) in zip(register.current.words, register.next.words) {
        program.slots[Int(word)] = UInt32(current + offset)
        let node = circuit.graph.nodes[Int(after)]
        if let value = circuit.graph.constantValue(after) {
          program.constants.append((next + offset, value))
        } else if node.operation != .leaf, program.slots[Int(after)] == Program.unplaced {
          program.slots[Int(after)] = UInt32(next + offset)
        } else {
          copies.append((after, UInt32(next + offset)))
        }
        offset += 1
      }
    }
    program.domains[domain].banks.append(
      Program.Bank(current: current, next: next, count: count, activity: own))
  }

  private mutating func placeMemories() {
    for memory in circuit.memories {
      let stride = WideValue.count(memory.width)
      program.memories.append(
        MemoryLayout(base: take(stride * memory.depth), depth: memory.depth, stride: stride))
    }
  }

  private mutating func placeWrites() {
    for (number, memory) in circuit.memories.enumerated() {
      for write in memory.writes {
        program.domains[write.domain].writes.append(
          Program.Write(
            enable: Int(program.slots[Int(write.enable)]), address: Int(program.slots[Int(write.address)]),
            data: write.data.words.map { Int(program.slots[Int($0)]) }, memory: number,
            activity: program.memoryActivity[number]))
      }
    }
  }

  // MARK: Order

  private mutating func schedule(
    _ words: [WordID], copies: [(word: WordID, destination: UInt32)]
  ) -> [Program.Block] {
    var members: [Activity: [WordID]] = [:]
    for word in words {
      switch circuit.graph.nodes[Int(word)].operation {
      case .constant, .leaf: continue
      default: members[activity[Int(word)], default: []].append(word)
      }
    }
    var copiesOf: [Activity: [(word: WordID, destination: UInt32)]] = [:]
    for copy in copies { copiesOf[activity[Int(copy.word)], default: []].append(copy) }
    // What a word is computed from depends on a part of the same groups: fewer groups come first.
    let order = Set(members.keys).union(copiesOf.keys)
      .map { (key: $0, count: $0.count, first: members[$0]?.first ?? copiesOf[$0]?.first?.word ?? 0) }
      .sorted { ($0.count, $0.first) < ($1.count, $1.first) }
    return order.map { entry in
      let start = program.runs.count
      arrange(members[entry.key] ?? [])
      if let own = copiesOf[entry.key] { appendCopies(own) }
      return Program.Block(activity: entry.key, runs: start..<program.runs.count)
    }
  }

  private mutating func appendCopies(_ copies: [(word: WordID, destination: UInt32)]) {
    let start = program.code.count
    for copy in copies {
      program.code.append(Instruction(destination: copy.destination, a: copy.word, b: 0, c: 0))
    }
    program.runs.append(Run(operation: .copy, start: Int32(start), end: Int32(program.code.count)))
  }

  /// Appends the instructions of a block: always the operation of which most are ready, until none is.
  private mutating func arrange(_ words: [WordID]) {
    var local: [WordID: Int] = [:]
    for (index, word) in words.enumerated() { local[word] = index }
    var waits = [Int](repeating: 0, count: words.count)
    var readers = [[Int]](repeating: [], count: words.count)
    for (index, word) in words.enumerated() {
      circuit.graph.visitOperands(word) { operand in
        if let source = local[operand] {
          waits[index] += 1
          readers[source].append(index)
        }
      }
    }
    var ready = [[Int]](repeating: [], count: Operation.allCases.count)
    func number(_ index: Int) -> Int { Int(circuit.graph.nodes[Int(words[index])].operation.rawValue) }
    for index in words.indices.reversed() where waits[index] == 0 { ready[number(index)].append(index) }
    while let fullest = ready.indices.max(by: { ready[$0].count < ready[$1].count }), !ready[fullest].isEmpty {
      let start = program.code.count
      while let index = ready[fullest].popLast() {
        let word = words[index]
        if program.slots[Int(word)] == Program.unplaced { place(word) }
        let node = circuit.graph.nodes[Int(word)]
        program.code.append(
          Instruction(destination: program.slots[Int(word)], a: node.a, b: node.b, c: node.c))
        for reader in readers[index] {
          waits[reader] -= 1
          if waits[reader] == 0 { ready[number(reader)].append(reader) }
        }
      }
      guard let operation = Operation(rawValue: UInt8(fullest)) else { continue }
      program.runs.append(Run(operation: operation, start: Int32(start), end: Int32(program.code.count)))
    }
  }

  /// Replaces words by their places and the numbers of tables by where these begin.
  private mutating func encode() {
    var starts: [UInt32: UInt32] = [:]
    for run in program.runs {
      let count = run.operation.wordOperands
      for index in Int(run.start)..<Int(run.end) {
        if count > 0 { program.code[index].a = program.slots[Int(program.code[index].a)] }
        if count > 1 { program.code[index].b = program.slots[Int(program.code[index].b)] }
        if count > 2 { program.code[index].c = program.slots[Int(program.code[index].c)] }
        if run.operation == .pick {
          let table = program.code[index].b
          let start = starts[table] ?? UInt32(program.tables.count)
          if starts[table] == nil {
            starts[table] = start
            program.tables += circuit.graph.tables[Int(table)].map { program.slots[Int($0)] }
          }
          program.code[index].b = start
        }
      }
    }
  }
}
