import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator
import VerilatorBridge

extension CompareCommand {
  /// The outcome, for people and programs.
  struct Report: Encodable {
    let configuration: String
    let memory: String
    let streams: Int
    let isOneSequence: Bool
    let tokens: Int
    /// Of all sequences.
    let positions: Int
    /// Of each sequence; nil when there is no tokenizer.
    let texts: [String]?
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
      compiled: CompiledModel, memory: MemoryModel, request: RunRequest, measured: Measurement,
      simulated: RunResult, comparison: RecordComparison, texts: [String]?, agreement: Double?
    ) {
      configuration = compiled.configuration.name
      self.memory = memory.description
      streams = compiled.configuration.streams
      isOneSequence = request.isOneSequence
      tokens = measured.tokens.count
      positions = measured.sequences(request).reduce(0) { $0 + $1.prompt.count + $1.generated.count - 1 }
      self.texts = texts
      retired = comparison.rtlCount
      mismatches = comparison.mismatches
      cyclesSimulator = simulated.cycles
      cyclesRTL = measured.tokens.last?.cycle ?? 0
      firstDifference = comparison.firstDifference?.description
      cyclesPerToken = Self.steadyState(Set(measured.tokens.map(\.cycle)).sorted())
      predictedCyclesPerToken = Prediction(compiled.program, memoryLatency: memory.latency).cyclesPerToken
      let machine = compiled.configuration
      streamUtilisation =
        Double(compiled.program.usefulTrits) / (Double(5 * machine.lanes * machine.channels) * cyclesPerToken)
      self.agreement = agreement
      cause = measured.status.cause?.explanation ?? "unknown (\(measured.status.causeCode))"
      protocolErrors = measured.protocolErrors
    }

    /// Cycles from one token known to the next one known, or with several streams from the tokens of a step to those of the
    /// next, the prompt left out; of the only token when there is one.
    static func steadyState(_ cycles: [Int]) -> Double {
      guard let first = cycles.first, let last = cycles.last, cycles.count > 1 else {
        return Double(max(cycles.first ?? 0, 1))
      }
      return Double(last - first) / Double(cycles.count - 1)
    }

    var isEqual: Bool {
      mismatches == 0 && firstDifference == nil && cyclesSimulator == cyclesRTL && protocolErrors.isEmpty
        && cause == StopCause.budgetReached.explanation
    }

    enum CodingKeys: String, CodingKey {
      case configuration, memory, streams, tokens, positions, text, texts, retired, mismatches, cause
      case isOneSequence = "one_sequence"
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
      try container.encode(texts?.first, forKey: .text)
      if streams > 1 {
        try container.encode(streams, forKey: .streams)
        try container.encode(isOneSequence, forKey: .isOneSequence)
        try container.encode(texts, forKey: .texts)
      }
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
      let step = streams > 1 ? "step" : "token"
      table.add(["configuration, memory", "\(configuration), \(memory)"])
      if streams > 1 { table.add(["streams", isOneSequence ? "\(streams), on one sequence" : "\(streams)"]) }
      table.add(["positions, tokens generated", "\(positions), \(tokens)"])
      table.add(["records compared (retired, AR, R)", "\(retired)"])
      table.add(["mismatches", "\(mismatches)"])
      table.add(["cycles, simulator / RTL", "\(cyclesSimulator) / \(cyclesRTL)"])
      table.add(["argmax agreement with the float reference", agreement.map(percent) ?? "-"])
      table.add([
        "cycles per \(step), measured / predicted",
        String(format: "%.1f / %d", cyclesPerToken, predictedCyclesPerToken),
      ])
      table.add(["weight stream utilisation", percent(streamUtilisation)])
      var text = "\n" + table.text.drop { $0 == "\n" }
      // One sequence has been shown as it came.
      if let texts, texts.count > 1 {
        text = "\n" + texts.enumerated().map { "stream \($0): \($1)\n" }.joined() + text
      }
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
