#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How far the process's resident memory grew since the value was made.
struct PeakMemory {
  private let start: Int

  init() {
    #if os(Linux)
      // 5 makes the peak what is resident now (proc(5)).
      let control = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
      if control >= 0 {
        _ = write(control, "5", 1)
        close(control)
      }
    #endif
    start = Self.peak()
  }

  /// Bytes from then to the largest size since.
  var growth: Int { Self.peak() - start }

  /// The largest resident size so far, in bytes; 0 where it cannot be read.
  private static func peak() -> Int {
    #if os(Linux)
      let status = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
      guard status >= 0 else { return 0 }
      defer { close(status) }
      var text = [UInt8](repeating: 0, count: 4096)
      let count = read(status, &text, text.count)
      guard count > 0 else { return 0 }
      let key = Array("VmHWM:".utf8)
      guard
        let line = text[..<count].split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: key) })
      else { return 0 }
      return line.dropFirst(key.count).filter { (48..<58).contains($0) }.reduce(0) { $0 * 10 + Int($1) - 48 } << 10
    #else
      var usage = rusage()
      return getrusage(RUSAGE_SELF, &usage) == 0 ? Int(usage.ru_maxrss) : 0
    #endif
  }
}
