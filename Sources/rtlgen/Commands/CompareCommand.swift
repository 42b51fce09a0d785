import ArgumentParser
import Checkpoint
import Files
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator
import VerilatorBridge

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Run the emitted RTL and the simulator side by side and compare every retired bit and cycle.",
    discussion: "The text appears as the RTL computes it. Exits with status 1 when anything differs.")

  @OptionGroup var model: SourceOptions
  @OptionGroup var prompt: PromptOptions

  @Option(name: .long, help: "How many tokens to generate.")
  var tokens: Int

  @Option(name: .long, help: "Configuration of the machine: a name or a JSON file; tiny when absent.")
  var config: String?

  /// The memories that can be named.
  static let memories = "ideal, random:SEED, ddr4, ddr4-shared:N or hbm2"

  @Option(name: .long, help: ArgumentHelp("The memory behind the AXI port: \(memories)."))
  var memory = "ideal"

  @Option(
    name: .long, help: "Build the SystemVerilog of this directory instead of emitting it.", completion: .directory)
  var rtl: String?

  @Option(name: .long, help: "Write a VCD of the RTL (slow, large).", completion: .file(extensions: ["vcd"]))
  var trace: String?

  @Flag(name: .long, help: "Print one JSON object instead of text and summary.")
  var json = false

  func validate() throws {
    guard tokens >= 1 else { throw ValidationError("--tokens must be at least 1.") }
    do { _ = try MemoryModel(parsing: memory) } catch { throw ValidationError("\(error).") }
  }

  func run() throws {
    if let trace { try OutputFile.probe(trace) }
    let source = try model.open(configurationName: config)
    let tokenizer = try source.tokenizerIfPresent()
    let start = try prompt.tokens(for: source)
    let memory = try MemoryModel(parsing: memory)
    let compiled = try source.compiled(config)
    let request = RunRequest(prompt: start, budget: tokens)
    // Built first, so that a missing tool is said before anything is simulated.
    let hardware = try RTLMachine(compiled, rtl: rtl, memory: memory, trace: trace != nil)

    var simulator = MachineSimulator(compiled)
    var observer = NoObserver()
    let simulated = try simulator.run(request, memory: memory, records: true, observer: &observer)
    let measured = try runRTL(hardware.session, request, tokenizer: tokenizer)
    let comparison = RecordComparison(simulator: simulated.records, rtl: measured.records)
    let generated = measured.tokens.suffix(max(0, measured.tokens.count)).map(\.id)
    let agreement: Double? = try source.checkpoint.map { try self.agreement($0, start, generated) }
    let report = Report(
      compiled: compiled, memory: memory, start: start, measured: measured, simulated: simulated,
      comparison: comparison, text: tokenizer?.decode(start + generated), agreement: agreement)
    if json { try Console.write(json: report) } else { Console.write(report.summary) }
    guard report.isEqual else { throw ExitCode.failure }
  }

  /// What the RTL did.
  struct Measurement {
    var tokens: [RTLSession.Token] = []
    var records: [RetireRecord] = []
    var status = CoreStatus(rawValue: 0)
    var protocolErrors: [String] = []
  }

  private func runRTL(_ session: RTLSession, _ request: RunRequest, tokenizer: Tokenizer?) throws -> Measurement {
    var printer = TokenPrinter(tokenizer: tokenizer, isSilent: json)
    if let trace { try session.openTrace(URL(fileURLWithPath: trace)) }
    defer { try? session.closeTrace() }
    try session.start(prompt: request.prompt, budget: request.budget)
    for token in request.prompt { printer.add(token) }
    var result = Measurement()
    while let token = try session.token(result.tokens.count) {
      result.tokens.append(token)
      _ = try session.drainTokenFIFO()
      printer.add(token.id)
    }
    printer.finish()
    result.status = try session.finish()
    if let trace {
      do { try session.closeTrace() } catch {
        // What there is of it would end anywhere.
        OutputFile.remove(trace)
        throw Failure("\(trace): cannot be written (the disk may be full).")
      }
    }
    result.records = session.records
    result.protocolErrors = session.protocolErrors
    return result
  }

  /// The share of generated tokens that the float reference would have chosen after the same tokens.
  private func agreement(_ checkpoint: Checkpoint, _ start: [Int], _ generated: [Int]) throws -> Double {
    guard !generated.isEmpty else { return 0 }
    var reference = ReferenceEngine(try ReferenceModel(checkpoint))
    let vocabulary = checkpoint.configuration.vocabularySize
    let logits = try reference.logits(start + generated.dropLast())
    let equal = generated.indices.filter { index in
      let position = start.count - 1 + index
      return firstMaximum(logits[position * vocabulary..<(position + 1) * vocabulary]) == generated[index]
    }
    return Double(equal.count) / Double(generated.count)
  }
}

