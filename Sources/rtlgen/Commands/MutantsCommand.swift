import ArgumentParser
import Files
import Foundation
import MutationTesting
import SetunMachine
import Synchronization
import VerilatorBridge

struct MutantsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants",
    abstract: "Plant random faults in the emitted RTL, one at a time, and show whether compare or a bench notices.",
    discussion: """
      Each fault is a wrong operator, constant, connection or condition, or a missing assignment. Faults are built together \
      and asleep, and woken one by one. A fault that nothing notices is equivalent, with the reason, or a gap: equivalent \
      when the list of equivalent faults has it, or when it stands in an operator that gives the same result for every \
      operand. Exits with status 1 when fewer than 95 % of those that are not equivalent are caught, or when an entry of \
      the list is no fault of the design any more.
      """)

  @Option(name: .long, help: "Seed of the faults.")
  var seed: UInt64 = 1

  @Option(name: .long, help: "How many faults to plant.")
  var count = 100

  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file.")
  var config = EngineFactory.defaultConfiguration

  @Option(
    name: .long, help: "List of faults that are known to change nothing, with reasons.",
    completion: .file(extensions: ["json"]))
  var equivalent = "Tests/Mutants/equivalent.json"

  @Option(name: .long, help: "Checks to run at a time.")
  var jobs = 2

  @Option(name: .long, help: "Faults in one build.")
  var batch = 50

  @Option(name: .long, help: "Write the RTL with only the fault of this number to --out, and run nothing.")
  var fault: Int?

  @Option(name: .long, help: "Directory for --fault.", completion: .directory)
  var out: String?

  @Flag(name: .long, help: "Print one JSON object instead of the table.")
  var json = false

  @Option(name: .long, help: .hidden)
  var worker: String?

  func validate() throws {
    for (name, value) in [("count", count), ("jobs", jobs), ("batch", batch)] where value < 1 {
      throw ValidationError("--\(name) must be at least 1.")
    }
    if (fault == nil) != (out == nil) { throw ValidationError("--fault and --out belong together.") }
  }

  func run() throws {
    let machine = try Configuration.load(config)
    if let worker { return try MutantChecks.run(worker, machine, seed: 1) }
    let list = try TextFile.contents(equivalent)
    guard let known = try? EquivalentFaults(json: list) else {
      throw Failure("\(equivalent): is no list of equivalent faults.")
    }
    let files = try Emission.files(machine)
    var planter = try FaultPlanter(files: files, seed: seed)
    let stale = known.stale(in: planter)
    if let fault, let out { return try write(&planter, fault, to: out) }
    let proof = MutantProof(configuration: machine, files: files)
    var tested: [(fault: Fault, outcome: MutantOutcome)] = []
    var refused = 0
    var progress = Progress("Mutants")
    defer { progress.finish() }
    while tested.count < count {
      let results = try test(&planter, min(batch, count - tested.count), &refused) { done in
        progress.update(Double(tested.count + done) / Double(count))
      }
      tested += results
    }
    for index in tested.indices where tested[index].outcome.caughtBy == nil {
      let fault = tested[index].fault
      let listed = known[fault].map { "\($0.reason) Shown by: \($0.shownBy)" }
      tested[index].outcome.equivalence = try listed ?? proof.reason(fault, planter.text(with: fault))
    }
    let report = Report(
      configuration: machine.name, seed: seed, tested: tested, refused: refused, stale: stale)
    if json { try Console.write(json: report) } else { Console.write(report.text) }
    guard report.isEnough else { throw ExitCode.failure }
  }

  private func write(_ planter: inout FaultPlanter, _ number: Int, to directory: String) throws {
    while let fault = planter.next() {
      guard fault.number == number else { continue }
      try Emission.write(planter.text(with: fault), to: directory)
      Console.write("\(fault.file):\(fault.line): \(fault.before)\n  ->  \(fault.after)\n")
      return
    }
    throw Failure("There is no fault \(number).")
  }

  /// Builds a number of faults together, and checks each.
  private func test(
    _ planter: inout FaultPlanter, _ wanted: Int, _ refused: inout Int, progress: (Int) -> Void
  ) throws -> [(Fault, MutantOutcome)] {
    let place = FileManager.default.temporaryDirectory.appending(path: "setun-mutants-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: place) }
    var faults: [Fault] = []
    var build: MutantBuild?
    while build == nil {
      while faults.count < wanted {
        guard let fault = planter.next() else { throw Failure("There are no more faults to plant.") }
        faults.append(fault)
      }
      let design = planter.design(with: faults)
      try Emission.write(design.files, to: place)
      do {
        build = try MutantBuild(place, try Configuration.load(config))
      } catch BridgeError.verilation(let log) {
        // What Verilator refuses is no mutant: another one is drawn.
        let named = design.faults(namedIn: log)
        guard !named.isEmpty else { throw BridgeError.verilation(log) }
        faults.removeAll { named.contains($0.number) }
        refused += named.count
      }
    }
    defer { build?.remove() }
    // All asleep: the checks themselves have nothing to say, and show how long they take.
    var worker = MutantWorker(directory: place, config: config, seed: seed, limit: 1800)
    let asleep = try worker.run(fault: 0)
    if let check = asleep.caughtBy {
      throw Failure("\(check) finds something in the RTL without a fault: \(asleep.finding).")
    }
    worker = MutantWorker(directory: place, config: config, seed: seed, limit: 30 + 8 * asleep.seconds)
    return try runAll(worker, faults, progress)
  }

  private func runAll(
    _ worker: MutantWorker, _ faults: [Fault], _ progress: (Int) -> Void
  ) throws -> [(Fault, MutantOutcome)] {
    var results: [(Fault, MutantOutcome)] = []
    for start in stride(from: 0, to: faults.count, by: 4 * jobs) {
      let part = Array(faults[start..<min(start + 4 * jobs, faults.count)])
      let outcomes = Mutex<[Int: Result<MutantOutcome, any Error>]>([:])
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: jobs) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < part.count else { return }
          let outcome = Result { try worker.run(fault: part[index].number) }
          outcomes.withLock { $0[index] = outcome }
        }
      }
      for (index, fault) in part.enumerated() {
        guard let outcome = outcomes.withLock({ $0[index] }) else { continue }
        results.append((fault, try outcome.get()))
      }
      progress(results.count)
    }
    return results
  }
}

