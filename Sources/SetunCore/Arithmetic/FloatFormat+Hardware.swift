import HardwareDescription
import HardwareLibrary
import SetunMachine
import TernaryArithmetic

// The library's float operators in the machine's format.

extension FloatFormat {
  /// The format as the library knows it.
  var encoding: FloatEncoding { FloatEncoding(exponentBits: exponentBits, fractionBits: fractionBits) }
  /// `e8f15`: what distinguishes the modules of one format from those of another.
  var suffix: String { encoding.suffix }
  /// Bits of a signed exponent that no operator overflows.
  var wideExponentBits: Int { encoding.wideExponentBits }
}

extension FloatFields {
  init(_ packed: Unsigned, _ format: FloatFormat) { self.init(packed, format.encoding) }
}

extension ModuleBuilder {
  func floatInput(
    _ name: String, _ format: FloatFormat, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Unsigned {
    floatInput(name, format.encoding, file: file, line: line, column: column)
  }
}

extension FloatAdd {
  public init(format: FloatFormat) { self.init(format: format.encoding) }
}

extension FloatMultiply {
  public init(format: FloatFormat) { self.init(format: format.encoding) }
}

extension FloatFromInteger {
  public init(format: FloatFormat, width: Int) { self.init(format: format.encoding, width: width) }
}
