/// The operators from which every row unit is built.
///
/// A datapath written against this protocol is instantiated three times: with values by the simulator, with delays by
/// `MachineTiming`, and with hardware nodes by the core. So the arithmetic, its latency and its circuit cannot drift apart.
public protocol FloatDatapath {
  /// A machine float: a value, the cycle at which it is ready, or a circuit node.
  associatedtype Value

  /// The constant 1.
  var one: Value { get }
  /// a * b; `name` names the result in the circuit.
  func multiply(_ a: Value, _ b: Value, _ name: StaticString) -> Value
  /// a + b.
  func add(_ a: Value, _ b: Value, _ name: StaticString) -> Value
  /// a - b.
  func subtract(_ a: Value, _ b: Value, _ name: StaticString) -> Value
  /// sigmoid(a) and sigmoid(-a).
  func sigmoidPair(_ a: Value, _ name: StaticString) -> (positive: Value, negative: Value)
  /// sigmoid(a) alone.
  func sigmoid(_ a: Value, _ name: StaticString) -> Value
  /// The recurrence: forgetGate * state + fresh.
  func recur(_ forgetGate: Value, _ state: Value, _ fresh: Value) -> Value
}

extension FloatDatapath {
  @inlinable
  public func recur(_ forgetGate: Value, _ state: Value, _ fresh: Value) -> Value {
    add(multiply(forgetGate, state, "kept"), fresh, "next_state")
  }

  @inlinable
  public func sigmoid(_ a: Value, _ name: StaticString) -> Value { sigmoidPair(a, name).positive }
}

/// The MLGRU's element: brief, section 1, with 1 - f computed as (1 - lb) * sigmoid(-z).
public struct MLGRUDatapath<Value> {
  /// Rows of the three matrices.
  public var inputRow, forgetRow, gateRow: Value
  /// lb, g_norm weight and o_proj norm weight (slots 4, 5, 6).
  public var lowerBound, gateWeight, outputWeight: Value
  /// h before this token.
  public var state: Value

  public init(
    inputRow: Value, forgetRow: Value, gateRow: Value, lowerBound: Value, gateWeight: Value, outputWeight: Value,
    state: Value
  ) {
    self.inputRow = inputRow
    self.forgetRow = forgetRow
    self.gateRow = gateRow
    self.lowerBound = lowerBound
    self.gateWeight = gateWeight
    self.outputWeight = outputWeight
    self.state = state
  }

  /// h', the element p of the output norm's mean square, and z_0.
  @inlinable
  public func callAsFunction<D: FloatDatapath>(_ d: D) -> (state: Value, product: Value, z: Value)
  where D.Value == Value {
    let forget = d.sigmoidPair(forgetRow, "forget_sigmoid")
    let keep = d.subtract(d.one, lowerBound, "keep")
    let scaledForget = d.multiply(keep, forget.positive, "scaled_forget")
    let forgetGate = d.add(lowerBound, scaledForget, "forget_gate")
    let inputGate = d.multiply(keep, forget.negative, "input_gate")
    let inputSigmoid = d.sigmoid(inputRow, "input_sigmoid")
    let candidate = d.multiply(inputRow, inputSigmoid, "candidate")
    let fresh = d.multiply(candidate, inputGate, "fresh")
    let next = d.recur(forgetGate, state, fresh)
    let stateSigmoid = d.sigmoid(next, "state_sigmoid")
    let outputGate = d.multiply(next, stateSigmoid, "output_gate")
    let weighted = d.multiply(gateRow, gateWeight, "weighted_gate")
    let product = d.multiply(weighted, outputGate, "product")
    let z = d.multiply(product, outputWeight, "z")
    return (next, product, z)
  }
}

/// The gated linear unit's element: s = SiLU(a) * b.
public struct GLUDatapath<Value> {
  public var gateRow, upRow: Value
  /// down_proj norm weight (slot 7).
  public var downWeight: Value

  public init(gateRow: Value, upRow: Value, downWeight: Value) {
    self.gateRow = gateRow
    self.upRow = upRow
    self.downWeight = downWeight
  }

  /// s and z_0 = s * w.
  @inlinable
  public func callAsFunction<D: FloatDatapath>(_ d: D) -> (product: Value, z: Value) where D.Value == Value {
    let sigmoid = d.sigmoid(gateRow, "gate_sigmoid")
    let silu = d.multiply(gateRow, sigmoid, "silu")
    let product = d.multiply(silu, upRow, "product")
    let z = d.multiply(product, downWeight, "z")
    return (product, z)
  }
}

/// The residual's element: x' = x + y, u = x' * w_0, z_j = x' * w_(1 + j). EMBED feeds it with x = 0.
public struct ResidualDatapath<Value> {
  public var x, y: Value
  public var outerWeight, weight0, weight1, weight2: Value

  public init(x: Value, y: Value, outerWeight: Value, weight0: Value, weight1: Value, weight2: Value) {
    self.x = x
    self.y = y
    self.outerWeight = outerWeight
    self.weight0 = weight0
    self.weight1 = weight1
    self.weight2 = weight2
  }

  @inlinable
  public func callAsFunction<D: FloatDatapath>(_ d: D) -> (x: Value, u: Value, z0: Value, z1: Value, z2: Value)
  where D.Value == Value {
    let next = d.add(x, y, "next_x")
    let u = d.multiply(next, outerWeight, "u")
    let z0 = d.multiply(next, weight0, "z0")
    let z1 = d.multiply(next, weight1, "z1")
    let z2 = d.multiply(next, weight2, "z2")
    return (next, u, z0, z1, z2)
  }
}

/// The delays of a datapath: a value is the cycle at which it is ready, and the later operand decides.
public struct DelayDatapath: FloatDatapath, Sendable {
  public init() {}
  public var one: Int { 0 }
  public func multiply(_ a: Int, _ b: Int, _ name: StaticString) -> Int { max(a, b) + OperatorLatency.multiply }
  public func add(_ a: Int, _ b: Int, _ name: StaticString) -> Int { max(a, b) + OperatorLatency.add }
  public func subtract(_ a: Int, _ b: Int, _ name: StaticString) -> Int { max(a, b) + OperatorLatency.add }
  public func sigmoidPair(_ a: Int, _ name: StaticString) -> (positive: Int, negative: Int) {
    (a + OperatorLatency.sigmoid, a + OperatorLatency.sigmoid)
  }
}
