#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension FuzzTarget {
  /// Loaders that fail on purpose for some inputs, to see that it is noticed.
  public static let planted: [FuzzTarget] = [
    planted("planted-crash", "ends the process") { fatalError("planted") },
    planted("planted-hang", "does not return") { while true { usleep(1000) } },
    planted("planted-growth", "takes memory") {
      // Written to, or it would take none.
      let bytes = [UInt8](repeating: 1, count: 64 << 20)
      if bytes.withUnsafeBytes({ $0.reduce(0) { $0 &+ Int($1) } }) == 0 { throw Disagreement("never") }
    },
    planted("planted-allocation", "asks for more than there is") {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(1 << 40)
      if bytes.capacity == 0 { throw Disagreement("never") }
    },
    planted("planted-rambling", "says what is wrong in two lines") { throw Rambling() },
  ]

  private struct Rambling: Error, CustomStringConvertible { let description = "First line\nsecond line." }

  private static func planted(
    _ name: String, _ summary: String, fail: @escaping @Sendable () throws -> Void
  ) -> FuzzTarget {
    FuzzTarget(
      name, summary, seeds: [FuzzInput([.init("a", [0, 0, 0, 0, 0, 0, 0, 0])])],
      mutate: { input, random in ByteMutator.mutate(&input.files[0].bytes, &random) },
      load: { directory in
        var byte: UInt8 = 0
        let descriptor = open(directory + "/a", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        if read(descriptor, &byte, 1) == 1, byte >= 0x80 { try fail() }
      })
  }
}
