import HardwareDescription
import SetunMachine
import TernaryArithmetic

/// A byte of the weight stream as five trits, as `TernaryCode`.
public struct TritDecoder: FixedLatencyModule {
  public init() {}

  public var moduleName: String { "trit_decoder" }
  public var documentation: String {
    """
    Five trits of a byte, sum of (trit_r + 1) * 3^r, as two's complement of two bits each, row 0 lowest;
    bytes above 242 are invalid and decode to unspecified trits.
    A result each cycle, \(latency) cycles after its byte.
    """
  }
  public var latency: Int { OperatorLatency.tritDecode }

  public func build(_ m: ModuleBuilder) {
    let code = m.input("code", Unsigned.self, width: 8)

    m.comment("code = 27 * upper + lower; 19 / 512 stands for 1 / 27, exact up to 242.")
    let scaled = m.wire("scaled", code.extended(to: 13) &+ (code << 1) &+ (code << 4))
    m.unused(scaled.slice(at: 0, width: 9))
    let quotient = scaled.slice(at: 9, width: 4)
    let upper = m.registered("upper", quotient)
    m.comment("-27 is 5 modulo 32.")
    let lower = m.registered(
      "lower",
      code.slice(at: 0, width: 5) &+ quotient.extended(to: 5)
        &+ concatenate(quotient.slice(at: 0, width: 3), Unsigned(0, width: 2)))
    let isInvalid = m.registered("is_invalid", code > Unsigned(TernaryCode.count - 1))

    m.comment("Two and three digits; the last row also serves what no valid byte has.")
    let upperTrits = m.register("upper_trits", Unsigned.self, width: 4)
    let lowerTrits = m.register("lower_trits", Unsigned.self, width: 6)
    func table(_ subject: Unsigned, _ digits: Int, _ target: Unsigned) {
      m.switchOn(subject) { choose in
        var count = 1
        for _ in 0..<digits { count *= 3 }
        for number in 0..<count {
          var pattern = 0
          var rest = number
          for row in 0..<digits {
            pattern |= ((rest % 3 - 1) & 3) << (2 * row)
            rest /= 3
          }
          let trits = Unsigned(pattern, width: 2 * digits)
          if number < count - 1 {
            choose.when(number) { target.next(trits) }
          } else {
            choose.otherwise { target.next(trits) }
          }
        }
      }
    }
    table(upper, 2, upperTrits)
    table(lower, 3, lowerTrits)
    let isInvalidQ = m.registered("is_invalid_late", isInvalid)
    m.output("trits", concatenate(upperTrits, lowerTrits))
    m.output("invalid", isInvalidQ)
  }
}
