import SetunMachine
import TernaryArithmetic

/// What the armed row unit does with the row groups of a MATVEC.
struct RowSink {
  private let opcode: Opcode
  private let matrices: Int
  private let clear: Bool
  private let stateBase: Int
  private let outputs: Int
  /// Rows of the matrices before the last, of the current slots: the hardware's row buffer.
  private var buffers: [SmallFloat]
  /// Rows of a slot.
  private let slotRows: Int
  /// The first maximum among the logits.
  private(set) var best = 0
  private(set) var logits: [SmallFloat] = []

  init(_ unit: Operation, matrices: Int, clear: Bool, channels: Int, rowLanes: Int) {
    opcode = unit.opcode
    stateBase = unit.state * rowLanes
    outputs = unit.outputs
    self.matrices = matrices
    self.clear = clear
    slotRows = 5 * channels
    buffers = Array(repeating: .zero, count: 2 * slotRows)
  }

  /// Takes the `count` valid rows of a group.
  mutating func take(
    _ sums: TernaryGroup.Sums, count: Int, group: Int, matrix: Int, _ values: inout MachineValues,
    _ watcher: inout AddressWatcher
  ) {
    let start = 5 * group % slotRows
    for index in 0..<count {
      let y = values.scaled(sums[index], opcode == .glu ? 0 : matrix)
      guard matrix == matrices - 1 else {
        buffers[slotRows * matrix + start + index] = y
        continue
      }
      let row = 5 * group + index
      switch opcode {
      case .mlgru:
        let element = values.mlgru(
          row, buffers[start + index], buffers[slotRows + start + index], y, base: stateBase, clear: clear)
        watcher.foldElement(element.state, element.z)
      case .glu:
        let element = values.glu(row, buffers[start + index], y)
        watcher.foldElement(element.product, element.z)
      case .argmax:
        if logits.isEmpty || values.datapath.format.isGreater(y, logits[best]) { best = logits.count }
        logits.append(y)
        watcher.foldElement(y)
      default:
        let element = values.residual(row, y, isEmbedding: false, outputs: outputs)
        watcher.foldElement(element.0, element.1, element.2, element.3)
      }
    }
  }
}
