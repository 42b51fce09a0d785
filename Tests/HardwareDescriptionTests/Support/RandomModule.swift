import HardwareDescription
import HardwareSimulator

/// What a random module was built from, kept for the comparison.
final class RandomModuleRecord {
  var inputs: [(name: String, signal: SignalID, width: Int)] = []
  var outputs: [(name: String, expression: ExpressionNode)] = []
}

/// Combinational outputs of random expressions over a few inputs of random widths.
struct RandomModule: HardwareModule, CustomReflectable {
  var seed: UInt64
  var outputs: Int
  var record: RandomModuleRecord
  var moduleName: String { "random_\(seed)" }
  var customMirror: Mirror { Mirror(self, children: ["seed": seed]) }

  func build(_ m: ModuleBuilder) {
    var random = SeededGenerator(seed: seed)
    var unsigned: [Unsigned] = []
    var signed: [Signed] = []
    for number in 0..<5 {
      let width = Int.random(in: 1...9, using: &random)
      unsigned.append(m.input("u\(number)", Unsigned.self, width: width))
      signed.append(m.input("s\(number)", Signed.self, width: Int.random(in: 1...9, using: &random)))
    }
    let bit = m.input("b0", Bit.self)
    record.inputs = []
    for value in unsigned + signed.map(\.asUnsigned) + [bit.asUnsigned] {
      var expression = value.expression
      if case .reinterpret(let inner) = expression.kind { expression = inner }
      guard case .signal(let id, _) = expression.kind else { continue }
      record.inputs.append(("", id, value.width))
    }
    let names = (0..<5).map { "u\($0)" } + (0..<5).map { "s\($0)" } + ["b0"]
    for index in record.inputs.indices { record.inputs[index].name = names[index] }
    for value in unsigned { m.unused(value) }
    for value in signed { m.unused(value) }
    m.unused(bit)
    var maker = RandomExpressions(random: random, unsigned: unsigned, signed: signed, bits: [bit])
    for number in 0..<outputs {
      let depth = 1 + number % 4
      if number % 2 == 0 {
        let value = maker.unsignedValue(depth)
        record.outputs.append(
          ("y\(number)", value.expression.isFlexible ? Unsigned(0, width: 1).expression : value.expression))
        m.output("y\(number)", value.expression.isFlexible ? Unsigned(0, width: 1) : value)
      } else {
        let value = maker.signedValue(depth)
        record.outputs.append(
          ("y\(number)", value.expression.isFlexible ? Signed(0, width: 1).expression : value.expression))
        m.output("y\(number)", value.expression.isFlexible ? Signed(0, width: 1) : value)
      }
    }
  }
}

/// Makes expressions of all operators; widths stay below 60 bits.
struct RandomExpressions {
  var random: SeededGenerator
  let unsigned: [Unsigned]
  let signed: [Signed]
  let bits: [Bit]

  private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  private func limited(_ x: Unsigned) -> Unsigned { x.width > 60 ? x.truncated(to: 24) : x }
  private func limited(_ x: Signed) -> Signed { x.width > 60 ? x.truncated(to: 24) : x }

