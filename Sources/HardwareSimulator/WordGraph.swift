/// A word of the graph, by number. Operands have smaller numbers than what is computed from them.
typealias WordID = UInt32

/// One word computed from others.
struct WordNode: Hashable {
  var operation: Operation
  var a: UInt32 = 0
  var b: UInt32 = 0
  var c: UInt32 = 0
}

/// What is known of a word's value.
struct WordRange {
  /// The value is below 2^unsignedBits.
  var unsignedBits: UInt8
  /// The value, read as two's complement, needs no more bits than these.
  var signedBits: UInt8

  init(unsigned: Int, signed: Int) {
    let unsigned = min(unsigned, 64)
    unsignedBits = UInt8(unsigned)
    signedBits = UInt8(min(signed, unsigned < 64 ? unsigned + 1 : 64))
  }

  init(constant value: UInt64) {
    let magnitude = Int64(bitPattern: value) < 0 ? ~value : value
    self.init(unsigned: 64 - value.leadingZeroBitCount, signed: 65 - magnitude.leadingZeroBitCount)
  }
}

/// The flattened design as words computed from words. Equal words are the same word, and what a constant decides is
/// decided here.
struct WordGraph {
  private(set) var nodes: [WordNode] = []
  private(set) var ranges: [WordRange] = []
  /// Words to choose from, the last one for numbers out of range.
  private(set) var tables: [[WordID]] = []
  private var known: [WordNode: WordID] = [:]
  private var knownTables: [[WordID]: UInt32] = [:]
  private var leafCount: UInt32 = 0
  /// Bits of each part of a memory's words, for ranges.
  private var memoryParts: [[WordRange]] = []

  mutating func constant(_ value: UInt64) -> WordID {
    let node = WordNode(
      operation: .constant, a: UInt32(truncatingIfNeeded: value), b: UInt32(truncatingIfNeeded: value >> 32))
    if let id = known[node] { return id }
    return append(node, WordRange(constant: value))
  }

  /// The number a word always has.
  func constantValue(_ id: WordID) -> UInt64? {
    let node = nodes[Int(id)]
    return node.operation == .constant ? UInt64(node.a) | UInt64(node.b) << 32 : nil
  }

  /// A register or input of at most 64 bits.
  mutating func leaf(width: Int, isSigned: Bool) -> WordID {
    leafCount += 1
    return append(
      WordNode(operation: .leaf, a: leafCount - 1),
      WordRange(unsigned: isSigned ? 64 : width, signed: isSigned ? width : min(64, width + 1)))
  }

  /// A memory whose words have parts of these widths; returns its number.
  mutating func addMemory(width: Int, isSigned: Bool) -> Int {
    let count = (width + 63) / 64
    memoryParts.append(
      (0..<count).map { part in
        let bits = min(64, width - part * 64)
        let extends = isSigned && part == count - 1
        return WordRange(unsigned: extends ? 64 : bits, signed: extends ? bits : min(64, bits + 1))
      })
    return memoryParts.count - 1
  }

  mutating func load(memory: Int, address: WordID, part: Int) -> WordID {
    let node = WordNode(operation: .load, a: address, b: UInt32(memory), c: UInt32(part))
    return known[node] ?? append(node, memoryParts[memory][part])
  }

  /// Word number `index` of `words`, or `other` beyond them.
  mutating func pick(_ index: WordID, _ words: [WordID], otherwise other: WordID) -> WordID {
    if let number = constantValue(index) { return number < UInt64(words.count) ? words[Int(number)] : other }
    var words = words
    // Numbers the index cannot have need no words; those at the end that give `other` anyway neither.
    let reach = ranges[Int(index)].unsignedBits
    if reach < 32, words.count > 1 << Int(reach) { words.removeLast(words.count - 1 << Int(reach)) }
    let covers = reach < 32 && words.count == 1 << Int(reach)
    let rest = covers ? words[words.count - 1] : other
    while words.last == rest { words.removeLast() }
    if words.isEmpty { return rest }
    if words.count == 1 {
      return select(equal(index, constant(0)), words[0], rest)
    }
    let table = words + [rest]
    let number: UInt32
    if let existing = knownTables[table] {
      number = existing
    } else {
      number = UInt32(tables.count)
      tables.append(table)
      knownTables[table] = number
    }
    let node = WordNode(operation: .pick, a: index, b: number, c: UInt32(words.count))
    if let id = known[node] { return id }
    let bounds = table.map { ranges[Int($0)] }
    return append(
      node,
      WordRange(
        unsigned: Int(bounds.map(\.unsignedBits).max() ?? 64), signed: Int(bounds.map(\.signedBits).max() ?? 64)))
  }

