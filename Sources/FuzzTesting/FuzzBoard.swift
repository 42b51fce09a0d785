#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers in a file that a worker writes and its supervisor reads, so that they outlive a crash.
public final class FuzzBoard: @unchecked Sendable {
  // Unchecked: single words, written by one process and read by another.

  /// Words before the counts of the targets.
  private static let fixed = 2
  private let words: UnsafeMutablePointer<UInt64>
  private let byteCount: Int

  /// Maps the board of a file, which is made when it is not there; two counts for each target.
  public init(path: String, targets: Int) throws(FuzzError) {
    byteCount = 8 * (Self.fixed + 2 * targets)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0, ftruncate(descriptor, off_t(byteCount)) == 0,
      let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), address != MAP_FAILED
    else { throw FuzzError("\(path): cannot be written (\(String(cString: strerror(errno)))).") }
    close(descriptor)
    words = address.bindMemory(to: UInt64.self, capacity: byteCount / 8)
  }

  deinit { munmap(words, byteCount) }

  /// The number of the case that runs, or of the next one.
  public var number: Int {
    get { Int(words[0]) }
    set { words[0] = UInt64(newValue) }
  }

  /// When the case began, in nanoseconds of the monotonic clock; 0 while none runs.
  public var began: UInt64 {
    get { words[1] }
    set { words[1] = newValue }
  }

  /// Cases of a target that ran, and those of them that were loaded.
  public subscript(target: Int) -> (run: Int, accepted: Int) {
    get { (Int(words[Self.fixed + 2 * target]), Int(words[Self.fixed + 2 * target + 1])) }
    set {
      words[Self.fixed + 2 * target] = UInt64(newValue.run)
      words[Self.fixed + 2 * target + 1] = UInt64(newValue.accepted)
    }
  }

  /// Nanoseconds of the monotonic clock.
  public static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
