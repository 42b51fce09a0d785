import Foundation
import HardwareDescription
import HostTools

/// Proves harnesses with Yosys, yosys-smtbmc and z3.
public struct FormalRun: Sendable {
  /// The longest time for one question to the solver.
  public var secondsLimit = 300
  /// Where harness and traces are kept, in a directory for each module; a temporary one is used and removed when nil.
  public var directory: URL?

  public init(directory: URL? = nil) { self.directory = directory }

  /// Runs a harness: independences, induction with its base case, covers.
  ///
  /// - Throws: when a tool is missing, refuses the harness or takes too long. A property that does not hold is no error
  ///   but a line of the report.
  public func run(_ harness: FormalHarness) throws(FormalError) -> FormalReport {
    let manager = FileManager.default
    let place =
      (directory ?? manager.temporaryDirectory.appendingPathComponent("formal-\(UUID().uuidString)"))
      .appendingPathComponent(harness.name)
    do { try manager.createDirectory(at: place, withIntermediateDirectories: true) } catch {
      throw .cannotWrite(place.path)
    }
    defer { if directory == nil { try? manager.removeItem(at: place.deletingLastPathComponent()) } }
    let start = ContinuousClock.now
    var session = try FormalSession(harness, in: place, secondsLimit: secondsLimit)
    var report = try session.report()
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }
}

/// One harness on its way through the tools.
struct FormalSession {
  private let harness: FormalHarness
  private let directory: URL
  private let secondsLimit: Int
  private var model: String { "\(harness.name).smt2" }

  init(_ harness: FormalHarness, in directory: URL, secondsLimit: Int) throws(FormalError) {
    self.harness = harness
    self.directory = directory
    self.secondsLimit = secondsLimit
    for tool in ["yosys", "yosys-smtbmc", "z3"] where Tool.find(tool) == nil { throw .toolMissing(tool) }
    let writer = try HarnessWriter(harness)
    for file in writer.files() {
      let url = directory.appendingPathComponent(file.name)
      guard (try? Data(file.text.utf8).write(to: url)) != nil else { throw .cannotWrite(url.path) }
    }
  }

  mutating func report() throws(FormalError) -> FormalReport {
    try translate()
    var report = FormalReport(module: harness.name, remark: harness.remark)
    var verdicts = [FormalReport.Verdict](repeating: .undecided, count: harness.properties.count)
    var failed: Int?
    let holds = try decideAssertions(&report, &failed)
    for (number, property) in harness.properties.enumerated() where property.kind == .assertion {
      verdicts[number] = holds ?? .undecided
    }
    if let failed {
      verdicts[failed] = .failed(report.counterexample.isEmpty ? "fails" : "fails, see the trace")
    }
    // Covers of a module that fails say nothing.
    let reached = failed == nil ? try decideCovers() : [:]
    for (number, property) in harness.properties.enumerated() where property.kind != .assumption {
      let guardCycle = reached[HarnessWriter.guardLabel(number)]
      if failed == nil {
        if property.kind == .cover {
          verdicts[number] =
            reached[HarnessWriter.label(number)].map { .reached(cycle: $0) }
            ?? .failed("is not reached within \(harness.depth) cycles")
        } else if property.guardCondition != nil, guardCycle == nil {
          verdicts[number] = .failed("says nothing: its guard is not reached within \(harness.depth) cycles")
        }
      }
      report.lines.append(.init(name: property.name, verdict: verdicts[number], guardReached: guardCycle))
    }
    for (number, independence) in harness.independences.enumerated() {
      let text = try? String(contentsOf: directory.appendingPathComponent(Self.pathFile(number)), encoding: .utf8)
      let isAbsent = text?.contains { !$0.isWhitespace } == false
      let verdict: FormalReport.Verdict =
        isAbsent ? .absent : .failed("there is a path from \(independence.input) to \(independence.output)")
      report.lines.append(.init(name: independence.name, verdict: verdict, guardReached: nil))
    }
    return report
  }

  private func run(_ name: String, _ arguments: [String]) throws(FormalError) -> Tool.Output {
    guard let path = Tool.find(name),
      let output = Tool.run(path, arguments, directory: directory, limit: Double(secondsLimit))
    else { throw .toolMissing(name) }
    if output.wasStopped { throw .outOfTime(module: harness.name, seconds: secondsLimit) }
    return output
  }

  // MARK: Yosys

  private static func pathFile(_ number: Int) -> String { "path_\(number).txt" }

  /// Cells where a path within a cycle ends. Writes of memories have no outputs, so only reads are followed.
  private static let registers =
    ["dff", "dffe", "adff", "adffe", "sdff", "sdffe", "sdffce", "aldff", "aldffe", "dffsr", "dffsre"]
    .map { "$\($0)" }.joined(separator: ",")

