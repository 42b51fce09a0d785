import HardwareDescription

/// The meaning of an expression, computed independently of any emitted text. Widths up to 120 bits.
struct Evaluator {
  /// Values of the input signals, by number; bits above the width are zero.
  var signals: [SignalID: UInt128]

  func bits(_ expression: ExpressionNode) -> UInt128 {
    let width = expression.width
    switch expression.kind {
    case .constant(let pattern):
      return (0..<pattern.width).reduce(UInt128(0)) { $0 | (pattern[$1] ? UInt128(1) << UInt128($1) : 0) }
    case .enumeration(let value): return UInt128(value.number)
    case .signal(let id, _): return signals[id] ?? 0
    case .index(let index): return cut(UInt128(truncatingIfNeeded: index.value ?? 0), width)
    case .unary(let op, let a):
      let x = bits(a)
      switch op {
      case .not: return cut(~x, width)
      case .negate: return cut(0 &- x, width)
      case .logicalNot: return x == 0 ? 1 : 0
      case .reduceAnd: return x == cut(.max, a.width) ? 1 : 0
      case .reduceOr: return x != 0 ? 1 : 0
      case .reduceXor: return UInt128(x.nonzeroBitCount & 1)
      }
    case .binary(let op, let a, let b):
      let (x, y) = (bits(a), bits(b))
      let (p, q) = (value(a), value(b))
      switch op {
      case .add: return cut(x &+ y, width)
      case .subtract: return cut(x &- y, width)
      case .multiply: return cut(x &* y, width)
      case .and: return x & y
      case .or: return x | y
      case .xor: return x ^ y
      case .logicalAnd: return x != 0 && y != 0 ? 1 : 0
      case .logicalOr: return x != 0 || y != 0 ? 1 : 0
      case .equal: return x == y ? 1 : 0
      case .notEqual: return x != y ? 1 : 0
      case .less: return p < q ? 1 : 0
      case .lessOrEqual: return p <= q ? 1 : 0
      case .greater: return p > q ? 1 : 0
      case .greaterOrEqual: return p >= q ? 1 : 0
      case .shiftLeft: return y >= UInt128(width) ? 0 : cut(x << y, width)
      case .shiftRight:
        let amount = y >= 127 ? 127 : y
        return cut(UInt128(truncatingIfNeeded: p >> Int128(amount)), width)
      }
    case .select(let condition, let a, let b): return bits(condition) != 0 ? bits(a) : bits(b)
    case .concatenation(let parts): return parts.reduce(0) { $0 << UInt128($1.width) | bits($1) }
    case .replication(let count, let a): return (0..<count).reduce(0) { sum, _ in sum << UInt128(a.width) | bits(a) }
    case .slice(let base, let low):
      switch low {
      case .index(let index): return cut(bits(base) >> UInt128(index.value ?? 0), width)
      case .dynamic(let offset): return cut(bits(base) >> bits(offset), width)
      }
    case .resize(let a): return cut(UInt128(truncatingIfNeeded: value(a)), width)
    case .reinterpret(let a): return bits(a)
    case .memoryRead, .invalid: return 0
    }
  }

  private func value(_ expression: ExpressionNode) -> Int128 {
    let x = bits(expression)
    let isNegative = expression.isSigned && x >> UInt128(expression.width - 1) & 1 == 1
    return Int128(x) - (isNegative ? Int128(1) << Int128(expression.width) : 0)
  }

  private func cut(_ x: UInt128, _ width: Int) -> UInt128 {
    width >= 128 ? x : x & ((UInt128(1) << UInt128(width)) - 1)
  }
}