  /// The word for a node whose simplifications were tried already.
  mutating func intern(_ node: WordNode) -> WordID {
    var node = node
    if node.operation.isCommutative, node.a > node.b { swap(&node.a, &node.b) }
    if let id = known[node] { return id }
    if let value = folded(node) { return constant(value) }
    return append(node, range(node))
  }

  private mutating func append(_ node: WordNode, _ range: WordRange) -> WordID {
    let id = WordID(nodes.count)
    nodes.append(node)
    ranges.append(range)
    known[node] = id
    return id
  }

  /// Calls `action` with the words a node is computed from.
  func visitOperands(_ id: WordID, _ action: (WordID) -> Void) {
    let node = nodes[Int(id)]
    let count = node.operation.wordOperands
    if count > 0 { action(node.a) }
    if count > 1 { action(node.b) }
    if count > 2 { action(node.c) }
    if node.operation == .pick { for word in tables[Int(node.b)] { action(word) } }
  }

  /// The value of a node whose operands are all constants.
  private func folded(_ node: WordNode) -> UInt64? {
    let count = node.operation.wordOperands
    guard count > 0, node.operation != .load, node.operation != .pick, let a = constantValue(node.a) else { return nil }
    var state: [UInt64] = [a, 0, 0, 0]
    var step = Instruction(destination: 3, a: 0, b: node.b, c: node.c)
    if count > 1 {
      guard let b = constantValue(node.b) else { return nil }
      state[1] = b
      step.b = 1
    }
    if count > 2 {
      guard let c = constantValue(node.c) else { return nil }
      state[2] = c
      step.c = 2
    }
    return state.withUnsafeMutableBufferPointer { state -> UInt64? in
      withUnsafePointer(to: step) { code in
        withUnsafePointer(to: UInt32(0)) { table in
          withUnsafePointer(to: MemoryLayout(base: 0, depth: 0, stride: 1)) { memory in
            guard let base = state.baseAddress else { return nil }
            Machine(state: base, code: code, tables: table, memories: memory)
              .execute(Run(operation: node.operation, start: 0, end: 1))
            return base[3]
          }
        }
      }
    }
  }

  private func range(_ node: WordNode) -> WordRange {
    func unsigned(_ id: UInt32) -> Int { Int(ranges[Int(id)].unsignedBits) }
    func signed(_ id: UInt32) -> Int { Int(ranges[Int(id)].signedBits) }
    let unknown = WordRange(unsigned: 64, signed: 64)
    switch node.operation {
    case .constant, .leaf, .load, .pick: return unknown
    case .copy: return ranges[Int(node.a)]
    case .and:
      return WordRange(unsigned: min(unsigned(node.a), unsigned(node.b)), signed: max(signed(node.a), signed(node.b)))
    case .or, .xor:
      return WordRange(unsigned: max(unsigned(node.a), unsigned(node.b)), signed: max(signed(node.a), signed(node.b)))
    case .add:
      return WordRange(
        unsigned: max(unsigned(node.a), unsigned(node.b)) + 1, signed: max(signed(node.a), signed(node.b)) + 1)
    case .subtract: return WordRange(unsigned: 64, signed: max(signed(node.a), signed(node.b)) + 1)
    case .multiply:
      return WordRange(unsigned: unsigned(node.a) + unsigned(node.b), signed: signed(node.a) + signed(node.b))
    case .multiplyHigh: return WordRange(unsigned: max(0, unsigned(node.a) + unsigned(node.b) - 64), signed: 64)
    case .bits:
      return WordRange(unsigned: min(Int(node.c), max(0, unsigned(node.a) - Int(node.b))), signed: 64)
    case .signedBits: return WordRange(unsigned: 64, signed: Int(node.c))
    case .shiftLeft:
      return WordRange(unsigned: unsigned(node.a) + Int(node.c), signed: signed(node.a) + Int(node.c))
    case .join:
      return WordRange(unsigned: max(unsigned(node.a), unsigned(node.b) + Int(node.c)), signed: 64)
    case .equal, .notEqual, .less, .lessOrEqual, .signedLess, .signedLessOrEqual, .parity:
      return WordRange(unsigned: 1, signed: 2)
    case .select:
      return WordRange(unsigned: max(unsigned(node.b), unsigned(node.c)), signed: max(signed(node.b), signed(node.c)))
    case .shiftRightBy: return WordRange(unsigned: unsigned(node.a), signed: 64)
    case .signedShiftRightBy: return WordRange(unsigned: unsigned(node.a), signed: signed(node.a))
    case .shiftLeftBy, .funnel: return unknown
    }
  }
}
