import Foundation
import HardwareDescription
import HardwareFormal
import HardwareSimulator
import Testing

@Suite struct SnippetTests {
  static var modules: [any HardwareModule] {
    [
      Blinker(period: 3), Widths(), Conversions(), Conditions(), Handshake(), Repetition(), Lookup(), TwoLights(),
      Button(), RowHold(), Doubler(), Scale(), ElasticScale(), Brightness(), MultiplyAdd(),
    ]
  }

  @Test func noModuleOfThePagesHasAFinding() {
    for module in Self.modules {
      let diagnostics = Elaborator().run(module).diagnostics
      #expect(diagnostics == [], "\(module.moduleName)")
    }
  }

  @Test func verilatorFindsNothingInThemEither() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("snippets-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for module in Self.modules {
      var files: [String] = []
      for file in try Elaborator().run(module).systemVerilog(configuration: "documentation") {
        let place = directory.appendingPathComponent(file.name)
        try file.text.write(to: place, atomically: true, encoding: .utf8)
        files.append(place.path)
      }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["verilator", "--lint-only", "-Wall", "--top-module", module.moduleName] + files
      let log = directory.appendingPathComponent("lint.log")
      try Data().write(to: log)
      let handle = try FileHandle(forWritingTo: log)
      process.standardOutput = handle
      process.standardError = handle
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(try String(contentsOf: log, encoding: .utf8) == "", "\(module.moduleName)")
    }
  }

  @Test func theTutorialsFilesAreWritten() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tutorial-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try writeBlinker(to: directory)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["blinker_3.sv"])
    let wave = directory.appendingPathComponent("wave.vcd")
    try recordBlinker(in: wave)
    #expect(try String(contentsOf: wave, encoding: .utf8).contains("$enddefinitions"))
  }

  @Test func theStreamBenchSeesTheWordsDoubled() throws {
    let (words, violations) = try streamBench()
    #expect(words == [2, 4, 500])
    #expect(violations == [])
  }

  @Test func theProofHasTheRulesAndWhatWasAdded() throws {
    let harness = try proof()
    #expect(harness.assertions.count > 1)
    #expect(harness.covers.contains { $0.name == "It can be full." })
  }
}
