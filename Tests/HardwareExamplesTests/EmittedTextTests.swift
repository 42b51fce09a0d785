import Foundation
import HardwareDescription
import HardwareExamples
import Testing

@Suite struct EmittedTextTests {
  static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL
  static let golden = root.appendingPathComponent("Tests/HardwareExamplesTests/Golden")

  @Test func theTextsAreExactlyTheCommittedOnes() throws {
    let files = try ExampleCatalogue.files(includesLibrary: false)
    let committed = try FileManager.default.contentsOfDirectory(atPath: Self.golden.path)
    let update =
      "run `rtlgen examples --without-library --out Tests/HardwareExamplesTests/Golden` and read what changed"
    #expect(files.map(\.name) == committed.sorted(), "\(update)")
    for file in files {
      let text = try? String(contentsOf: Self.golden.appendingPathComponent(file.name), encoding: .utf8)
      #expect(text == file.text, "\(file.name): \(update)")
    }
  }

  @Test(arguments: ExampleCatalogue.modules.indices) func everyFrontEndAcceptsTheText(_ number: Int) throws {
    let module = ExampleCatalogue.modules[number]
    let elaboration = Elaborator().run(module)
    #expect(elaboration.diagnostics == [])
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("examples-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for file in try elaboration.systemVerilog(configuration: "examples") {
      try file.text.write(to: directory.appendingPathComponent(file.name), atomically: true, encoding: .utf8)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = Self.root.appendingPathComponent("Sim/lint.sh").path
    process.arguments = ["TOP=\(module.moduleName)", "bash", script, directory.path]
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
