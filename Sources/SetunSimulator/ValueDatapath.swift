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
  @inline(__always) func sigmoid(_ a: SmallFloat, _ name: StaticString) -> SmallFloat { format.sigmoid(a) }
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
  /// The three z memories, `capacity` elements each.
  var z: [SmallFloat]
  /// The eight vector slots, as machine floats, `capacity` elements each.
  var slots: [SmallFloat]
  let capacity: Int
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
    capacity = configuration.vectorCapacity
    state = Array(repeating: .zero, count: configuration.stateCapacity)
    x = Array(repeating: .zero, count: capacity)
    z = Array(repeating: .zero, count: 3 * capacity)
    slots = Array(repeating: .zero, count: 8 * capacity)
    activations = Array(repeating: 0, count: configuration.activationWords * configuration.lanes)
    rowScales = Array(repeating: .zero, count: 3)
  }

  /// An element of a vector slot.
  @inline(__always)
  private func weight(_ slot: Int, _ row: Int) -> SmallFloat { slots[slot * capacity + row] }

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
  func scaled(_ sum: Int32, _ matrix: Int) -> SmallFloat {
    format.multiply(format.fromInteger(Int(sum)), rowScales[matrix])
  }

  /// An element of RESIDUAL, or of EMBED when `isEmbedding`.
  mutating func residual(_ row: Int, _ y: SmallFloat, isEmbedding: Bool, outputs: Int) -> (
    SmallFloat, SmallFloat, SmallFloat, SmallFloat
  ) {
    // Outputs that the instruction does not ask for are zero, in the z memories too.
    let element = ResidualDatapath(
      x: isEmbedding ? .zero : x[row], y: y, outerWeight: weight(0, row), weight0: weight(1, row),
      weight1: outputs > 1 ? weight(2, row) : .zero, weight2: outputs > 2 ? weight(3, row) : .zero)(datapath)
    let (z1, z2) = (element.z1, element.z2)
    x[row] = element.x
    z[row] = element.z0
    z[capacity + row] = z1
    z[2 * capacity + row] = z2
    accumulate(element.x, inner: element.u)
    largest[0] = format.maximumMagnitude(largest[0], element.z0)
    largest[1] = format.maximumMagnitude(largest[1], z1)
    largest[2] = format.maximumMagnitude(largest[2], z2)
    return (element.x, element.z0, z1, z2)
  }

  /// An element of the MLGRU; `clear` reads the state as 0.
  mutating func mlgru(_ row: Int, _ i: SmallFloat, _ f: SmallFloat, _ g: SmallFloat, base: Int, clear: Bool) -> (
    state: SmallFloat, z: SmallFloat
  ) {
    let element = MLGRUDatapath(
      inputRow: i, forgetRow: f, gateRow: g, lowerBound: weight(4, row), gateWeight: weight(5, row),
      outputWeight: weight(6, row), state: clear ? .zero : state[base + row])(datapath)
    state[base + row] = element.state
    z[row] = element.z
    accumulate(g, inner: element.product)
    largest[0] = format.maximumMagnitude(largest[0], element.z)
    return (element.state, element.z)
  }

  /// An element of the GLU.
  mutating func glu(_ row: Int, _ a: SmallFloat, _ b: SmallFloat) -> (product: SmallFloat, z: SmallFloat) {
    let element = GLUDatapath(gateRow: a, upRow: b, downWeight: weight(7, row))(datapath)
    z[row] = element.z
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
      let format = format
      z.withUnsafeBufferPointer { z in
        activations.withUnsafeMutableBufferPointer { activations in
          format.quantise(
            UnsafeBufferPointer(rebasing: z[matrix * capacity..<matrix * capacity + count]), by: k,
            into: UnsafeMutableBufferPointer(rebasing: activations[start..<start + count]))
        }
      }
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
