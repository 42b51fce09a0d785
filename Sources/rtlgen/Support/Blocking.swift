import Dispatch

/// Waits for asynchronous work from the main thread, which serves no task.
enum Blocking {
  static func run(_ work: @escaping @Sendable () async throws -> Void) throws {
    let outcome = Outcome()
    let end = DispatchSemaphore(value: 0)
    Task.detached {
      do { try await work() } catch { outcome.error = error }
      end.signal()
    }
    end.wait()
    if let error = outcome.error { throw error }
  }

  /// Written before the semaphore is signalled and read after it.
  private final class Outcome: @unchecked Sendable {
    var error: (any Error)?
  }
}
