import Checkpoint
import SetunCompiler
import SetunMachine
import SetunSimulator
import TernaryArithmetic

/// A run that can be reported.
public struct MeasuredRun: Sendable {
  public var model: CompiledModel
  /// What the model is called.
  public var name: String
  public var memory: MemoryModel
  public var request: RunRequest
  /// Of the simulator, with accounts.
  public var result: RunResult
  public var command: String
  public var rtl: ReportFacts.Subject.Agreement?

  public init(
    model: CompiledModel, name: String, memory: MemoryModel, request: RunRequest, result: RunResult, command: String,
    rtl: ReportFacts.Subject.Agreement? = nil
  ) {
    self.model = model
    self.name = name
    self.memory = memory
    self.request = request
    self.result = result
    self.command = command
    self.rtl = rtl
  }

  private var schedule: StreamSchedule { request.schedule(streams: model.configuration.streams) }

  /// Streams that generate in the steady state: with one sequence, the last one alone.
  var generatingStreams: Int { request.isOneSequence ? 1 : max(1, request.prompts.count { !$0.isEmpty }) }

  /// The positions of the steady state, with several streams steps: those that begin with tokens that were generated on
  /// every stream that takes part; if there is none, the last one.
  var steadyPositions: [PositionAccount] {
    let schedule = schedule
    let steady = result.positions.indices.filter { step in
      (0..<schedule.streams).count { schedule.role(step: step, stream: $0) == .generated } == generatingStreams
    }
    return steady.isEmpty ? Array(result.positions.suffix(1)) : steady.map { result.positions[$0] }
  }
}

extension ReportFacts {
  /// - Parameter run: a run that generated a token at least, with accounts.
  public init(_ run: MeasuredRun) {
    let program = run.model.program
    let configuration = program.configuration
    let positions = run.steadyPositions
    precondition(!positions.isEmpty, "a report needs a run with accounts")
    let total = positions.reduce(0) { $0 + $1.cycles }
    let cycles = Double(total) / Double(positions.count)
    let seconds = cycles / (Double(configuration.clockMHz) * 1e6)
    let tokens = Double(run.generatingStreams)
    speed = Speed(
      tokens: positions.count, tokensPerStep: run.generatingStreams, promptTokensPerStep: configuration.streams,
      cyclesPerToken: cycles, fastestToken: positions.map(\.cycles).min() ?? 0,
      slowestToken: positions.map(\.cycles).max() ?? 0, microsecondsPerToken: seconds * 1e6,
      tokensPerSecond: tokens / seconds)
    subject = Subject(run)
    self.cycles = CycleBreakdown(program, positions)
    activity = UnitActivity(program, positions)
    let deliverable = (0..<configuration.channels).map {
      MemoryChannel.deliverable(run.memory, for: configuration, port: $0)
    }
    bandwidth = Bandwidth(program, deliverable, cycles: cycles)
    roofline = Roofline(program, deliverable, positions: positions, cycles: cycles, tokens: tokens)
    prediction = PredictionFacts(program, run.memory, deliverable, positions, cycles: cycles)
    traffic = TrafficFacts(program)
    footprint = Footprint(run.model)
    energy = EnergyEstimate(program, memory: run.memory, seconds: seconds, tokens: tokens)
    comparison = Comparison(program.shape, tokensPerSecond: tokens / seconds)
    goals = [
      Goal(
        name: "Share of the deliverable bandwidth that \(configuration.streams == 1 ? "one stream uses" : "is used")",
        evidence: .simulated,
        value: bandwidth.fractionOfDeliverable, isShare: true),
      Goal(
        name: "Bytes read over log2(3)/8 for each ternary weight", evidence: .measured, value: traffic.overEntropy,
        isShare: false, limit: 1.03),
      Goal(
        name: "Prediction apart from simulation", evidence: .predicted, value: abs(prediction.difference),
        isShare: true, limit: 0.005),
    ]
  }
}

extension ReportFacts.Subject {
  init(_ run: MeasuredRun) {
    let program = run.model.program
    let (shape, machine) = (program.shape, program.configuration)
    model = run.name
    hiddenSize = shape.hiddenSize
    intermediateSize = shape.intermediateSize
    layers = shape.layerCount
    vocabulary = shape.vocabularySize
    ternaryWeights = program.usefulTrits
    configuration = machine.name
    configurationHash = String(machine.hash, radix: 16)
    beatBits = machine.beatBits
    channels = machine.channels
    rowLanes = machine.rowLanes
    streams = machine.streams
    isOneSequence = run.request.isOneSequence
    clockMegahertz = machine.clockMHz
    memory = run.memory.description
    promptTokens = run.request.prompts.reduce(0) { $0 + $1.count }
    command = run.command
    rtl = run.rtl
  }
}

