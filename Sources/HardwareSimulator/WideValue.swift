import HardwareDescription

/// A value of any width: words of the graph, low first, the last one extended according to the signedness.
struct WideValue {
  let words: [WordID]
  let width: Int
  let isSigned: Bool

  static func count(_ width: Int) -> Int { (width + 63) / 64 }
  /// Bits in the last word.
  static func topBits(_ width: Int) -> Int { width - (count(width) - 1) * 64 }
}

extension WordGraph {
  mutating func value(_ pattern: BitPattern, isSigned: Bool) -> WideValue {
    let extended = pattern.resized(to: WideValue.count(pattern.width) * 64, signed: isSigned)
    return WideValue(words: extended.words.map { constant($0) }, width: pattern.width, isSigned: isSigned)
  }

  mutating func zero(width: Int) -> WideValue { value(BitPattern(0, width: width), isSigned: false) }

  mutating func bit(_ word: WordID) -> WideValue { WideValue(words: [word], width: 1, isSigned: false) }

  private mutating func sealed(_ words: [WordID], width: Int, isSigned: Bool) -> WideValue {
    var words = words
    let last = words.count - 1
    words[last] = normalised(words[last], width: WideValue.topBits(width), signed: isSigned)
    return WideValue(words: words, width: width, isSigned: isSigned)
  }

  /// What stands above the last word.
  private mutating func fill(_ value: WideValue) -> WordID {
    value.isSigned ? signedBits(value.words[value.words.count - 1], 63, 1) : constant(0)
  }

  /// Truncated, or extended according to the signedness.
  mutating func resized(_ value: WideValue, to width: Int) -> WideValue {
    if width == value.width { return value }
    let count = WideValue.count(width)
    if width < value.width {
      return sealed(Array(value.words.prefix(count)), width: width, isSigned: value.isSigned)
    }
    var words = value.words
    if words.count < count {
      let above = fill(value)
      while words.count < count { words.append(above) }
    }
    return WideValue(words: words, width: width, isSigned: value.isSigned)
  }

  /// The same bits with the other signedness.
  mutating func reinterpreted(_ value: WideValue, isSigned: Bool) -> WideValue {
    if value.isSigned == isSigned { return value }
    return sealed(value.words, width: value.width, isSigned: isSigned)
  }

  /// `count` bits from `low`; bits beyond the value are 0.
  mutating func slice(_ value: WideValue, low: Int, count: Int, isSigned: Bool = false) -> WideValue {
    if low == 0, count == value.width { return reinterpreted(value, isSigned: isSigned) }
    let source = reinterpreted(value, isSigned: false).words
    var words: [WordID] = []
    for part in 0..<WideValue.count(count) {
      let position = low + part * 64
      let bitCount = min(64, count - part * 64)
      let (index, offset) = (position / 64, position % 64)
      guard index < source.count else {
        words.append(constant(0))
        continue
      }
      let here = min(bitCount, 64 - offset)
      var word = bits(source[index], offset, here)
      if here < bitCount, index + 1 < source.count {
        word = join(word, bits(source[index + 1], 0, bitCount - here), at: here)
      }
      words.append(word)
    }
    return reinterpreted(WideValue(words: words, width: count, isSigned: false), isSigned: isSigned)
  }

  /// Parts side by side, the first one lowest.
  mutating func joined(_ parts: [WideValue]) -> WideValue {
    let width = parts.reduce(0) { $0 + $1.width }
    var words = [WordID](repeating: constant(0), count: WideValue.count(width))
    var position = 0
    for part in parts {
      let bitsOfPart = reinterpreted(part, isSigned: false)
      for (number, word) in bitsOfPart.words.enumerated() {
        let at = position + number * 64
        let count = min(64, part.width - number * 64)
        let (index, offset) = (at / 64, at % 64)
        words[index] = join(words[index], offset == 0 ? word : bits(word, 0, 64 - offset), at: offset)
        if offset + count > 64 {
          words[index + 1] = join(words[index + 1], bits(word, 64 - offset, count - (64 - offset)), at: 0)
        }
      }
      position += part.width
    }
    return WideValue(words: words, width: width, isSigned: false)
  }

