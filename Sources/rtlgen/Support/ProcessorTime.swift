import Foundation

/// The processor time of this thread: unlike the time on the wall it does not depend on what else the machine does.
enum ProcessorTime {
  static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}
