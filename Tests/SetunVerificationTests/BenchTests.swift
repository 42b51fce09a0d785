import Foundation
import SetunCore
import SetunMachine
import SetunVerification
import Testing
import VerilatorBridge

/// The core as it is generated now, held to its specification.
@Suite(.serialized) struct BenchTests {
  static let seed: UInt64 = 20_261_121

  func model(_ configuration: Configuration) throws -> VerilatorModel {
    let directory = FileManager.default.temporaryDirectory.appending(path: "setun-verification-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for file in try SetunCore(configuration: configuration).systemVerilog() {
      try Data(file.text.utf8).write(to: directory.appending(path: file.name))
    }
    return try VerilatorModel.build(rtlDirectory: directory, beatBits: configuration.beatBits)
  }

  private func coverage(of benches: [Bench], _ configuration: Configuration) throws -> CauseCoverage {
    let model = try model(configuration)
    var coverage = CauseCoverage()
    for bench in benches {
      let log = try bench.run(on: model, configuration: configuration, seed: Self.seed)
      for finding in log.findings.prefix(5) {
        Issue.record("\(bench.id), seed \(Self.seed): \(finding)")
      }
      #expect(log.findings.isEmpty && log.runs > 0)
      coverage.add(bench, log)
    }
    return coverage
  }

  @Test func everyBenchHoldsAndEveryCauseIsReached() throws {
    let coverage = try coverage(of: Bench.all, .tiny)
    #expect(coverage.missing.isEmpty)
    print(coverage.markdown)
  }

  @Test func quickBenchesHoldOnAWideMachine() throws {
    let coverage = try coverage(of: Bench.directed.filter(\.isQuick), .wide)
    print(coverage.markdown)
  }
}
