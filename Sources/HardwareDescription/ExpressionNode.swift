/// A typed node of the expression graph of a module. Immutable; may be shared.
///
/// Invariants, kept by the functions that build nodes: the operands of arithmetic and bitwise operators have the
/// node's width and signedness; the operands of a comparison agree with each other; only `resize` changes a width and
/// only `reinterpret` changes the signedness.
public final class ExpressionNode: Sendable {
  public enum Unary: String, Sendable {
    case not = "~"
    case negate = "-"
    case logicalNot = "!"
    case reduceAnd = "&"
    case reduceOr = "|"
    case reduceXor = "^"
  }

  public enum Binary: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case and = "&"
    case or = "|"
    case xor = "^"
    case logicalAnd = "&&"
    case logicalOr = "||"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    /// The right operand is unsigned and may have any width.
    case shiftLeft = "<<"
    /// Arithmetic when the left operand is signed. The right operand is unsigned and may have any width.
    case shiftRight = ">>"

    var isShift: Bool { self == .shiftLeft || self == .shiftRight }
    var isBitwise: Bool { self == .and || self == .or || self == .xor }
    var isModular: Bool { isBitwise || self == .add || self == .subtract || self == .multiply }
    var isComparison: Bool {
      switch self {
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
      default: false
      }
    }
  }

  public indirect enum Kind: Sendable {
    case constant(BitPattern)
    /// A value of a local enumeration.
    case enumeration(EnumerationValue)
    /// A scalar signal, or one element of a vector.
    case signal(SignalID, Selector?)
    /// Asynchronous read of a memory.
    case memoryRead(MemoryID, ExpressionNode)
    /// A loop variable or module constant as a number.
    case index(Index)
    case unary(Unary, ExpressionNode)
    case binary(Binary, ExpressionNode, ExpressionNode)
    case select(condition: ExpressionNode, then: ExpressionNode, otherwise: ExpressionNode)
    /// Most significant part first.
    case concatenation([ExpressionNode])
    case replication(Int, ExpressionNode)
    /// `width` bits from `low` up; always unsigned.
    case slice(ExpressionNode, low: Selector)
    /// Truncated, or extended according to the operand's signedness.
    case resize(ExpressionNode)
    /// The same bits with the other signedness.
    case reinterpret(ExpressionNode)
    /// The outcome of a wrong use of the library, reported where it is used.
    case invalid(String)
  }

  /// Changed only while the node goes away.
  public nonisolated(unsafe) private(set) var kind: Kind
  /// Bits, at least 1.
  public let width: Int
  public let isSigned: Bool
  /// An integer literal whose width adapts to its neighbour.
  public let isFlexible: Bool
  /// Formed by an operator that grows so that its value never overflows.
  let isExact: Bool
  /// Operators on the longest way to a leaf.
  let depth: Int
  /// Operators and leaves as often as they are written, which is more than there are nodes when some are shared.
  let writtenSize: Int

  /// The size from which nothing is moved into an expression any more, and above which its parts are named before it is
  /// written. Expressions that share their parts would else grow without bound.
  static let sizeLimit = 1024
  /// How far recursion goes before nodes are gathered in a list.
  static let depthLimit = 256

  init(_ kind: Kind, width: Int, isSigned: Bool, isFlexible: Bool = false, isExact: Bool = false) {
    self.kind = kind
    self.width = width
    self.isSigned = isSigned
    self.isFlexible = isFlexible
    self.isExact = isExact
    (depth, writtenSize) = kind.extent
  }

  /// Takes deep expressions apart step by step; by itself the release of a node would recurse into its operands.
  deinit {
    guard depth > 0, depth % Self.depthLimit == 0 else { return }
    var open = operands
    kind = .invalid("")
    while var node = open.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      open += node.operands
      node.kind = .invalid("")
    }
  }

  /// The operands, in order, indices included.
  public var operands: [ExpressionNode] {
    switch kind {
    case .constant, .enumeration, .index, .invalid: []
    case .signal(_, let selector): selector?.expression.map { [$0] } ?? []
    case .memoryRead(_, let address): [address]
    case .unary(_, let a), .replication(_, let a), .resize(let a), .reinterpret(let a): [a]
    case .binary(_, let a, let b): [a, b]
    case .select(let c, let a, let b): [c, a, b]
    case .concatenation(let parts): parts
    case .slice(let a, let low): [a] + (low.expression.map { [$0] } ?? [])
    }
  }

  var constant: BitPattern? {
    if case .constant(let bits) = kind { bits } else { nil }
  }

  /// Whether the operators may be rebuilt with other widths.
  private var isSmall: Bool { writtenSize < Self.sizeLimit }
}

