import SetunMachine

/// What a device offers, or the part of it that a core may take.
///
/// Counts are those of the whole device. What a board's shell or memory controllers take of it is not taken off; ask for a
/// share of the device instead.
public struct ResourceBudget: Hashable, Sendable {
  /// How it is named on the command line.
  public var name: String
  /// The device, for people.
  public var device: String
  public var fabric: Fabric
  public var resources: Resources
  /// Ports that each kind of memory of the board has; empty where the board is open, and then no number is refused.
  public var memoryPorts: [String: Int]
  /// Where the counts stand.
  public var source: String
  /// The share of every resource that the core may take, in percent.
  public var share = 100

  public static let known: [ResourceBudget] = [
    ResourceBudget(
      name: "ecp5-85", device: "Lattice LFE5UM-85F", fabric: .ecp5,
      resources: Resources(luts: 83_640, flipFlops: 83_640, blockRAMs: 208, dsps: 156), memoryPorts: [:],
      source: "Lattice FPGA-DS-02012, table 1.1 (84 K LUTs), 41,820 slices of two LUTs and two registers"),
    ResourceBudget(
      name: "kv260", device: "AMD XCK26 (ZU5EV) of the Kria KV260", fabric: .ultraScalePlus,
      resources: Resources(luts: 117_120, flipFlops: 234_240, blockRAMs: 2 * 144, ultraRAMs: 64, dsps: 1248),
      memoryPorts: ["ddr4-shared:1": 1, "ddr4-shared:2": 2, "ddr4-shared:4": 4],
      source: "AMD DS891, Zynq UltraScale+ EV devices"),
    ResourceBudget(
      name: "u250", device: "AMD XCU250 of the Alveo U250", fabric: .ultraScalePlus,
      resources: Resources(
        luts: 1_728_000, flipFlops: 3_456_000, blockRAMs: 2 * 2688, ultraRAMs: 1280, dsps: 12_288),
      memoryPorts: ["ddr4": 4], source: "AMD DS962"),
    ResourceBudget(
      name: "u280", device: "AMD XCU280 of the Alveo U280", fabric: .ultraScalePlus,
      resources: Resources(
        luts: 1_303_680, flipFlops: 2_607_360, blockRAMs: 2 * 2016, ultraRAMs: 960, dsps: 9024),
      memoryPorts: ["ddr4": 2, "hbm2": 32], source: "AMD DS963"),
    ResourceBudget(
      name: "d5005", device: "Intel Stratix 10 SX 2800 of the D5005", fabric: .stratix10,
      resources: Resources(luts: 933_120, flipFlops: 3_732_480, blockRAMs: 11_721, dsps: 5760),
      memoryPorts: ["ddr4": 4],
      source: "Intel Stratix 10 GX/SX product table (adaptive logic modules counted as LUTs)"),
  ]

  /// Finds a device by its name.
  ///
  /// - Parameter share: the part of it that the core may take, 1 to 100 percent.
  public static func named(_ name: String, share: Int = 100) throws(ExplorationError) -> ResourceBudget {
    guard (1...100).contains(share) else {
      throw ExplorationError("The share of a device must be 1 to 100 percent, not \(share).")
    }
    guard var budget = known.first(where: { $0.name == name }) else {
      throw ExplorationError(
        "'\(name)' is no known device; there are \(known.map(\.name).joined(separator: ", ")).")
    }
    budget.share = share
    return budget
  }

  /// Everything that decides what fits; the same text in every process.
  var identity: String {
    let ports = memoryPorts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return "\(name) \(fabric.rawValue) \(resources) \(share) \(ports)"
  }

  /// What the core may take of a resource.
  func limit(_ count: Int) -> Int { count * share / 100 }

  /// Why a design does not fit, with both numbers; nil when it does.
  public func violation(_ needed: Resources) -> String? {
    for kind in Resources.kinds where needed[keyPath: kind.path] > limit(resources[keyPath: kind.path]) {
      let part = share == 100 ? "" : "\(share) % of "
      let whole = resources[keyPath: kind.path]
      return "needs \(needed[keyPath: kind.path]) \(kind.name) (estimated), of which \(name) has \(part)\(whole)"
    }
    return nil
  }

  /// Why the board cannot connect so many ports to such a memory; nil when it can, or nobody knows.
  public func violation(_ memory: WeightMemory, channels: Int) -> String? {
    guard !memoryPorts.isEmpty, case .external(let model) = memory, case .dram = model.mode else { return nil }
    guard let ports = memoryPorts[model.description] else {
      let kinds = memoryPorts.keys.sorted().joined(separator: ", ")
      return "memory \(model) is not on \(name), which has \(kinds)"
    }
    return channels > ports ? "\(channels) channels need as many \(model) ports, of which \(name) has \(ports)" : nil
  }
}
