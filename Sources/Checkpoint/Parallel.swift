import Dispatch

/// Runs `body` on consecutive ranges that cover `0..<count`, on several cores when there is enough work.
///
/// - Parameter grain: the least number of items worth a thread of their own. Ranges are multiples of it, so the
///   split does not depend on how fast a core is; `body` must write only what belongs to its range.
func concurrently(_ count: Int, grain: Int, _ body: @Sendable (Range<Int>) -> Void) {
  let pieces = min(processorCount, count / max(grain, 1))
  guard pieces > 1 else {
    if count > 0 { body(0..<count) }
    return
  }
  DispatchQueue.concurrentPerform(iterations: pieces) { piece in
    body(count * piece / pieces..<count * (piece + 1) / pieces)
  }
}

import Foundation

private let processorCount = max(1, ProcessInfo.processInfo.activeProcessorCount)
