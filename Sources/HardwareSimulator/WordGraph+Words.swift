// Words computed from words, with what can be decided or shortened beforehand.

extension WordGraph {
  private func isConstant(_ id: WordID, _ value: UInt64) -> Bool { constantValue(id) == value }

  private mutating func binary(_ operation: Operation, _ a: WordID, _ b: WordID) -> WordID {
    intern(WordNode(operation: operation, a: a, b: b))
  }

  static func ones(_ count: Int) -> UInt64 { count <= 0 ? 0 : UInt64.max >> UInt64(64 - min(count, 64)) }

  mutating func and(_ a: WordID, _ b: WordID) -> WordID {
    if a == b { return a }
    for (x, y) in [(a, b), (b, a)] {
      guard let value = constantValue(x) else { continue }
      if value == 0 { return x }
      let bits = Int(ranges[Int(y)].unsignedBits)
      if value & Self.ones(bits) == Self.ones(bits) { return y }
    }
    return binary(.and, a, b)
  }

  mutating func or(_ a: WordID, _ b: WordID) -> WordID {
    if a == b || isConstant(b, 0) { return a }
    if isConstant(a, 0) { return b }
    for (x, y) in [(a, b), (b, a)] {
      if let value = constantValue(x), value != 0, value == Self.ones(Int(ranges[Int(y)].unsignedBits)) { return x }
    }
    return binary(.or, a, b)
  }

  mutating func xor(_ a: WordID, _ b: WordID) -> WordID {
    if a == b { return constant(0) }
    if isConstant(b, 0) { return a }
    if isConstant(a, 0) { return b }
    // (x ^ p) ^ q with constants p and q, as two negations leave them.
    if let outer = constantValue(b) ?? constantValue(a) {
      let inner = nodes[Int(constantValue(b) != nil ? a : b)]
      if inner.operation == .xor {
        if let value = constantValue(inner.b) { return xor(inner.a, constant(value ^ outer)) }
        if let value = constantValue(inner.a) { return xor(inner.b, constant(value ^ outer)) }
      }
    }
    return binary(.xor, a, b)
  }

  /// 1 for 0 and 0 for 1.
  mutating func negated(_ bit: WordID) -> WordID { xor(bit, constant(1)) }

  mutating func add(_ a: WordID, _ b: WordID) -> WordID {
    if isConstant(b, 0) { return a }
    if isConstant(a, 0) { return b }
    return binary(.add, a, b)
  }

  mutating func subtract(_ a: WordID, _ b: WordID) -> WordID {
    if isConstant(b, 0) { return a }
    if a == b { return constant(0) }
    return binary(.subtract, a, b)
  }

  mutating func multiply(_ a: WordID, _ b: WordID) -> WordID {
    for (x, y) in [(a, b), (b, a)] {
      guard let value = constantValue(x) else { continue }
      if value == 0 { return x }
      if value & (value - 1) == 0 { return shiftLeft(y, value.trailingZeroBitCount) }
    }
    return binary(.multiply, a, b)
  }

  mutating func multiplyHigh(_ a: WordID, _ b: WordID) -> WordID {
    if Int(ranges[Int(a)].unsignedBits) + Int(ranges[Int(b)].unsignedBits) <= 64 { return constant(0) }
    return binary(.multiplyHigh, a, b)
  }

  /// `count` bits from `low`, zero-extended.
  mutating func bits(_ a: WordID, _ low: Int, _ count: Int) -> WordID {
    let known = Int(ranges[Int(a)].unsignedBits)
    if count <= 0 || low >= known { return constant(0) }
    if low == 0, known <= count { return a }
    let node = nodes[Int(a)]
    switch node.operation {
    case .bits:
      return bits(node.a, Int(node.b) + low, min(count, Int(node.c) - low))
    case .signedBits where low + count <= Int(node.c):
      return bits(node.a, Int(node.b) + low, count)
    case .shiftLeft where low >= Int(node.c):
      return bits(node.a, low - Int(node.c), count)
    case .join:
      let position = Int(node.c)
      if low + count <= position { return bits(node.a, low, count) }
      if low >= position, Int(ranges[Int(node.a)].unsignedBits) <= position {
        return bits(node.b, low - position, count)
      }
    case .and where constantValue(node.b) != nil || constantValue(node.a) != nil:
      // A mask that leaves all the bits that are wanted.
      let (value, mask) =
        constantValue(node.b).map { (node.a, $0) } ?? (node.b, constantValue(node.a) ?? 0)
      if mask >> UInt64(low) & Self.ones(count) == Self.ones(count) { return bits(value, low, count) }
    default: break
    }
    // Words end at bit 64, so a slice never needs to be longer than that.
    return intern(WordNode(operation: .bits, a: a, b: UInt32(low), c: UInt32(min(count, 64 - low))))
  }

  /// `count` bits from `low`, sign-extended.
  mutating func signedBits(_ a: WordID, _ low: Int, _ count: Int) -> WordID {
    if low == 0, Int(ranges[Int(a)].signedBits) <= count { return a }
    let node = nodes[Int(a)]
    switch node.operation {
    case .bits where low + count <= Int(node.c), .signedBits where low + count <= Int(node.c):
      return signedBits(node.a, Int(node.b) + low, count)
    case .join:
      let position = Int(node.c)
      if low + count <= position { return signedBits(node.a, low, count) }
      if low >= position, Int(ranges[Int(node.a)].unsignedBits) <= position {
        return signedBits(node.b, low - position, count)
      }
    default: break
    }
    return intern(WordNode(operation: .signedBits, a: a, b: UInt32(low), c: UInt32(count)))
  }

