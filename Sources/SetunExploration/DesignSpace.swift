import Files
import Foundation
import SetunMachine

/// The axes of a sweep: a point takes one value of each.
public struct DesignSpace: Hashable, Sendable {
  /// Widths of a beat, in bits.
  public var widths: [Int]
  /// Numbers of weight channels.
  public var channels: [Int]
  /// Numbers of streams that share each weight beat.
  public var streams: [Int]
  /// Numbers of rows that pass the row units side by side.
  public var rowLanes: [Int]
  /// Fraction bits of the machine float.
  public var fractions: [Int]
  /// Depths of the stream FIFO, in beats.
  public var fifoBeats: [Int]
  public var memories: [WeightMemory]
  /// Clocks in MHz, assumed for every point alike.
  public var clocks: [Int]

  /// No sweep has more points.
  public static let mostPoints = 100_000

  /// The named widths, up to four channels, both numbers of row lanes, a DDR4 channel for each port, 250 MHz.
  public init(
    widths: [Int] = [128, 256, 512], channels: [Int] = [1, 2, 4], streams: [Int] = [1], rowLanes: [Int] = [1, 5],
    fractions: [Int] = [15], fifoBeats: [Int] = [512],
    memories: [WeightMemory] = [.external(.dram(.ddr4))], clocks: [Int] = [250]
  ) {
    self.widths = widths
    self.channels = channels
    self.streams = streams
    self.rowLanes = rowLanes
    self.fractions = fractions
    self.fifoBeats = fifoBeats
    self.memories = memories
    self.clocks = clocks
  }

  /// Every axis with its name in a file, in the order in which points are numbered: the last one varies fastest.
  private var axes: [(name: String, values: [String])] {
    func texts(_ values: [Int]) -> [String] { values.map { "\($0)" } }
    return [
      ("widths", texts(widths)), ("channels", texts(channels)), ("rowLanes", texts(rowLanes)),
      ("fractions", texts(fractions)), ("streams", texts(streams)), ("fifoBeats", texts(fifoBeats)),
      ("clocks", texts(clocks)), ("memories", memories.map(\.description)),
    ]
  }

  /// Refuses an axis without values or with one twice, and a space that is too large to be meant.
  public func validate() throws(ExplorationError) {
    var count = 1
    for axis in axes {
      guard !axis.values.isEmpty else { throw ExplorationError("The axis '\(axis.name)' has no value.") }
      if let twice = axis.values.first(where: { value in axis.values.count { $0 == value } > 1 }) {
        throw ExplorationError("The axis '\(axis.name)' has \(twice) twice.")
      }
      count *= axis.values.count
      guard count <= Self.mostPoints else {
        throw ExplorationError("The space has more than \(Self.mostPoints) points.")
      }
    }
  }

  /// All points, numbered in their order. What no machine can be built from is among them: the exploration says why.
  public var points: [DesignPoint] {
    var points: [DesignPoint] = []
    for width in widths {
      for channels in channels {
        for lanes in rowLanes {
          for fraction in fractions {
            for streams in streams {
              for beats in fifoBeats {
                for clock in clocks {
                  for memory in memories {
                    points.append(
                      DesignPoint(
                        index: points.count, width: width, channels: channels, streams: streams, rowLanes: lanes,
                        fraction: fraction, fifoBeats: beats, memory: memory, clockMHz: clock))
                  }
                }
              }
            }
          }
        }
      }
    }
    return points
  }

  /// The space on one line: what is hashed, and what a person reads.
  public var summary: String {
    axes.map { "\($0.name) \($0.values.joined(separator: " "))" }.joined(separator: "; ")
  }
}

extension DesignSpace: Codable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case widths, channels, streams, rowLanes, fractions, fifoBeats, memories, clocks
  }

  /// An axis that is missing has the values of `DesignSpace()`.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    func read(_ key: CodingKeys, _ axis: WritableKeyPath<DesignSpace, [Int]>) throws {
      if fields.contains(key) { self[keyPath: axis] = try fields.decode([Int].self, forKey: key) }
    }
    try read(.widths, \.widths)
    try read(.channels, \.channels)
    try read(.streams, \.streams)
    try read(.rowLanes, \.rowLanes)
    try read(.fractions, \.fractions)
    try read(.fifoBeats, \.fifoBeats)
    try read(.clocks, \.clocks)
    if fields.contains(.memories) {
      memories = try fields.decode([String].self, forKey: .memories).map { try WeightMemory(parsing: $0) }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(widths, forKey: .widths)
    try fields.encode(channels, forKey: .channels)
    try fields.encode(streams, forKey: .streams)
    try fields.encode(rowLanes, forKey: .rowLanes)
    try fields.encode(fractions, forKey: .fractions)
    try fields.encode(fifoBeats, forKey: .fifoBeats)
    try fields.encode(memories.map(\.description), forKey: .memories)
    try fields.encode(clocks, forKey: .clocks)
  }

  /// Reads a JSON file: one list for each axis, axes that are missing as in `DesignSpace()`.
  public init(path: String) throws(ExplorationError) {
    func refuse(_ reason: String) -> ExplorationError {
      ExplorationError("\(path.printable(limit: .max)): cannot be used because \(reason).")
    }
    let data: Data
    do { data = try TextFile.contents(path) } catch { throw refuse("it \(error.problem)") }
    guard let given = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
      throw refuse("it is not a JSON object")
    }
    if let stranger = given.keys.sorted().first(where: { CodingKeys(rawValue: $0) == nil }) {
      let known = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
      throw refuse("it has an unknown axis '\(stranger.printable())'; the axes are \(known)")
    }
    do {
      self = try JSONDecoder().decode(DesignSpace.self, from: data)
    } catch let error as ExplorationError {
      throw refuse("of its memories: \(error)".trimmingSuffix("."))
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context)
    {
      let axis = context.codingPath.first?.stringValue ?? ""
      throw refuse("the axis '\(axis)' is not a list of \(axis == "memories" ? "names" : "integers")")
    } catch {
      throw refuse("it is not a design space")
    }
    try validate()
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
