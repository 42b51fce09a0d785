import SetunMachine

/// Cycles from which on something is allowed: what the sequencer's scoreboard keeps.
struct Scoreboard {
  /// No row unit is armed.
  var unitIdle = 0
  /// The norm unit has started the newest RMSNORM.
  var normStarted = 0
  /// The newest RMSNORM has retired.
  var normIdle = 0
  var activationsReady = 0
  var scalesValid = 0
  /// The statistics of the newest unit operation are complete.
  var statisticsReady = 0
  /// The armed unit operation.
  var armed: (instruction: Operation, tag: RetireTag)?
}

/// The row-sum queue and the serialiser behind it.
struct RowQueue {
  /// When the last row of each of the newest `sumQueueGroups` slots left the queue.
  private var left: [Int]
  private var count = 0
  /// When the newest row left.
  private(set) var lastRow = -1
  /// When the newest slot of sums could have begun to leave.
  private(set) var slotReady = 0

  init(places: Int) { left = Array(repeating: -1, count: places) }

  private var place: Int { count & (left.count - 1) }

  /// When there is a place for the next slot.
  @inline(__always)
  var isFree: Int { left[place] + 1 }

  /// A slot whose rows take `steps` cycles may leave from `ready` on.
  @inline(__always)
  mutating func pass(ready: Int, scalesValid: Int, steps: Int) {
    slotReady = ready
    lastRow = max(ready, lastRow + 1, scalesValid) + steps - 1
    left[place] = lastRow
    count += 1
  }
}
