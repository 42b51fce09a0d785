import HardwareDescription

/// A finite impulse response filter between two streams: out[n] = c[0] in[n] + c[1] in[n - 1] + ...
///
/// Every tap has a register with the sum of its own product and what the taps behind it have left (transposed form), so the
/// longest path is one product and one sum whatever the number of taps. Each register is as wide as its sum can become and
/// no wider: nothing overflows and nothing is rounded.
///
/// Guarantees: a word each cycle, latency 1; before the first word the filter has seen zeros; `out` keeps the four rules of
/// a stream.
public struct FIRFilter: HardwareModule, Sendable {
  /// Of the module, in snake case; different coefficients need different names.
  public var name: String
  /// c[0] first; not all 0.
  public var coefficients: [Int]
  /// Bits of a sample, 2 to 24.
  public var width: Int

  public init(_ name: String, coefficients: [Int], width: Int) {
    self.name = name
    self.coefficients = coefficients
    self.width = width
  }

  public var moduleName: String { name }
  public var documentation: String {
    """
    Filter of \(coefficients.count) taps over samples of \(width) bits, one word a cycle, latency 1; nothing is rounded.
    Coefficients, that of the newest sample first: \(coefficients.map(String.init).joined(separator: ", ")).
    """
  }

  /// Bits of a result: as many as the largest sum needs.
  public var outputWidth: Int { sumWidth(from: 0) }

  /// Bits of the sum of the products from tap `first` on.
  func sumWidth(from first: Int) -> Int {
    let (least, most) = (-(1 << (width - 1)), (1 << (width - 1)) - 1)
    let products = coefficients[first...].map { ($0 * least, $0 * most) }
    let low = products.reduce(0) { $0 + min($1.0, $1.1) }
    let high = products.reduce(0) { $0 + max($1.0, $1.1) }
    var bits = 1
    while low < -(1 << (bits - 1)) || high >= 1 << (bits - 1) { bits += 1 }
    return bits
  }

  public func build(_ m: ModuleBuilder) {
    guard isLegal(m) else { return }
    let source = m.inputStream("in", Signed.self, width: width)
    let sink = m.outputStream("out", Signed.self, width: outputWidth)
    let valid = m.register("valid", Bit.self, reset: false)
    let moves = m.wire("moves", sink.ready || !valid)
    m.when(moves) { valid.next(source.valid) }

    // Taps behind the last coefficient that is not 0 would only hold zeros.
    let last = coefficients.lastIndex { $0 != 0 } ?? 0
    let sums = (0...last).map { m.register("sum_\($0)", Signed.self, width: sumWidth(from: $0), reset: 0) }
    m.when(source.valid && moves) {
      for tap in 0...last {
        let bits = sums[tap].width
        let product = source.payload.extended(to: bits) &* Signed(coefficients[tap], width: bits)
        let rest = tap < last ? sums[tap + 1].extended(to: bits) : nil
        sums[tap].next(coefficients[tap] == 0 ? rest ?? 0 : rest.map { product &+ $0 } ?? product)
      }
    }
    source.ready.drive(moves)
    sink.valid.drive(valid)
    sink.payload.drive(sums[0])
  }

  private func isLegal(_ m: ModuleBuilder) -> Bool {
    let fault: (String, String)
    if !(2...24).contains(width) {
      fault = ("samples of \(width) bits", "use 2 to 24")
    } else if coefficients.allSatisfy({ $0 == 0 }) {
      fault = ("no coefficient other than 0", "give at least one")
    } else if coefficients.contains(where: { $0.magnitude >= 1 << 24 }) || coefficients.count > 1024 {
      fault = ("a coefficient of more than 24 bits, or more than 1024 of them", "scale them")
    } else {
      return true
    }
    m.report(
      .invalidExpression, fault.0, suggestion: fault.1, name: "coefficients", SourceLocation(#fileID, #line))
    return false
  }
}
