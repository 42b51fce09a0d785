import HardwareDescription
import SetunCore
import SetunMachine

/// A core with what tools want beside its SystemVerilog: files by their path below the package's directory.
public struct CorePackage: Sendable {
  public struct File: Hashable, Sendable {
    public var path: String
    public var text: String
  }

  public var files: [File]

  /// The modules that a package brings, each file before those that use it.
  struct Sources {
    /// The core and, as the last file, a shell around it.
    var shell: [String]
    /// The same with write channels.
    var idleWrites: [String]
  }

  /// Packages a core.
  ///
  /// - Throws: ``PackageError``, or `ElaborationError` with the findings of the passes if any is an error.
  public init(_ configuration: Configuration) throws {
    let hash = String(configuration.hash, radix: 16)
    func emit(_ shell: CoreShell) throws -> (files: [File], interfaces: [BusInterface]) {
      let elaboration = Elaborator().run(shell)
      let text = try elaboration.systemVerilog(
        configuration: "\(configuration.name) (\(hash))", generator: "Setun rtlgen")
      guard let top = elaboration.design.top else {
        throw PackageError("The shell of '\(configuration.name)' has no top module.")
      }
      return (text.map { File(path: "rtl/\($0.name)", text: $0.text) }, try BusInterface.all(of: top))
    }
    let plain = try emit(CoreShell(configuration: configuration))
    let idleWrites = try emit(CoreShell(configuration: configuration, hasIdleWrites: true))
    let sources = Sources(shell: plain.files.map(\.path), idleWrites: idleWrites.files.map(\.path))
    let constraints = try ConstraintFile.all(for: configuration)
    files = plain.files + idleWrites.files.filter { !sources.shell.contains($0.path) }
    files += constraints.map { File(path: "constraints/\($0.name)", text: $0.text) }
    files.append(File(path: "driver/setun_registers.h", text: RegisterMap(configurations: [configuration]).header))
    files.append(
      File(
        path: "setun_\(configuration.name).core",
        text: FuseSoCCore(configuration, sources, constraints: constraints.map { "constraints/\($0.name)" }).text))
    files.append(
      File(
        path: "package_ip.tcl",
        text: VivadoScript(
          configuration, sources: sources.shell, interfaces: plain.interfaces,
          clockFile: "constraints/\(constraints[0].name)"
        ).text))
    files.append(
      File(
        path: "setun_\(configuration.name)_hw.tcl",
        text: PlatformDesignerScript(
          configuration, sources: sources.idleWrites, interfaces: idleWrites.interfaces
        ).text))
  }
}

extension Configuration {
  /// What every script says of itself, line by line.
  func packageHeader(_ purpose: String, _ tool: String) -> [String] {
    [
      "SPDX-License-Identifier: Apache-2.0",
      "\(purpose) the Setun core of configuration \(name) (\(String(hash, radix: 16))).",
      "Written by `rtlgen package`, ports and registers from the elaborated core. \(tool)",
    ]
  }

  /// The bursts that a read master may have asked for and not yet got.
  var outstandingBursts: Int { fifoBeats / burstBeats }
}

extension CoreShell {
  static let shellName = CoreShell(configuration: .tiny).moduleName
  static let idleWritesName = CoreShell(configuration: .tiny, hasIdleWrites: true).moduleName
}