extension ReportFacts.Bandwidth {
  /// - Parameter ports: what each channel's memory delivers.
  init(_ program: Program, _ ports: [Deliverable], cycles: Double) {
    let configuration = program.configuration
    let beatsToRate = Double(configuration.beatBytes * configuration.clockMHz) / 1e3
    let peakBeats = ports.reduce(0) { $0 + $1.peak }
    peak = peakBeats * beatsToRate
    deliverable = ports.reduce(0) { $0 + $1.delivered } * beatsToRate
    used = Double(program.traffic.total) / cycles * Double(configuration.clockMHz) / 1e3
    fractionOfPeak = used / peak
    fractionOfDeliverable = used / deliverable
    func lost(_ part: (Deliverable) -> Double) -> Double {
      ports.reduce(0) { $0 + part($1) * $1.peak } / peakBeats
    }
    lostToRefresh = lost(\.refresh)
    lostToRows = lost(\.rows)
    lostOtherwise = lost(\.rest)
  }
}

extension ReportFacts.Roofline {
  /// - Parameter tokens: of a step.
  init(_ program: Program, _ ports: [Deliverable], positions: [PositionAccount], cycles: Double, tokens: Double) {
    let configuration = program.configuration
    let clock = Double(configuration.clockMHz) * 1e6
    func bound(_ name: String, _ reason: String, _ evidence: Evidence, _ cycles: Double) -> Bound {
      Bound(
        name: name, reason: reason, evidence: evidence, cyclesPerToken: cycles, tokensPerSecond: tokens * clock / cycles
      )
    }
    let steps = program.entries.reduce(0) { $0 + 1 + $1.operandSteps }
    let rowSteps = positions.reduce(0) { $0 + $1.instructions.reduce(0) { $0 + $1.rowSteps } }
    let rows = Double(rowSteps) / Double(positions.count)
    bounds = [
      bound(
        "ports", "a beat a cycle on the fullest channel", .measured,
        program.streamCycles(delivered: ports.map { _ in 1 })),
      bound(
        "memory", "the bytes of a token at the rate of a plain sequential read, on the fullest channel", .simulated,
        program.streamCycles(delivered: ports.map(\.delivered))),
      bound("sequencer", "a step of beats a cycle, one beat of each channel that has one", .measured, Double(steps)),
      bound(
        "row units", configuration.rowLanes == 1 ? "a row a cycle" : "\(configuration.rowLanes) rows a cycle",
        .measured, rows),
    ]
    // Of equal ones the first: an ideal memory delivers what the ports take, and is not the bound.
    let tightest = bounds.max { $0.cyclesPerToken < $1.cyclesPerToken }
    boundBy = tightest?.name ?? ""
    fraction = (tightest?.cyclesPerToken ?? 0) / cycles
    let useful = tokens * Double(program.usefulTrits)
    operationsPerByte = useful / Double(program.traffic.total)
    gigaoperations = useful / cycles * clock / 1e9
    engineGigaoperations =
      Double(TernaryCode.rows * configuration.lanes * configuration.channels * configuration.streams) * clock / 1e9
    rowUnitGigaoperations = useful / rows * clock / 1e9
  }
}

extension ReportFacts.PredictionFacts {
  init(
    _ program: Program, _ memory: MemoryModel, _ ports: [Deliverable], _ positions: [PositionAccount], cycles: Double
  ) {
    let prediction = Prediction(program, memoryLatency: memory.latency)
    predictedCoreCycles = Double(prediction.cyclesPerToken)
    predictedCyclesPerToken = prediction.cyclesPerToken(program, delivered: ports.map(\.delivered))
    simulatedCyclesPerToken = cycles
    difference = (predictedCyclesPerToken - cycles) / cycles
    let parts = LayerPart.parts(of: program)
    let predicted = Self.durations(parts, prediction.spans.map(\.accepted), cycles: prediction.cyclesPerToken)
    var simulated: [LayerPart: Int] = [:]
    for position in positions {
      let accepted = position.spans.map { $0.accepted - position.start }
      simulated.merge(Self.durations(parts, accepted, cycles: position.cycles)) { $0 + $1 }
    }
    rows = LayerPart.allCases.map { part in
      Row(
        part: part, predictedCycles: Double(predicted[part] ?? 0),
        simulatedCycles: Double(simulated[part] ?? 0) / Double(positions.count))
    }
  }

