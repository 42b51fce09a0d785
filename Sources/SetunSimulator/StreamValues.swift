import SetunMachine
import TernaryArithmetic

/// The memories and registers that one stream has for itself, and the operations of the instructions on them.
struct StreamValues {
  private let datapath: ValueDatapath
  private var format: FloatFormat { datapath.format }
  private let epsilon: SmallFloat
  private let lanes: Int
  private let capacity: Int

  /// Recurrent state h, layers after each other.
  var state: [SmallFloat]
  private var x: [SmallFloat]
  /// The three z memories, `capacity` elements each.
  private var z: [SmallFloat]
  /// alpha_0 to alpha_2.
  private(set) var rowScales: [SmallFloat]

  // Statistics of the newest unit operation.
  private var squareSum = WideAccumulator()
  private var innerSquareSum = WideAccumulator()
  private var largest = [SmallFloat](repeating: .zero, count: 3)

  init(_ configuration: Configuration, _ datapath: ValueDatapath, epsilon: SmallFloat) {
    self.datapath = datapath
    self.epsilon = epsilon
    lanes = configuration.lanes
    capacity = configuration.vectorCapacity
    state = Array(repeating: .zero, count: configuration.stateCapacity)
    x = Array(repeating: .zero, count: capacity)
    z = Array(repeating: .zero, count: 3 * capacity)
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

  /// An element of RESIDUAL, or of EMBED when `isEmbedding`.
  @inline(never)
  mutating func residual(_ row: Int, _ y: SmallFloat, _ slots: VectorSlots, isEmbedding: Bool, outputs: Int) -> (
    SmallFloat, SmallFloat, SmallFloat, SmallFloat
  ) {
    // Outputs that the instruction does not ask for are zero, in the z memories too.
    let element = ResidualDatapath(
      x: isEmbedding ? .zero : x[row], y: y, outerWeight: slots[0, row], weight0: slots[1, row],
      weight1: outputs > 1 ? slots[2, row] : .zero, weight2: outputs > 2 ? slots[3, row] : .zero)(datapath)
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

  /// An element of the MLGRU, whose state lies at `place`.
  ///
  /// - Parameters:
  ///   - state: h before this token.
  ///   - isIdle: h' is h.
  @inline(never)
  mutating func mlgru(
    _ row: Int, _ i: SmallFloat, _ f: SmallFloat, _ g: SmallFloat, _ slots: VectorSlots, state: SmallFloat,
    place: Int, isIdle: Bool
  ) -> (state: SmallFloat, z: SmallFloat) {
    // A bound of 1 lets nothing be forgotten, and a candidate of 0 adds nothing: 1 * h + 0 is h in every bit.
    let element = MLGRUDatapath(
      inputRow: isIdle ? .zero : i, forgetRow: f, gateRow: g, lowerBound: isIdle ? format.one : slots[4, row],
      gateWeight: slots[5, row], outputWeight: slots[6, row], state: state)(datapath)
    self.state[place] = element.state
    z[row] = element.z
    accumulate(g, inner: element.product)
    largest[0] = format.maximumMagnitude(largest[0], element.z)
    return (element.state, element.z)
  }

  /// An element of the GLU.
  @inline(never)
  mutating func glu(_ row: Int, _ a: SmallFloat, _ b: SmallFloat, _ slots: VectorSlots) -> (
    product: SmallFloat, z: SmallFloat
  ) {
    let element = GLUDatapath(gateRow: a, upRow: b, downWeight: slots[7, row])(datapath)
    z[row] = element.z
    accumulate(.zero, inner: element.product)
    largest[0] = format.maximumMagnitude(largest[0], element.z)
    return element
  }

  /// RMSNORM: activations of `matrices` vectors, after each other in whole words, and their row scales.
  mutating func norm(_ instruction: Operation, into activations: UnsafeMutableBufferPointer<Int8>) {
    let count = instruction.count
    let matrices = instruction.matrices
    let padded = (count + lanes - 1) / lanes * lanes
    let hundredTwentySeven = format.fromInteger(127)
    for matrix in 0..<matrices {
      let k = format.multiply(format.reciprocal(largest[matrix]), hundredTwentySeven)
      let start = matrix * padded
      z.withUnsafeBufferPointer { z in
        format.quantise(
          UnsafeBufferPointer(rebasing: z[matrix * capacity..<matrix * capacity + count]), by: k,
          into: UnsafeMutableBufferPointer(rebasing: activations[start..<start + count]))
      }
      for index in count..<padded { activations[start + index] = 0 }
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
  private func constant(_ bits: UInt32) -> SmallFloat { SmallFloat(bits: bits >> UInt32(15 - format.fractionBits)) }
}
