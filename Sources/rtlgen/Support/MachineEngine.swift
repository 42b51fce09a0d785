import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator

/// A machine, simulated or emitted, that can be started: what `SimulatorEngine` and `RTLEngine` have in common.
protocol Machine {
  var checkpoint: ModelConfiguration { get }
  /// One START. Delivers every token of the token lane as it is decided, with its logits when `wantsLogits`.
  mutating func run(
    _ request: RunRequest, wantsLogits: Bool, deliver: (_ token: Int, _ logits: [Float]) throws -> Void) throws
}

/// A language engine on top of a machine.
struct MachineEngine: LanguageEngine {
  var machine: any Machine
  var configuration: ModelConfiguration { machine.checkpoint }
  let promptCapacity: Int

  mutating func logits(_ tokens: [Int]) throws -> [Float] {
    var result: [Float] = []
    // A sequence longer than the prompt buffer goes in pieces; the state stays in the machine.
    for start in stride(from: 0, to: tokens.count, by: promptCapacity) {
      let piece = Array(tokens[start..<min(start + promptCapacity, tokens.count)])
      let request = RunRequest(prompt: piece, budget: 1, clear: start == 0, score: true)
      try machine.run(request, wantsLogits: true) { _, logits in result += logits }
    }
    return result
  }

  mutating func generate(
    prompt: [Int], count: Int, endToken: Int?, deliver: (_ token: Int) throws -> Void
  ) throws {
    // The simulator says so itself; the core's port would only refuse the write.
    guard prompt.count <= promptCapacity else {
      throw Failure("The prompt has \(prompt.count) tokens; the core takes 1 to \(promptCapacity).")
    }
    let request = RunRequest(prompt: prompt, budget: count, endToken: endToken)
    try machine.run(request, wantsLogits: false) { token, _ in try deliver(token) }
  }

  mutating func generate(
    prompt: [Int], count: Int, endToken: Int?, sampler: Sampler, deliver: (_ token: Int) throws -> Void
  ) throws {
    if sampler.isGreedy {
      return try generate(prompt: prompt, count: count, endToken: endToken, deliver: deliver)
    }
    // One START a token: the machine runs the head, the host chooses, and the state stays in the machine.
    var sampler = sampler
    var logits: [Float] = []
    func advance(_ tokens: [Int], clear: Bool) throws {
      try machine.run(RunRequest(prompt: tokens, budget: 1, clear: clear), wantsLogits: true) { logits = $1 }
    }
    try advance(prompt, clear: true)
    for index in 0..<count {
      let token = sampler.choose(logits)
      try deliver(token)
      if token == endToken || index == count - 1 { return }
      try advance([token], clear: false)
    }
  }
}

/// The Swift simulator as a machine.
struct SimulatedMachine: Machine {
  let checkpoint: ModelConfiguration
  private var simulator: MachineSimulator
  private let memory: MemoryModel

  init(_ model: CompiledModel, memory: MemoryModel = .ideal) {
    checkpoint = model.program.shape
    simulator = MachineSimulator(model)
    self.memory = memory
  }

  mutating func run(
    _ request: RunRequest, wantsLogits: Bool, deliver: (_ token: Int, _ logits: [Float]) throws -> Void
  ) throws {
    try withoutActuallyEscaping(deliver) { deliver in
      var observer = Forwarder(wantsLogits: wantsLogits, deliver: deliver)
      _ = try simulator.run(request, memory: memory, observer: &observer)
      if let error = observer.error { throw error }
    }
  }

  private struct Forwarder: RunObserver {
    let wantsLogits: Bool
    let deliver: (Int, [Float]) throws -> Void
    var newest = 0
    var error: (any Error)?

    mutating func token(_ id: Int, stream: Int, cycle: Int, isGenerated: Bool) { newest = id }

    mutating func logits(_ values: [Float], stream: Int) {
      guard error == nil else { return }
      do { try deliver(newest, wantsLogits ? values : []) } catch { self.error = error }
    }
  }
}
