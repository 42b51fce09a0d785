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
    // Points only: the programs of a large space would fill the memory.
    var groups: [[DesignPoint]] = []
    var places: [DesignPoint.ImageKey: Int] = [:]
    var largest = 1
    for point in points where !done.contains(point.index) {
      try Task.checkCancellation()
      switch assess(point) {
      case .settled(let outcome): deliver(outcome)
      case .simulatable(let program, _):
        largest = max(largest, program.layout.byteCount)
        let place = places[point.imageKey, default: groups.count]
        places[point.imageKey] = place
        if place == groups.count { groups.append([]) }
        groups[place].append(point)
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

  /// Simulates points that share an image.
  private func simulate(
    _ group: [DesignPoint], _ checkpoint: Checkpoint, deliver: (Outcome) -> Void
  ) throws {
    guard let first = group.first else { return }
    let model: CompiledModel
    do {
      model = try CompiledModel(checkpoint, for: first.configuration(for: shape))
    } catch CompilerError.doesNotFit(let reason) {
      for point in group { deliver(Outcome(point: point, verdict: .refused(reason))) }
      return
    }
    for point in group {
      try Task.checkCancellation()
      guard case .simulatable(let program, let resources) = assess(point) else { continue }
      let measurement = try measure(program, point.memory.model, on: model)
      deliver(Outcome(point: point, verdict: .simulated(measurement), resources: resources))
    }
  }

  /// - Parameter model: compiled for a machine whose image is the same.
  private func measure(
    _ program: Program, _ memory: MemoryModel, on model: CompiledModel
  ) throws -> Outcome.Measurement {
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
