import SetunMachine

/// A part of the core whose resources are estimated together.
public enum CoreUnit: String, Hashable, Sendable, CaseIterable, Codable {
  case control, header, streamer, fifo, engine, activations, rows, slots, embedding, mlgru, glu, residual, argmax
  case statistics, norm, quantiser, vectors, inputs
  /// Registers and multiplexers of the core's own.
  case top

  /// How many the core has: what a weight channel consists of is there once for each, and so is what a stream has.
  ///
  /// The decoders, which the streams of an engine share, are counted for each of them: a little too much.
  public func copies(_ configuration: Configuration) -> Int {
    switch self {
    case .header, .streamer, .fifo: configuration.channels
    case .engine: configuration.channels * configuration.streams
    case .control, .slots, .top: 1
    case .activations, .rows, .embedding, .mlgru, .glu, .residual, .argmax, .statistics, .norm, .quantiser, .vectors,
      .inputs:
      configuration.streams
    }
  }

  /// The unit to which a module belongs, or the cells of one that ``consistsOfUnits(module:)``; nil when there is none.
  public init?(module: String) {
    let table: [(prefix: String, unit: CoreUnit)] = [
      ("setun_core", .top), ("stream_path", .top), ("state_chain", .mlgru), ("control_registers", .control),
      ("run_control", .control), ("sequencer", .control),
      ("weight_channel", .header), ("central_channel", .header), ("header_check", .header),
      ("weight_streamer", .streamer), ("stream_fifo", .fifo), ("ternary_engine", .engine),
      ("activation_memory", .activations), ("row_serialiser", .rows), ("row_scale", .rows), ("row_buffer", .rows),
      ("vector_slots", .slots), ("float_from_bfloat16", .slots), ("floats_from_bfloat16", .slots),
      ("embedding_unit", .embedding), ("mlgru_unit", .mlgru), ("glu_unit", .glu), ("residual_unit", .residual),
      ("argmax_unit", .argmax), ("statistics", .statistics), ("norm_unit", .norm), ("quantiser", .quantiser),
      ("x_memory", .vectors), ("state_memory", .vectors), ("z_memory", .inputs),
    ]
    guard let entry = table.first(where: { module.hasPrefix($0.prefix) }) else { return nil }
    self = entry.unit
  }

  /// Whether a module only holds units together.
  static func consistsOfUnits(module: String) -> Bool {
    ["setun_core", "stream_path", "weight_channel", "central_channel"].contains { module.hasPrefix($0) }
  }
}

/// A memory as the core declares it, one write and one read a cycle.
struct StoredMemory: Hashable {
  /// Bits of a word, and words.
  var width: Int
  var depth: Int
  var count = 1

  /// Deeper ones are block RAM (`Configuration.style` of the core).
  var isBlock: Bool { depth > 64 }
}

extension CoreUnit {
  /// The memories of one copy, where they grow with the configuration. Small ones of fixed depth (queues, the prompt) are
  /// part of what is fitted.
  func memories(_ c: Configuration) -> [StoredMemory] {
    let floatBits = 9 + c.fractionBits
    let slotBits = 16 * c.halvesPerBeat
    switch self {
    case .fifo: return [StoredMemory(width: c.beatBits, depth: c.fifoBeats)]
    case .activations: return [StoredMemory(width: c.beatBits, depth: c.activationWords)]
    case .slots:
      // A bank for each channel.
      return [
        StoredMemory(width: slotBits, depth: c.vectorBeats(of: c.hiddenCapacity), count: 7 * c.channels),
        StoredMemory(width: slotBits, depth: c.vectorBeats(of: c.intermediateCapacity), count: c.channels),
      ]
    case .embedding:
      return [StoredMemory(width: slotBits, depth: c.vectorBeats(of: c.hiddenCapacity), count: c.channels)]
    case .vectors:
      return [
        StoredMemory(width: c.rowLanes * floatBits, depth: c.steps(of: c.hiddenCapacity)),
        StoredMemory(width: c.rowLanes * floatBits, depth: c.steps(of: c.stateCapacity)),
      ]
    case .inputs:
      return [c.vectorCapacity, c.hiddenCapacity, c.hiddenCapacity].map { capacity in
        StoredMemory(width: floatBits, depth: c.words(of: capacity), count: c.lanes)
      }
    default: return []
    }
  }

  /// The quantities in which one copy's logic is taken to be linear, the constant first.
  func features(_ c: Configuration) -> [Double] {
    let lanes = Double(c.lanes)
    let rows = Double(c.rowLanes)
    let fraction = Double(c.fractionBits)
    let isWide = c.rowLanes > 1
    let further = Double(c.channels - 1)
    switch self {
    case .control: return [1, lanes, rows, further]
    case .header, .fifo, .engine: return [1, lanes]
    case .streamer, .activations: return [1]
    // The queue is as wide as the sums of all channels.
    case .rows: return [1, rows, rows * fraction, further * Double(5 * c.sumBits)]
    // The lanes are multiplied by F in their adders, and not in their tags.
    case .mlgru, .glu, .residual, .argmax, .statistics: return [1, rows, rows * fraction]
    case .slots, .embedding:
      // A word of the banks is selected, four to a LUT of six inputs, then a step from it; what comes out is converted.
      let word = 16 * c.halvesPerBeat
      let places = Double(word - 16 * c.rowLanes)
      let banks = Double(word * ((c.channels + 1) / 3))
      return [1, rows, isWide ? 0 : places, isWide ? places : 0, banks]
    case .norm: return [1, fraction]
    case .quantiser: return [1, lanes, lanes * fraction]
    case .vectors: return [1, rows]
    // A group's elements find their banks through multiplexers.
    case .inputs: return [1, lanes, isWide ? lanes * (9 + fraction) : 0]
    case .top: return [1, lanes, rows * (9 + fraction), further]
    }
  }
}