extension ExpressionNode.Kind {
  /// Depth and size of a node from those of its operands.
  fileprivate var extent: (depth: Int, size: Int) {
    func over(_ operands: ExpressionNode...) -> (Int, Int) {
      var (depth, size) = (0, 1)
      for operand in operands {
        depth = max(depth, operand.depth)
        size += operand.writtenSize
      }
      // The size of shared parts doubles with each use; beyond the limit it does not matter any more.
      return (depth + 1, min(size, 1 << 40))
    }
    switch self {
    case .constant, .enumeration, .index, .invalid, .signal(_, nil), .signal(_, .index?): return (0, 1)
    case .signal(_, .dynamic(let a)?), .memoryRead(_, let a), .unary(_, let a), .replication(_, let a), .resize(let a),
      .reinterpret(let a), .slice(let a, .index):
      return over(a)
    case .slice(let a, .dynamic(let b)), .binary(_, let a, let b): return over(a, b)
    case .select(let c, let a, let b): return over(c, a, b)
    case .concatenation(let parts):
      return parts.reduce((1, 1)) { (max($0.0, $1.depth + 1), min($0.1 + $1.writtenSize, 1 << 40)) }
    }
  }
}

/// The position of an element or of the lowest bit of a slice.
public enum Selector: Sendable {
  /// Known at elaboration, perhaps through a loop variable.
  case index(Index)
  case dynamic(ExpressionNode)

  var expression: ExpressionNode? {
    if case .dynamic(let expression) = self { expression } else { nil }
  }
}

// MARK: - Forming nodes

extension ExpressionNode {
  static func invalid(_ message: String, width: Int = 1, isSigned: Bool = false) -> ExpressionNode {
    ExpressionNode(.invalid(message), width: max(1, width), isSigned: isSigned)
  }

  static func constant(_ bits: BitPattern, isSigned: Bool) -> ExpressionNode {
    ExpressionNode(.constant(bits), width: bits.width, isSigned: isSigned)
  }

  /// A literal that takes the width of its neighbour.
  static func literal(_ value: Int, isSigned: Bool) -> ExpressionNode {
    if value < 0, !isSigned { return invalid("a negative literal \(value) where an unsigned number is expected") }
    let width = BitPattern.width(of: value, signed: isSigned)
    return ExpressionNode(
      .constant(BitPattern(value, width: width)), width: width, isSigned: isSigned, isFlexible: true)
  }

  /// Truncates or extends (by its own signedness).
  func resized(to newWidth: Int) -> ExpressionNode {
    if newWidth == width, !isFlexible { return self }
    if newWidth < 1 { return .invalid("a width of \(newWidth) bits") }
    switch kind {
    case .constant(let bits):
      return .constant(bits.resized(to: newWidth, signed: isSigned), isSigned: isSigned)
    case .index, .invalid:
      return ExpressionNode(kind, width: newWidth, isSigned: isSigned)
    default: break
    }
    if newWidth < width {
      return truncatedInside(to: newWidth) ?? slice(low: 0, count: newWidth).reinterpreted(isSigned: isSigned)
    }
    switch kind {
    case .resize(let inner): return inner.resized(to: newWidth)
    case _ where !isSmall: break
    case .binary(let op, let a, let b) where isExact:
      return ExpressionNode(
        .binary(op, a.resized(to: newWidth), b.resized(to: newWidth)), width: newWidth, isSigned: isSigned,
        isExact: true)
    case .reinterpret(let inner) where isSigned:
      if inner.hasLeadingZero { return inner.resized(to: newWidth).reinterpreted(isSigned: true) }
      // The difference of two zero-extended numbers, read as signed, is exact at every larger width.
      if case .binary(.subtract, let a, let b) = inner.kind, a.hasLeadingZero, b.hasLeadingZero {
        let wide = ExpressionNode(
          .binary(.subtract, a.resized(to: newWidth), b.resized(to: newWidth)), width: newWidth, isSigned: false)
        return wide.reinterpreted(isSigned: true)
      }
    case .select(let condition, let a, let b):
      return .select(condition, a.resized(to: newWidth), b.resized(to: newWidth))
    default: break
    }
    return ExpressionNode(.resize(self), width: newWidth, isSigned: isSigned)
  }

