import SetunMachine

/// What a machine will take of a fabric, estimated unit by unit.
///
/// Memories are counted from their words and bits. Logic is linear in a few quantities of the configuration
/// (`CoreUnit.features`), with coefficients fitted by least squares to stored syntheses of emitted cores
/// (``SynthesisReport/stored``). Place and route is in none of these figures, and neither is a memory controller or a
/// board's shell.
public struct ResourceEstimate: Hashable, Sendable {
  /// Resources of all copies of each unit.
  public var units: [CoreUnit: Resources]
  public var total: Resources { units.values.reduce(Resources(), +) }

  /// - Throws: when nothing was measured on the fabric.
  public init(
    _ configuration: Configuration, fabric: Fabric, measurements: [SynthesisReport] = SynthesisReport.stored
  ) throws(ExplorationError) {
    self = try ResourceModel(fabric: fabric, measurements: measurements).estimate(configuration)
  }

  init(units: [CoreUnit: Resources]) { self.units = units }
}

/// The fitted coefficients of a fabric.
public struct ResourceModel: Sendable {
  /// What is fitted: each kind of resource that is logic or a small memory.
  private static let fitted: [WritableKeyPath<Resources, Int> & Sendable] = [
    \.luts, \.flipFlops, \.blockRAMs, \.dsps,
  ]

  private let fabric: Fabric
  /// For each unit one list of coefficients for each fitted kind.
  private var coefficients: [CoreUnit: [[Double]]] = [:]

  /// - Throws: when nothing was measured on the fabric.
  public init(fabric: Fabric, measurements: [SynthesisReport] = SynthesisReport.stored) throws(ExplorationError) {
    self.fabric = fabric
    let measured = measurements.filter { $0.fabric == fabric.measured }
    guard !measured.isEmpty else {
      throw ExplorationError("No synthesis for the fabric \(fabric.rawValue) is stored.")
    }
    for unit in CoreUnit.allCases {
      let features = measured.map { unit.features($0.configuration) }
      coefficients[unit] = Self.fitted.map { kind in
        LeastSquares.fit(
          features,
          measured.map { report in
            Double(report.logic(unit)[keyPath: kind]) / Double(unit.copies(report.configuration))
          })
      }
    }
  }

  public func estimate(_ configuration: Configuration) -> ResourceEstimate {
    var units: [CoreUnit: Resources] = [:]
    for unit in CoreUnit.allCases {
      let features = unit.features(configuration)
      var resources = Self.memories(unit, configuration, fabric)
      for (kind, factors) in zip(Self.fitted, coefficients[unit] ?? []) {
        let value = zip(features, factors).reduce(0) { $0 + $1.0 * $1.1 }
        resources[keyPath: kind] += max(0, Int(value.rounded()))
      }
      units[unit] = resources * unit.copies(configuration)
    }
    return ResourceEstimate(units: units)
  }

  /// The memories of one copy of a unit. A small one has a register behind its read port, which block RAM contains.
  fileprivate static func memories(_ unit: CoreUnit, _ configuration: Configuration, _ fabric: Fabric) -> Resources {
    unit.memories(configuration).reduce(Resources()) { sum, memory in
      let one =
        memory.isBlock
        ? Resources(blockRAMs: fabric.blockRAMs(width: memory.width, depth: memory.depth))
        : Resources(
          luts: fabric.memoryLUTs(width: memory.width, depth: memory.depth)
            + fabric.selectionLUTs(width: memory.width, depth: memory.depth),
          flipFlops: memory.width)
      return sum + one * memory.count
    }
  }
}

extension SynthesisReport {
  /// A unit's measured resources without the memories that are counted and not fitted.
  fileprivate func logic(_ unit: CoreUnit) -> Resources {
    var resources = resources(unit)
    let copies = unit.copies(configuration)
    if !unit.memories(configuration).isEmpty {
      resources.luts -= memoryLUTs[unit.rawValue] ?? 0
      for memory in unit.memories(configuration) where !memory.isBlock {
        resources.luts -= copies * memory.count * fabric.selectionLUTs(width: memory.width, depth: memory.depth)
      }
      resources.flipFlops -= copies * ResourceModel.memories(unit, configuration, fabric).flipFlops
      resources.blockRAMs = 0
    }
    return resources
  }
}

/// How far an estimate lies from a measurement.
public struct EstimateError: Hashable, Sendable {
  public var configuration: String
  public var fabric: Fabric
  public var measured: Resources
  public var estimated: Resources
  public var units: [CoreUnit: Pair]

  /// What was measured of a unit, and what is estimated.
  public struct Pair: Hashable, Sendable {
    public var measured: Resources
    public var estimated: Resources
  }

  /// (estimated - measured) / measured.
  public func relative(_ kind: KeyPath<Resources, Int>) -> Double {
    Double(estimated[keyPath: kind] - measured[keyPath: kind]) / Double(max(1, measured[keyPath: kind]))
  }

  /// Compares each measurement with an estimate that was fitted to the others alone, so that none vouches for itself.
  public static func leavingOneOut(
    _ measurements: [SynthesisReport] = SynthesisReport.stored
  ) throws(ExplorationError) -> [EstimateError] {
    var errors: [EstimateError] = []
    for (index, report) in measurements.enumerated() {
      var others = measurements
      others.remove(at: index)
      let estimate = try ResourceEstimate(report.configuration, fabric: report.fabric, measurements: others)
      var units: [CoreUnit: Pair] = [:]
      for unit in CoreUnit.allCases {
        units[unit] = Pair(measured: report.resources(unit), estimated: estimate.units[unit] ?? Resources())
      }
      errors.append(
        EstimateError(
          configuration: report.configuration.name, fabric: report.fabric, measured: report.total,
          estimated: estimate.total, units: units))
    }
    return errors
  }
}
