import SetunCompiler
import SetunMachine
import TernaryArithmetic

/// What the host asks of one START.
public struct RunRequest: Sendable {
  /// Token ids, at least one.
  public var prompt: [Int]
  /// Tokens to generate after the prompt, at least one.
  public var budget: Int
  /// The recurrent state reads as 0 at the first position.
  public var clear: Bool
  /// Every prompt position runs the head.
  public var score: Bool
  /// Stops after this token.
  public var endToken: Int?

  public init(prompt: [Int], budget: Int, clear: Bool = true, score: Bool = false, endToken: Int? = nil) {
    self.prompt = prompt
    self.budget = budget
    self.clear = clear
    self.score = score
    self.endToken = endToken
  }
}

/// What a run retires, for those who want more than its result.
public protocol RunObserver {
  /// A token was decided; `isGenerated` unless it only scores a prompt position.
  mutating func token(_ id: Int, cycle: Int, isGenerated: Bool)
  /// The logits of a position, in row order.
  mutating func logits(_ values: [Float])
}

/// The outcome of a run.
public struct RunResult: Sendable {
  /// Tokens after the prompt.
  public var generated: [Int] = []
  /// The cycle of every decided token, scored ones included.
  public var tokenCycles: [Int] = []
  /// The cycle of the last token.
  public var cycles = 0
  /// Stream beats accepted.
  public var beats = 0
  /// When asked for: everything that retired, in the order of the architecture's section 4.
  public var records: [RetireRecord] = []
  /// When asked for: each instruction's first and last cycle in the newest position.
  public var spans: [InstructionSpan] = []
  /// When asked for: where the cycles of every position went.
  public var positions: [PositionAccount] = []
}

/// When an instruction was accepted and when it retired.
public struct InstructionSpan: Hashable, Sendable {
  /// Index in the program.
  public var index: Int
  public var accepted: Int
  public var retired: Int
}

/// The machine, cycle by cycle: values by `MachineValues`, time by the rules of the architecture's section 3.
///
/// State persists between runs, as in the hardware.
public struct MachineSimulator {
  public let configuration: Configuration
  /// The header of each channel's part of the image.
  let headers: [ImageHeader]
  /// Channel 0's header.
  public var header: ImageHeader { headers[0] }
  let program: [Operation]
  let image: MemoryImage
  let imageBase: Int
  let timing: MachineTiming
  var values: MachineValues

  /// - Parameter imageBase: byte address at which the image lies, a multiple of 4096.
  public init(_ model: CompiledModel, imageBase: Int = 0) {
    self.init(
      headers: model.headers, instructions: model.program.entries.map(\.instruction), image: model.image,
      for: model.configuration, imageBase: imageBase)
  }

  /// A program that the compiler need not have written.
  ///
  /// - Parameters:
  ///   - headers: that of each channel's part.
  ///   - instructions: what the image's body holds; the machine must be able to execute it.
  ///   - image: as the headers say, with the instructions' operands.
  public init(
    headers: [ImageHeader], instructions: [Instruction], image: MemoryImage, for configuration: Configuration,
    imageBase: Int = 0
  ) {
    self.configuration = configuration
    precondition(headers.count == configuration.channels, "every channel's part has a header")
    self.headers = headers
    program = instructions.map { Operation($0) }
    self.image = image
    self.imageBase = imageBase
    timing = MachineTiming(configuration)
    values = MachineValues(configuration, epsilon: headers[0].epsilon)
  }

  /// Runs one START to its end.
  ///
  /// - Parameters:
  ///   - records: whether to fold and keep what retires (costs time).
  ///   - accounts: whether to say where each cycle went.
  /// - Throws: when the prompt or the budget would make the hardware refuse the start (cause 11), or the image holds a
  ///   byte that is no trit code (cause 6).
  public mutating func run(
    _ request: RunRequest, memory: MemoryModel = .ideal, records: Bool = false, accounts: Bool = false,
    observer: inout some RunObserver
  ) throws(SimulatorError) -> RunResult {
    try check(request)
    var run = PositionRunner(
      configuration: configuration, timing: timing, headers: headers, program: program, image: image,
      imageBase: imageBase, request: request, memory: memory, keepsRecords: records, accounts: accounts,
      values: values)
    defer { values = run.values }
    return try run.run(&observer)
  }

  private func check(_ request: RunRequest) throws(SimulatorError) {
    guard (1...configuration.promptCapacity).contains(request.prompt.count) else {
      throw SimulatorError(
        "The prompt has \(request.prompt.count) tokens; the core takes 1 to \(configuration.promptCapacity).")
    }
    guard request.budget >= 1 else { throw SimulatorError("The token budget must be at least 1.") }
    if let stranger = request.prompt.first(where: { !(0..<header.vocabulary).contains($0) }) {
      throw SimulatorError("Token \(stranger) is outside the vocabulary of \(header.vocabulary).")
    }
  }
}

/// Why the simulated core stopped.
public struct SimulatorError: Error, CustomStringConvertible, Sendable {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// An observer that wants nothing.
public struct NoObserver: RunObserver {
  public init() {}
  public mutating func token(_ id: Int, cycle: Int, isGenerated: Bool) {}
  public mutating func logits(_ values: [Float]) {}
}
