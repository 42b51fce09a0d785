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
    return try VerilatorModel.build(
      rtlDirectory: directory, beatBits: configuration.beatBits, channels: configuration.channels,
      streams: configuration.streams)
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

  /// Five row lanes and capacities that are no multiples of five.
  static func lanes(beatBits: Int) -> Configuration {
    Configuration(
      name: "lanes-\(beatBits)", beatBits: beatBits, fifoBeats: 128, burstBeats: 64, hiddenCapacity: 256,
      intermediateCapacity: 777, stateCapacity: 1556, vocabularyCapacity: 2048, rowLanes: 5, clockMHz: 100)
  }

  @Test(arguments: [128, 512])
  func quickBenchesHoldWithFiveRowLanes(_ beatBits: Int) throws {
    _ = try coverage(of: Bench.directed.filter(\.isQuick), Self.lanes(beatBits: beatBits))
  }

  /// Two streams: to the host the same machine, but for the settings that each stream has of its own.
  @Test(arguments: [1, 5])
  func quickBenchesHoldWithTwoStreams(_ rowLanes: Int) throws {
    let configuration = Configuration(
      name: "streams-2-\(rowLanes)", beatBits: 128, streams: 2, fifoBeats: 128, burstBeats: 64, hiddenCapacity: 256,
      intermediateCapacity: 768, stateCapacity: 1556, vocabularyCapacity: 2048, rowLanes: rowLanes, clockMHz: 100)
    _ = try coverage(of: Bench.directed.filter(\.isQuick), configuration)
  }

  /// Several channels; shared by the tests that need such a core.
  static func channels(_ count: Int) -> Configuration {
    Configuration(
      name: "channels-\(count)", beatBits: 128, channels: count, fifoBeats: 128, burstBeats: 64, hiddenCapacity: 256,
      intermediateCapacity: 768, stateCapacity: 1556, vocabularyCapacity: 2048, rowLanes: 5, clockMHz: 100)
  }

  @Test(arguments: [2, 4])
  func quickBenchesHoldWithSeveralChannels(_ count: Int) throws {
    _ = try coverage(of: Bench.directed.filter(\.isQuick), Self.channels(count))
  }

  @Test func quickBenchesHoldOnAWideMachine() throws {
    let coverage = try coverage(of: Bench.directed.filter(\.isQuick), .wide)
    print(coverage.markdown)
  }
}