extension MutantsCommand {
  /// The outcome, for people and programs.
  struct Report: Encodable {
    struct Row: Encodable {
      let number: Int
      let kind: FaultKind
      let module: String
      let place: String
      let before: String
      let after: String
      let caughtBy: String?
      let finding: String
      /// Of one that nothing caught: why it changes nothing, or `gap`.
      let verdict: String?
      let isEquivalent: Bool
      let seconds: Double
    }

    let configuration: String
    let seed: UInt64
    let count: Int
    let refused: Int
    let caught: Int
    let equivalent: Int
    /// Of those that are not equivalent.
    let share: Double
    let caughtBy: [String: Int]
    let rows: [Row]
    /// Entries of the list of equivalent faults that the design cannot have.
    let stale: [EquivalentFaults.Entry]

    /// The bar.
    static let bar = 0.95
    var isEnough: Bool { share >= Self.bar && stale.isEmpty }

    init(
      configuration: String, seed: UInt64, tested: [(fault: Fault, outcome: MutantOutcome)], refused: Int,
      stale: [EquivalentFaults.Entry]
    ) {
      self.stale = stale
      self.configuration = configuration
      self.seed = seed
      self.refused = refused
      count = tested.count
      rows = tested.map { fault, outcome in
        Row(
          number: fault.number, kind: fault.kind, module: fault.module, place: "\(fault.file):\(fault.line)",
          before: fault.before, after: fault.after, caughtBy: outcome.caughtBy, finding: outcome.finding,
          verdict: outcome.caughtBy == nil ? outcome.equivalence ?? "gap" : nil,
          isEquivalent: outcome.equivalence != nil, seconds: outcome.seconds)
      }
      caught = rows.count { $0.caughtBy != nil }
      equivalent = rows.count(where: \.isEquivalent)
      let counted = count - equivalent
      share = counted == 0 ? 1 : Double(caught) / Double(counted)
      caughtBy = Dictionary(grouping: rows.compactMap(\.caughtBy), by: { $0 }).mapValues(\.count)
    }

    var text: String {
      var table = Table(["caught by", "faults"])
      for (check, number) in caughtBy.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
        table.add([check, "\(number)"])
      }
      var text = table.text
      let survivors = rows.filter { $0.caughtBy == nil }
      for row in survivors {
        text += "\nfault \(row.number) (\(row.kind.rawValue)) \(row.place), caught by nothing\n"
        text += "  \(row.before)\n  -> \(row.after)\n"
        text += row.isEquivalent ? "  equivalent: \(row.verdict ?? "")\n" : "  gap: a check is missing\n"
      }
      for entry in stale {
        text += "\nstale: \(entry.module) has no such fault any more; look at it again\n"
        text += "  \(entry.before)\n  -> \(entry.after)\n"
      }
      let percent = String(format: "%.1f %%", 100 * share)
      text += "\nconfiguration \(configuration), seed \(seed): \(caught) of \(count) faults caught, "
      text += "\(equivalent) equivalent, \(percent) of the others; Verilator refused \(refused) more.\n"
      return text
    }
  }
}
