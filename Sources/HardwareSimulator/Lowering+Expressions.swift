import HardwareDescription

extension Lowering {
  /// The value of an expression where its names mean those of `frame`.
  func lower(_ node: ExpressionNode, _ frame: Frame) -> WideValue {
    switch node.kind {
    case .constant(let bits): return circuit.graph.value(bits, isSigned: node.isSigned)
    case .enumeration(let value):
      return circuit.graph.value(BitPattern(value.number, width: node.width), isSigned: node.isSigned)
    case .index(let index):
      return circuit.graph.value(
        BitPattern(index.value(frame.variables), width: node.width), isSigned: node.isSigned)
    case .signal(let id, nil):
      guard let state = frame.state(of: id) else { return circuit.graph.zero(width: node.width) }
      return value(of: state, element: 0)
    default: break
    }
    let key = ObjectIdentifier(node)
    if let known = frame.values[key] { return known }
    let value = computed(node, frame)
    frame.values[key] = value
    return value
  }

  /// A condition as a word that is 0 or not.
  func condition(_ node: ExpressionNode, _ frame: Frame) -> WordID {
    let value = lower(node, frame)
    return value.width == 1 && !value.isSigned ? value.words[0] : circuit.graph.isNonZero(value)
  }

  private func computed(_ node: ExpressionNode, _ frame: Frame) -> WideValue {
    switch node.kind {
    case .constant, .enumeration, .index: return lower(node, frame)
    case .invalid: return circuit.graph.reinterpreted(circuit.graph.zero(width: node.width), isSigned: node.isSigned)
    case .signal(let id, let selector):
      guard let state = frame.state(of: id) else { return circuit.graph.zero(width: node.width) }
      switch selector {
      case nil: return value(of: state, element: 0)
      case .index(let index)?: return value(of: state, element: index.value(frame.variables))
      case .dynamic(let index)?:
        let number = addressWord(lower(index, frame))
        let elements = (0..<state.elementCount).map { value(of: state, element: $0) }
        let beyond = circuit.graph.reinterpreted(
          circuit.graph.zero(width: node.width), isSigned: state.signal.isSigned)
        return circuit.graph.pick(number, elements, otherwise: beyond)
      }
    case .memoryRead(let id, let address):
      guard let state = frame.state(of: id) else { return circuit.graph.zero(width: node.width) }
      let word = addressWord(lower(address, frame))
      let words = (0..<WideValue.count(node.width)).map {
        circuit.graph.load(memory: state.number, address: word, part: $0)
      }
      let value = WideValue(words: words, width: node.width, isSigned: state.memory.isSigned)
      return circuit.graph.reinterpreted(value, isSigned: node.isSigned)
    case .unary(let operation, let a): return unary(operation, lower(a, frame))
    case .binary(let operation, let a, let b):
      return binary(operation, lower(a, frame), lower(b, frame), isSigned: node.isSigned)
    case .select(let choice, let a, let b):
      let word = condition(choice, frame)
      let (yes, no) = (lower(a, frame), lower(b, frame))
      return circuit.graph.select(
        word, circuit.graph.reinterpreted(yes, isSigned: node.isSigned),
        circuit.graph.reinterpreted(no, isSigned: node.isSigned))
    case .concatenation(let parts): return circuit.graph.joined(parts.reversed().map { lower($0, frame) })
    case .replication(let count, let a): return circuit.graph.replicated(lower(a, frame), count: count)
    case .slice(let base, .index(let low)):
      return bits(base, frame, low: low.value(frame.variables), count: node.width)
    case .slice(let base, .dynamic(let low)):
      let value = circuit.graph.reinterpreted(lower(base, frame), isSigned: false)
      let moved = circuit.graph.shiftedRight(value, by: lower(low, frame))
      return circuit.graph.slice(moved, low: 0, count: node.width)
    case .resize(let a): return circuit.graph.resized(lower(a, frame), to: node.width)
    case .reinterpret(let a): return circuit.graph.reinterpreted(lower(a, frame), isSigned: node.isSigned)
    }
  }

