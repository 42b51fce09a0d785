#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs case after case in a process that may end at any of them.
public struct FuzzWorker {
  /// The board in a worker's directory.
  public static let boardName = "board"
  /// What a worker found before it ended by itself.
  public static let findingName = "finding.txt"
  /// Address space that a worker may take on top of what it has, in bytes: an absurd request fails in it.
  public static let addressSpace = 4 << 30

  private let targets: [FuzzTarget]
  private let sequence: FuzzSequence
  private let directory: String
  private let board: FuzzBoard

  /// - Parameter directory: with the board, which says where to begin; the files of the cases go there, too.
  public init(_ targets: [FuzzTarget], seed: UInt64, directory: String) throws(FuzzError) {
    self.targets = targets
    sequence = FuzzSequence(targets, seed: seed)
    self.directory = directory
    board = try FuzzBoard(path: directory + "/" + Self.boardName, targets: targets.count)
  }

  /// Runs cases up to the number `end`, or until `deadline` (of the board's clock); returns the first finding.
  public func run(until deadline: UInt64, end: Int = .max) throws(FuzzError) -> String? {
    limitAddressSpace()
    while board.number < end, FuzzBoard.now < deadline {
      let fuzzCase = sequence.fuzzCase(board.number)
      board.began = FuzzBoard.now
      let verdict = try fuzzCase.run(in: directory)
      board.began = 0
      if let index = targets.firstIndex(where: { $0.name == fuzzCase.target.name }) {
        board[index].run += 1
        if verdict == .accepted { board[index].accepted += 1 }
      }
      if case .finding(let text) = verdict { return text }
      board.number += 1
    }
    return nil
  }

  private func limitAddressSpace() {
    #if os(Linux)
      guard let file = fopen("/proc/self/statm", "r") else { return }
      defer { fclose(file) }
      var pages = 0
      guard withUnsafeMutablePointer(to: &pages, { withVaList([$0]) { vfscanf(file, "%ld", $0) } }) == 1 else { return }
      let limit = rlim_t(pages * Int(sysconf(Int32(_SC_PAGESIZE))) + Self.addressSpace)
      var limits = rlimit(rlim_cur: limit, rlim_max: limit)
      setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits)
      // What a crash leaves is the case, not a picture of the memory.
      limits = rlimit(rlim_cur: 0, rlim_max: 0)
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limits)
    #endif
  }
}
