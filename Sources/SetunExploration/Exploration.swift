import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator

/// A sweep of machines for one model: which of them can be built and fit, and how fast they are.
///
/// Resources are estimated, cycles simulated, and the clock is assumed.
public struct Exploration: Sendable {
  public let shape: ModelConfiguration
  public let space: DesignSpace
  /// What the machine may take; nil when nothing limits it.
  public let budget: ResourceBudget?
  /// Tokens that are generated at every point; their average counts, without the first.
  public let tokens: Int
  public let points: [DesignPoint]
  private let resources: ResourceModel

  /// The fabric for which resources are estimated: the budget's, or UltraScale+.
  public var fabric: Fabric { budget?.fabric ?? .ultraScalePlus }

  /// - Parameter tokens: at least 2.
  public init(
    shape: ModelConfiguration, space: DesignSpace, budget: ResourceBudget? = nil, tokens: Int = 4
  ) throws(ExplorationError) {
    try space.validate()
    guard tokens >= 2 else { throw ExplorationError("A point is measured over at least 2 tokens, not \(tokens).") }
    self.shape = shape
    self.space = space
    self.budget = budget
    self.tokens = tokens
    points = space.points
    resources = try ResourceModel(fabric: budget?.fabric ?? .ultraScalePlus)
  }

  /// Names everything on which a result depends: model shape, space, budget, tokens, the machine's timing and instruction
  /// set, the stored syntheses and the form of the table.
  public var key: String {
    // A change of the machine shows in its timing, or in the version of its instruction set.
    var seen: Set<DesignPoint.ImageKey> = []
    let machines = points.compactMap { point -> String? in
      let configuration = point.configuration(for: shape)
      guard (try? configuration.validate()) != nil, seen.insert(point.imageKey).inserted else { return nil }
      return "\(MachineTiming(configuration))"
    }
    let parts = [
      "\(ResultRow.version)", "\(InstructionSet.version)", "\(shape)", space.summary, budget?.identity ?? "",
      "\(tokens)", "\(SynthesisReport.storedHash)", machines.joined(),
    ]
    let text = String(Fingerprint(parts.joined(separator: "\n").utf8).value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  // MARK: One point without its simulation

  /// What is known of a point before it is simulated.
  package enum Assessment {
    case settled(Outcome)
    case simulatable(Program, Resources)
  }

  package func assess(_ point: DesignPoint) -> Assessment {
    let configuration = point.configuration(for: shape)
    let program: Program
    do {
      try configuration.validate()
      program = try Program(shape: shape, configuration: configuration) { _ throws(CheckpointError) in 1 }
    } catch ConfigurationError.invalid(_, let reason) {
      return .settled(Outcome(point: point, verdict: .refused(reason)))
    } catch CompilerError.doesNotFit(let reason) {
      return .settled(Outcome(point: point, verdict: .refused(reason)))
    } catch {
      return .settled(Outcome(point: point, verdict: .refused("\(error)")))
    }
    var needed = resources.estimate(configuration).total
    if case .onChip = point.memory { needed = needed + onChipWeights(program) }
    if let reason = budget?.violation(point.memory, channels: point.channels) ?? budget?.violation(needed) {
      return .settled(Outcome(point: point, verdict: .exceeds(reason), resources: needed))
    }
    return .simulatable(program, needed)
  }

  /// The RAMs of an image on the chip: whole channels in UltraRAM as long as that lasts, the others in block RAM.
  private func onChipWeights(_ program: Program) -> Resources {
    let configuration = program.configuration
    let words = program.layout.channelBytes / configuration.beatBytes
    let large = Fabric.ultraRAMs(width: configuration.beatBits, depth: words)
    let available = budget.map { $0.limit($0.resources.ultraRAMs) } ?? (fabric == .ultraScalePlus ? Int.max : 0)
    let inLarge = min(configuration.channels, available / large)
    let small = fabric.blockRAMs(width: configuration.beatBits, depth: words)
    return Resources(blockRAMs: (configuration.channels - inLarge) * small, ultraRAMs: inLarge * large)
  }
}

/// What became of a point.
public struct Outcome: Hashable, Sendable {
  public enum Verdict: Hashable, Sendable {
    /// The machine cannot be built, or cannot hold the model.
    case refused(String)
    /// It can, and is larger than the budget; it was not simulated.
    case exceeds(String)
    case simulated(Measurement)
  }

  /// What the simulator found, in the steady state.
  public struct Measurement: Hashable, Sendable {
    /// From one token of a stream to its next one: all streams' tokens come together.
    public var cyclesPerToken: Double
    /// What the compiler predicted for a memory that never stalls.
    public var predictedCycles: Int
    /// Beats that were read, of those that the memory delivers to a reader that never waits.
    public var deliverableFraction: Double
    /// Useful trits over those that the ports' full width could have carried.
    public var utilisation: Double
    public var bytesPerToken: Int
    public var bytesOverEntropy: Double

    public init(
      cyclesPerToken: Double, predictedCycles: Int, deliverableFraction: Double, utilisation: Double,
      bytesPerToken: Int, bytesOverEntropy: Double
    ) {
      self.cyclesPerToken = cyclesPerToken
      self.predictedCycles = predictedCycles
      self.deliverableFraction = deliverableFraction
      self.utilisation = utilisation
      self.bytesPerToken = bytesPerToken
      self.bytesOverEntropy = bytesOverEntropy
    }
  }

  public var point: DesignPoint
  public var verdict: Verdict
  /// Estimated; nil for a machine that was refused.
  public var resources: Resources?

  public init(point: DesignPoint, verdict: Verdict, resources: Resources? = nil) {
    self.point = point
    self.verdict = verdict
    self.resources = resources
  }

  /// Of all streams, at the assumed clock; nil unless it was simulated.
  public var tokensPerSecond: Double? {
    guard case .simulated(let measurement) = verdict else { return nil }
    return Double(point.streams) * Double(point.clockMHz) * 1e6 / measurement.cyclesPerToken
  }
}
