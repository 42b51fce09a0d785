import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator

extension Exploration {
  /// Bytes of images that may be in memory at once; a point whose image is larger runs alone.
  static let imageMemory = 1_500_000_000

  /// Runs the points, several at a time, and gives each outcome as soon as it is there, in no particular order.
  ///
  /// Points that agree in everything that decides the bytes of an image are run one after the other on one image. What is
  /// yielded does not depend on `jobs`. The run ends early when the stream is let go.
  ///
  /// - Parameters:
  ///   - checkpoint: a model of the exploration's shape.
  ///   - done: indices of points that are left out.
  ///   - jobs: how many images are worked on at once, fewer where images are large.
  public func outcomes(
    of checkpoint: Checkpoint, skipping done: Set<Int> = [], jobs: Int
  ) -> AsyncThrowingStream<Outcome, any Error> {
    precondition(checkpoint.configuration == shape, "the checkpoint has the exploration's shape")
    return AsyncThrowingStream { continuation in
      let task = Task {
        do {
          try await run(checkpoint, skipping: done, jobs: jobs) { continuation.yield($0) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func run(
    _ checkpoint: Checkpoint, skipping done: Set<Int>, jobs: Int, deliver: @escaping @Sendable (Outcome) -> Void
  ) async throws {
    var groups: [[Candidate]] = []
    var places: [DesignPoint.ImageKey: Int] = [:]
    var largest = 1
    for point in points where !done.contains(point.index) {
      try Task.checkCancellation()
      switch assess(point) {
      case .settled(let outcome): deliver(outcome)
      case .simulatable(let program, let resources):
        largest = max(largest, program.layout.byteCount)
        let place = places[point.imageKey, default: groups.count]
        places[point.imageKey] = place
        if place == groups.count { groups.append([]) }
        groups[place].append(Candidate(point: point, program: program, resources: resources))
      }
    }
    let workers = max(1, min(jobs, Self.imageMemory / largest))
    let work = groups
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for (number, group) in work.enumerated() {
        if number >= workers { try await tasks.next() }
        tasks.addTask { try simulate(group, checkpoint, deliver: deliver) }
      }
      try await tasks.waitForAll()
    }
  }

  /// A point that is to be simulated.
  private struct Candidate: Sendable {
    var point: DesignPoint
    var program: Program
    var resources: Resources
  }

  /// Simulates points that share an image.
  private func simulate(
    _ group: [Candidate], _ checkpoint: Checkpoint, deliver: (Outcome) -> Void
  ) throws {
    guard let first = group.first else { return }
    let model: CompiledModel
    do {
      model = try CompiledModel(checkpoint, for: first.program.configuration)
    } catch CompilerError.doesNotFit(let reason) {
      for candidate in group { deliver(Outcome(point: candidate.point, verdict: .refused(reason))) }
      return
    }
    for candidate in group {
      try Task.checkCancellation()
      let measurement = try measure(candidate, model)
      deliver(
        Outcome(point: candidate.point, verdict: .simulated(measurement), resources: candidate.resources))
    }
  }

  private func measure(_ candidate: Candidate, _ model: CompiledModel) throws -> Outcome.Measurement {
    let (program, memory) = (candidate.program, candidate.point.memory.model)
    let configuration = program.configuration
    var simulator = MachineSimulator(
      headers: model.headers, instructions: model.program.entries.map(\.instruction), image: model.image,
      for: configuration)
    var observer = NoObserver()
    let run = try simulator.run(
      RunRequest(prompt: [shape.beginToken ?? 0], budget: tokens), memory: memory, observer: &observer)
    let cycles = Double(run.tokenCycles[tokens - 1] - run.tokenCycles[0]) / Double(tokens - 1)
    let channels = Double(configuration.channels)
    let traffic = program.traffic
    let beats = Double(traffic.total / configuration.beatBytes) / channels
    let deliverable = MemoryChannel.deliverable(memory, for: configuration).delivered
    return Outcome.Measurement(
      cyclesPerToken: cycles, predictedCycles: Prediction(program, memoryLatency: memory.latency).cyclesPerToken,
      deliverableFraction: beats / cycles / deliverable,
      utilisation: Double(program.usefulTrits) / (5 * Double(configuration.lanes) * channels * cycles),
      bytesPerToken: traffic.total, bytesOverEntropy: traffic.overEntropy)
  }
}
