import HardwareDescription

extension Lowering {
  /// The value of one element of a signal.
  func value(of state: SignalState, element: Int) -> WideValue {
    guard state.whole.indices.contains(element) else { return circuit.graph.zero(width: state.signal.width) }
    if let known = state.whole[element] { return known }
    let value = wholeValue(of: state, element)
    state.whole[element] = value
    return value
  }

  private func wholeValue(of state: SignalState, _ element: Int) -> WideValue {
    let signal = state.signal
    if state.leaves.indices.contains(element) { return state.leaves[element] }
    if let source = state.source {
      return circuit.graph.reinterpreted(value(of: source, element: 0), isSigned: signal.isSigned)
    }
    if case .input = signal.role {
      guard let expression = state.frame.connections[signal.name], let outer = state.frame.outer else {
        return circuit.graph.reinterpreted(circuit.graph.zero(width: signal.width), isSigned: signal.isSigned)
      }
      let fitted = circuit.graph.resized(lower(expression, outer), to: signal.width)
      return circuit.graph.reinterpreted(fitted, isSigned: signal.isSigned)
    }
    let boundaries = state.boundaries(element)
    var parts: [WideValue] = []
    for (low, high) in zip(boundaries, boundaries.dropFirst()) { parts.append(piece(of: state, element, low..<high)) }
    if parts.count == 1 { return parts[0] }
    let joined = circuit.graph.joined(parts)
    return circuit.graph.reinterpreted(joined, isSigned: signal.isSigned)
  }

  /// Bits of an element, unsigned; only what drives these bits is looked at.
  func bits(of state: SignalState, element: Int, low: Int, count: Int) -> WideValue {
    guard state.whole.indices.contains(element) else { return circuit.graph.zero(width: count) }
    if let known = state.whole[element] ?? (state.leaves.indices.contains(element) ? state.leaves[element] : nil) {
      return circuit.graph.slice(known, low: low, count: count)
    }
    if let source = state.source { return bits(of: source, element: 0, low: low, count: count) }
    if case .input = state.signal.role {
      if let expression = state.frame.connections[state.signal.name], let outer = state.frame.outer,
        low + count <= expression.width
      {
        return bits(expression, outer, low: low, count: count)
      }
      return circuit.graph.slice(value(of: state, element: element), low: low, count: count)
    }
    let boundaries = state.boundaries(element)
    if boundaries.count == 2 {
      return circuit.graph.slice(value(of: state, element: element), low: low, count: count)
    }
    var parts: [WideValue] = []
    for (from, to) in zip(boundaries, boundaries.dropFirst()) {
      let overlap = (from..<to).clamped(to: low..<low + count)
      if overlap.isEmpty { continue }
      let value = piece(of: state, element, from..<to)
      parts.append(circuit.graph.slice(value, low: overlap.lowerBound - from, count: overlap.count))
    }
    let joined = circuit.graph.joined(parts)
    return joined.width == count ? joined : circuit.graph.resized(joined, to: count)
  }

  /// The bits between two cuts of a wire or output.
  private func piece(of state: SignalState, _ element: Int, _ range: Range<Int>) -> WideValue {
    if let known = state.pieces[element][range.lowerBound] { return known }
    let key = element * (state.signal.width + 1) + range.lowerBound
    guard state.busy.insert(key).inserted else {
      problem = problem ?? .combinationalLoop(state.frame.path(of: state.signal.name))
      let zero = circuit.graph.zero(width: range.count)
      return range.count == state.signal.width
        ? circuit.graph.reinterpreted(zero, isSigned: state.signal.isSigned) : zero
    }
    let value = driven(state, element, range)
    state.busy.remove(key)
    state.pieces[element][range.lowerBound] = value
    return value
  }

  /// What the statements make of some bits of an element. All the bits together have the signal's signedness, a part
  /// is unsigned. Bits of a register that nothing writes keep their value, those of a wire are 0.
  func driven(_ state: SignalState, _ element: Int, _ range: Range<Int>) -> WideValue {
    let isSigned = range.count == state.signal.width && state.signal.isSigned
    var value: WideValue
    if state.leaves.indices.contains(element) {
      value = circuit.graph.slice(
        state.leaves[element], low: range.lowerBound, count: range.count, isSigned: isSigned)
    } else {
      value = circuit.graph.reinterpreted(circuit.graph.zero(width: range.count), isSigned: isSigned)
    }
    let piece = Piece(state: state, element: element, range: range, isSigned: isSigned)
    for site in state.sites[element] { value = apply(site.tree, site.frame, piece, value) }
    return value
  }

