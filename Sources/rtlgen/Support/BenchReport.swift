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

  /// What can be compared between machines; larger is better.
  var ratios: [String: Double] {
    var ratios = ["ratio": cyclesPerSecondSimulator / cyclesPerSecondRTL]
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

/// Ratios that were measured before: by configuration and model, then by name.
struct Baseline {
  /// How much worse a ratio may be: machines, compilers and neighbours differ.
  struct Ratio: Codable {
    var value: Double
    /// Relative, 0 ... 1.
    var tolerance: Double
  }

  struct Finding {
    var text: String
    var isWorse: Bool
  }

  private(set) var entries: [String: [String: Ratio]] = [:]

  /// Of a ratio that is stored for the first time.
  private static let defaultTolerance = 0.4

  init(path: String, mayBeMissing: Bool) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      guard mayBeMissing else { throw Failure("\(path): is missing; --store writes it.") }
      return
    }
    let data = try TextFile.contents(path)
    do {
      entries = try JSONDecoder().decode([String: [String: Ratio]].self, from: data)
    } catch {
      throw Failure("\(path): is not a baseline that 'rtlgen bench --store' writes.")
    }
  }

  mutating func store(_ ratios: [String: Double], for key: String) {
    for (name, value) in ratios {
      let tolerance = entries[key]?[name]?.tolerance ?? Self.defaultTolerance
      // Two digits say enough.
      entries[key, default: [:]][name] = Ratio(value: (value * 100).rounded() / 100, tolerance: tolerance)
    }
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try OutputFile.write(try encoder.encode(entries) + Data("\n".utf8), to: path)
  }

  /// What moved beyond its tolerance, and what has no baseline.
  func findings(_ ratios: [String: Double], for key: String, path: String) throws -> [Finding] {
    guard let expected = entries[key] else { throw Failure("\(path): has no ratios of \(key); --store adds them.") }
    return expected.sorted { $0.key < $1.key }.compactMap { name, ratio in
      guard let value = ratios[name] else { return Finding(text: "\(key): \(name) was not measured", isWorse: true) }
      let change = value / ratio.value - 1
      guard abs(change) > ratio.tolerance else { return nil }
      let numbers = String(format: "%.2f, stored %.2f (%+.0f %%)", value, ratio.value, 100 * change)
      return Finding(text: "\(key): \(name) is \(numbers)", isWorse: change < 0)
    }
  }
}
