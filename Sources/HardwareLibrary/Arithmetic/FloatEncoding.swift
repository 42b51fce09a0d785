import HardwareDescription

/// A floating-point format: 1 sign bit, E exponent bits, F fraction bits, called a machine float in the emitted text.
///
/// A number is `(-1)^sign * 2^(exponent - bias) * (1 + fraction / 2^F)` with `bias = 2^(E-1) - 1`. The exponent field 0 means
/// zero, always with all bits 0: there is no negative zero and no subnormal. The all-ones exponent field never occurs: there
/// is no infinity and no NaN. Operators expect such numbers and give such numbers.
///
/// Every result is formed exactly and rounded to nearest, ties to even, at F fraction bits with an unbounded exponent; then
/// a magnitude below the smallest normal number becomes zero and one above the largest number becomes that, with its
/// sign. One exception: an exact magnitude from `(1 - 2^-(F+1)) * smallest` on becomes the smallest number, as gradual
/// underflow would round it. So with E = 8 and F = 23 this is IEEE 754 binary32 wherever operands and result are normal.
public struct FloatEncoding: Hashable, Sendable {
  /// E, 3...11.
  public let exponentBits: Int
  /// F, 2...40.
  public let fractionBits: Int

  /// Operators of a format outside the ranges are reported when they are elaborated.
  public init(exponentBits: Int, fractionBits: Int) {
    self.exponentBits = exponentBits
    self.fractionBits = fractionBits
  }

  /// Bits of a packed number: 1 + E + F.
  public var width: Int { 1 + exponentBits + fractionBits }
  /// The exponent field of numbers in [1, 2).
  public var bias: Int { (1 << (exponentBits - 1)) - 1 }
  /// The largest exponent field that occurs, `2^E - 2`.
  public var largestExponentField: Int { (1 << exponentBits) - 2 }
  /// Exponent and fraction of the largest number.
  public var largestMagnitude: Int { ((largestExponentField + 1) << fractionBits) - 1 }

  /// `e8f15`: what distinguishes the modules of one format from those of another.
  package var suffix: String { "e\(exponentBits)f\(fractionBits)" }
  /// Bits of a signed exponent that no operator overflows.
  package var wideExponentBits: Int { exponentBits + 2 }
}

extension ModuleBuilder {
  /// Whether a format is one that the operators can be built for; reports it if not.
  func accepts(_ format: FloatEncoding, file: StaticString = #fileID, line: Int = #line, column: Int = #column) -> Bool
  {
    if (3...11).contains(format.exponentBits), (2...40).contains(format.fractionBits) { return true }
    report(
      .invalidExpression, "a float with \(format.exponentBits) exponent and \(format.fractionBits) fraction bits",
      suggestion: "use 3 to 11 and 2 to 40", name: "format", SourceLocation(file, line, column))
    return false
  }
}
