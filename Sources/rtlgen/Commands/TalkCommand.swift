import ArgumentParser
import Checkpoint
import SetunBoard
import SetunCompiler
import SetunMachine
import SetunSimulator

struct TalkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "talk",
    abstract: "Let the model on a board continue a text, over its serial port.",
    discussion: """
      The tokenizer runs here, the model on the board, whose bitstream 'rtlgen bitstream' made of the same model. The port 'sim' is \
      the Verilator build of that very design, at the bits of its serial line. Greedy unless a temperature is given: then the \
      logits come over the line, and the same seed gives the same text as 'generate' on simulator and rtl.
      """)

  @Option(name: .long, help: "The serial port, such as /dev/ttyUSB0, or sim.", completion: .file())
  var port: String

  @Option(name: .long, help: "Bits a second on the serial line, as the bitstream was made for.")
  var baud = Board.baud

  @Option(name: .long, help: "The board: \(Board.all.map(\.name).joined(separator: ", ")).")
  var board = Board.ulx3s.name

  @Option(
    name: .long, help: "Directory of the checkpoint that is on the board; the built-in tales-1m when absent.",
    completion: .directory)
  var model: String?

  @OptionGroup var prompt: PromptOptions

  @Option(name: .long, help: "How many tokens to generate at most.")
  var tokens = 48

  @OptionGroup var sampling: SamplingOptions

  @Flag(name: .long, help: "Go on after the model's EOS.")
  var ignoreEos = false

  @Flag(name: .long, help: "Print one JSON object instead of the text.")
  var json = false

  func validate() throws {
    guard tokens >= 1 else { throw ValidationError("--tokens must be at least 1.") }
  }

  func run() throws {
    let board = try Board.named(board)
    let source = try SourceOptions.source(model)
    let start = try prompt.tokens(for: source)
    let host = try BoardHost(try open(board, source), configuration: board.configuration)
    var engine: any LanguageEngine = MachineEngine(
      machine: BoardMachine(checkpoint: source.shape, host: host), promptCapacity: board.configuration.promptCapacity)
    try Continuation(source: source, count: tokens, ignoresEnd: ignoreEos, sampler: sampling.sampler, json: json)
      .run(&engine, named: "board", from: start)
  }

  private func open(_ board: Board, _ source: ModelSource) throws -> any BytePort {
    guard port == "sim" else { return try SerialPort(path: port, baud: baud) }
    let design = try BoardDesign(board, source: source, baud: baud)
    return try SimulatedPort(model: try design.simulation(), link: design.top.link)
  }
}

/// A board behind a serial line as a machine.
struct BoardMachine: Machine {
  let checkpoint: ModelConfiguration
  let host: BoardHost

  mutating func run(
    _ request: RunRequest, wantsLogits: Bool, deliver: (_ token: Int, _ logits: [Float]) throws -> Void
  ) throws {
    var options: ControlCommand = []
    if request.clear { options.insert(.clear) }
    if request.score { options.insert(.score) }
    if wantsLogits { options.insert(.logits) }
    let status = try host.run(
      prompt: request.prompt, budget: request.budget, endToken: request.endToken, options: options, deliver: deliver)
    guard let cause = status.cause, cause.isSuccess else {
      throw Failure("The core stopped with cause \(status.causeCode) (\(status.cause?.explanation ?? "unknown")).")
    }
  }
}
