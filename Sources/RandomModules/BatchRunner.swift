import Foundation
import HardwareDescription
import HostTools

/// Runs many modules at once: one build of Verilator, one of Icarus and one run of Yosys for all of them. A batch a tool
/// refuses is halved until the module is found that it is about.
public final class BatchRunner {
  /// Changes the text a tool is given; plants faults in tests.
  public typealias Edit = (SimulationTool, String) -> String

  /// Where tools stop at random expressions, by what they say.
  static let knownFaults = [
    (text: "Value too wide for 32-bits", reason: "Verilator 5.006: a constant shift by 2^32 or more"),
    (text: "Shifting of by over 32-bit number", reason: "Verilator 5.006: a constant shift by 2^32 or more"),
    (text: "toUInt with 4-state", reason: "Verilator 5.006: an undefined address in Yosys' netlist"),
    (text: "bench.vvp:", reason: "Icarus 11: code of its own that it does not read again"),
    (
      text: "should have been folded",
      reason: "Verilator 5.006: an internal error about an expression of Yosys' netlist"
    ),
    (text: "Verilator aborted", reason: "Verilator 5.006: an abort without a message"),
  ]
  /// Said of a tool that was ended.
  static let endless = "does not come to an end"
  /// Seconds a tool may take for one batch.
  public var timeLimit = 240.0
  /// Leaves the files of every run where they are.
  public var keepsFiles = false
  let edit: Edit
  private let directory: URL
  private var runtime: URL?
  private var runCount = 0

  /// - Parameter directory: for the files of the tools; made when it is not there.
  public init(directory: URL, edit: @escaping Edit = { _, text in text }) {
    self.directory = directory
    self.edit = edit
  }

  /// The outcome of each module on each of the tools. Names of modules must differ.
  public func run(
    _ modules: [PreparedModule], on tools: Set<SimulationTool>
  ) throws(RandomModulesError) -> [[SimulationTool: Outcome]] {
    var outcomes = [[SimulationTool: Outcome]](repeating: [:], count: modules.count)
    if modules.isEmpty { return outcomes }
    let numbered = modules.enumerated().map { Numbered(offset: $0, element: $1) }
    if tools.contains(.swift) {
      for module in numbered { outcomes[module.offset][.swift] = SwiftRun.outcome(of: module.element) }
    }
    if tools.contains(.icarus) {
      let found = try halving(numbered) { part, place throws(RandomModulesError) in try icarus(part, place) }
      for (number, outcome) in found { outcomes[number][.icarus] = outcome }
    }
    if tools.contains(.verilator) {
      let found = try halving(numbered) { part, place throws(RandomModulesError) in try verilator(part, place) }
      for (number, outcome) in found { outcomes[number][.verilator] = outcome }
    }
    if tools.contains(.yosys) {
      let found = try halving(numbered) { part, place throws(RandomModulesError) in try yosys(part, place) }
      for (number, outcome) in found { outcomes[number][.yosys] = outcome }
    }
    return outcomes
  }

  struct Numbered {
    let offset: Int
    let element: PreparedModule
  }

  /// What a tool says of a batch: an outcome for each module, or that it refuses.
  enum BatchOutcome {
    case outcomes([Int: Outcome])
    case refused(String)
  }

  private func halving(
    _ modules: [Numbered], _ run: ([Numbered], URL) throws(RandomModulesError) -> BatchOutcome
  ) throws(RandomModulesError) -> [Int: Outcome] {
    runCount += 1
    let place = directory.appendingPathComponent("run-\(runCount)")
    try makeDirectory(place)
    defer { if !keepsFiles { try? FileManager.default.removeItem(at: place) } }
    switch try run(modules, place) {
    case .outcomes(let outcomes): return outcomes
    case .refused(let text):
      if modules.count == 1, let only = modules.first {
        let known = Self.knownFaults.first { text.contains($0.text) }
        return [only.offset: known.map { .unable($0.reason) } ?? .refused(text)]
      }
      let half = modules.count / 2
      let first = try halving(Array(modules[..<half]), run)
      let second = try halving(Array(modules[half...]), run)
      return first.merging(second) { a, _ in a }
    }
  }

  // MARK: Tools

  private func icarus(_ modules: [Numbered], _ place: URL) throws(RandomModulesError) -> BatchOutcome {
    let entries = modules.map {
      BenchText.Entry(label: "a\($0.offset)", moduleName: $0.element.recipe.name, module: $0.element)
    }
    var files = try writeModules(modules, for: .icarus, to: place, with: BenchText.icarusText)
    files += try writeBench(entries, to: place)
    try write(BenchText.icarusBench(entries), "bench.sv", place)
    let build = try run(
      "iverilog", ["-g2012", "-s", "bench", "-o", "bench.vvp"] + files + ["bench.sv"], place)
    guard build.status == 0 else { return .refused(Self.complaint(build)) }
    let output = try run("vvp", ["-n", "bench.vvp"], place)
    guard output.status == 0 else { return .refused(Self.complaint(output)) }
    // Icarus says "sorry" where it watches a whole vector instead of a part, and where it does not check "unique".
    let remarks = build.text.split(separator: "\n").filter { !$0.contains("sorry: ") }
    return .outcomes(collect(entries, output.text, remarks: remarks))
  }