  /// Truncation moved towards the operands of a signed operator, so that the operator stays signed.
  private func truncatedInside(to newWidth: Int) -> ExpressionNode? {
    guard isSigned, isSmall else { return nil }
    func part(_ operand: ExpressionNode) -> ExpressionNode { operand.resized(to: newWidth) }
    switch kind {
    case .binary(let op, let a, let b) where op.isModular:
      return ExpressionNode(.binary(op, part(a), part(b)), width: newWidth, isSigned: true)
    case .binary(.shiftLeft, let a, let b):
      return ExpressionNode(.binary(.shiftLeft, part(a), b), width: newWidth, isSigned: true)
    case .unary(let op, let a) where op == .not || op == .negate:
      return ExpressionNode(.unary(op, part(a)), width: newWidth, isSigned: true)
    case .select(let condition, let a, let b): return .select(condition, part(a), part(b))
    case .resize(let inner) where inner.isSigned:
      return inner.resized(to: newWidth)
    default: return nil
    }
  }

  private var hasLeadingZero: Bool {
    switch kind {
    case .constant(let bits): !bits[width - 1]
    case .resize(let inner): !inner.isSigned && inner.width < width
    default: false
    }
  }

  func reinterpreted(isSigned newSigned: Bool) -> ExpressionNode {
    if newSigned == isSigned { return self }
    switch kind {
    case .constant(let bits): return .constant(bits, isSigned: newSigned)
    case .reinterpret(let inner): return inner
    case .invalid: return ExpressionNode(kind, width: width, isSigned: newSigned)
    default: return ExpressionNode(.reinterpret(self), width: width, isSigned: newSigned)
    }
  }

  /// `count` bits from `low`, unsigned.
  func slice(low: Index, count: Int) -> ExpressionNode {
    guard count >= 1, low.range.lowerBound >= 0, low.range.upperBound + count <= width else {
      let top = low.range.upperBound + count - 1
      return .invalid("bits [\(top):\(low.range.lowerBound)] of a signal of \(width) bits", width: count)
    }
    if count == width {
      return isFlexible ? resized(to: width).slice(low: low, count: count) : reinterpreted(isSigned: false)
    }
    if let position = low.value, let pushed = pushedSlice(low: position, count: count) { return pushed }
    if case .slice(let inner, .index(let offset)) = kind { return inner.slice(low: offset + low, count: count) }
    if case .reinterpret(let inner) = kind { return inner.slice(low: low, count: count) }
    return ExpressionNode(.slice(self, low: .index(low)), width: count, isSigned: false)
  }

