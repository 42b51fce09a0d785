import Foundation
import HardwareDescription
import HardwareLibrary
import Testing

/// An instance of each of several modules, with every port on the outside.
struct Assembly: HardwareModule {
  let modules: [any HardwareModule]

  func build(_ m: ModuleBuilder) {
    for (number, module) in modules.enumerated() {
      guard let definition = Elaborator(passes: []).run(module).design.top else { continue }
      let instance = m.instance("u_m\(number)", module)
      for port in definition.ports {
        let name = "m\(number)_\(port.name)"
        m.clocked(by: definition[port.signal].domain ?? .main) {
          switch (port.direction, port.isSigned) {
          case (.input, false): instance.connect(port.name, m.input(name, Unsigned.self, width: port.width))
          case (.input, true): instance.connect(port.name, m.input(name, Signed.self, width: port.width))
          case (.output, false): m.output(name, instance.output(port.name, Unsigned.self))
          case (.output, true): m.output(name, instance.output(port.name, Signed.self))
          }
        }
      }
    }
  }
}

@Suite struct LintTests {
  /// Every module of the library at all its checked parameters, at once, because the tools take a second each to start.
  @Test func everyFrontEndAcceptsTheWholeLibrary() throws {
    let modules = LibraryCatalogue.entries.flatMap { $0.modules() }
    #expect(modules.count > 50)
    let elaboration = Elaborator().run(Assembly(modules: modules))
    #expect(elaboration.diagnostics == [])
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("library-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for file in try elaboration.systemVerilog(configuration: "library") {
      try file.text.write(to: directory.appendingPathComponent(file.name), atomically: true, encoding: .utf8)
    }
    let script = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("../../Sim/lint.sh").standardizedFileURL
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["TOP=assembly", "bash", script.path, directory.path]
    let log = directory.appendingPathComponent("lint.log")
    try Data().write(to: log)
    let handle = try FileHandle(forWritingTo: log)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    let findings = try String(contentsOf: log, encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(findings)")
  }
}
