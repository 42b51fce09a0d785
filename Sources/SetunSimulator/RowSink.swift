import SetunMachine
import TernaryArithmetic

/// What the armed row unit of every stream does with the row groups of a MATVEC.
struct RowSink {
  private let opcode: Opcode
  private let matrices: Int
  private let state: StateSource
  private let stateBase: Int
  private let outputs: Int
  private let streams: Int
  private let format: FloatFormat
  /// alpha of each matrix, of all streams for each: kept here, since asking a stream would copy it.
  private let rowScales: [SmallFloat]
  /// Rows of the matrices before the last, of the current slots: the hardware's row buffers, stream after stream.
  private var buffers: [SmallFloat]
  /// Rows of a slot.
  private let slotRows: Int
  /// The first maximum among each stream's logits.
  private(set) var best: [Int]
  /// Logits in row order, of all streams for each row.
  private var logits: [SmallFloat] = []

  /// Where the state comes from that an MLGRU reads.
  struct StateSource {
    /// It is 0.
    var isCleared: Bool
    /// A stream goes on from the one before it, and the first one from the last.
    var isChained: Bool
    /// The streams that leave it as it is.
    var isIdle: [Bool]
  }

  /// - Parameter values: when the rows' scales are known.
  init(_ unit: Operation, matrices: Int, state: StateSource, _ values: MachineValues) {
    opcode = unit.opcode
    stateBase = unit.state * values.configuration.rowLanes
    outputs = unit.outputs
    self.matrices = matrices
    self.state = state
    streams = state.isIdle.count
    format = values.datapath.format
    // One matrix' scale serves both of a GLU.
    rowScales = (0..<matrices).flatMap { matrix in
      values.streams.map { $0.rowScales[unit.opcode == .glu ? 0 : matrix] }
    }
    slotRows = 5 * values.configuration.channels
    buffers = Array(repeating: .zero, count: 2 * slotRows * streams)
    best = Array(repeating: 0, count: streams)
  }

  /// The logits of a stream, in row order.
  func logits(stream: Int) -> [SmallFloat] {
    stride(from: stream, to: logits.count, by: streams).map { logits[$0] }
  }

  /// Takes the `count` valid rows of a group.
  ///
  /// - Parameters:
  ///   - sums: the sums of slots' groups, of all streams for each group.
  ///   - place: of the first stream's sums of this group.
  mutating func take(
    _ sums: [TernaryGroup.Sums], at place: Int, count: Int, group: Int, matrix: Int, _ values: inout MachineValues,
    _ watcher: inout AddressWatcher
  ) {
    let start = 5 * group % slotRows
    let isLast = matrix == matrices - 1
    let slots = values.slots
    // As a buffer, so that it is not asked at each row whether the streams are somebody else's, too.
    values.streams.withUnsafeMutableBufferPointer { all in
      for index in 0..<count {
        for stream in 0..<streams {
          // y = float(sum) * alpha_j.
          let y = format.multiply(
            format.fromInteger(Int(sums[place + stream][index])), rowScales[streams * matrix + stream])
          let buffer = 2 * slotRows * stream + start + index
          if isLast {
            write(5 * group + index, y, stream, buffer, all, slots, &watcher)
          } else {
            buffers[buffer + slotRows * matrix] = y
          }
        }
      }
    }
  }

  /// Writes a stream's element of a row.
  ///
  /// - Parameter buffer: where the stream's rows of the matrices before are.
  @inline(__always)
  private mutating func write(
    _ row: Int, _ y: SmallFloat, _ stream: Int, _ buffer: Int, _ all: UnsafeMutableBufferPointer<StreamValues>,
    _ slots: VectorSlots, _ watcher: inout AddressWatcher
  ) {
    switch opcode {
    case .mlgru:
      let element = all[stream].mlgru(
        row, buffers[buffer], buffers[buffer + slotRows], y, slots, state: before(row, stream, all),
        place: stateBase + row, isIdle: state.isIdle[stream])
      watcher.foldElement(element.state, element.z)
    case .glu:
      let element = all[stream].glu(row, buffers[buffer], y, slots)
      watcher.foldElement(element.product, element.z)
    case .argmax:
      let first = logits.count - stream
      if first == 0 || format.isGreater(y, logits[best[stream] * streams + stream]) {
        best[stream] = first / streams
      }
      logits.append(y)
      watcher.foldElement(y)
    default:
      let element = all[stream].residual(row, y, slots, isEmbedding: false, outputs: outputs)
      watcher.foldElement(element.0, element.1, element.2, element.3)
    }
  }

  /// h before a stream's token: of one sequence that after the stream before it, which has just been written.
  @inline(__always)
  private func before(_ row: Int, _ stream: Int, _ all: UnsafeMutableBufferPointer<StreamValues>) -> SmallFloat {
    if state.isChained, stream > 0 { return all[stream - 1].state[stateBase + row] }
    if state.isCleared { return .zero }
    return all[state.isChained ? streams - 1 : stream].state[stateBase + row]
  }
}