  /// Bits of an expression, unsigned. Only the operands that these bits come from are looked at.
  func bits(_ node: ExpressionNode, _ frame: Frame, low: Int, count: Int) -> WideValue {
    switch node.kind {
    case .signal(let id, let selector):
      guard let state = frame.state(of: id) else { break }
      switch selector {
      case nil: return bits(of: state, element: 0, low: low, count: count)
      case .index(let index)?:
        return bits(of: state, element: index.value(frame.variables), low: low, count: count)
      case .dynamic?: break
      }
    case .slice(let base, .index(let start)):
      return bits(base, frame, low: low + start.value(frame.variables), count: count)
    case .reinterpret(let a): return bits(a, frame, low: low, count: count)
    case .resize(let a) where low + count <= a.width: return bits(a, frame, low: low, count: count)
    case .concatenation(let parts):
      var position = 0
      var kept: [WideValue] = []
      for part in parts.reversed() {
        let overlap = (position..<position + part.width).clamped(to: low..<low + count)
        if !overlap.isEmpty {
          kept.append(bits(part, frame, low: overlap.lowerBound - position, count: overlap.count))
        }
        position += part.width
      }
      return kept.count == 1 ? kept[0] : circuit.graph.joined(kept)
    default: break
    }
    return circuit.graph.slice(lower(node, frame), low: low, count: count)
  }

  private func unary(_ operation: ExpressionNode.Unary, _ a: WideValue) -> WideValue {
    switch operation {
    case .not: return circuit.graph.inverted(a)
    case .negate:
      let zero = circuit.graph.reinterpreted(circuit.graph.zero(width: a.width), isSigned: a.isSigned)
      return circuit.graph.difference(zero, a)
    case .logicalNot: return circuit.graph.bit(circuit.graph.negated(circuit.graph.isNonZero(a)))
    case .reduceAnd: return circuit.graph.bit(circuit.graph.allOnes(a))
    case .reduceOr: return circuit.graph.bit(circuit.graph.isNonZero(a))
    case .reduceXor: return circuit.graph.bit(circuit.graph.oddOnes(a))
    }
  }

  private func binary(
    _ operation: ExpressionNode.Binary, _ a: WideValue, _ b: WideValue, isSigned: Bool
  ) -> WideValue {
    switch operation {
    case .add: return circuit.graph.sum(a, b)
    case .subtract: return circuit.graph.difference(a, b)
    case .multiply: return circuit.graph.product(a, b)
    case .and: return circuit.graph.bitwise(.and, a, b)
    case .or: return circuit.graph.bitwise(.or, a, b)
    case .xor: return circuit.graph.bitwise(.xor, a, b)
    case .logicalAnd:
      let (x, y) = (circuit.graph.isNonZero(a), circuit.graph.isNonZero(b))
      return circuit.graph.bit(circuit.graph.and(x, y))
    case .logicalOr:
      let (x, y) = (circuit.graph.isNonZero(a), circuit.graph.isNonZero(b))
      return circuit.graph.bit(circuit.graph.or(x, y))
    case .equal: return circuit.graph.bit(circuit.graph.equality(a, b))
    case .notEqual: return circuit.graph.bit(circuit.graph.negated(circuit.graph.equality(a, b)))
    case .less: return circuit.graph.bit(circuit.graph.comparison(a, b, orEqual: false))
    case .lessOrEqual: return circuit.graph.bit(circuit.graph.comparison(a, b, orEqual: true))
    case .greater: return circuit.graph.bit(circuit.graph.comparison(b, a, orEqual: false))
    case .greaterOrEqual: return circuit.graph.bit(circuit.graph.comparison(b, a, orEqual: true))
    case .shiftLeft: return circuit.graph.shiftedLeft(a, by: b)
    case .shiftRight: return circuit.graph.shiftedRight(a, by: b)
    }
  }
}