  private func translate() throws(FormalError) {
    var script = ["read_verilog -formal -sv \(harness.files.map(\.name).joined(separator: " "))"]
    script += ["hierarchy -check -top \(harness.name)", "proc", "flatten", "opt_clean"]
    for (number, path) in harness.independences.enumerated() {
      script.append(
        "tee -q -o \(Self.pathFile(number)) select -list w:\(path.output) %ci*:-\(Self.registers) w:\(path.input) %i")
    }
    script += [
      "prep -flatten -nordff -top \(harness.name)", "memory_nordff", "async2sync", "chformal -early", "dffunmap",
      "setundef -anyseq -undriven", "opt_clean", "check -assert", "write_smt2 -wires \(model)",
    ]
    let file = directory.appendingPathComponent("\(harness.name).ys")
    guard (try? Data((script.joined(separator: "\n") + "\n").utf8).write(to: file)) != nil else {
      throw .cannotWrite(file.path)
    }
    let output = try run("yosys", ["-q", "-s", file.lastPathComponent])
    // A width that differs or a name that does not exist is a warning, and would make a property say something else.
    let complaints = output.text.split(separator: "\n").filter { line in
      (line.contains("Warning:") || line.contains("ERROR:")) && !line.contains("Replacing memory")
    }
    guard output.status == 0, complaints.isEmpty else {
      throw .toolFailed("yosys", module: harness.name, message: complaints.prefix(3).joined(separator: "; "))
    }
  }

  // MARK: Solver

  private func ask(_ arguments: [String]) throws(FormalError) -> (holds: Bool, text: String) {
    let all = ["-s", "z3", "--unroll", "--noprogress"] + arguments + [model]
    let text = try run("yosys-smtbmc", all).text
    if text.contains("Status: PASSED") { return (true, text) }
    if text.contains("Status: FAILED") { return (false, text) }
    let last = text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
    throw .toolFailed("yosys-smtbmc", module: harness.name, message: last)
  }

  /// The verdict on all assertions together, or the one that fails and the trace in the report.
  private func decideAssertions(
    _ report: inout FormalReport, _ failed: inout Int?
  ) throws(FormalError) -> FormalReport.Verdict? {
    guard !harness.assertions.isEmpty else { return nil }
    var base = harness.depth
    let lookBack = harness.lookBack ?? harness.depth
    var induction: (holds: Bool, text: String)?
    if harness.method == .induction {
      let answer = try ask(["-i", "-t", "\(lookBack)", "--dump-vcd", "induction.vcd"])
      induction = answer
      // The solver counts down from the cycle that may fail to the first of the good ones before it.
      if answer.holds {
        base = lookBack - (Self.lastNumber(after: "Trying induction in step ", in: answer.text) ?? 0) + 1
      }
    }
    let answer = try ask(["-t", "\(max(1, base))", "--dump-vcd", "trace.vcd"])
    if !answer.holds {
      failed = failedProperty(in: answer.text)
      report.counterexample = counterexample("trace.vcd", "From power-up:")
      return nil
    }
    guard let induction else { return .holds(cycles: base) }
    if induction.holds { return .proved(cycles: base - 1) }
    failed = failedProperty(in: induction.text)
    let title = """
      Holds for \(base) cycles from power-up, but induction finds these cycles, the last of which breaks it; unless they can
      be reached, an assertion is missing that excludes them:
      """
    report.counterexample = counterexample("induction.vcd", title)
    return nil
  }

  /// In which cycle each cover is first reached, by label.
  private func decideCovers() throws(FormalError) -> [String: Int] {
    let hasCovers = harness.properties.contains { property in
      property.kind == .cover || property.kind == .assertion && property.guardCondition != nil
    }
    guard hasCovers else { return [:] }
    var reached: [String: Int] = [:]
    for line in try ask(["-c", "-t", "\(harness.depth)"]).text.split(separator: "\n") {
      guard let range = line.range(of: "Reached cover statement at ") else { continue }
      let words = line[range.upperBound...].split(separator: " ")
      guard let label = words.first, let step = words.last.flatMap({ Int($0.prefix(while: \.isNumber)) }) else {
        continue
      }
      reached[String(label)] = step
    }
    return reached
  }

  private static func lastNumber(after prefix: String, in text: String) -> Int? {
    text.split(separator: "\n").compactMap { line -> Int? in
      line.range(of: prefix).flatMap { Int(line[$0.upperBound...].prefix(while: \.isNumber)) }
    }.last
  }

  private func failedProperty(in text: String) -> Int? {
    for line in text.split(separator: "\n") where line.contains("Assert failed") {
      for number in harness.properties.indices
      where line.split(whereSeparator: { " :()".contains($0) }).contains(Substring(HarnessWriter.label(number))) {
        return number
      }
    }
    return nil
  }

  private func counterexample(_ file: String, _ title: String) -> String {
    guard let text = try? String(contentsOf: directory.appendingPathComponent(file), encoding: .utf8) else {
      return title
    }
    let known = harness.module.ports.map(\.emittedName)
    return title + "\n" + ValueDump(text).table(first: known)
  }
}
