import Files
import Foundation
import VerilatorBridge

/// What `rtlgen bench` measured.
struct BenchReport: Encodable {
  var configuration = ""
  var model = ""
  var tokens = 0
  var cycles = 0
  var secondsSimulator = 0.0
  var secondsRTL = 0.0
  var loadingSeconds = 0.0
  /// Nil where there is only an image.
  var ternarisingSeconds: Double?
  var compilingSeconds: Double?
  var referenceTokensPerSecond: Double?
  var tools: VerilatorModel.Tools?

  var cyclesPerSecondSimulator: Double { Double(cycles) / secondsSimulator }
  var cyclesPerSecondRTL: Double { Double(cycles) / secondsRTL }
  var simulatorTokensPerSecond: Double { Double(tokens) / secondsSimulator }

  /// Under which the ratios are stored.
  var key: String { "\(configuration)/\(model)" }

  /// Names the ratio of the two engines' speeds.
  static let simulatorOverRTL = "simulator_over_rtl"

  /// What can be compared between machines; larger is better.
  var ratios: [String: Double] {
    var ratios = [Self.simulatorOverRTL: cyclesPerSecondSimulator / cyclesPerSecondRTL]
    if let referenceTokensPerSecond {
      ratios["simulator_over_reference"] = simulatorTokensPerSecond / referenceTokensPerSecond
    }
    return ratios
  }

  enum CodingKeys: String, CodingKey {
    case configuration, model, tokens, cycles, ratio, verilator, compiler
    case cyclesPerSecondSimulator = "cycles_per_second_simulator"
    case cyclesPerSecondRTL = "cycles_per_second_rtl"
    case simulatorTokensPerSecond = "simulator_tokens_per_second"
    case referenceTokensPerSecond = "reference_tokens_per_second"
    case loadingSeconds = "loading_seconds"
    case ternarisingSeconds = "ternarising_seconds"
    case compilingSeconds = "compiling_seconds"
    case verilatorFlags = "verilator_flags"
    case compilerFlags = "compiler_flags"
  }

  // Written out because ratios are computed and because a synthesised encoding leaves out what is nil.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(configuration, forKey: .configuration)
    try container.encode(model, forKey: .model)
    try container.encode(tokens, forKey: .tokens)
    try container.encode(cycles, forKey: .cycles)
    try container.encode(cyclesPerSecondSimulator / cyclesPerSecondRTL, forKey: .ratio)
    try container.encode(cyclesPerSecondSimulator, forKey: .cyclesPerSecondSimulator)
    try container.encode(cyclesPerSecondRTL, forKey: .cyclesPerSecondRTL)
    try container.encode(simulatorTokensPerSecond, forKey: .simulatorTokensPerSecond)
    try container.encode(referenceTokensPerSecond, forKey: .referenceTokensPerSecond)
    try container.encode(loadingSeconds, forKey: .loadingSeconds)
    try container.encode(ternarisingSeconds, forKey: .ternarisingSeconds)
    try container.encode(compilingSeconds, forKey: .compilingSeconds)
    try container.encode(tools?.verilator, forKey: .verilator)
    try container.encode(tools?.verilatorFlags, forKey: .verilatorFlags)
    try container.encode(tools?.compiler, forKey: .compiler)
    try container.encode(tools?.compilerFlags, forKey: .compilerFlags)
  }

  var table: String {
    func number(_ value: Double?, _ digits: Int) -> String { value.map { String(format: "%.\(digits)f", $0) } ?? "-" }
    var table = Table(["what", "value"])
    table.add(["configuration, model", "\(configuration), \(model)"])
    table.add(["tokens, cycles", "\(tokens), \(cycles)"])
    table.add(["simulator, cycles per second", number(cyclesPerSecondSimulator, 0)])
    table.add(["RTL, cycles per second", number(cyclesPerSecondRTL, 0)])
    table.add(["ratio", number(cyclesPerSecondSimulator / cyclesPerSecondRTL, 1)])
    table.add(["simulator, tokens per second", number(simulatorTokensPerSecond, 2)])
    table.add(["reference, tokens per second", number(referenceTokensPerSecond, 2)])
    table.add(["loading, seconds", number(loadingSeconds, 3)])
    table.add(["ternarising, seconds", number(ternarisingSeconds, 3)])
    table.add(["compiling, seconds", number(compilingSeconds, 3)])
    var text = table.text
    if let tools {
      text += "Verilator: \(tools.verilator): \(tools.verilatorFlags)\n"
      text += "C++: \(tools.compiler): \(tools.compilerFlags)\n"
    }
    return text
  }
}