  mutating func unsignedValue(_ depth: Int) -> Unsigned {
    if depth == 0 {
      return pick(6) == 0 ? Unsigned(pick(20), width: 5 + pick(3)) : unsigned[pick(unsigned.count)]
    }
    let a = unsignedValue(depth - 1)
    switch pick(24) {
    case 0: return limited(a + unsignedValue(depth - 1))
    case 1: return limited(a * unsignedValue(depth - 1))
    case 2: return a &+ unsignedValue(depth - 1)
    case 3: return a &- unsignedValue(depth - 1)
    case 4: return a & unsignedValue(depth - 1)
    case 5: return a | unsignedValue(depth - 1)
    case 6: return a ^ unsignedValue(depth - 1)
    case 7: return ~a
    case 8: return bitValue(depth - 1).select(a, unsignedValue(depth - 1))
    case 9: return limited(concatenate(a, signedValue(depth - 1)))
    case 10: return a.truncated(to: 1 + pick(a.width))
    case 11: return a.extended(to: min(60, a.width + pick(5)))
    case 12: return limited(a << pick(4))
    case 13: return a >> pick(4)
    case 14: return a << unsignedValue(depth - 1).resized(to: 1 + pick(4))
    case 15: return a >> unsignedValue(depth - 1).resized(to: 1 + pick(4))
    case 16:
      let low = pick(a.width)
      return a.slice(at: low, width: 1 + pick(a.width - low))
    case 17: return signedValue(depth - 1).asUnsigned
    case 18: return a.saturated(to: 1 + pick(a.width))
    case 19: return limited(a.replicated(1 + pick(3)))
    case 20: return bitValue(depth - 1).asUnsigned
    case 21: return limited(a + Unsigned(pick(9)))
    case 22: return a &* unsignedValue(depth - 1)
    default: return (a - unsignedValue(depth - 1)).asUnsigned
    }
  }

  mutating func signedValue(_ depth: Int) -> Signed {
    if depth == 0 {
      return pick(6) == 0 ? Signed(pick(20) - 10, width: 5 + pick(3)) : signed[pick(signed.count)]
    }
    let a = signedValue(depth - 1)
    switch pick(22) {
    case 0: return limited(a + signedValue(depth - 1))
    case 1: return limited(a * signedValue(depth - 1))
    case 2: return a &+ signedValue(depth - 1)
    case 3: return a &- signedValue(depth - 1)
    case 4: return limited(a - signedValue(depth - 1))
    case 5: return -a
    case 6: return ~a
    case 7: return a & signedValue(depth - 1)
    case 8: return a ^ signedValue(depth - 1)
    case 9: return bitValue(depth - 1).select(a, signedValue(depth - 1))
    case 10: return a.truncated(to: 1 + pick(a.width))
    case 11: return a.extended(to: min(60, a.width + pick(5)))
    case 12: return limited(a << pick(4))
    case 13: return a >> pick(4)
    case 14: return a << unsignedValue(depth - 1).resized(to: 1 + pick(4))
    case 15: return a >> unsignedValue(depth - 1).resized(to: 1 + pick(4))
    case 16: return a.saturated(to: 1 + pick(a.width))
    case 17: return unsignedValue(depth - 1).asSigned
    case 18: return unsignedValue(depth - 1).signedValue
    case 19: return limited(unsignedValue(depth - 1) - unsignedValue(depth - 1))
    case 20: return limited(a * Signed(pick(9) - 4))
    default: return a | signedValue(depth - 1)
    }
  }

  mutating func bitValue(_ depth: Int) -> Bit {
    if depth == 0 { return bits[pick(bits.count)] }
    switch pick(16) {
    case 0: return !bitValue(depth - 1)
    case 1: return bitValue(depth - 1) && bitValue(depth - 1)
    case 2: return bitValue(depth - 1) || bitValue(depth - 1)
    case 3: return unsignedValue(depth - 1) == unsignedValue(depth - 1)
    case 4: return unsignedValue(depth - 1) < unsignedValue(depth - 1)
    case 5: return unsignedValue(depth - 1) >= unsignedValue(depth - 1)
    case 6: return signedValue(depth - 1) < signedValue(depth - 1)
    case 7: return signedValue(depth - 1) <= signedValue(depth - 1)
    case 8: return signedValue(depth - 1) > signedValue(depth - 1)
    case 9: return signedValue(depth - 1) != signedValue(depth - 1)
    case 10: return unsignedValue(depth - 1).reducedAnd
    case 11: return signedValue(depth - 1).reducedXor
    case 12: return unsignedValue(depth - 1).reducedOr
    case 13:
      let a = signedValue(depth - 1)
      return a[pick(a.width)]
    case 14: return bitValue(depth - 1) ^ bitValue(depth - 1)
    default: return signedValue(depth - 1).isNegative
    }
  }
}
