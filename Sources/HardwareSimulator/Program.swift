import HardwareDescription

/// Which registers, inputs and memories a word depends on, as groups of them.
typealias Activity = SIMD4<UInt64>

extension Activity {
  static let none = Activity(repeating: 0)
  static let all = Activity(repeating: .max)
  static let bitCount = 256

  init(bit: Int) {
    self = .none
    self[bit / 64] = 1 << UInt64(bit % 64)
  }

  var isEmpty: Bool { self == .none }

  var count: Int { (0..<4).reduce(0) { $0 + self[$1].nonzeroBitCount } }

  @inline(__always)
  func meets(_ other: Activity) -> Bool {
    let common = self & other
    return common[0] | common[1] | common[2] | common[3] != 0
  }
}

/// A circuit as flat instructions over a flat state.
///
/// The state holds constants, inputs, the current and the next values of registers, everything computed, and the memories.
/// Instructions stand in blocks of those that depend on the same groups of registers, inputs and memories, each block after
/// those it reads from. A block is skipped when nothing in its groups has changed. Within a block they are ordered so that
/// the same operation follows itself as often as possible.
struct Program {
  struct Block {
    let activity: Activity
    let runs: Range<Int>
  }

  /// Registers of one domain and group: `count` words.
  struct Bank {
    let current: Int
    let next: Int
    let count: Int
    let activity: Activity
  }

  struct Write {
    let enable: Int
    let address: Int
    let data: [Int]
    let memory: Int
    let activity: Activity
  }

  struct Reset {
    let slot: Int
    let value: UInt64
    let activity: Activity
  }

  struct Domain {
    var banks: [Bank] = []
    var writes: [Write] = []
    var resets: [Reset] = []
  }

  var code: [Instruction] = []
  var runs: [Run] = []
  /// Needed for registers, memories and outputs.
  var blocks: [Block] = []
  /// Needed only by who looks inside.
  var inspection: [Block] = []
  var tables: [UInt32] = []
  var memories: [MemoryLayout] = []
  var memoryActivity: [Activity] = []
  var domains: [Domain] = []
  var constants: [(slot: Int, value: UInt64)] = []
  /// Position of each word of the graph; `unplaced` when nothing needs it.
  var slots: [UInt32] = []
  /// Words computed by `inspection`.
  var isInspected: [Bool] = []
  var inputActivity: [Activity] = []
  var size = 0

  static let unplaced = UInt32.max
}
