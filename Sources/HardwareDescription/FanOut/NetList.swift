/// The nets of one module, a bit each, with the loads that hang on them.
///
/// A net is what one output drives: a flip-flop's, a memory's, an operator's. Names, slices, concatenations, ports and inverters
/// drive nothing: they stand for the net behind them, inverted perhaps.
struct NetList {
  /// A net, perhaps inverted: twice its number, plus one when it is.
  typealias Literal = Int32

  /// Net 0 is the constant.
  static let zero: Literal = 0
  static let one: Literal = 1

  /// Where a net comes from; `signal` is empty for an operator that no signal names.
  struct Origin {
    var path: String
    var signal: String
    var location: SourceLocation
  }

  /// Loads of a net, and the line that has the most of them.
  struct Load {
    var count: Int32 = 0
    var largest: Int32 = 0
    var location: Int32 = -1

    /// A load of a second place.
    mutating func add(_ other: Load) {
      count += other.count
      if other.largest > largest { (largest, location) = (other.largest, other.location) }
    }
  }

  /// How an operator of several bits, all of which depend on all operands, is told from others.
  struct Operation: Hashable {
    var code: Int32
    var operands: [Literal]
  }

  /// The same for operators that work bit by bit.
  struct BitOperation: Hashable {
    var code: Int32
    var a: Literal
    var b: Literal
    var c: Literal = 0
  }

  /// What the result of an operator adds up.
  struct ConeStep {
    enum Kind {
      case passed
      case sum
      case product
    }
    var kind: Kind
    var results: Range<Int32>
    /// Places in `coneOperands`; those of a sum's second operand begin at `second`.
    var operands: Range<Int>
    var second: Int
    var location: Int32
  }

  /// The literal each net stands for: itself when it is driven here.
  private(set) var parents: [Literal] = [0]
  private(set) var loads: [Load] = [Load()]
  private var originOfNet: [Int32] = [0]
  private(set) var origins: [Origin] = []
  private(set) var locations: [SourceLocation] = []
  private var locationNumbers: [SourceLocation: Int32] = [:]
  private var operations: [Operation: Literal] = [:]
  private var bitOperations: [BitOperation: Literal] = [:]
  private(set) var coneSteps: [ConeStep] = []
  private(set) var coneOperands: [Literal] = []
  /// The line at hand: loads and operators belong to it.
  private(set) var location: Int32 = 0
  let path: String

  init(path: String, location: SourceLocation) {
    self.path = path
    locations = [location]
    origins = [Origin(path: path, signal: "", location: location)]
  }

  mutating func move(to place: SourceLocation) { location = number(of: place) }

  mutating func number(of place: SourceLocation) -> Int32 {
    if let known = locationNumbers[place] { return known }
    locations.append(place)
    locationNumbers[place] = Int32(locations.count - 1)
    return Int32(locations.count - 1)
  }

  // MARK: Nets

  /// New nets under one name; returns the first.
  mutating func nets(_ count: Int, _ origin: Origin? = nil) -> Int32 {
    let first = Int32(parents.count)
    if let origin {
      origins.append(origin)
    } else {
      origins.append(Origin(path: path, signal: "", location: locations[Int(location)]))
    }
    for net in first..<first + Int32(count) { parents.append(2 * net) }
    loads.append(contentsOf: repeatElement(Load(), count: count))
    originOfNet.append(contentsOf: repeatElement(Int32(origins.count - 1), count: count))
    return first
  }

  func origin(of net: Int32) -> Origin { origins[Int(originOfNet[Int(net)])] }

  /// The net that drives it, inverted when the way there is.
  func root(_ literal: Literal) -> Literal {
    var literal = literal
    while true {
      let parent = parents[Int(literal >> 1)]
      if parent >> 1 == literal >> 1 { return literal }
      literal = parent ^ (literal & 1)
    }
  }

  /// Lets a net stand for another one. One that stands for something already is a further load of it.
  mutating func join(_ net: Int32, to literal: Literal) {
    let root = root(literal)
    guard parents[Int(net)] == 2 * net, root >> 1 != net else { return load(literal) }
    parents[Int(net)] = root
    let driver = Int(root >> 1)
    guard driver != 0 else { return }
    loads[driver].add(loads[Int(net)])
    loads[Int(net)] = Load()
    let own = originOfNet[Int(net)]
    if origins[Int(originOfNet[driver])].signal.isEmpty, !origins[Int(own)].signal.isEmpty { originOfNet[driver] = own }
  }

