import HardwareDescription
import HardwareSimulator
import SeededRandom
import Testing

/// Every operator on numbers of one width and signedness, and on a second width for what extends and shifts.
private struct OperatorTable<Number: HardwareNumber>: HardwareModule, CustomReflectable {
  var width: Int
  var moduleName: String { "operators_\(Number.isSigned ? "signed" : "unsigned")_\(width)" }
  var customMirror: Mirror { Mirror(self, children: ["width": width]) }

  func build(_ m: ModuleBuilder) {
    let a = m.input("a", Number.self, width: width)
    let b = m.input("b", Number.self, width: width)
    let amount = m.input("amount", Unsigned.self, width: 8)
    let bit = m.input("choice", Bit.self)
    m.output("sum", a + b)
    m.output("wrapped_sum", a &+ b)
    m.output("wrapped_difference", a &- b)
    m.output("product", a * b)
    m.output("wrapped_product", a &* b)
    m.output("conjunction", a & b)
    m.output("disjunction", a | b)
    m.output("parity_of_both", a ^ b)
    m.output("inverse", ~a)
    m.output("same", a == b)
    m.output("different", a != b)
    m.output("below", a < b)
    m.output("at_most", a <= b)
    m.output("above", a > b)
    m.output("at_least", a >= b)
    m.output("shifted_left", a << amount)
    m.output("shifted_right", a >> amount)
    m.output("chosen", bit.select(a, b))
    m.output("all", a.reducedAnd)
    m.output("any", a.reducedOr)
    m.output("odd", a.reducedXor)
    m.output("joined", concatenate(a, bit, b))
    m.output("copies", a.replicated(3))
    m.output("extended", a.extended(to: width + 37))
    m.output("half", a.truncated(to: (width + 1) / 2))
    m.output("top", a[width - 1])
    m.output("middle", a.slice(at: width / 3, width: (width + 1) / 2))
    m.output("dynamic_bit", a[amount])
    m.output("dynamic_part", a.slice(at: amount, width: (width + 1) / 2))
    let flag = m.output("flags", Unsigned.self, width: 5)
    flag.drive(
      concatenate(!bit, ~bit, bit && a.reducedOr, bit || b.reducedOr, bit ^ (a < b)))
    if let a = a as? Signed, let b = b as? Signed {
      m.output("difference", a - b)
      m.output("negated", -a)
      m.output("read_otherwise", a.asUnsigned)
    } else if let a = a as? Unsigned, let b = b as? Unsigned {
      m.output("difference", a - b)
      m.output("negated", Unsigned(0, width: width) &- a)
      m.output("read_otherwise", a.asSigned)
    }
  }

  static func expected(
    _ a: ReferenceNumber, _ b: ReferenceNumber, amount: Int, choice: Bool
  ) -> [String: ReferenceNumber] {
    let width = a.width
    func wide(_ extra: Int) -> (ReferenceNumber, ReferenceNumber) {
      (a.resized(width + extra), b.resized(width + extra))
    }
    let (below, above) = (a.isLess(than: b), b.isLess(than: a))
    let (any, odd) = (a.bits.contains(true), a.bits.count(where: { $0 }) % 2 == 1)
    let flags = [
      choice != below, choice || b.bits.contains(true), choice && any, !choice, !choice,
    ]
    return [
      "sum": wide(1).0.plus(wide(1).1), "wrapped_sum": a.plus(b), "wrapped_difference": a.minus(b),
      "product": wide(width).0.times(wide(width).1), "wrapped_product": a.times(b),
      "conjunction": a.combined(b) { $0 && $1 }, "disjunction": a.combined(b) { $0 || $1 },
      "parity_of_both": a.combined(b) { $0 != $1 }, "inverse": a.inverted,
      "same": .bit(a == b), "different": .bit(a != b), "below": .bit(below), "at_most": .bit(!above),
      "above": .bit(above), "at_least": .bit(!below),
      "shifted_left": a.shiftedLeft(amount), "shifted_right": a.shiftedRight(amount),
      "chosen": choice ? a : b, "all": .bit(!a.bits.contains(false)), "any": .bit(any), "odd": .bit(odd),
      "joined": ReferenceNumber(bits: b.bits + [choice] + a.bits, isSigned: false),
      "copies": ReferenceNumber(bits: a.bits + a.bits + a.bits, isSigned: false),
      "extended": a.resized(width + 37), "half": a.resized((width + 1) / 2),
      "top": .bit(a.bits[width - 1]), "middle": a.slice(width / 3, (width + 1) / 2),
      // A part as wide as the number can only be the number.
      "dynamic_bit": a.slice(width == 1 ? 0 : amount, 1),
      "dynamic_part": a.slice(width == 1 ? 0 : amount, (width + 1) / 2),
      "flags": ReferenceNumber(bits: flags, isSigned: false),
      "difference": wide(1).0.minus(wide(1).1).read(signed: true),
      "negated": a.isSigned ? wide(1).0.inverted.plus(.one(width + 1)) : a.inverted.plus(.one(width)),
      "read_otherwise": a.read(signed: !a.isSigned),
    ]
  }
}