  mutating func replicated(_ value: WideValue, count: Int) -> WideValue {
    if value.width == 1 {
      let ones = signedBits(value.words[0], 0, 1)
      let words = (0..<WideValue.count(count)).map { _ in ones }
      return sealed(words, width: count, isSigned: false)
    }
    return joined(Array(repeating: value, count: count))
  }

  // MARK: Operators

  mutating func bitwise(_ operation: Operation, _ a: WideValue, _ b: WideValue) -> WideValue {
    var words: [WordID] = []
    for (x, y) in zip(a.words, b.words) {
      switch operation {
      case .and: words.append(and(x, y))
      case .or: words.append(or(x, y))
      default: words.append(xor(x, y))
      }
    }
    return WideValue(words: words, width: a.width, isSigned: a.isSigned)
  }

  mutating func inverted(_ a: WideValue) -> WideValue {
    let ones = constant(.max)
    return sealed(a.words.map { xor($0, ones) }, width: a.width, isSigned: a.isSigned)
  }

  mutating func sum(_ a: WideValue, _ b: WideValue) -> WideValue {
    var words: [WordID] = []
    var carry = constant(0)
    for (number, (x, y)) in zip(a.words, b.words).enumerated() {
      let partial = add(x, y)
      let total = add(partial, carry)
      words.append(total)
      if number + 1 < a.words.count {
        let first = less(partial, x, signed: false)
        let second = less(total, partial, signed: false)
        carry = or(first, second)
      }
    }
    return sealed(words, width: a.width, isSigned: a.isSigned)
  }

  mutating func difference(_ a: WideValue, _ b: WideValue) -> WideValue {
    var words: [WordID] = []
    var borrow = constant(0)
    for (number, (x, y)) in zip(a.words, b.words).enumerated() {
      let partial = subtract(x, y)
      words.append(subtract(partial, borrow))
      if number + 1 < a.words.count {
        let first = less(x, y, signed: false)
        let second = less(partial, borrow, signed: false)
        borrow = or(first, second)
      }
    }
    return sealed(words, width: a.width, isSigned: a.isSigned)
  }

  /// The product, modulo 2^width.
  mutating func product(_ a: WideValue, _ b: WideValue) -> WideValue {
    let count = a.words.count
    var words = [WordID](repeating: constant(0), count: count)
    func accumulate(_ word: WordID, at start: Int, _ graph: inout WordGraph) {
      var addend = word
      var index = start
      while index < count, graph.constantValue(addend) != 0 {
        let total = graph.add(words[index], addend)
        if index + 1 < count {
          addend =
            graph.constantValue(words[index]) == 0 ? graph.constant(0) : graph.less(total, addend, signed: false)
        }
        words[index] = total
        index += 1
      }
    }
    for (i, x) in a.words.enumerated() {
      for (j, y) in b.words.enumerated() where i + j < count {
        accumulate(multiply(x, y), at: i + j, &self)
        if i + j + 1 < count { accumulate(multiplyHigh(x, y), at: i + j + 1, &self) }
      }
    }
    return sealed(words, width: a.width, isSigned: a.isSigned)
  }

  mutating func equality(_ a: WideValue, _ b: WideValue) -> WordID {
    if a.words.count == 1 { return equal(a.words[0], b.words[0]) }
    var differences = constant(0)
    for (x, y) in zip(a.words, b.words) { differences = or(differences, xor(x, y)) }
    return equal(differences, constant(0))
  }

  /// `a < b`, or `a <= b` with `orEqual`.
  mutating func comparison(_ a: WideValue, _ b: WideValue, orEqual: Bool) -> WordID {
    let top = a.words.count - 1
    var result =
      orEqual
      ? lessOrEqual(a.words[0], b.words[0], signed: a.isSigned && top == 0)
      : less(a.words[0], b.words[0], signed: a.isSigned && top == 0)
    for number in a.words.indices.dropFirst() {
      let (x, y) = (a.words[number], b.words[number])
      let above = less(x, y, signed: a.isSigned && number == top)
      result = or(above, and(equal(x, y), result))
    }
    return result
  }

