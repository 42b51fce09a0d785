import SetunMachine
import TernaryArithmetic

/// A datapath whose values are machine floats: what the hardware computes, without its time.
struct ValueDatapath: FloatDatapath, Sendable {
  let format: FloatFormat

  @inline(__always) var one: SmallFloat { format.one }
  @inline(__always) func multiply(_ a: SmallFloat, _ b: SmallFloat, _ name: StaticString) -> SmallFloat {
    format.multiply(a, b)
  }
  @inline(__always) func add(_ a: SmallFloat, _ b: SmallFloat, _ name: StaticString) -> SmallFloat { format.add(a, b) }
  @inline(__always) func subtract(_ a: SmallFloat, _ b: SmallFloat, _ name: StaticString) -> SmallFloat {
    format.subtract(a, b)
  }
  @inline(__always) func sigmoidPair(_ a: SmallFloat, _ name: StaticString) -> (
    positive: SmallFloat, negative: SmallFloat
  ) {
    format.sigmoidPair(a)
  }
}

/// Every memory and register of the machine that holds data, and the operations of the instructions on them.
///
/// Time is not known here: `MachineSimulator` asks for results in program order and adds the cycles.
struct MachineValues {
  let configuration: Configuration
  let datapath: ValueDatapath
  let epsilon: SmallFloat
  private var format: FloatFormat { datapath.format }

  /// Recurrent state h, layers after each other.
  var state: [SmallFloat]
  var x: [SmallFloat]
  /// The three z memories.
  var z: [[SmallFloat]]
  /// The eight vector slots, as machine floats.
  var slots: [[SmallFloat]]
  /// int8 activations: vector j from j * words * lanes on.
  var activations: [Int8]
  /// alpha_0 to alpha_2.
  var rowScales: [SmallFloat]

  // Statistics of the newest unit operation.
  private var squareSum = WideAccumulator()
  private var innerSquareSum = WideAccumulator()
  private var largest = [SmallFloat](repeating: .zero, count: 3)

  init(_ configuration: Configuration, epsilon: UInt32) {
    self.configuration = configuration
    let format = FloatFormat(exponentBits: 8, fractionBits: configuration.fractionBits)
    datapath = ValueDatapath(format: format)
    self.epsilon = format.fromFloat(Float(bitPattern: epsilon))
    let zeros = [SmallFloat](repeating: .zero, count: configuration.vectorCapacity)
    state = Array(repeating: .zero, count: configuration.stateCapacity)
    x = zeros
    z = [zeros, zeros, zeros]
    slots = Array(repeating: zeros, count: 8)
    activations = Array(repeating: 0, count: configuration.activationWords * configuration.lanes)
    rowScales = Array(repeating: .zero, count: 3)
  }

  mutating func clearStatistics() {
    squareSum.reset()
    innerSquareSum.reset()
    for index in 0..<3 { largest[index] = .zero }
  }

  private mutating func accumulate(_ a: SmallFloat, inner m: SmallFloat) {
    squareSum.addSquare(of: a, format)
    innerSquareSum.addSquare(of: m, format)
  }

  /// y = float(sum) * alpha_j.
  func scaled(_ sum: Int32, _ matrix: Int) -> SmallFloat { format.multiply(format.fromInteger(Int(sum)), rowScales[matrix]) }

  /// An element of RESIDUAL, or of EMBED when `isEmbedding`.
  mutating func residual(_ row: Int, _ y: SmallFloat, isEmbedding: Bool, outputs: Int) -> (SmallFloat, SmallFloat, SmallFloat, SmallFloat) {
    let element = ResidualDatapath(
      x: isEmbedding ? .zero : x[row], y: y, outerWeight: slots[0][row], weight0: slots[1][row],
      weight1: slots[2][row], weight2: slots[3][row])(datapath)
    // Outputs that the instruction does not ask for are zero, in the z memories too.
    let z1 = outputs > 1 ? element.z1 : .zero
    let z2 = outputs > 2 ? element.z2 : .zero
    x[row] = element.x
    z[0][row] = element.z0
    z[1][row] = z1
    z[2][row] = z2
    accumulate(element.x, inner: element.u)
    largest[0] = format.maximumMagnitude(largest[0], element.z0)
    largest[1] = format.maximumMagnitude(largest[1], z1)
    largest[2] = format.maximumMagnitude(largest[2], z2)
    return (element.x, element.z0, z1, z2)
  }

  /// An element of the MLGRU; `clear` reads the state as 0.
  mutating func mlgru(_ row: Int, _ i: SmallFloat, _ f: SmallFloat, _ g: SmallFloat, base: Int, clear: Bool) -> (state: SmallFloat, z: SmallFloat) {
    let element = MLGRUDatapath(
      inputRow: i, forgetRow: f, gateRow: g, lowerBound: slots[4][row], gateWeight: slots[5][row],
      outputWeight: slots[6][row], state: clear ? .zero : state[base + row])(datapath)
    state[base + row] = element.state
    z[0][row] = element.z
    accumulate(g, inner: element.product)
    largest[0] = format.maximumMagnitude(largest[0], element.z)
    return (element.state, element.z)
  }

  /// An element of the GLU.
  mutating func glu(_ row: Int, _ a: SmallFloat, _ b: SmallFloat) -> (product: SmallFloat, z: SmallFloat) {
    let element = GLUDatapath(gateRow: a, upRow: b, downWeight: slots[7][row])(datapath)
    z[0][row] = element.z
    accumulate(.zero, inner: element.product)
    largest[0] = format.maximumMagnitude(largest[0], element.z)
    return element
  }

  /// RMSNORM: activations of `matrices` vectors and their row scales.
  mutating func norm(_ instruction: Operation) {
    let count = instruction.count
    let matrices = instruction.matrices
    let words = configuration.words(of: count)
    let lanes = configuration.lanes
    let hundredTwentySeven = format.fromInteger(127)
    for matrix in 0..<matrices {
      let k = format.multiply(format.reciprocal(largest[matrix]), hundredTwentySeven)
      let start = matrix * words * lanes
      for index in 0..<count { activations[start + index] = format.quantise(z[matrix][index], by: k) }
      for index in count..<words * lanes { activations[start + index] = 0 }
    }
    let inverse = constant(instruction.inverse)
    let innerMean = format.multiply(innerSquareSum.toSmallFloat(format), inverse)
    let mean = format.multiply(squareSum.toSmallFloat(format), inverse)
    let outer = instruction.isInner ? format.one : format.add(mean, epsilon)
    let floor = format.multiply(outer, format.fromDouble(1e-6))
    let root = format.reciprocalSquareRoot(format.add(innerMean, floor))
    for matrix in 0..<matrices {
      rowScales[matrix] = format.multiply(
        format.multiply(largest[matrix], root), constant(instruction.scales[matrix]))
    }
  }

  /// A float24 field as a machine float.
  func constant(_ bits: UInt32) -> SmallFloat { SmallFloat(bits: bits >> UInt32(15 - format.fractionBits)) }
}
