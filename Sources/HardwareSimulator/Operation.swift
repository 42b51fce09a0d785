/// What one instruction computes from words of 64 bits. `a`, `b` and `c` are words unless said otherwise.
///
/// A value of at most 64 bits is one word: zero-extended when unsigned, sign-extended when signed. A wider one is several
/// words, low first, of which the last is extended the same way.
enum Operation: UInt8, CaseIterable, Sendable {
  // Not executed.
  /// The number in `a` (low half) and `b` (high half).
  case constant
  /// A register or an input; `a` numbers it.
  case leaf

  case copy
  case and
  case or
  case xor
  case add
  case subtract
  case multiply
  /// The upper 64 bits of the unsigned product.
  case multiplyHigh
  /// `c` bits of `a` from bit `b` up, zero-extended; `b` and `c` are numbers.
  case bits
  /// `c` bits of `a` from bit `b` up, sign-extended; `b` and `c` are numbers.
  case signedBits
  /// `a << c`, `c` a number below 64.
  case shiftLeft
  /// `a | b << c`, `c` a number below 64.
  case join
  case equal
  case notEqual
  case less
  case lessOrEqual
  case signedLess
  case signedLessOrEqual
  /// `b` when `a` is not 0, else `c`.
  case select
  /// The number of ones is odd.
  case parity
  /// `a << b`, 0 from 64 up.
  case shiftLeftBy
  /// `a >> b`, 0 from 64 up.
  case shiftRightBy
  /// Filled with the sign.
  case signedShiftRightBy
  /// The low word of `b:a >> c`, for `c` up to 64.
  case funnel
  /// Word number `a` of table `b`, which has `c` words and one more for every number beyond them.
  case pick
  /// Part `c` of the word that memory `b` holds at address `a`; 0 beyond its depth.
  case load

  /// How many of `a`, `b`, `c` are words; the rest are numbers.
  var wordOperands: Int {
    switch self {
    case .constant, .leaf: 0
    case .copy, .bits, .signedBits, .shiftLeft, .parity, .pick, .load: 1
    case .and, .or, .xor, .add, .subtract, .multiply, .multiplyHigh, .equal, .notEqual, .less, .lessOrEqual,
      .signedLess, .signedLessOrEqual, .shiftLeftBy, .shiftRightBy, .signedShiftRightBy, .join:
      2
    case .select, .funnel: 3
    }
  }

  var isCommutative: Bool {
    switch self {
    case .and, .or, .xor, .add, .multiply, .multiplyHigh, .equal, .notEqual: true
    default: false
    }
  }
}

/// One step: the operation stands in the run it belongs to. Operands are positions in the state, or numbers as the
/// operation wants them.
struct Instruction {
  var destination: UInt32
  var a: UInt32
  var b: UInt32
  var c: UInt32
}

/// Instructions of one operation, one after the other.
struct Run {
  var operation: Operation
  var start: Int32
  var end: Int32
}

/// Where a memory lies in the state.
struct MemoryLayout {
  var base: Int
  var depth: Int
  /// Words of the state for each word of the memory.
  var stride: Int
}
