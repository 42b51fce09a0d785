extension NetListBuilder {
  /// The literals an expression stands for, low bit first.
  mutating func value(_ expression: ExpressionNode) -> [NetList.Literal] {
    if let known = known[ObjectIdentifier(expression)] { return known }
    var open = [expression]
    while let node = open.last {
      if known[ObjectIdentifier(node)] != nil {
        open.removeLast()
        continue
      }
      let missing = node.isStaticSlice ? [] : node.operands.filter { known[ObjectIdentifier($0)] == nil }
      if missing.isEmpty {
        known[ObjectIdentifier(node)] = literals(of: node)
        open.removeLast()
      } else {
        open += missing
      }
    }
    return known[ObjectIdentifier(expression)] ?? []
  }

  func number(_ value: Int, width: Int) -> [NetList.Literal] {
    (0..<width).map { value >> min($0, 63) & 1 == 1 ? NetList.one : NetList.zero }
  }

  private func bits(_ id: SignalID, _ element: Int, _ range: Range<Int>) -> [NetList.Literal] {
    let start = first[id.number] + Int32(element * module[id].width)
    return range.map { 2 * (start + Int32($0)) }
  }

  /// The operands' literals are known.
  private mutating func literals(of node: ExpressionNode) -> [NetList.Literal] {
    func operand(_ node: ExpressionNode) -> [NetList.Literal] { known[ObjectIdentifier(node)] ?? [] }
    switch node.kind {
    case .constant(let pattern): return (0..<node.width).map { pattern[$0] ? NetList.one : NetList.zero }
    case .enumeration(let value): return number(value.number, width: node.width)
    case .index(let index): return number(index.value(iteration), width: node.width)
    case .invalid: return number(0, width: node.width)
    case .signal(let id, let selector):
      switch selector {
      case nil: return bits(id, 0, 0..<node.width)
      case .index(let index)?: return bits(id, index.value(iteration), 0..<node.width)
      case .dynamic(let position)?: return element(of: id, at: operand(position))
      }
    case .memoryRead(let id, let address): return read(id, operand(address))
    case .unary(let op, let a): return unary(op, operand(a))
    case .binary(let op, let a, let b): return binary(op, operand(a), operand(b), isSigned: a.isSigned)
    case .select(let condition, let a, let b):
      let choice = operand(condition)[0]
      return zip(operand(a), operand(b)).map { list.select(choice, $0, $1) }
    case .concatenation(let parts): return parts.reversed().flatMap(operand)
    case .replication(let count, let a): return (0..<count).flatMap { _ in operand(a) }
    case .slice(let base, .index(let index)):
      let low = index.value(iteration)
      if case .signal(let id, let selector) = base.kind {
        var element = 0
        if case .index(let index)? = selector { element = index.value(iteration) }
        if selector?.expression == nil { return bits(id, element, low..<low + node.width) }
      }
      return Array(operand(base)[low..<low + node.width])
    case .slice(let base, .dynamic(let position)):
      return slice(operand(base), at: operand(position), width: node.width)
    case .resize(let a): return resized(operand(a), to: node.width, isSigned: a.isSigned)
    case .reinterpret(let a): return operand(a)
    }
  }

  private func resized(_ bits: [NetList.Literal], to width: Int, isSigned: Bool) -> [NetList.Literal] {
    if width <= bits.count { return Array(bits.prefix(width)) }
    let fill = isSigned ? bits[bits.count - 1] : NetList.zero
    return bits + Array(repeating: fill, count: width - bits.count)
  }

  // MARK: Operators

  private mutating func unary(_ op: ExpressionNode.Unary, _ a: [NetList.Literal]) -> [NetList.Literal] {
    switch op {
    case .not: return a.map { $0 ^ 1 }
    case .logicalNot: return [reduced(a) ^ 1]
    case .reduceOr: return [reduced(a)]
    case .reduceAnd: return [reduced(a.map { $0 ^ 1 }) ^ 1]
    case .reduceXor: return a.count == 1 ? a : list.operation(11, a, width: 1) { $0.load(a) }
    case .negate: return list.operation(12, a, width: a.count) { $0.load(a) }
    }
  }

  private mutating func reduced(_ a: [NetList.Literal]) -> NetList.Literal {
    if a.count == 1 { return a[0] }
    if a.count == 2 { return list.or(a[0], a[1]) }
    return list.operation(10, a, width: 1) { $0.load(a) }[0]
  }

  /// Compared with a constant this is a decoder: one load for each bit.
  mutating func isEqual(_ a: [NetList.Literal], _ b: [NetList.Literal]) -> NetList.Literal {
    let (x, y) = (a.map(list.root), b.map(list.root))
    if x == y { return NetList.one }
    if zip(x, y).contains(where: { $0 == $1 ^ 1 }) { return NetList.zero }
    if x.count == 1 { return list.xor(x[0], y[0]) ^ 1 }
    return list.operation(13, x + y, width: 1) { list in
      list.load(x)
      list.load(y)
    }[0]
  }

  private mutating func binary(
    _ op: ExpressionNode.Binary, _ a: [NetList.Literal], _ b: [NetList.Literal], isSigned: Bool
  ) -> [NetList.Literal] {
    func both(_ code: Int32, width: Int, _ cone: NetList.ConeStep.Kind = .passed) -> [NetList.Literal] {
      list.operation(code, a + b, width: width, cone: cone, second: a.count) { list in
        list.load(a)
        list.load(b)
      }
    }
    switch op {
    case .and: return zip(a, b).map { list.and($0, $1) }
    case .or: return zip(a, b).map { list.or($0, $1) }
    case .xor: return zip(a, b).map { list.xor($0, $1) }
    case .logicalAnd: return [list.and(reduced(a), reduced(b))]
    case .logicalOr: return [list.or(reduced(a), reduced(b))]
    case .equal: return [isEqual(a, b)]
    case .notEqual: return [isEqual(a, b) ^ 1]
    case .less: return both(isSigned ? 14 : 15, width: 1)
    case .lessOrEqual: return both(isSigned ? 16 : 17, width: 1)
    case .greater: return both(isSigned ? 18 : 19, width: 1)
    case .greaterOrEqual: return both(isSigned ? 20 : 21, width: 1)
    case .add: return both(22, width: a.count, .sum)
    case .subtract: return both(23, width: a.count, .sum)
    case .multiply: return multiply(a, b, isSigned: isSigned)
    case .shiftLeft, .shiftRight: return shift(op, a, by: b, isSigned: isSigned)
    }
  }

  /// By a constant it is a sum of shifted copies; else a multiplier takes 17 bits of the other operand.
  private mutating func multiply(
    _ a: [NetList.Literal], _ b: [NetList.Literal], isSigned: Bool
  ) -> [NetList.Literal] {
    func isConstant(_ literals: [NetList.Literal]) -> Bool { literals.allSatisfy { list.root($0) <= NetList.one } }
    func copies(for other: [NetList.Literal]) -> Int {
      isConstant(other)
        ? other.count { list.root($0) == NetList.one } : (Set(other.map(list.root)).count + 16) / 17
    }
    let (loadsOfA, loadsOfB) = (copies(for: b), copies(for: a))
    // Extended bits belong to the sign, which a multiplier takes once.
    let (ownA, ownB) = (Set(a.map(list.root)), Set(b.map(list.root)))
    return list.operation(isSigned ? 24 : 25, a + b, width: a.count, cone: .product, second: a.count) { list in
      for bit in ownA { list.load(bit, loadsOfA) }
      for bit in ownB { list.load(bit, loadsOfB) }
    }
  }

  private mutating func shift(
    _ op: ExpressionNode.Binary, _ a: [NetList.Literal], by b: [NetList.Literal], isSigned: Bool
  ) -> [NetList.Literal] {
    let fill = isSigned && op == .shiftRight ? a[a.count - 1] : NetList.zero
    let roots = b.map(list.root)
    if roots.allSatisfy({ $0 <= NetList.one }) {
      let amount = roots.enumerated().reduce(0) { $0 + Int($1.element) << min($1.offset, 30) }
      return a.indices.map { index in
        let source = op == .shiftLeft ? index - amount : index + amount
        return a.indices.contains(source) ? a[source] : fill
      }
    }
    // Each bit of the amount selects in one stage over the whole width; two stages share a LUT.
    let inputs = min(4, 1 << min(2, b.count))
    return list.operation(op == .shiftLeft ? 26 : isSigned ? 27 : 28, a + b, width: a.count, second: a.count) { list in
      for bit in a { list.load(bit, inputs) }
      for bit in b { list.load(bit, a.count) }
    }
  }

  // MARK: Positions

  private mutating func element(of id: SignalID, at position: [NetList.Literal]) -> [NetList.Literal] {
    let signal = module[id]
    let count = signal.count?.value ?? 1
    let roots = position.map(list.root)
    if roots.allSatisfy({ $0 <= NetList.one }) {
      let place = roots.enumerated().reduce(0) { $0 + Int($1.element) << min($1.offset, 30) }
      return bits(id, min(place, count - 1), 0..<signal.width)
    }
    let all = bits(id, 0, 0..<count * signal.width)
    return list.operation(29, all + position, width: signal.width) { list in
      list.load(all)
      for (bit, literal) in roots.enumerated() {
        list.load(literal, NetList.selectionLoads(bit, choices: count, width: signal.width))
      }
    }
  }

  private mutating func slice(
    _ base: [NetList.Literal], at position: [NetList.Literal], width: Int
  ) -> [NetList.Literal] {
    let roots = position.map(list.root)
    // A position whose low bits are 0 chooses among words.
    let step = 1 << roots.prefix { $0 == NetList.zero }.count
    let choices = max(1, (base.count - width) / step + 1)
    let reach = max(1, (width + step - 1) / step)
    // A table of constants takes a LUT for every 64 entries.
    let isTable = base.allSatisfy { list.root($0) <= NetList.one }
    // Either a multiplexer for each bit, or a shifter that halves what is left with every bit of the position.
    let places = step.trailingZeroBitCount..<max(roots.count, step.trailingZeroBitCount)
    let chosen = places.map { bit in
      isTable
        ? width * ((choices + 63) / 64)
        : NetList.selectionLoads(bit - places.lowerBound, choices: choices, width: width)
    }
    let shifted = places.map { width + (1 << min($0, 30)) - 1 }
    let loads = isTable || (chosen.max() ?? 0) <= (shifted.max() ?? 0) ? chosen : shifted
    return list.operation(30, base + position, width: width) { list in
      for bit in base { list.load(bit, min(reach, choices)) }
      for (place, count) in zip(places, loads) { list.load(roots[place], count) }
    }
  }

  private mutating func read(_ id: MemoryID, _ address: [NetList.Literal]) -> [NetList.Literal] {
    let memory = module[id]
    // What it gives comes from a register or from storage: no sum goes through.
    return list.operation(31, [2 * firstOfMemory[id.number]] + address, width: memory.width) { list in
      for bit in address { list.load(bit, memory.readPorts) }
    }
  }
}

extension ExpressionNode {
  /// A slice at a known place of a signal: the rest of the signal need not be looked at.
  fileprivate var isStaticSlice: Bool {
    guard case .slice(let base, .index) = kind, case .signal(_, let selector) = base.kind else { return false }
    return selector?.expression == nil
  }
}

extension NetList {
  /// Loads of a bit of a position that selects one of `choices` words of `width` bits, four to a LUT and then pairs.
  fileprivate static func selectionLoads(_ bit: Int, choices: Int, width: Int) -> Int {
    width * max(1, (choices + (1 << max(2, bit + 1)) - 1) >> max(2, bit + 1))
  }
}
