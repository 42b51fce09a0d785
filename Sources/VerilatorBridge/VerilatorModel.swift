import Foundation
import SetunMachine

/// A core's SystemVerilog, built by Verilator into a shared library and loaded.
///
/// Built libraries are cached in `cacheDirectory` under a hash of every byte that decides their behaviour (sources,
/// harness, flags, tool versions, CPU), so that hardware that has changed is never simulated in its old form.
/// Sessions of one model are independent and may run in parallel, each on one thread at a time.
public final class VerilatorModel: @unchecked Sendable {
  // Unchecked: all stored values are immutable, and the library's functions hold no state outside a handle.

  /// What decides how a model is built.
  public struct Options: Hashable, Sendable {
    /// Whether VCD can be written (builds and runs slower).
    public var trace: Bool
    /// Whether registers and memories start at random values (seeded per session) instead of 0.
    public var randomInitialState: Bool
    /// Whether what Verilator only warns of is built all the same: for designs that are wrong on purpose, and netlists.
    public var isLenient: Bool

    /// Whether long functions are split: measured, a core of 32 channels and one stream is compiled in one and a half minutes then, and in
    /// more than seven otherwise; the netlist of a whole core not in ten.
    var splitsFunctions = false

    public init(trace: Bool = false, randomInitialState: Bool = false, isLenient: Bool = false) {
      self.trace = trace
      self.randomInitialState = randomInitialState
      self.isLenient = isLenient
    }
  }

  /// What made a library, for those who quote its speed.
  public struct Tools: Hashable, Sendable, Codable {
    /// The first line of what the tool says of its version.
    public var verilator: String
    public var verilatorFlags: String
    public var compiler: String
    public var compilerFlags: String
  }

  /// Where the library lies.
  public let library: URL
  /// Memory ports, one a weight channel.
  public let channels: Int
  /// Streams of tokens, each with a logits port.
  public let streams: Int
  /// Bits of a memory beat.
  public let beatBits: Int
  public let options: Options
  /// Whether the library came from the cache.
  public let wasCached: Bool
  public let tools: Tools
  let functions: HarnessLibrary

  private init(
    library: URL, options: Options, wasCached: Bool, tools: Tools, beatBits expected: Int,
    channels expectedChannels: Int, streams expectedStreams: Int
  ) throws(BridgeError) {
    functions = try HarnessLibrary(path: library.path)
    channels = Int(functions.channels())
    streams = Int(functions.streams())
    beatBits = Int(functions.beatBits())
    self.library = library
    self.options = options
    self.wasCached = wasCached
    self.tools = tools
    guard channels == expectedChannels else { throw .channels(expected: expectedChannels, found: channels) }
    guard streams == expectedStreams else { throw .streams(expected: expectedStreams, found: streams) }
    guard beatBits == expected else { throw .beatWidth(expected: expected, found: beatBits) }
  }

  /// The cache when none is given: `.build/verilator` under the current directory.
  public static var defaultCacheDirectory: URL {
    URL(fileURLWithPath: FileManager.default.currentDirectoryPath).appendingPathComponent(".build/verilator")
  }

  /// Builds the SystemVerilog of a directory, or finds it in the cache, and loads it.
  ///
  /// - Parameters:
  ///   - rtlDirectory: every `.sv` and `.v` file directly in it belongs to the design.
  ///   - top: the top module; its ports are those of `setun_core`.
  ///   - beatBits: the width of a memory port the caller expects.
  ///   - channels: how many memory ports the caller expects.
  ///   - streams: how many streams the caller expects.
  ///   - trace: whether VCD can be written.
  ///   - progress: told in one line what takes time; not called when the cache has the model.
  public static func build(
    rtlDirectory: URL, top: String = "setun_core", beatBits: Int, channels: Int = 1, streams: Int = 1,
    trace: Bool = false, cacheDirectory: URL? = nil, progress: (String) -> Void = { _ in }
  ) throws(BridgeError) -> VerilatorModel {
    try build(
      rtlDirectory: rtlDirectory, top: top, beatBits: beatBits, channels: channels, streams: streams,
      options: Options(trace: trace), cacheDirectory: cacheDirectory, progress: progress)
  }

  /// As `build(rtlDirectory:top:beatBits:channels:streams:trace:cacheDirectory:progress:)`, with all options.
  public static func build(
    rtlDirectory: URL, top: String = "setun_core", beatBits: Int, channels: Int = 1, streams: Int = 1,
    options: Options, cacheDirectory: URL? = nil, progress: (String) -> Void = { _ in }
  ) throws(BridgeError) -> VerilatorModel {
    var options = options
    options.splitsFunctions = streams > 1 || channels > 8
    let recipe = try BuildRecipe(
      rtlDirectory: rtlDirectory, top: top, options: options, cacheDirectory: cacheDirectory ?? defaultCacheDirectory)
    let (library, wasCached) = try recipe.library(progress: progress)
    return try VerilatorModel(
      library: library, options: options, wasCached: wasCached, tools: recipe.tools, beatBits: beatBits,
      channels: channels, streams: streams)
  }

  /// The harness's digest step, for agreement tests.
  public func fold(_ digest: UInt64, _ word: UInt64) -> UInt64 { functions.fold(digest, word) }

  /// The harness's stall in cycles, for agreement tests.
  public func stall(_ memory: MemoryModel, _ channel: MemoryModel.Channel, _ index: UInt64) -> Int {
    guard case .random(let seed) = memory.mode else {
      return Int(functions.stall(0, 0, UInt32(channel.rawValue), index))
    }
    return Int(functions.stall(1, seed, UInt32(channel.rawValue), index))
  }
}
