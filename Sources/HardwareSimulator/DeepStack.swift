import Foundation

/// Runs `body` on a thread whose stack has room for the recursion over a long chain of logic.
func withDeepStack<Result>(_ body: @escaping () -> Result) -> Result {
  let call = DeepCall(body)
  let thread = Thread { call.run() }
  thread.stackSize = 512 << 20
  thread.start()
  return call.result()
}

/// Hands a result from one thread to the one that waits for it, which is what makes it safe to share.
private final class DeepCall<Result>: @unchecked Sendable {
  private let body: () -> Result
  private var value: Result?
  private let isDone = DispatchSemaphore(value: 0)

  init(_ body: @escaping () -> Result) { self.body = body }

  func run() {
    value = body()
    isDone.signal()
  }

  func result() -> Result {
    isDone.wait()
    return value ?? body()
  }
}