  /// Whether any bit is 1.
  mutating func isNonZero(_ a: WideValue) -> WordID {
    var any = constant(0)
    for word in a.words { any = or(any, word) }
    return notEqual(any, constant(0))
  }

  mutating func allOnes(_ a: WideValue) -> WordID {
    let bitsOfValue = reinterpreted(a, isSigned: false)
    let pattern = BitPattern(-1, width: a.width)
    return equality(bitsOfValue, value(pattern, isSigned: false))
  }

  mutating func oddOnes(_ a: WideValue) -> WordID {
    var all = constant(0)
    for word in reinterpreted(a, isSigned: false).words { all = xor(all, word) }
    return parity(all)
  }

  mutating func select(_ condition: WordID, _ a: WideValue, _ b: WideValue) -> WideValue {
    var words: [WordID] = []
    for (x, y) in zip(a.words, b.words) { words.append(select(condition, x, y)) }
    return WideValue(words: words, width: a.width, isSigned: a.isSigned)
  }

  /// One of `values` by number, `other` beyond them. All have one form.
  mutating func pick(_ index: WordID, _ values: [WideValue], otherwise other: WideValue) -> WideValue {
    var words: [WordID] = []
    for part in other.words.indices {
      words.append(pick(index, values.map { $0.words[part] }, otherwise: other.words[part]))
    }
    return WideValue(words: words, width: other.width, isSigned: other.isSigned)
  }

  /// A shift amount as one word; amounts of more than 32 bits all shift everything out.
  private mutating func amountWord(_ amount: WideValue) -> WordID {
    let amount = reinterpreted(amount, isSigned: false)
    if amount.words.count == 1 { return amount.words[0] }
    let upper = WideValue(words: Array(amount.words.dropFirst()), width: amount.width - 64, isSigned: false)
    return select(isNonZero(upper), constant(1 << 40), amount.words[0])
  }

  mutating func shiftedLeft(_ a: WideValue, by amount: WideValue) -> WideValue {
    let amount = amountWord(amount)
    if a.words.count == 1 {
      return sealed([shift(.shiftLeftBy, a.words[0], by: amount)], width: a.width, isSigned: a.isSigned)
    }
    let wordIndex = bits(amount, 6, 58)
    let rest = bits(amount, 0, 6)
    let back = subtract(constant(64), rest)
    let zero = constant(0)
    var moved: [WordID] = []
    for number in a.words.indices {
      moved.append(pick(wordIndex, (0...number).map { a.words[number - $0] }, otherwise: zero))
    }
    var words: [WordID] = []
    for number in a.words.indices {
      words.append(funnel(number == 0 ? zero : moved[number - 1], moved[number], by: back))
    }
    return sealed(words, width: a.width, isSigned: a.isSigned)
  }

  /// Filled with the sign when signed.
  mutating func shiftedRight(_ a: WideValue, by amount: WideValue) -> WideValue {
    let amount = amountWord(amount)
    if a.words.count == 1 {
      let operation: Operation = a.isSigned ? .signedShiftRightBy : .shiftRightBy
      return WideValue(words: [shift(operation, a.words[0], by: amount)], width: a.width, isSigned: a.isSigned)
    }
    let wordIndex = bits(amount, 6, 58)
    let rest = bits(amount, 0, 6)
    let above = fill(a)
    var moved: [WordID] = []
    for number in a.words.indices {
      moved.append(pick(wordIndex, Array(a.words[number...]), otherwise: above))
    }
    moved.append(above)
    var words: [WordID] = []
    for number in a.words.indices { words.append(funnel(moved[number], moved[number + 1], by: rest)) }
    return sealed(words, width: a.width, isSigned: a.isSigned)
  }
}