extension ReferenceNumber {
  fileprivate static func one(_ width: Int) -> ReferenceNumber {
    ReferenceNumber(bits: [true] + Array(repeating: false, count: width - 1), isSigned: false)
  }
}

@Suite struct OperatorTests {
  static let widths = [1, 2, 3, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 200]

  @Test(arguments: widths) func unsignedOperatorsAgreeWithBitArithmetic(_ width: Int) throws {
    try check(OperatorTable<Unsigned>(width: width))
  }

  @Test(arguments: widths) func signedOperatorsAgreeWithBitArithmetic(_ width: Int) throws {
    try check(OperatorTable<Signed>(width: width))
  }

  private func check<Number>(_ table: OperatorTable<Number>) throws {
    let width = table.width
    let elaboration = Elaborator().run(table)
    try #require(elaboration.errors == [])
    let sim = try Simulation(elaboration)
    let outputs = try #require(elaboration.design.top).ports.filter { $0.direction == .output }
    let seed = UInt64(1000 + width)
    var random = SeededGenerator(seed: seed)
    var corners = [
      BitPattern(0, width: width), BitPattern(1, width: width), BitPattern(-1, width: width),
      BitPattern(-2, width: width), BitPattern(-1, width: max(1, width - 1)).resized(to: width, signed: false),
    ]
    // The smallest signed number, and alternating bits.
    corners.append(ReferenceNumber(corners[4], isSigned: false).inverted.pattern)
    corners.append(BitPattern(words: Array(repeating: 0x5555_5555_5555_5555, count: 4), width: width))
    var pairs = corners.flatMap { a in corners.map { (a, $0) } }
    for _ in 0..<20 {
      pairs.append((.random(width: width, using: &random), .random(width: width, using: &random)))
    }
    var amounts = [0, 1, width - 1, width, width + 1, 63, 64, 65, 255].filter { (0..<256).contains($0) }.makeIterator()
    for (number, (a, b)) in pairs.enumerated() {
      let amount = amounts.next() ?? Int.random(in: 0...min(255, width + 8), using: &random)
      let choice = number % 2 == 1
      try sim.poke("a", a)
      try sim.poke("b", b)
      try sim.poke("amount", amount)
      try sim.poke("choice", choice)
      let expected = OperatorTable<Number>.expected(
        ReferenceNumber(a, isSigned: Number.isSigned), ReferenceNumber(b, isSigned: Number.isSigned), amount: amount,
        choice: choice)
      try #require(Set(expected.keys) == Set(outputs.map(\.name)))
      for output in outputs {
        let got = try sim.peekBits(output.name)
        let wanted = try #require(expected[output.name]).pattern
        if got != wanted {
          Issue.record(
            "seed \(seed): \(output.name) of \(a.words), \(b.words), amount \(amount), choice \(choice) is \(got.words), expected \(wanted.words)"
          )
          return
        }
      }
    }
  }
}