  /// The slice moved towards the operands, as far as operators allow: only names can be sliced in the emitted text.
  private func pushedSlice(low: Int, count: Int) -> ExpressionNode? {
    func part(_ operand: ExpressionNode) -> ExpressionNode { operand.slice(low: Index(low), count: count) }
    if !isSmall { return nil }
    switch kind {
    case .constant(let bits): return .constant(bits.slice(low: low, count: count), isSigned: false)
    case .binary(let op, let a, let b) where op.isBitwise || (op.isModular && low == 0):
      // Truncation commutes with modular operators.
      return ExpressionNode(.binary(op, part(a), part(b)), width: count, isSigned: false)
    case .binary(.shiftLeft, let a, let b) where low == 0:
      return ExpressionNode(.binary(.shiftLeft, part(a), b), width: count, isSigned: false)
    case .unary(.not, let a): return ExpressionNode.unary(.not, part(a))
    case .unary(.negate, let a) where low == 0:
      return ExpressionNode(.unary(.negate, part(a)), width: count, isSigned: false)
    case .select(let condition, let a, let b): return .select(condition, part(a), part(b))
    case .resize(let inner):
      if low + count <= inner.width { return inner.slice(low: Index(low), count: count) }
      if low >= inner.width, !inner.isSigned { return .constant(BitPattern(0, width: count), isSigned: false) }
      if low < inner.width {
        let kept = inner.slice(low: Index(low), count: inner.width - low)
        return kept.reinterpreted(isSigned: inner.isSigned).resized(to: count).reinterpreted(isSigned: false)
      }
      let sign = inner.slice(low: Index(inner.width - 1), count: 1)
      return count == 1 ? sign : ExpressionNode(.replication(count, sign), width: count, isSigned: false)
    case .concatenation(let parts):
      var position = width
      var kept: [ExpressionNode] = []
      for part in parts {
        position -= part.width
        let (from, to) = (max(low, position), min(low + count, position + part.width))
        if from < to { kept.append(part.slice(low: Index(from - position), count: to - from)) }
      }
      if kept.count == 1 { return kept[0] }
      return ExpressionNode(.concatenation(kept), width: count, isSigned: false)
    default: return nil
    }
  }

  func slice(at offset: ExpressionNode, count: Int) -> ExpressionNode {
    guard count >= 1, count <= width else {
      return .invalid("a slice of \(count) bits from a signal of \(width) bits", width: count)
    }
    if count == width { return reinterpreted(isSigned: false) }
    if case .reinterpret(let inner) = kind { return inner.slice(at: offset, count: count) }
    if let place = offset.constant?.integer(signed: false), place + count <= width {
      return slice(low: Index(place), count: count)
    }
    // In all the bits a position has, as tools want it.
    let position = offset.resized(to: max(offset.width, indexWidth(width)))
    return ExpressionNode(.slice(self, low: .dynamic(position)), width: count, isSigned: false)
  }

  /// The common width of two operands; a literal gives way when its value fits.
  static func commonWidth(_ a: ExpressionNode, _ b: ExpressionNode) -> Int { max(a.width, b.width) }

  /// Sum or difference that grows by one bit, product that has the sum of the widths.
  static func growing(_ op: Binary, _ a: ExpressionNode, _ b: ExpressionNode) -> ExpressionNode {
    let width = op == .multiply ? a.width + b.width : max(a.width, b.width) + 1
    return ExpressionNode(
      .binary(op, a.resized(to: width), b.resized(to: width)), width: width, isSigned: a.isSigned, isExact: true)
  }

  /// An operator of equal widths whose result has that width.
  static func uniform(_ op: Binary, _ a: ExpressionNode, _ b: ExpressionNode) -> ExpressionNode {
    let width = commonWidth(a, b)
    return ExpressionNode(
      .binary(op, a.resized(to: width), b.resized(to: width)), width: width, isSigned: a.isSigned)
  }

  static func comparison(_ op: Binary, _ a: ExpressionNode, _ b: ExpressionNode) -> ExpressionNode {
    let width = commonWidth(a, b)
    return ExpressionNode(.binary(op, a.resized(to: width), b.resized(to: width)), width: 1, isSigned: false)
  }

  static func select(_ condition: ExpressionNode, _ a: ExpressionNode, _ b: ExpressionNode) -> ExpressionNode {
    let width = commonWidth(a, b)
    return ExpressionNode(
      .select(condition: condition, then: a.resized(to: width), otherwise: b.resized(to: width)), width: width,
      isSigned: a.isSigned)
  }

  static func unary(_ op: Unary, _ a: ExpressionNode) -> ExpressionNode {
    if op == .not, let bits = a.constant, !a.isFlexible {
      return .constant(BitPattern(words: bits.words.map { ~$0 }, width: bits.width), isSigned: a.isSigned)
    }
    switch op {
    case .not, .negate: return ExpressionNode(.unary(op, a.resized(to: a.width)), width: a.width, isSigned: a.isSigned)
    case .logicalNot, .reduceAnd, .reduceOr, .reduceXor:
      return ExpressionNode(.unary(op, a.resized(to: a.width)), width: 1, isSigned: false)
    }
  }
}