  /// Cycles from the acceptance of a part's first instruction to that of the next one's; the first begins at 0.
  private static func durations(_ parts: [LayerPart], _ accepted: [Int], cycles: Int) -> [LayerPart: Int] {
    var result: [LayerPart: Int] = [:]
    var begin = 0
    for index in parts.indices where index + 1 == accepted.count || parts[index + 1] != parts[index] {
      let end = index + 1 < accepted.count ? accepted[index + 1] : cycles
      result[parts[index], default: 0] += end - begin
      begin = end
      if index + 1 == accepted.count { break }
    }
    return result
  }
}

extension ReportFacts.TrafficFacts {
  init(_ program: Program) {
    let traffic = program.traffic
    items = [
      Item(name: "Ternary weights, five a byte", bytes: traffic.weights, isPadding: false),
      Item(name: "Rows to a multiple of five", bytes: traffic.rowPadding, isPadding: true),
      Item(name: "Columns to whole beats", bytes: traffic.columnPadding, isPadding: true),
      Item(name: "Norm weights, lower bounds", bytes: Double(traffic.vectors), isPadding: false),
      Item(name: "Vectors to whole beats", bytes: Double(traffic.vectorPadding), isPadding: true),
      Item(name: "Instructions", bytes: Double(traffic.instructions), isPadding: false),
      Item(
        name: program.configuration.streams == 1 ? "Embedding row" : "Embedding rows", bytes: Double(traffic.embedding),
        isPadding: false),
      Item(name: "Embedding row to whole beats", bytes: Double(traffic.embeddingPadding), isPadding: true),
    ]
    bytesPerToken = traffic.total
    entropyBytes = traffic.entropy
    overEntropy = traffic.overEntropy
    paddingShare = items.reduce(0) { $0 + ($1.isPadding ? $1.bytes : 0) } / Double(traffic.total)
    bitsPerWeight = 8 * Double(traffic.total) / Double(program.usefulTrits)
  }
}

extension ReportFacts.Footprint {
  init(_ model: CompiledModel) {
    let program = model.program
    let shape = program.shape
    imageBytes = model.image.count
    bodyBytes = program.bodyBeatsWithHead * program.configuration.beatBytes
    embeddingBytes = program.configuration.channels * program.layout.embeddingBytes
    otherBytes = imageBytes - bodyBytes - embeddingBytes
    let elements = shape.layerCount * shape.hiddenSize
    let bits = FloatFormat(exponentBits: 8, fractionBits: program.configuration.fractionBits).width
    stateBytes = Double(elements * bits) / 8
    halfPrecisionTernaryBytes = 2 * program.usefulTrits
    halfPrecisionBytes = 2 * (program.usefulTrits + shape.vocabularySize * shape.hiddenSize + Self.normWeights(shape))
    halfPrecisionStateBytes = 2 * elements
    ratio = Double(halfPrecisionBytes + halfPrecisionStateBytes) / (Double(imageBytes) + stateBytes)
    ternaryRatio =
      Double(halfPrecisionTernaryBytes) / Double(program.weightBeats * program.configuration.beatBytes)
  }

  /// Norm weights and lower bounds of a checkpoint.
  private static func normWeights(_ shape: ModelConfiguration) -> Int {
    let modules = BitLinear.all(in: shape).reduce(0) { $0 + $1.columns(in: shape) }
    let norms = (3 * shape.layerCount + 1) * shape.hiddenSize
    return modules + norms + (shape.usesLowerBound ? shape.layerCount * shape.hiddenSize : 0)
  }
}

extension ReportFacts.Comparison {
  init(_ shape: ModelConfiguration, tokensPerSecond: Double) {
    let size = PublishedDesign.ModelSize(
      hiddenSize: shape.hiddenSize, layers: shape.layerCount, intermediateSize: shape.intermediateSize)
    modelSize = size
    rows = PublishedDesign.all.map { design in
      let isSame = size != nil && design.size == size
      return Row(
        published: design,
        speedOfOneStream: isSame ? design.tokensPerSecondOfStream.map { tokensPerSecond / $0 } : nil)
    }
  }
}
