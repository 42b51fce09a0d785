import Foundation
import SetunMachine

/// What one synthesis of an emitted core came to, unit by unit.
public struct SynthesisReport: Hashable, Sendable, Codable {
  public var fabric: Fabric
  public var configuration: Configuration
  /// What made it: the tool's version and its command.
  public var tool: String
  public var command: String
  /// Resources of all copies of each unit; LUTs that serve as memory are among the LUTs.
  public var units: [String: Resources]
  /// LUTs that serve as memory, by unit.
  public var memoryLUTs: [String: Int]

  public func resources(_ unit: CoreUnit) -> Resources { units[unit.rawValue] ?? Resources() }
  public var total: Resources { units.values.reduce(Resources(), +) }

  /// Reads what `stat` of Yosys printed for a core whose hierarchy was kept.
  public init(
    statistics text: String, fabric: Fabric, configuration: Configuration, tool: String, command: String
  ) throws(ExplorationError) {
    self.fabric = fabric
    self.configuration = configuration
    self.tool = tool
    self.command = command
    units = [:]
    memoryLUTs = [:]
    let modules = Self.modules(text)
    guard modules["setun_core"] != nil else {
      throw ExplorationError("Yosys printed no statistics of setun_core.")
    }
    try add("setun_core", copies: 1, modules)
  }

  /// Reads what `stat` of Yosys printed for one module and those below it.
  public static func resources(of module: String, statistics text: String) throws(ExplorationError) -> Resources {
    let modules = modules(text)
    guard modules[module] != nil else { throw ExplorationError("Yosys printed no statistics of \(module).") }
    return total(of: module, in: modules).0
  }

  /// How many cells of a type `stat` of Yosys counted in a module, those below it left out.
  public static func cells(_ type: String, of module: String, statistics text: String) -> Int {
    modules(text)[module]?[type] ?? 0
  }

  /// Adds the units of which a module consists, and its own cells.
  private mutating func add(
    _ module: String, copies: Int, _ modules: [String: [String: Int]]
  ) throws(ExplorationError) {
    for (cell, count) in modules[module] ?? [:] {
      if CoreUnit.consistsOfUnits(module: cell) {
        try add(cell, copies: copies * count, modules)
        continue
      }
      guard let unit = CoreUnit(module: modules[cell] == nil ? module : cell) else {
        throw ExplorationError("The module \(cell) belongs to no unit of the estimate.")
      }
      let (resources, memory) = Self.total(of: cell, in: modules)
      units[unit.rawValue] = self.resources(unit) + resources * (copies * count)
      memoryLUTs[unit.rawValue, default: 0] += memory * copies * count
    }
  }

