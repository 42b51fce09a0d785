import Dispatch
import Foundation

/// The cores that may be used at once.
let processorCount = max(1, ProcessInfo.processInfo.activeProcessorCount)

/// Runs `body` on consecutive ranges that cover `0..<count`, on several cores when there is enough work.
///
/// - Parameter grain: the least number of items worth a thread of their own. `body` must write only what belongs to
///   its range.
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

/// Results of concurrent work, by number.
final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Result<[Float], any Error>?]

  init(count: Int) { values = Array(repeating: nil, count: count) }

  func set(_ number: Int, _ value: Result<[Float], any Error>) {
    lock.withLock { values[number] = value }
  }

  /// Hands the value out and forgets it.
  func take(_ number: Int) -> Result<[Float], any Error> {
    lock.withLock {
      defer { values[number] = nil }
      return values[number] ?? .success([])
    }
  }
}
