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
    discussion: """
      The text appears as the RTL computes it; that of several streams when all are done. Exits with status 1 when anything \
      differs.
      """)

  @OptionGroup var model: SourceOptions
  @OptionGroup var sequences: SequenceOptions
  @OptionGroup var machine: MachineOptions

  @Option(name: .long, help: "How many tokens to generate, on each stream.")
  var tokens: Int

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
    let source = try model.open(for: machine.choice)
    let tokenizer = try source.tokenizerIfPresent()
    let memory = try MemoryModel(parsing: memory)
    let compiled = try source.compiled(for: machine.choice)
    let request = try sequences.request(for: source, compiled.configuration, tokens: tokens)
    // Built first, so that a missing tool is said before anything is simulated.
    let hardware = try RTLMachine(compiled, rtl: rtl, memory: memory, trace: trace != nil)

    var simulator = MachineSimulator(compiled)
    var observer = NoObserver()
    let simulated = try simulator.run(request, memory: memory, records: true, observer: &observer)
    let measured = try runRTL(hardware, request, tokenizer: tokenizer)
    let comparison = RecordComparison(simulator: simulated.records, rtl: measured.records)
    let sequences = measured.sequences(request)
    let agreement: Double? = try source.checkpoint.map { try self.agreement($0, sequences) }
    let report = Report(
      compiled: compiled, memory: memory, request: request, measured: measured, simulated: simulated,
      comparison: comparison,
      texts: tokenizer.map { tokenizer in
        sequences.map { tokenizer.decode($0.prompt + $0.generated) }
      }, agreement: agreement)
    if json { try Console.write(json: report) } else { Console.write(report.summary) }
    guard report.isEqual else { throw ExitCode.failure }
  }

  /// What the RTL did.
  struct Measurement {
    var tokens: [RTLSession.Token] = []
    var records: [RetireRecord] = []
    var status = CoreStatus(rawValue: 0)
    var protocolErrors: [String] = []

    /// The prompt of each sequence and what was generated after it.
    func sequences(_ request: RunRequest) -> [(prompt: [Int], generated: [Int])] {
      if request.isOneSequence { return [(request.prompt, tokens.map(\.id))] }
      return request.prompts.enumerated().map { stream, prompt in
        (prompt, tokens.filter { $0.stream == stream }.map(\.id))
      }
    }
  }

  private func runRTL(_ hardware: RTLMachine, _ request: RunRequest, tokenizer: Tokenizer?) throws -> Measurement {
    let session = hardware.session
    // The tokens of several streams come by turns.
    var printer = TokenPrinter(tokenizer: tokenizer, isSilent: json || request.prompts.count > 1)
    if let trace { try session.openTrace(URL(fileURLWithPath: trace)) }
    defer { try? session.closeTrace() }
    for token in request.prompt { printer.add(token) }
    var result = Measurement()
    result.tokens = try hardware.run(request) { printer.add($0.id) }
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
  private func agreement(
    _ checkpoint: Checkpoint, _ sequences: [(prompt: [Int], generated: [Int])]
  ) throws -> Double {
    let model = try ReferenceModel(checkpoint)
    let vocabulary = checkpoint.configuration.vocabularySize
    var (equal, count) = (0, 0)
    for (start, generated) in sequences where !generated.isEmpty {
      var reference = ReferenceEngine(model)
      let logits = try reference.logits(start + generated.dropLast())
      equal += generated.indices.count { index in
        let position = start.count - 1 + index
        return firstMaximum(logits[position * vocabulary..<(position + 1) * vocabulary]) == generated[index]
      }
      count += generated.count
    }
    return count == 0 ? 0 : Double(equal) / Double(count)
  }
}