  /// Bits that are computed together.
  struct Piece {
    let state: SignalState
    let element: Int
    let range: Range<Int>
    let isSigned: Bool
  }

  private func apply(_ trees: [DriverTree], _ frame: Frame, _ piece: Piece, _ before: WideValue) -> WideValue {
    var value = before
    for tree in trees { value = apply(tree, frame, piece, value) }
    return value
  }

  private func apply(_ tree: DriverTree, _ frame: Frame, _ piece: Piece, _ before: WideValue) -> WideValue {
    switch tree {
    case .write: return before
    case .assign(let assignment): return apply(assignment, frame, piece, before)
    case .conditional(let branches, let otherwise):
      var value = apply(otherwise, frame, piece, before)
      for branch in branches.reversed() {
        let taken = apply(branch.body, frame, piece, before)
        if taken.words == value.words { continue }
        value = circuit.graph.select(condition(branch.condition, frame), taken, value)
      }
      return value
    case .selection(let subject, let arms, let otherwise):
      let fallback = apply(otherwise, frame, piece, before)
      var choices: [(label: BitPattern, value: WideValue)] = []
      for arm in arms {
        let value = apply(arm.body, frame, piece, before)
        for label in arm.labels { choices.append((pattern(label), value)) }
      }
      return choose(lower(subject, frame), choices, otherwise: fallback)
    }
  }

  /// The value of the first label that equals the subject.
  private func choose(
    _ subject: WideValue, _ choices: [(label: BitPattern, value: WideValue)], otherwise: WideValue
  ) -> WideValue {
    let different = choices.filter { $0.value.words != otherwise.words }
    if different.isEmpty { return otherwise }
    let largest = choices.compactMap { $0.label.integer(signed: false) }.max() ?? .max
    if different.count > 2, subject.words.count == 1, largest < 4 * choices.count + 16 {
      var table = [WideValue](repeating: otherwise, count: largest + 1)
      for choice in choices.reversed() {
        if let number = choice.label.integer(signed: false) { table[number] = choice.value }
      }
      let index = circuit.graph.reinterpreted(subject, isSigned: false)
      return circuit.graph.pick(index.words[0], table, otherwise: otherwise)
    }
    var value = otherwise
    for choice in choices.reversed() where choice.value.words != value.words {
      let label = circuit.graph.value(choice.label, isSigned: subject.isSigned)
      value = circuit.graph.select(circuit.graph.equality(subject, label), choice.value, value)
    }
    return value
  }

  private func pattern(_ label: ExpressionNode) -> BitPattern {
    switch label.kind {
    case .constant(let bits): bits
    case .enumeration(let value): BitPattern(value.number, width: label.width)
    default: BitPattern(0, width: label.width)
    }
  }

  private func apply(_ assignment: Assignment, _ frame: Frame, _ piece: Piece, _ before: WideValue) -> WideValue {
    let target = assignment.target
    var applies: WordID?
    switch target.element {
    case .index(let index)?:
      if index.value(frame.variables) != piece.element { return before }
    case .dynamic(let index)?:
      let number = lower(index, frame)
      let own = circuit.graph.value(BitPattern(piece.element, width: number.width), isSigned: number.isSigned)
      if indexIsOutOfReach(piece.element, number.width) { return before }
      applies = circuit.graph.equality(number, own)
    case nil: break
    }
    let written: WideValue
    switch target.low {
    case nil: written = sliced(assignment.value, frame, piece, from: 0)
    case .index(let low)?:
      let position = low.value(frame.variables)
      guard (position..<position + target.width).overlaps(piece.range) else { return before }
      written = sliced(assignment.value, frame, piece, from: position)
    case .dynamic(let low)?: written = placed(assignment, lower(low, frame), frame, piece, before)
    }
    guard let applies else { return written }
    return circuit.graph.select(applies, written, before)
  }

