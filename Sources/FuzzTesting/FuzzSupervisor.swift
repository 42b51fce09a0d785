import Foundation

/// Keeps a worker running, and takes note of where one ends that should not.
public struct FuzzSupervisor {
  /// A case at which something went wrong.
  public struct Finding: Codable, Hashable, Sendable {
    public let target: String
    public let seed: UInt64
    public let number: Int
    /// What went wrong.
    public let problem: String
    /// What was done to a good input.
    public let steps: [String]
  }

  /// What was done in all.
  public struct Report: Sendable {
    public var seconds = 0.0
    /// For each target the cases run and those of them that were loaded.
    public var counts: [(target: String, run: Int, accepted: Int)] = []
    public var findings: [Finding] = []
    public var cases: Int { counts.reduce(0) { $0 + $1.run } }
  }

  private let targets: [FuzzTarget]
  private let sequence: FuzzSequence
  private let seconds: Double
  /// A case that takes longer than this hangs.
  private let limit: Double
  /// Ends after so many findings.
  private let most: Int

  public init(_ targets: [FuzzTarget], seed: UInt64, seconds: Double, limit: Double, most: Int) {
    self.targets = targets
    sequence = FuzzSequence(targets, seed: seed)
    self.seconds = seconds
    self.limit = limit
    self.most = most
  }

  /// Runs workers until the time is over.
  ///
  /// - Parameters:
  ///   - worker: makes the process that runs a `FuzzWorker` in the directory for so many seconds.
  ///   - progress: told the share of the time that has gone, and the cases so far.
  ///   - found: told each finding with its input, as it comes.
  public func run(
    worker: (_ directory: String, _ seconds: Double) -> Process, progress: (Double, Int) -> Void,
    found: (Finding, FuzzInput) throws -> Void
  ) throws -> Report {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("setun-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let board = try FuzzBoard(path: place.path + "/" + FuzzWorker.boardName, targets: targets.count)
    let start = FuzzBoard.now
    func elapsed() -> Double { Double(FuzzBoard.now - start) / 1e9 }
    var report = Report()
    func cases() -> Int { targets.indices.reduce(0) { $0 + board[$1].run } }
    while elapsed() < seconds, report.findings.count < most {
      let problem = try watch(worker(place.path, seconds - elapsed()), place, board) {
        progress(min(1, elapsed() / seconds), cases())
      }
      board.began = 0
      guard let problem else { break }
      let fuzzCase = sequence.fuzzCase(board.number)
      let finding = Finding(
        target: fuzzCase.target.name, seed: sequence.seed, number: fuzzCase.number, problem: problem,
        steps: fuzzCase.steps)
      report.findings.append(finding)
      try found(finding, fuzzCase.input)
      board.number += 1
    }
    report.seconds = elapsed()
    report.counts = targets.indices.map { (targets[$0].name, board[$0].run, board[$0].accepted) }
    return report
  }

  /// Runs one worker to its end; nil when it ended because its time was over.
  private func watch(
    _ process: Process, _ place: URL, _ board: FuzzBoard, progress: () -> Void
  ) throws -> String? {
    let log = place.appendingPathComponent("log")
    let findingFile = place.appendingPathComponent(FuzzWorker.findingName)
    try Data().write(to: log)
    try? FileManager.default.removeItem(at: findingFile)
    let handle = try FileHandle(forWritingTo: log)
    defer { try? handle.close() }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    let done = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in done.signal() }
    try process.run()
    while done.wait(timeout: .now() + .milliseconds(250)) == .timedOut {
      progress()
      let began = board.began
      guard began > 0, FuzzBoard.now > began, Double(FuzzBoard.now - began) / 1e9 > limit else { continue }
      kill(process.processIdentifier, SIGKILL)
      done.wait()
      return "no end within \(Int(limit)) s"
    }
    if let text = try? String(contentsOf: findingFile, encoding: .utf8) { return text }
    let output = String(decoding: (try? Data(contentsOf: log)) ?? Data(), as: UTF8.self)
    let last = output.split(separator: "\n").first { $0.contains("rror") } ?? ""
    if process.terminationReason == .uncaughtSignal { return "crash (signal \(process.terminationStatus)) \(last)" }
    guard process.terminationStatus == 0 else { throw FuzzError("A worker could not go on: \(output)") }
    return nil
  }
}
