import ArgumentParser
import Files
import Foundation
import SetunCompiler
import SetunMachine
import SetunReport
import SetunSimulator
import VerilatorBridge

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Report what a configuration does with a model: speed, what bounds it, and where every cycle went.",
    discussion: """
      Runs the simulator and writes OUT/report.html, one page that needs nothing else, and OUT/report.json with the same \
      figures; each is labelled simulated, predicted, measured, estimated or published. With --trace also OUT/trace.json, \
      the newest token as a trace that ui.perfetto.dev opens.
      """)

  @OptionGroup var model: SourceOptions
  @OptionGroup var sequences: SequenceOptions
  @OptionGroup var machine: MachineOptions

  @Option(name: .long, help: ArgumentHelp("The memory behind each AXI port: \(CompareCommand.memories)."))
  var memory = "ideal"

  @Option(name: .long, help: "How many tokens to generate; the first is not counted.")
  var tokens = 9

  @Option(name: .long, help: "The directory to write to.", completion: .directory)
  var out: String

  @Flag(name: .long, help: "Write a trace of the newest token.")
  var trace = false

  @Option(
    name: .long,
    help: "simulator, or rtl to run the emitted RTL too, compare every record, and trace that.")
  var engine = EngineKind.simulator

  @Flag(name: .long, help: "Print the facts as JSON instead of a summary.")
  var json = false

  func validate() throws {
    guard tokens >= 2 else { throw ValidationError("--tokens must be at least 2.") }
    guard engine != .reference else { throw ValidationError("--engine is simulator or rtl.") }
    do { _ = try MemoryModel(parsing: memory) } catch { throw ValidationError("\(error).") }
  }

  func run() throws {
    let source = try model.open(for: machine.choice)
    let memory = try MemoryModel(parsing: memory)
    let compiled = try source.compiled(for: machine.choice)
    let request = try sequences.request(for: source, compiled.configuration, tokens: tokens, endsTogether: true)
    // Built first, so that a missing tool is said before anything is simulated.
    let hardware = engine == .rtl ? try RTLMachine(compiled, memory: memory) : nil

    var simulator = MachineSimulator(compiled)
    var observer = NoObserver()
    let result = try simulator.run(
      request, memory: memory, records: trace || hardware != nil, accounts: true, observer: &observer)
    var records = result.records
    var agreement: ReportFacts.Subject.Agreement?
    if let hardware {
      let cycles = try hardware.run(request).last?.cycle ?? 0
      try hardware.finish()
      records = hardware.session.records
      let comparison = RecordComparison(simulator: result.records, rtl: records)
      agreement = ReportFacts.Subject.Agreement(
        simulatorCycles: result.cycles, rtlCycles: cycles, records: comparison.rtlCount,
        mismatches: comparison.mismatches)
    }
    let facts = ReportFacts(
      MeasuredRun(
        model: compiled, name: URL(fileURLWithPath: source.directory).lastPathComponent, memory: memory,
        request: request, result: result, command: Self.command, rtl: agreement))
    let data = try facts.json()
    var files = [("report.html", Data(ReportPage(facts).html.utf8)), ("report.json", data)]
    if trace {
      let schedule = request.schedule(streams: compiled.configuration.streams)
      let picture = PipelineTrace(compiled.program, firstHeadStep: schedule.firstHeadStep, records: records)
      files.append(("trace.json", picture.json))
    }
    // A trace of another run would be taken for this one's.
    try OutputDirectory.write(files, to: out, removing: trace ? [] : ["trace.json"])
    if json { Console.write(String(decoding: data, as: UTF8.self)) } else { Console.write(Self.summary(facts)) }
  }

  /// What was typed.
  private static var command: String { (["rtlgen"] + CommandLine.arguments.dropFirst()).joined(separator: " ") }

  private static func summary(_ facts: ReportFacts) -> String {
    func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
    var table = Table(["what", "value"])
    let step = facts.speed.unit
    if facts.subject.streams > 1 {
      table.add(["streams, tokens of a step", "\(facts.subject.streams), \(facts.speed.tokensPerStep)"])
    }
    table.add(["tokens/s, simulated", String(format: "%.2f", facts.speed.tokensPerSecond)])
    table.add(["cycles per \(step), simulated", String(format: "%.1f", facts.speed.cyclesPerToken)])
    table.add(["cycles per \(step), predicted", String(format: "%.1f", facts.prediction.predictedCyclesPerToken)])
    table.add([
      "bandwidth used, deliverable, GB/s",
      String(format: "%.2f, %.2f", facts.bandwidth.used, facts.bandwidth.deliverable),
    ])
    table.add(["  of the deliverable", percent(facts.bandwidth.fractionOfDeliverable)])
    table.add(["bound by", "\(facts.roofline.boundBy), \(percent(facts.roofline.fraction)) reached"])
    table.add([
      "bytes per \(step), over log2(3)/8 x weights",
      "\(facts.traffic.bytesPerToken), " + String(format: "%.4f", facts.traffic.overEntropy),
    ])
    table.add([
      "energy, mJ per token, estimated",
      String(format: "%.3g to %.3g", facts.energy.lowMillijoules, facts.energy.highMillijoules),
    ])
    if let rtl = facts.subject.rtl {
      table.add(["records compared with the RTL, mismatches", "\(rtl.records), \(rtl.mismatches)"])
    }
    return table.text
  }
}