extension CompareCommand {
  /// The outcome, for people and programs.
  struct Report: Encodable {
    let configuration: String
    let memory: String
    let tokens: Int
    let positions: Int
    let text: String?
    let retired: Int
    let mismatches: Int
    let cyclesSimulator: Int
    let cyclesRTL: Int
    let firstDifference: String?
    let cyclesPerToken: Double
    let predictedCyclesPerToken: Int
    let streamUtilisation: Double
    /// Nil when there is no checkpoint to compare with.
    let agreement: Double?
    let cause: String
    let protocolErrors: [String]

    init(
      compiled: CompiledModel, memory: MemoryModel, start: [Int], measured: Measurement, simulated: RunResult,
      comparison: RecordComparison, text: String?, agreement: Double?
    ) {
      configuration = compiled.configuration.name
      self.memory = memory.description
      tokens = measured.tokens.count
      positions = start.count + measured.tokens.count - 1
      self.text = text
      retired = comparison.rtlCount
      mismatches = comparison.mismatches
      cyclesSimulator = simulated.cycles
      cyclesRTL = measured.tokens.last?.cycle ?? 0
      firstDifference = comparison.firstDifference?.description
      cyclesPerToken = Self.steadyState(measured.tokens.map(\.cycle), measured.tokens.first?.cycle ?? 0)
      predictedCyclesPerToken = Prediction(compiled.program, memoryLatency: memory.latency).cyclesPerToken
      let machine = compiled.configuration
      streamUtilisation =
        Double(compiled.program.usefulTrits) / (Double(5 * machine.lanes * machine.channels) * cyclesPerToken)
      self.agreement = agreement
      cause = measured.status.cause?.explanation ?? "unknown (\(measured.status.causeCode))"
      protocolErrors = measured.protocolErrors
    }

    /// Cycles from one token known to the next one known, the prompt left out; of the only token when there is one.
    private static func steadyState(_ cycles: [Int], _ only: Int) -> Double {
      guard let first = cycles.first, let last = cycles.last, cycles.count > 1 else { return Double(max(only, 1)) }
      return Double(last - first) / Double(cycles.count - 1)
    }

    var isEqual: Bool {
      mismatches == 0 && firstDifference == nil && cyclesSimulator == cyclesRTL && protocolErrors.isEmpty
        && cause == StopCause.budgetReached.explanation
    }

    enum CodingKeys: String, CodingKey {
      case configuration, memory, tokens, positions, text, retired, mismatches, cause
      case cyclesSimulator = "cycles_simulator"
      case cyclesRTL = "cycles_rtl"
      case firstDifference = "first_difference"
      case cyclesPerToken = "cycles_per_token"
      case predictedCyclesPerToken = "predicted_cycles_per_token"
      case streamUtilisation = "stream_utilisation"
      case agreement = "argmax_agreement_with_reference"
      case protocolErrors = "protocol_errors"
    }

    // Written out because a synthesised encoding leaves out what is nil.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(configuration, forKey: .configuration)
      try container.encode(memory, forKey: .memory)
      try container.encode(tokens, forKey: .tokens)
      try container.encode(positions, forKey: .positions)
      try container.encode(text, forKey: .text)
      try container.encode(retired, forKey: .retired)
      try container.encode(mismatches, forKey: .mismatches)
      try container.encode(cyclesSimulator, forKey: .cyclesSimulator)
      try container.encode(cyclesRTL, forKey: .cyclesRTL)
      try container.encode(firstDifference, forKey: .firstDifference)
      try container.encode(cyclesPerToken, forKey: .cyclesPerToken)
      try container.encode(predictedCyclesPerToken, forKey: .predictedCyclesPerToken)
      try container.encode(streamUtilisation, forKey: .streamUtilisation)
      try container.encode(agreement, forKey: .agreement)
      try container.encode(cause, forKey: .cause)
      try container.encode(protocolErrors, forKey: .protocolErrors)
    }

    var summary: String {
      func percent(_ value: Double) -> String { String(format: "%.2f %%", 100 * value) }
      var table = Table(["", ""])
      table.add(["configuration, memory", "\(configuration), \(memory)"])
      table.add(["positions, tokens generated", "\(positions), \(tokens)"])
      table.add(["records compared (retired, AR, R)", "\(retired)"])
      table.add(["mismatches", "\(mismatches)"])
      table.add(["cycles, simulator / RTL", "\(cyclesSimulator) / \(cyclesRTL)"])
      table.add(["argmax agreement with the float reference", agreement.map(percent) ?? "-"])
      table.add([
        "cycles per token, measured / predicted", String(format: "%.1f / %d", cyclesPerToken, predictedCyclesPerToken),
      ])
      table.add(["weight stream utilisation", percent(streamUtilisation)])
      var text = "\n" + table.text.drop { $0 == "\n" }
      if isEqual {
        text += "\nSimulator and RTL agree in every retired bit and every cycle.\n"
      } else {
        text += "\nSimulator and RTL DIFFER; the core stopped with cause: \(cause).\n"
        if let firstDifference { text += firstDifference + "\n" }
        for error in protocolErrors { text += "protocol: \(error)\n" }
      }
      return text
    }
  }
}
