import SetunMachine
import TernaryArithmetic

/// Every memory and register of the machine that holds data.
///
/// Time is not known here: `MachineSimulator` asks for results in program order and adds the cycles.
struct MachineValues {
  let configuration: Configuration
  let datapath: ValueDatapath
  /// Norm weights and bounds, which all streams share.
  var slots: VectorSlots
  /// int8 activations: those of stream s from s * `activationStride` on, vector j of them from j * words * lanes on.
  var activations: [Int8]
  /// Activations from one stream's to the next one's.
  let activationStride: Int
  var streams: [StreamValues]

  init(_ configuration: Configuration, epsilon: UInt32) {
    self.configuration = configuration
    let format = FloatFormat(exponentBits: 8, fractionBits: configuration.fractionBits)
    datapath = ValueDatapath(format: format)
    slots = VectorSlots(capacity: configuration.vectorCapacity)
    activationStride = configuration.activationWords * configuration.lanes
    activations = Array(repeating: 0, count: configuration.streams * activationStride)
    let stream = StreamValues(configuration, datapath, epsilon: format.fromFloat(Float(bitPattern: epsilon)))
    streams = Array(repeating: stream, count: configuration.streams)
  }

  mutating func clearStatistics() {
    for stream in streams.indices { streams[stream].clearStatistics() }
  }

  /// RMSNORM on every stream.
  mutating func norm(_ instruction: Operation) {
    activations.withUnsafeMutableBufferPointer { activations in
      for stream in streams.indices {
        let start = stream * activationStride
        streams[stream].norm(
          instruction, into: UnsafeMutableBufferPointer(rebasing: activations[start..<start + activationStride]))
      }
    }
  }
}

/// The eight vector slots, as machine floats, `capacity` elements each.
struct VectorSlots {
  var words: [SmallFloat]
  let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    words = Array(repeating: .zero, count: 8 * capacity)
  }

  @inline(__always)
  subscript(slot: Int, row: Int) -> SmallFloat { words[slot * capacity + row] }
}