  /// Lets a plain register stand for an earlier one that takes the same value; false when it is the first.
  mutating func join(_ net: Int32, toRegisterOf value: Literal) -> Bool {
    let key = BitOperation(code: 3, a: root(value), b: 0)
    // One that only takes a constant is that constant: it has no reset that could differ.
    if key.a <= Self.one {
      join(net, to: key.a)
      return true
    }
    if let earlier = bitOperations[key], earlier >> 1 != net {
      join(net, to: earlier)
      return true
    }
    bitOperations[key] = 2 * net
    return false
  }

  /// What drives a net of this module inside an instance.
  mutating func adopt(_ net: Int32, _ load: Load, _ origin: Origin) {
    loads[Int(net)].add(load)
    origins.append(origin)
    originOfNet[Int(net)] = Int32(origins.count - 1)
  }

  mutating func load(_ literal: Literal, _ count: Int = 1) {
    guard count > 0 else { return }
    add(Load(count: Int32(clamping: count), largest: Int32(clamping: count), location: location), to: literal)
  }

  mutating func load(_ literals: some Sequence<Literal>) { for literal in literals { load(literal) } }

  mutating func add(_ load: Load, to literal: Literal) {
    let net = Int(root(literal) >> 1)
    guard net != 0, load.count > 0 else { return }
    // Bits of one line are one place.
    if loads[net].location == load.location {
      loads[net].count += load.count
      loads[net].largest += load.largest
    } else {
      loads[net].add(load)
    }
  }

  // MARK: Operators

  /// An operator of `width` new nets, or the one that was there with the same operands: a synthesis tool merges the two.
  /// Loads of the operands are counted in `count`, the first time.
  mutating func operation(
    _ code: Int32, _ operands: [Literal], width: Int, cone: ConeStep.Kind = .passed, second: Int? = nil,
    _ count: (inout NetList) -> Void
  ) -> [Literal] {
    let roots = operands.map(root)
    let key = Operation(code: code, operands: roots + [Int32(width), Int32(second ?? 0)])
    let first: Literal
    if let known = operations[key] {
      first = known
    } else {
      count(&self)
      first = nets(width)
      operations[key] = first
      step(cone, first..<first + Int32(width), roots, second: second)
    }
    return (first..<first + Int32(width)).map { 2 * $0 }
  }

  mutating func step(
    _ kind: ConeStep.Kind, _ results: Range<Int32>, _ operands: [Literal], second: Int? = nil
  ) {
    let start = coneOperands.count
    coneOperands += operands
    coneSteps.append(
      ConeStep(
        kind: kind, results: results, operands: start..<coneOperands.count,
        second: second.map { start + $0 } ?? coneOperands.count, location: location))
  }

  private mutating func bitOperation(_ key: BitOperation, _ operands: [Literal]) -> Literal {
    if let known = bitOperations[key] { return known }
    load(operands)
    let net = nets(1)
    bitOperations[key] = 2 * net
    step(.passed, net..<net + 1, operands)
    return 2 * net
  }

  mutating func and(_ a: Literal, _ b: Literal) -> Literal {
    let (x, y) = (min(root(a), root(b)), max(root(a), root(b)))
    if x == Self.zero || x == y ^ 1 { return Self.zero }
    if x == Self.one || x == y { return y }
    return bitOperation(BitOperation(code: 0, a: x, b: y), [x, y])
  }

  mutating func or(_ a: Literal, _ b: Literal) -> Literal { and(a ^ 1, b ^ 1) ^ 1 }

  mutating func xor(_ a: Literal, _ b: Literal) -> Literal {
    let inverted = (root(a) ^ root(b)) & 1
    let (x, y) = (min(root(a) & ~1, root(b) & ~1), max(root(a) & ~1, root(b) & ~1))
    if x == y { return inverted }
    if x == Self.zero { return y ^ inverted }
    return bitOperation(BitOperation(code: 1, a: x, b: y), [x, y]) ^ inverted
  }

  mutating func select(_ condition: Literal, _ a: Literal, _ b: Literal) -> Literal {
    let c = root(condition)
    var (x, y) = (root(a), root(b))
    if c == Self.one || x == y { return x }
    if c == Self.zero { return y }
    if c & 1 == 1 { (x, y) = (y, x) }
    return bitOperation(BitOperation(code: 2, a: c & ~1, b: x, c: y), [c, x, y])
  }
}