  mutating func shiftLeft(_ a: WordID, _ count: Int) -> WordID {
    if count == 0 { return a }
    return intern(WordNode(operation: .shiftLeft, a: a, c: UInt32(count)))
  }

  /// `low | high << position`; `low` has no bits from `position` up.
  mutating func join(_ low: WordID, _ high: WordID, at position: Int) -> WordID {
    if isConstant(high, 0) { return low }
    if isConstant(low, 0) { return shiftLeft(high, position) }
    // Neighbouring bits of one word belong together.
    let upper = nodes[Int(high)]
    let lower = nodes[Int(low)]
    func starts(_ node: WordNode, _ id: WordID) -> (word: WordID, low: Int) {
      node.operation == .bits ? (node.a, Int(node.b)) : (id, 0)
    }
    let (source, first) = starts(upper, high)
    let highBits = upper.operation == .bits ? Int(upper.c) : 64 - first
    if lower.operation == .bits, lower.a == source, Int(lower.b) + position == first, Int(lower.c) == position {
      return bits(source, Int(lower.b), position + highBits)
    }
    if lower.operation == .join {
      let below = nodes[Int(lower.b)]
      let width = position - Int(lower.c)
      if below.operation == .bits, below.a == source, Int(below.c) == width, Int(below.b) + width == first {
        let whole = bits(source, Int(below.b), width + highBits)
        return intern(WordNode(operation: .join, a: lower.a, b: whole, c: lower.c))
      }
    }
    return intern(WordNode(operation: .join, a: low, b: high, c: UInt32(position)))
  }

  mutating func equal(_ a: WordID, _ b: WordID) -> WordID {
    if a == b { return constant(1) }
    for (x, y) in [(a, b), (b, a)] {
      guard let value = constantValue(x) else { continue }
      let known = Int(ranges[Int(y)].unsignedBits)
      if known < 64, value > Self.ones(known) { return constant(0) }
      if known == 1 { return value == 1 ? y : negated(y) }
    }
    return binary(.equal, a, b)
  }

  mutating func notEqual(_ a: WordID, _ b: WordID) -> WordID {
    if a == b { return constant(0) }
    for (x, y) in [(a, b), (b, a)] {
      guard let value = constantValue(x) else { continue }
      let known = Int(ranges[Int(y)].unsignedBits)
      if known < 64, value > Self.ones(known) { return constant(1) }
      if known == 1 { return value == 0 ? y : negated(y) }
    }
    return binary(.notEqual, a, b)
  }

  mutating func less(_ a: WordID, _ b: WordID, signed: Bool) -> WordID {
    if a == b { return constant(0) }
    // Nothing is below 0, and only 0 is below 1.
    if !signed, isConstant(b, 0) { return constant(0) }
    return binary(signed ? .signedLess : .less, a, b)
  }

  mutating func lessOrEqual(_ a: WordID, _ b: WordID, signed: Bool) -> WordID {
    if a == b { return constant(1) }
    return binary(signed ? .signedLessOrEqual : .lessOrEqual, a, b)
  }

  /// `a` when the bit `condition` is 1, else `b`.
  mutating func select(_ condition: WordID, _ a: WordID, _ b: WordID) -> WordID {
    if a == b { return a }
    if let value = constantValue(condition) { return value != 0 ? a : b }
    let isBit = ranges[Int(condition)].unsignedBits == 1
    if isBit {
      let node = nodes[Int(condition)]
      if node.operation == .xor, isConstant(node.b, 1) { return select(node.a, b, a) }
      if node.operation == .xor, isConstant(node.a, 1) { return select(node.b, b, a) }
      let (bitA, bitB) = (ranges[Int(a)].unsignedBits <= 1, ranges[Int(b)].unsignedBits <= 1)
      if bitA, bitB {
        if isConstant(b, 0) { return and(condition, a) }
        if isConstant(a, 1) { return or(condition, b) }
        if isConstant(a, 0), isConstant(b, 1) { return negated(condition) }
        if a == condition { return or(condition, b) }
        if b == condition { return and(condition, a) }
      }
    }
    // The same condition further down decides there, too.
    let (nodeA, nodeB) = (nodes[Int(a)], nodes[Int(b)])
    if nodeA.operation == .select, nodeA.a == condition { return select(condition, nodeA.b, b) }
    if nodeB.operation == .select, nodeB.a == condition { return select(condition, a, nodeB.c) }
    return intern(WordNode(operation: .select, a: condition, b: a, c: b))
  }

  mutating func parity(_ a: WordID) -> WordID {
    if ranges[Int(a)].unsignedBits <= 1 { return a }
    return intern(WordNode(operation: .parity, a: a))
  }

  mutating func shift(_ operation: Operation, _ a: WordID, by amount: WordID) -> WordID {
    if isConstant(amount, 0) { return a }
    return binary(operation, a, amount)
  }

  /// The low word of `high:low >> amount`, for amounts up to 64.
  mutating func funnel(_ low: WordID, _ high: WordID, by amount: WordID) -> WordID {
    if low == high, isConstant(low, 0) { return low }
    if isConstant(amount, 0) { return low }
    return intern(WordNode(operation: .funnel, a: low, b: high, c: amount))
  }

  /// In the form of a value of `width` bits: zero- or sign-extended.
  mutating func normalised(_ a: WordID, width: Int, signed: Bool) -> WordID {
    if width >= 64 { return a }
    return signed ? signedBits(a, 0, width) : bits(a, 0, width)
  }
}
