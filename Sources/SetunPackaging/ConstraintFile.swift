import HardwareDescription
import SetunCore
import SetunMachine

/// A file of constraints of a core: of its clock, or of where its parts lie on a device of several dies.
public struct ConstraintFile: Hashable, Sendable {
  public var name: String
  public var text: String

  /// What every file says of itself.
  static let caution = "Written by `rtlgen constraints`; no vendor tool has read it yet."

  /// The tools of AMD take the ending `.xdc`, all others `.sdc`; the text of the clock is the same for both.
  static func ending(_ configuration: Configuration) -> String {
    Floorplan.amdParts[configuration.name] == nil ? "sdc" : "xdc"
  }

  /// The files of the named configurations, as `Constraints` holds them.
  public static func named() throws(PackageError) -> [ConstraintFile] {
    var files: [ConstraintFile] = []
    for configuration in Configuration.named { files += try all(for: configuration) }
    return files
  }

  /// The files of a configuration.
  public static func all(for configuration: Configuration) throws(PackageError) -> [ConstraintFile] {
    let clock = ConstraintFile(
      name: "setun_core_\(configuration.name).\(ending(configuration))", text: clockText(configuration))
    guard let plan = Floorplan.known[configuration.name] else { return [clock] }
    guard let core = Elaborator(passes: []).run(SetunCore(configuration: configuration)).design.top else {
      throw PackageError("The core of '\(configuration.name)' has no top module.")
    }
    let instances = try CoreInstances(of: core, configuration)
    return [
      clock,
      ConstraintFile(
        name: "setun_core_\(configuration.name)_floorplan.xdc", text: plan.text(instances, configuration)),
    ]
  }

  /// The period is rounded down to a picosecond, so that no tool aims for less than the clock.
  static func clockText(_ configuration: Configuration) -> String {
    let picoseconds = 1_000_000 / configuration.clockMHz
    let fraction = String(picoseconds % 1000)
    let period = "\(picoseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    return """
      # Clock of the core, configuration `\(configuration.name)`: \(configuration.clockMHz) MHz. For one clock domain; the ports are registered in the wrapper.
      # The release of rst_ni meets the set-up time of this clock, so no path from it is cut.
      # \(caution)
      create_clock -name core -period \(period) [get_ports \(ClockDomain.main.clockName)]

      """
  }
}
