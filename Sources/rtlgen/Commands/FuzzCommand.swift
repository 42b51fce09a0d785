import ArgumentParser
import Foundation
import FuzzTesting

struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Give spoilt files to every loader, and look for crashes, hangs and runaway allocation.",
    discussion: """
      Cases follow from seed, target and number alone; they run in a process of their own. What is found is written to \
      OUT/TARGET-SEED-NUMBER, with the files and what is wrong; --case runs a single one again. Exits with status 1 when \
      anything is found.
      """)

  @Option(name: .long, help: "Seed of the cases.")
  var seed: UInt64 = 1

  @Option(name: .long, help: "How long to go on.")
  var seconds = 60.0

  @Option(name: .long, help: "Only these targets, with commas between; --list names them.")
  var target: String?

  @Option(name: .long, help: "A case that takes more seconds than this hangs.")
  var limit = 10.0

  @Option(name: .long, help: "The directory for what is found.", completion: .directory)
  var out = ".build/fuzz"

  @Option(
    name: .customLong("case"), help: "Run the case of this number of one target in this process, and nothing else.")
  var number: Int?

  @Flag(name: .long, help: "List the targets.")
  var list = false

  @Flag(name: .long, help: "Print one JSON object instead of the table.")
  var json = false

  @Option(name: .long, help: .hidden)
  var worker: String?

  func validate() throws {
    guard seconds > 0, seconds <= 1e6 else {
      throw ValidationError("--seconds must be more than 0 and at most 1000000.")
    }
    guard limit >= 1, limit <= 1e6 else { throw ValidationError("--limit must be 1 to 1000000.") }
    if let number, number < 0 { throw ValidationError("--case must be at least 0.") }
    if number != nil, names.count != 1 { throw ValidationError("--case needs one --target.") }
  }

  private var names: [String] { target?.split(separator: ",").map(String.init) ?? [] }

  func run() throws {
    let all = try FuzzTarget.all()
    if list {
      for target in all { Console.write("\(target.name): \(target.summary)\n") }
      return
    }
    let targets =
      try names.isEmpty
      ? all
      : names.map { name in
        guard let target = (all + FuzzTarget.planted).first(where: { $0.name == name }) else {
          throw Failure("There is no loader called '\(name)'; --list names them.")
        }
        return target
      }
    if let worker { return try work(targets, in: worker) }
    if let number { return try runAgain(FuzzSequence(targets, seed: seed).fuzzCase(number)) }

    var progress = Progress("Fuzzing")
    let supervisor = FuzzSupervisor(targets, seed: seed, seconds: seconds, limit: limit, most: 100)
    let report = try supervisor.run(
      worker: { process($0, seconds: $1) }, progress: { share, _ in progress.update(share) }, found: save)
    progress.finish()
    if json {
      try Console.write(json: Summary(seed: seed, report: report))
    } else {
      Console.write(text(report))
    }
    guard report.findings.isEmpty else { throw ExitCode.failure }
  }

  private func process(_ directory: String, seconds: Double) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["fuzz", "--worker", directory, "--seed", "\(seed)", "--seconds", "\(max(seconds, 0.001))"]
    if let target { process.arguments? += ["--target", target] }
    // A crash is told in one line and at once.
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    return process
  }

  private func work(_ targets: [FuzzTarget], in directory: String) throws {
    let deadline = FuzzBoard.now + UInt64(seconds * 1e9)
    guard let finding = try FuzzWorker(targets, seed: seed, directory: directory).run(until: deadline) else { return }
    try Data(finding.utf8).write(to: URL(fileURLWithPath: directory + "/" + FuzzWorker.findingName))
  }

  private func runAgain(_ fuzzCase: FuzzCase) throws {
    let place = FileManager.default.temporaryDirectory.appending(path: "setun-fuzz-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    Console.write(fuzzCase.steps.map { "- \($0)\n" }.joined())
    switch try fuzzCase.run(in: place) {
    case .accepted: Console.write("loaded\n")
    case .refused(let sentence): Console.write("refused: \(sentence)\n")
    case .finding(let problem):
      Console.write("\(problem)\n")
      throw ExitCode.failure
    }
  }

  /// Keeps a case at which something went wrong.
  private func save(_ finding: FuzzSupervisor.Finding, _ input: FuzzInput) throws {
    let directory = "\(out)/\(finding.target)-\(finding.seed)-\(finding.number)"
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try input.store(in: directory)
      let text = ([finding.problem] + finding.steps.map { "- \($0)" }).joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + FuzzWorker.findingName))
    } catch {
      throw Failure("\(directory): the finding cannot be written (\(error.localizedDescription)).")
    }
  }

  private struct Summary: Encodable {
    let seed: UInt64
    let seconds: Double
    let cases: Int
    let targets: [String: [String: Int]]
    let findings: [FuzzSupervisor.Finding]

    init(seed: UInt64, report: FuzzSupervisor.Report) {
      self.seed = seed
      seconds = report.seconds
      cases = report.cases
      targets = Dictionary(
        uniqueKeysWithValues: report.counts.map { ($0.target, ["cases": $0.run, "loaded": $0.accepted]) })
      findings = report.findings
    }
  }

  private func text(_ report: FuzzSupervisor.Report) -> String {
    var table = Table(["target", "cases", "loaded"])
    for row in report.counts { table.add([row.target, "\(row.run)", "\(row.accepted)"]) }
    let findings = report.findings.map { finding in
      "\(out)/\(finding.target)-\(finding.seed)-\(finding.number): \(finding.problem)\n"
        + "  rtlgen fuzz --target \(finding.target) --seed \(finding.seed) --case \(finding.number)\n"
    }
    let seconds = String(format: "%.0f s", report.seconds)
    return table.text + "\n\(report.cases) cases in \(seconds), seed \(seed): \(report.findings.count) findings\n"
      + findings.joined()
  }
}