  /// The cells of each module by their type, from sections that begin with "=== name ===" and lines of type and number.
  private static func modules(_ text: String) -> [String: [String: Int]] {
    var modules: [String: [String: Int]] = [:]
    var name: String?
    var isCells = false
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count >= 3, words[0] == "===", words.last == "===" {
        // The sum over the hierarchy comes last.
        name = words[1...].first == "design" ? nil : String(words[1])
        isCells = false
      } else if line.contains("Number of cells:") || words.count == 2 && words[1] == "cells" {
        isCells = true
        if let name { modules[name] = [:] }
      } else if isCells, let name, words.count == 2 {
        // Older versions print the type first, newer ones the number, and after the cells the modules below.
        if let count = Int(words[1]) {
          modules[name]?[String(words[0])] = count
        } else if let count = Int(words[0]), words[1] != "submodules" {
          modules[name]?[String(words[1])] = count
        }
      }
    }
    return modules
  }

  private static func total(of cell: String, in modules: [String: [String: Int]]) -> (Resources, Int) {
    guard let cells = modules[cell] else { return primitive(cell) }
    var sum = (Resources(), 0)
    for (part, count) in cells {
      let one = total(of: part, in: modules)
      sum = (sum.0 + one.0 * count, sum.1 + one.1 * count)
    }
    return sum
  }

  /// Resources of one cell of a fabric, and how many of its LUTs are memory.
  private static func primitive(_ cell: String) -> (Resources, Int) {
    func memory(_ luts: Int) -> (Resources, Int) { (Resources(luts: luts), luts) }
    switch cell {
    case "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "SRL16E", "SRLC32E": return (Resources(luts: 1), 0)
    // Two LUTs of four inputs with a carry.
    case "CCU2C": return (Resources(luts: 2), 0)
    case "RAM32X1D", "RAM64X1D": return memory(2)
    case "RAM32M", "RAM64M": return memory(4)
    case "RAM32M16", "RAM64M8": return memory(8)
    case "TRELLIS_DPR16X4": return memory(6)
    case "RAMB18E2", "DP16KD": return (Resources(blockRAMs: 1), 0)
    case "RAMB36E2": return (Resources(blockRAMs: 2), 0)
    case "MISTRAL_M10K": return (Resources(blockRAMs: 1), 0)
    case "MISTRAL_ALUT2", "MISTRAL_ALUT3", "MISTRAL_ALUT4", "MISTRAL_ALUT5", "MISTRAL_ALUT6", "MISTRAL_ALUT_ARITH":
      return (Resources(luts: 1), 0)
    // A bit of 32 words, of which a block of ten LUTs holds twenty.
    case "MISTRAL_MLAB": return memory(1)
    case "MISTRAL_FF": return (Resources(flipFlops: 1), 0)
    case "MISTRAL_MUL27X27", "MISTRAL_MUL18X18", "MISTRAL_MUL9X9": return (Resources(dsps: 1), 0)
    case "URAM288": return (Resources(ultraRAMs: 1), 0)
    case "DSP48E2", "MULT18X18D": return (Resources(dsps: 1), 0)
    case "FDRE", "FDSE", "FDCE", "FDPE", "TRELLIS_FF": return (Resources(flipFlops: 1), 0)
    // Carries, wide multiplexers and inverters lie between the LUTs.
    default: return (Resources(), 0)
    }
  }
}

extension SynthesisReport {
  /// The stored measurements, on which the estimate rests. `rtlgen explore --calibrate --store` makes the file.
  public static let stored: [SynthesisReport] = {
    let data = Data(PackageResources.synthesis_json)
    guard let reports = try? JSONDecoder().decode([SynthesisReport].self, from: data) else {
      preconditionFailure("the stored measurements of the package cannot be read")
    }
    return reports
  }()

  /// Names the stored measurements in what depends on them: FNV-1a of their bytes.
  static let storedHash = Fingerprint(PackageResources.synthesis_json).value

  /// The machines that are synthesised: each width, both numbers of row lanes, several fractions, up to four channels; capacities of models of
  /// 5M, 370M and 2.7B parameters.
  public static let configurations: [Configuration] = {
    func machine(
      _ width: Int, _ lanes: Int, _ fraction: Int, _ hidden: Int, _ intermediate: Int, _ state: Int, _ vocabulary: Int,
      channels: Int = 1
    ) -> Configuration {
      Configuration(
        name: "w\(width)l\(lanes)f\(fraction)" + (channels == 1 ? "" : "n\(channels)"), beatBits: width,
        channels: channels, fractionBits: fraction, burstBeats: 64,
        hiddenCapacity: hidden, intermediateCapacity: intermediate, stateCapacity: state,
        vocabularyCapacity: vocabulary, rowLanes: lanes, clockMHz: 250)
    }
    return [
      .tiny, machine(128, 5, 15, 256, 768, 1536, 2048), machine(256, 1, 10, 1024, 2816, 24_576, 32_000),
      machine(256, 5, 12, 1024, 2816, 24_600, 32_000), .wide, machine(512, 5, 15, 2560, 6912, 81_920, 32_000),
      machine(128, 5, 15, 256, 768, 1536, 2048, channels: 4),
      machine(256, 5, 12, 1024, 2816, 24_600, 32_000, channels: 2),
      machine(512, 5, 15, 2560, 6912, 81_920, 32_000, channels: 4),
    ]
  }()
}

/// 64-bit FNV-1a.
struct Fingerprint {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  init(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  }
}