  private func verilator(_ modules: [Numbered], _ place: URL) throws(RandomModulesError) -> BatchOutcome {
    let entries = modules.map {
      BenchText.Entry(label: "a\($0.offset)", moduleName: $0.element.recipe.name, module: $0.element)
    }
    let files = try writeModules(modules, for: .verilator, to: place)
    return try verilate(entries, files, place, lint: ["-Wall"])
  }

  private func yosys(_ modules: [Numbered], _ place: URL) throws(RandomModulesError) -> BatchOutcome {
    let files = try writeModules(modules, for: .yosys, to: place)
    // Without hierarchy the netlist of each module stands by itself. Nothing is optimised: what matters is how Yosys reads
    // the text, and Verilator 5.006 misses changes of a vector whose bits are assigned from each other, as `opt` writes it.
    let script = """
      read_verilog -sv \(files.joined(separator: " "))
      proc
      flatten
      write_verilog -noattr netlist.v
      """
    try write(script, "script.ys", place)
    let synthesis = try run("yosys", ["-q", "-s", "script.ys"], place)
    guard synthesis.status == 0 else { return .refused(Self.complaint(synthesis)) }
    try defineBits(of: "netlist.v", place)
    let remarks = synthesis.text.split(separator: "\n").filter {
      $0.contains("Warning") && !$0.contains("Replacing memory")
    }
    let entries = modules.map {
      BenchText.Entry(label: "a\($0.offset)", moduleName: $0.element.recipe.name, module: $0.element)
    }
    switch try verilate(entries, ["netlist.v"], place, lint: ["-Wno-lint"]) {
    case .refused(let text): return .refused(text)
    case .outcomes(var outcomes):
      for entry in modules {
        if let remark = remarks.first(where: { mentions($0, entry.element) }) {
          outcomes[entry.offset] = .refused(String(remark))
        }
      }
      return .outcomes(outcomes)
    }
  }