  private func indexIsOutOfReach(_ element: Int, _ width: Int) -> Bool { width < 62 && element >> width != 0 }

  /// The bits of an assigned value that fall into the piece; `start` is where bit 0 of the value goes.
  private func sliced(_ value: ExpressionNode, _ frame: Frame, _ piece: Piece, from start: Int) -> WideValue {
    let low = piece.range.lowerBound - start
    if low == 0, piece.range.count == value.width {
      return circuit.graph.reinterpreted(lower(value, frame), isSigned: piece.isSigned)
    }
    let part = bits(value, frame, low: low, count: piece.range.count)
    return circuit.graph.reinterpreted(part, isSigned: piece.isSigned)
  }

  /// An assignment to bits from a computed position up; what goes beyond the signal is lost.
  private func placed(
    _ assignment: Assignment, _ low: WideValue, _ frame: Frame, _ piece: Piece, _ before: WideValue
  ) -> WideValue {
    let width = piece.state.signal.width
    let ones = BitPattern(-1, width: assignment.target.width).resized(to: width, signed: false)
    let mask = circuit.graph.shiftedLeft(circuit.graph.value(ones, isSigned: false), by: low)
    let value = circuit.graph.reinterpreted(lower(assignment.value, frame), isSigned: false)
    let moved = circuit.graph.shiftedLeft(circuit.graph.resized(value, to: width), by: low)
    let (from, count) = (piece.range.lowerBound, piece.range.count)
    let ownMask = circuit.graph.slice(mask, low: from, count: count)
    let ownBits = circuit.graph.slice(moved, low: from, count: count)
    let old = circuit.graph.reinterpreted(before, isSigned: false)
    let kept = circuit.graph.bitwise(.and, old, circuit.graph.inverted(ownMask))
    return circuit.graph.reinterpreted(circuit.graph.bitwise(.or, kept, ownBits), isSigned: piece.isSigned)
  }

  // MARK: Memories

  /// Adds the writes of a statement that happens while `enable` is 1.
  func lowerWrites(_ tree: DriverTree, _ frame: Frame, _ enable: WordID, _ memory: Int) {
    if circuit.graph.constantValue(enable) == 0 { return }
    switch tree {
    case .assign: break
    case .write(let write):
      let address = lower(write.address, frame)
      let own = circuit.memories[memory]
      let data = circuit.graph.reinterpreted(
        circuit.graph.resized(lower(write.data, frame), to: own.width), isSigned: own.isSigned)
      circuit.memories[memory].writes.append(
        Circuit.Write(
          domain: domain(write.domain, frame), enable: enable, address: addressWord(address), data: data))
    case .conditional(let branches, let otherwise):
      var open = enable
      for branch in branches {
        let condition = condition(branch.condition, frame)
        let taken = circuit.graph.and(open, condition)
        for inner in branch.body { lowerWrites(inner, frame, taken, memory) }
        open = circuit.graph.and(open, circuit.graph.negated(condition))
      }
      for inner in otherwise { lowerWrites(inner, frame, open, memory) }
    case .selection(let subject, let arms, let otherwise):
      let subject = lower(subject, frame)
      var open = enable
      for arm in arms {
        var fits = circuit.graph.constant(0)
        for label in arm.labels {
          let value = circuit.graph.value(pattern(label), isSigned: subject.isSigned)
          fits = circuit.graph.or(fits, circuit.graph.equality(subject, value))
        }
        let taken = circuit.graph.and(open, fits)
        for inner in arm.body { lowerWrites(inner, frame, taken, memory) }
        open = circuit.graph.and(open, circuit.graph.negated(fits))
      }
      for inner in otherwise { lowerWrites(inner, frame, open, memory) }
    }
  }

  /// An address as one word; what does not fit one lies beyond every memory.
  func addressWord(_ address: WideValue) -> WordID {
    let address = circuit.graph.reinterpreted(address, isSigned: false)
    if address.words.count == 1 { return address.words[0] }
    let upper = WideValue(words: Array(address.words.dropFirst()), width: address.width - 64, isSigned: false)
    return circuit.graph.select(
      circuit.graph.isNonZero(upper), circuit.graph.constant(.max), address.words[0])
  }
}
