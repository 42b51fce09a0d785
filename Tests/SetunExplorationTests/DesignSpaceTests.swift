import Checkpoint
import Foundation
import SetunExploration
import SetunMachine
import Testing

@Suite("Exploration: spaces and points")
struct DesignSpaceTests {
  static let shape = ModelConfiguration(hiddenSize: 128, layerCount: 4, vocabularySize: 512)

  @Test("a space has every combination once, in a fixed order")
  func points() {
    let space = DesignSpace(
      widths: [128, 512], channels: [1, 4], rowLanes: [1, 5], fractions: [10, 15], fifoBeats: [256, 512],
      memories: [.external(.dram(.ddr4)), .onChip], clocks: [200, 250])
    let points = space.points
    #expect(points.count == 128 && Set(points).count == 128)
    #expect(points.map(\.index) == Array(0..<128))
    #expect(points[0].width == 128 && points[127].width == 512 && points[1].memory == .onChip)
    #expect(points == space.points)
  }

  @Test("a machine of a point holds the model and can be compiled for")
  func configurations() throws {
    for point in DesignSpace(channels: [1], rowLanes: [1, 5], fractions: [10, 15]).points
      + DesignSpace(channels: [2, 32], rowLanes: [5]).points
    {
      let configuration = point.configuration(for: Self.shape)
      try configuration.validate()
      #expect(configuration.hiddenCapacity == 128 && configuration.vocabularyCapacity == 512)
      #expect(configuration.stateCapacity == (point.rowLanes == 1 ? 512 : 3 * 130 + 128))
      #expect(configuration.clockMHz == point.clockMHz && configuration.channels == point.channels)
    }
  }

  @Test("a file may leave axes out, and comes back as it was written")
  func files() throws {
    let scratch = try Scratch()
    let path = try scratch.write("space.json", #"{"widths": [256], "memories": ["hbm2", "on-chip"]}"#)
    let space = try DesignSpace(path: path)
    #expect(space.widths == [256] && space.channels == DesignSpace().channels)
    #expect(space.memories == [.external(.dram(.hbm2)), .onChip])
    let again = try scratch.write("again.json", String(decoding: try JSONEncoder().encode(space), as: UTF8.self))
    #expect(try DesignSpace(path: again) == space)
  }

  @Test(
    "what is no space is refused in one sentence that names the axis",
    arguments: [
      (#"{"widhts": [1]}"#, "unknown axis 'widhts'"), (#"{"widths": []}"#, "'widths' has no value"),
      (#"{"channels": [2, 2]}"#, "'channels' has 2 twice"),
      (#"{"clocks": ["fast"]}"#, "'clocks' is not a list of integers"),
      (#"{"fractions": 15}"#, "'fractions' is not a list of integers"),
      (#"{"memories": ["tape"]}"#, "'tape' is not a memory"), ("[]", "not a JSON object"), ("{", "not a JSON object"),
    ])
  func refusals(text: String, problem: String) throws {
    let scratch = try Scratch()
    let path = try scratch.write("space.json", text)
    let error = #expect(throws: ExplorationError.self) { try DesignSpace(path: path) }
    let description = try #require(error).description
    #expect(
      description.contains(problem) && description.hasSuffix(".") && !description.hasSuffix(".."), "\(description)")
  }

  @Test("a space without bounds is refused")
  func size() {
    let space = DesignSpace(fifoBeats: Array(1...400), clocks: Array(1...400))
    #expect(throws: ExplorationError.self) { try space.validate() }
  }

  @Test(
    "what cannot be built is refused with the configuration's reason",
    arguments: [
      (DesignSpace(streams: [3]), "streams"), (DesignSpace(widths: [64]), "beatBits"),
      (DesignSpace(channels: [3]), "channels"), (DesignSpace(channels: [1], rowLanes: [2]), "rowLanes"),
      (DesignSpace(rowLanes: [0]), "rowLanes"), (DesignSpace(channels: [2], rowLanes: [1]), "rowLanes"),
      (DesignSpace(fractions: [16]), "fractionBits"),
      (DesignSpace(fifoBeats: [64]), "fifoBeats"), (DesignSpace(channels: [1], clocks: [0]), "clockMHz"),
      (DesignSpace(widths: [0]), "beatBits"), (DesignSpace(channels: [-1]), "channels"),
    ])
  func refusedPoints(space: DesignSpace, field: String) throws {
    let exploration = try Exploration(shape: Self.shape, space: space)
    for point in exploration.points {
      guard case .settled(let outcome) = exploration.assess(point), case .refused(let reason) = outcome.verdict else {
        Issue.record("\(point) is not refused")
        continue
      }
      #expect(reason.contains(field))
      let row = ResultRow(outcome)
      #expect(row[.status] == "refused" && row[.reason] == reason && row[.tokensPerSecond].isEmpty)
    }
  }
}

/// A directory that is removed when the test ends.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/exploration-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }
}