  /// Builds and runs a model of all entries.
  private func verilate(
    _ entries: [BenchText.Entry], _ files: [String], _ place: URL, lint: [String]
  ) throws(RandomModulesError) -> BatchOutcome {
    let bench = try writeBench(entries, to: place)
    let flags = [
      "--cc", "-Wno-fatal", "--x-assign", "0", "--x-initial", "0", "--noassert", "--output-split", "0",
      "--top-module", BenchText.top, "--prefix", "V\(BenchText.top)", "-Mdir", "model",
    ]
    let verilation = try run("verilator", lint + flags + files + bench, place)
    guard verilation.status == 0 else { return .refused(Self.complaint(verilation)) }
    let model = place.appendingPathComponent("model")
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: model.path).sorted() } catch {
      throw .file(model.path, reason: error.localizedDescription)
    }
    // One translation unit, which is the fastest to build.
    let includes = names.filter { $0.hasSuffix(".cpp") }.map { "#include \"\($0)\"\n" }.joined()
    try write(includes + BenchText.verilatorMain, "all.cpp", model)
    let objects = try runtimeObjects()
    let compilation = try run(
      try compiler(), try compilerFlags() + ["-I.", "all.cpp"] + objects + ["-lpthread", "-o", "bench"], model)
    guard compilation.status == 0 else { return .refused(Self.complaint(compilation)) }
    let output = try run(model.appendingPathComponent("bench").path, [], place)
    guard output.status == 0 else { return .refused(Self.complaint(output)) }
    // A comparison that is always true is the module's, not the text's.
    let remarks = verilation.text.split(separator: "\n").filter { line in
      line.hasPrefix("%Warning") && !["-UNSIGNED", "-CMPCONST"].contains { line.contains($0) }
    }
    return .outcomes(collect(entries, output.text, remarks: remarks))
  }

  private func compiler() throws(RandomModulesError) -> String {
    guard let compiler = Tool.cxxCompiler() else { throw .toolMissing("clang++") }
    return compiler
  }

  private func verilatorInclude() throws(RandomModulesError) -> URL {
    guard let verilator = Tool.find("verilator") else { throw .toolMissing("verilator") }
    return Tool.verilatorInclude(verilator)
  }

  private func compilerFlags() throws(RandomModulesError) -> [String] {
    let include = try verilatorInclude()
    // The models run for an instant: the time is the compiler's.
    return [
      "-std=gnu++17", "-O0", "-w", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0", "-DVM_TRACE_FST=0",
      "-DVM_TRACE_VCD=0", "-I\(include.path)", "-isystem", include.appendingPathComponent("vltstd").path,
    ]
  }

  /// Verilator's run-time library, compiled once.
  private func runtimeObjects() throws(RandomModulesError) -> [String] {
    let names = ["verilated", "verilated_threads"]
    if let runtime { return names.map { runtime.appendingPathComponent("\($0).o").path } }
    let place = directory.appendingPathComponent("runtime")
    try makeDirectory(place)
    let include = try verilatorInclude()
    for name in names {
      let source = include.appendingPathComponent("\(name).cpp").path
      let output = try run(try compiler(), try compilerFlags() + ["-c", source, "-o", "\(name).o"], place)
      guard output.status == 0 else { throw .runtime(output.tail()) }
    }
    runtime = place
    return try runtimeObjects()
  }

  /// The undefined bits of a netlist, which nothing depends on, as zeros: Verilator stumbles over some of them.
  private func defineBits(of name: String, _ place: URL) throws(RandomModulesError) {
    let url = place.appendingPathComponent(name)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      throw .file(url.path, reason: "Yosys has not written it")
    }
    let defined = text.replacing(#/'[hb][0-9a-fxz]*x[0-9a-fxz]*/#) { $0.output.replacing("x", with: "0") }
    try write(defined, name, place)
  }

  // MARK: Outcomes

  /// What a tool said that it stopped for: the errors, or the end of its text.
  private static func complaint(_ output: Tool.Output) -> String {
    let errors = output.text.split(separator: "\n").filter { $0.lowercased().contains("error") || $0.contains(endless) }
    return errors.isEmpty ? output.tail() : errors.prefix(6).joined(separator: "\n")
  }

  /// Sorts printed lines by the module they are of.
  private func collect(
    _ entries: [BenchText.Entry], _ text: String, remarks: [Substring]
  ) -> [Int: Outcome] {
    var lines: [Substring: [String]] = [:]
    for line in text.split(separator: "\n") {
      let label = line.prefix { $0 != " " }
      lines[label, default: []].append(line.dropFirst(label.count + 1).lowercased())
    }
    var outcomes: [Int: Outcome] = [:]
    for entry in entries {
      guard let number = Int(entry.label.dropFirst()) else { continue }
      if let remark = remarks.first(where: { mentions($0, entry.module) }) {
        outcomes[number] = .refused(String(remark))
      } else {
        outcomes[number] = .trace((lines[Substring(entry.label)] ?? []).map { fitted($0, entry.module.outputs) })
      }
    }
    return outcomes
  }

  /// A line with each output in the digits of its width; Verilator writes more of some constants.
  private func fitted(_ line: String, _ ports: [ModulePort]) -> String {
    zip(line.split(separator: " "), ports).map { text, port in
      let digits = digitCount(port.width)
      let extra = text.dropLast(digits)
      let kept = extra.allSatisfy { $0 == "0" } ? text.suffix(digits) : text
      return String(repeating: "0", count: max(0, digits - kept.count)) + kept
    }.joined(separator: " ")
  }

  /// Whether a remark names a file of the module.
  private func mentions(_ remark: Substring, _ module: PreparedModule) -> Bool {
    remark.contains(".sv") && module.files.contains { remark.contains("\($0.name):") || remark.contains("/\($0.name)") }
  }

  // MARK: Files

  /// Writes the text of all modules, each file once, children first.
  private func writeModules(
    _ modules: [Numbered], for tool: SimulationTool, to place: URL, with change: (String) -> String = { $0 }
  ) throws(RandomModulesError) -> [String] {
    var names: [String] = []
    var known: Set<String> = []
    for module in modules {
      for file in module.element.files where known.insert(file.name).inserted {
        try write(change(edit(tool, file.text)), file.name, place)
        names.append(file.name)
      }
    }
    return names
  }

  private func writeBench(_ entries: [BenchText.Entry], to place: URL) throws(RandomModulesError) -> [String] {
    for entry in entries { try write(BenchText.stimulus(entry), entry.stimulusFile, place) }
    let text = entries.map(BenchText.wrapper).joined(separator: "\n") + "\n" + BenchText.top(entries)
    try write(text, "wrappers.sv", place)
    return ["wrappers.sv"]
  }

  private func write(_ text: String, _ name: String, _ place: URL) throws(RandomModulesError) {
    let url = place.appendingPathComponent(name)
    do { try text.write(to: url, atomically: false, encoding: .utf8) } catch {
      throw .file(url.path, reason: error.localizedDescription)
    }
  }

  private func makeDirectory(_ url: URL) throws(RandomModulesError) {
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw .file(url.path, reason: error.localizedDescription)
    }
  }

  private func run(_ tool: String, _ arguments: [String], _ place: URL) throws(RandomModulesError) -> Tool.Output {
    guard let path = Tool.find(tool),
      let output = Tool.run(path, arguments, directory: place, limit: timeLimit)
    else { throw .toolMissing(tool) }
    if output.wasStopped {
      let name = URL(fileURLWithPath: tool).lastPathComponent
      return Tool.Output(
        status: output.status, text: output.text + "\n\(name) \(Self.endless)", wasStopped: true)
    }
    return output
  }
}
