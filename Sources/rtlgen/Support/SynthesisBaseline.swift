import Files
import Foundation
import SetunExploration
import SetunMachine
import SetunSynthesis

/// What `rtlgen synth` counted before, unit by unit, with what may differ. Counts of two versions of Yosys are never
/// compared.
struct SynthesisBaseline {
  struct Entry: Codable {
    var configuration: String
    var target: String
    var tool: String
    /// By how much of the stored LUTs and flip-flops of a unit a new count may differ; block RAMs and DSPs may not.
    var tolerance: Double
    var units: [String: Resources]
  }

  /// What is stored without a choice of configuration or target: the machines of the built-in model.
  static let kept: [(configuration: String, target: SynthesisTarget)] = [
    ("tiny", .ecp5), ("tiny", .xilinx), ("ulx3s", .ecp5), ("ulx3s", .xilinx),
  ]
  private static let usualTolerance = 0.02
  /// Differences below it are accepted of small units, too.
  private static let least = 8

  private(set) var entries: [Entry] = []
  private let path: String

  init(path: String, mayBeMissing: Bool) throws {
    self.path = path
    guard let data = FileManager.default.contents(atPath: path) else {
      guard mayBeMissing else { throw Failure("\(path): cannot be read; --store writes it.") }
      return
    }
    do {
      entries = try JSONDecoder().decode([Entry].self, from: data)
    } catch {
      throw Failure("\(path): is not a baseline that 'rtlgen synth --store' writes.")
    }
  }

  private func index(_ configuration: String, _ target: String, _ tool: String) -> Int? {
    entries.firstIndex { ($0.configuration, $0.target, $0.tool) == (configuration, target, tool) }
  }

  /// Tolerances that were set by hand stay.
  mutating func store(_ synthesis: CoreSynthesis) {
    let old = index(synthesis.configuration, synthesis.target, synthesis.tool)
    let entry = Entry(
      configuration: synthesis.configuration, target: synthesis.target, tool: synthesis.tool,
      tolerance: old.map { entries[$0].tolerance } ?? Self.usualTolerance, units: synthesis.units)
    if let old { entries[old] = entry } else { entries.append(entry) }
  }

  func write() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let sorted = entries.sorted { ($0.tool, $0.configuration, $0.target) < ($1.tool, $1.configuration, $1.target) }
    try OutputFile.write(try encoder.encode(sorted) + Data("\n".utf8), to: path)
  }

  /// A line for each count that is not as stored, and how many are.
  func differences(_ synthesis: CoreSynthesis) throws -> (lines: [[String]], counts: Int) {
    guard let place = index(synthesis.configuration, synthesis.target, synthesis.tool) else {
      throw Failure(
        "\(path): has no counts of \(synthesis.configuration) on \(synthesis.target) with \(synthesis.tool); --store adds them."
      )
    }
    let entry = entries[place]
    var lines: [[String]] = []
    var counts = 0
    for unit in Set(entry.units.keys).union(synthesis.units.keys).sorted() {
      let (stored, counted) = (entry.units[unit] ?? Resources(), synthesis.units[unit] ?? Resources())
      for kind in Resources.counted {
        let (old, new) = (stored[keyPath: kind.path], counted[keyPath: kind.path])
        let allowed = kind.isExact ? 0 : max(Self.least, Int(entry.tolerance * Double(old)))
        counts += 1
        if abs(old - new) > allowed { lines.append([unit, kind.name, "\(old)", "\(new)", "\(allowed)"]) }
      }
    }
    return (lines, counts)
  }

  /// Compares or stores; without a choice every kept pair that the file has of this Yosys.
  static func run(
    _ path: String, storing: Bool, configuration: Configuration?, target: SynthesisTarget?, _ yosys: Yosys, json: Bool
  ) throws {
    var baseline = try SynthesisBaseline(path: path, mayBeMissing: storing)
    if storing { try OutputFile.probe(path) }
    let pairs = try kept.compactMap { name, fabric -> (Configuration, SynthesisTarget)? in
      guard configuration == nil || configuration?.name == name, target == nil || target == fabric else { return nil }
      return (try Configuration.load(name), fabric)
    }
    guard !pairs.isEmpty else {
      let known = kept.map { "\($0.configuration) on \($0.target.rawValue)" }.joined(separator: ", ")
      throw Failure("Baselines are kept of \(known).")
    }
    var differing = 0
    for (configuration, target) in pairs {
      let synthesis = try CoreSynthesis.run(configuration, target, top: "setun_core", yosys)
      if json { try Console.write(json: synthesis) } else { Console.write(synthesis.table + "\n") }
      if storing {
        baseline.store(synthesis)
        continue
      }
      let (lines, counts) = try baseline.differences(synthesis)
      differing += lines.count
      var table = Table(["unit", "count", "stored", "now", "allowed to differ by"])
      for line in lines { table.add(line) }
      let text = lines.isEmpty ? "All \(counts) counts are as stored.\n" : table.text
      if json { Console.note(text) } else { Console.write(text + "\n") }
    }
    if storing { try baseline.write() }
    guard differing == 0 else {
      let counts = differing == 1 ? "1 count is" : "\(differing) counts are"
      throw Failure("\(counts) not as \(path) has them; --store stores what is meant to change.")
    }
  }
}

extension Resources {
  /// What a baseline holds of a unit.
  fileprivate static let counted: [(name: String, path: KeyPath<Resources, Int> & Sendable, isExact: Bool)] = [
    ("LUTs", \.luts, false), ("flip-flops", \.flipFlops, false), ("block RAMs", \.blockRAMs, true),
    ("UltraRAMs", \.ultraRAMs, true), ("DSPs", \.dsps, true),
  ]
}
