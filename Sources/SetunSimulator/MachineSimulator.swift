import SetunCompiler
import SetunMachine

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
    try request.check(configuration, vocabulary: header.vocabulary)
    var run = PositionRunner(
      configuration: configuration, timing: timing, headers: headers, program: program, image: image,
      imageBase: imageBase, request: request, memory: memory, keepsRecords: records, accounts: accounts,
      values: values)
    defer { values = run.values }
    return try run.run(&observer)
  }
}

/// Why the simulated core stopped.
public struct SimulatorError: Error, CustomStringConvertible, Sendable {
  public let description: String
  init(_ description: String) { self.description = description }
}
