import Files
import Foundation
import TernaryArithmetic

/// One accelerator: every width and capacity from which compiler, simulator and hardware are derived.
///
/// The canonical JSON of this value is hashed into the image header, the identity register and each emitted
/// file, so that an image compiled for one machine is refused by another.
public struct Configuration: Hashable, Sendable {
  /// The name under which the configuration is emitted (`RTL/<name>`).
  public var name: String
  /// Width W of a memory beat and of the AXI read port, in bits: 128, 256 or 512.
  public var beatBits: Int
  /// Weight channels N, over which row groups are striped.
  public var channels: Int
  /// Streams B of tokens that share each weight beat: a power of two up to 16.
  public var streams: Int
  /// Fraction bits F of the machine float; the exponent has 8 bits.
  public var fractionBits: Int
  /// Places of the stream FIFO, in beats.
  public var fifoBeats: Int
  /// Beats of the longest burst; `burstBeats * beatBits / 8` is a power of two and at most 4096.
  public var burstBeats: Int
  /// Largest hidden size d.
  public var hiddenCapacity: Int
  /// Largest intermediate size I.
  public var intermediateCapacity: Int
  /// Elements of recurrent state that are stored: layers times d, with every layer but the last rounded up to a multiple
  /// of `rowLanes`.
  public var stateCapacity: Int
  /// Largest vocabulary.
  public var vocabularyCapacity: Int
  /// Tokens the prompt buffer holds.
  public var promptCapacity: Int
  /// Tokens the output FIFO holds.
  public var tokenCapacity: Int
  /// Tokens of one sequence that nobody reads until the core waits: with B streams it goes on while B places are free.
  public var unreadTokens: Int { tokenCapacity - streams + 1 }
  /// Row groups the row-sum queue holds, a power of two.
  public var sumQueueGroups: Int
  /// Rows of a group that pass the row units side by side in one cycle: 1, or 5 for the whole group.
  public var rowLanes: Int
  /// Registers R in every path between a channel and the middle of the core, for long routes: 0 to 8.
  public var channelRegisters: Int
  /// Clock for which the core is constrained, in MHz.
  public var clockMHz: Int

  public init(
    name: String, beatBits: Int, channels: Int = 1, streams: Int = 1, fractionBits: Int = 15, fifoBeats: Int = 512,
    burstBeats: Int, hiddenCapacity: Int, intermediateCapacity: Int, stateCapacity: Int, vocabularyCapacity: Int,
    promptCapacity: Int = 1024, tokenCapacity: Int = 64, sumQueueGroups: Int = 16, rowLanes: Int = 1,
    channelRegisters: Int = 0, clockMHz: Int
  ) {
    self.name = name
    self.beatBits = beatBits
    self.channels = channels
    self.streams = streams
    self.fractionBits = fractionBits
    self.fifoBeats = fifoBeats
    self.burstBeats = burstBeats
    self.hiddenCapacity = hiddenCapacity
    self.intermediateCapacity = intermediateCapacity
    self.stateCapacity = stateCapacity
    self.vocabularyCapacity = vocabularyCapacity
    self.promptCapacity = promptCapacity
    self.tokenCapacity = tokenCapacity
    self.sumQueueGroups = sumQueueGroups
    self.rowLanes = rowLanes
    self.channelRegisters = channelRegisters
    self.clockMHz = clockMHz
  }

  /// Columns C of a beat: one byte holds five trits of one column.
  public var lanes: Int { beatBits / 8 }
  /// Bytes of a beat.
  public var beatBytes: Int { beatBits / 8 }
  /// bf16 values of a beat: with several row lanes whole steps only, and the rest of the beat is zero.
  public var halvesPerBeat: Int { beatBits / 16 / rowLanes * rowLanes }
  /// bf16 values of a beat of every channel.
  public var halvesPerStep: Int { halvesPerBeat * channels }
  /// Cycles in which `count` rows pass the row units, and words of as many elements that are stored for those units.
  public func steps(of count: Int) -> Int { (count + rowLanes - 1) / rowLanes }
  /// Elements the z memories hold: the longest vector a BitLinear takes as input.
  public var vectorCapacity: Int { max(hiddenCapacity, intermediateCapacity) }
  /// Words of `lanes` activations the activation memory holds.
  public var activationWords: Int {
    max(3 * words(of: hiddenCapacity), words(of: intermediateCapacity))
  }
  /// Bits of a signed row sum: every activation is at most 127 in magnitude.
  public var sumBits: Int { bitWidth(of: MachineWidths.largestActivation * words(of: vectorCapacity) * lanes) + 1 }

  /// Bits of a signed sum over the columns of one beat: eight of an activation, and one for each level of the tree.
  public var beatSumBits: Int { 8 + bitWidth(of: lanes - 1) }

  /// Beats on each channel of a vector of `count` bf16 values: word w, a beat's worth of values, lies on channel w mod N.
  public func vectorBeats(of count: Int) -> Int {
    (count + halvesPerStep - 1) / halvesPerStep
  }

  /// Words of `lanes` elements that `count` elements fill.
  public func words(of count: Int) -> Int { (count + lanes - 1) / lanes }

  /// The configuration as sorted JSON: what is hashed.
  public var canonicalJSON: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(self) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }

  /// 64-bit FNV-1a hash of the canonical JSON and of the instruction set's version.
  public var hash: UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in (canonicalJSON + "isa\(InstructionSet.version)").utf8 {
      value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return value
  }
}

/// The number of bits that hold the unsigned `value`; 1 for zero.
public func bitWidth(of value: Int) -> Int {
  max(1, Int.bitWidth - value.leadingZeroBitCount)
}

extension Configuration {
  /// One 128-bit AXI port: the smallest useful board.
  public static let tiny = Configuration(
    name: "tiny", beatBits: 128, burstBeats: 64, hiddenCapacity: 256, intermediateCapacity: 768,
    stateCapacity: 6 * 256, vocabularyCapacity: 2048, clockMHz: 100)

  /// One 512-bit AXI port: one DDR4 channel.
  public static let wide = Configuration(
    name: "wide", beatBits: 512, burstBeats: 64, hiddenCapacity: 1024, intermediateCapacity: 2816,
    stateCapacity: 24 * 1024, vocabularyCapacity: 32000, clockMHz: 250)

  /// AMD KV260: 64-bit DDR4-2400 behind four 128-bit ports of the processing system, for models of up to 370M weights.
  public static let kv260 = Configuration(
    name: "kv260", beatBits: 128, channels: 4, burstBeats: 64, hiddenCapacity: 1024, intermediateCapacity: 2816,
    stateCapacity: 24 * 1025, vocabularyCapacity: 32000, rowLanes: 5, clockMHz: 250)

  /// AMD Alveo U250: four DDR4-2400 channels, one to a die, which 512 bits at 300 MHz exhaust; models of up to 2.7B weights.
  public static let u250 = Configuration(
    name: "u250", beatBits: 512, channels: 4, burstBeats: 64, hiddenCapacity: 2560, intermediateCapacity: 6912,
    stateCapacity: 32 * 2560, vocabularyCapacity: 32000, rowLanes: 5, channelRegisters: 1, clockMHz: 300)

  /// ``u250`` for four streams: 4 x 5 trees of 64 lanes on each channel.
  public static let u250x4 = Configuration(
    name: "u250x4", beatBits: 512, channels: 4, streams: 4, burstBeats: 64, hiddenCapacity: 2560,
    intermediateCapacity: 6912, stateCapacity: 32 * 2560, vocabularyCapacity: 32000, rowLanes: 5, channelRegisters: 1,
    clockMHz: 300)

  /// AMD Alveo U280: the 32 pseudo channels of its HBM2, 14.4 GB/s each, which 512 bits at 225 MHz exhaust.
  public static let u280 = Configuration(
    name: "u280", beatBits: 512, channels: 32, burstBeats: 64, hiddenCapacity: 2560, intermediateCapacity: 6912,
    stateCapacity: 32 * 2560, vocabularyCapacity: 32000, rowLanes: 5, channelRegisters: 2, clockMHz: 225)

  /// Intel D5005: four DDR4-2400 channels beside a Stratix 10. 300 MHz is the lowest clock at which 512 bits take all that a
  /// channel has, 19.2 GB/s; the family's routing registers make the way to the channels longer, not slower.
  public static let d5005 = Configuration(
    name: "d5005", beatBits: 512, channels: 4, burstBeats: 64, hiddenCapacity: 2560, intermediateCapacity: 6912,
    stateCapacity: 32 * 2560, vocabularyCapacity: 32000, rowLanes: 5, channelRegisters: 2, clockMHz: 300)

  /// Radiona ULX3S with a Lattice ECP5-85F: the weights of the built-in 1M model lie in the chip's own block RAM, so that the FIFO
  /// before the core covers no more than that memory's latency.
  public static let ulx3s = Configuration(
    name: "ulx3s", beatBits: 256, fifoBeats: 16, burstBeats: 8, hiddenCapacity: 128, intermediateCapacity: 512,
    stateCapacity: 4 * 128, vocabularyCapacity: 512, promptCapacity: 512, clockMHz: 65)

  /// One weight channel.
  public static let singleChannel: [Configuration] = [tiny, wide]
  /// The memory systems of boards.
  public static let boards: [Configuration] = [kv260, u250, u280, d5005]
  /// Several streams on a board's memory system: four users of a U250 share each weight beat.
  public static let severalStreams: [Configuration] = [u250x4]
  /// Weights in the chip's own memory.
  public static let onChip: [Configuration] = [ulx3s]
  /// The configurations that are emitted into `RTL/`.
  public static let named: [Configuration] = singleChannel + boards + severalStreams + onChip

  /// Reads a named configuration, or a JSON file that states every field; `rowLanes` may be left out when it is 1, `channelRegisters` when it is 0.
  public static func load(_ nameOrPath: String) throws(ConfigurationError) -> Configuration {
    if let known = named.first(where: { $0.name == nameOrPath }) { return known }
    guard FileManager.default.fileExists(atPath: nameOrPath) else {
      throw .unknown(nameOrPath, known: named.map(\.name))
    }
    let data: Data
    do { data = try TextFile.contents(nameOrPath) } catch {
      throw .unreadable(nameOrPath, reason: "it \(error.problem)")
    }
    let given = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    let configuration: Configuration
    do {
      configuration = try JSONDecoder().decode(Configuration.self, from: data)
    } catch {
      // The decoder does not say which number it is that it cannot take.
      let fraction = given.keys.sorted().first { (given[$0] as? Double).map { Int(exactly: $0) == nil } ?? false }
      throw .unreadable(
        nameOrPath, reason: fraction.map { "the field '\($0)' is not an integer" } ?? Self.explain(error))
    }
    if let stranger = given.keys.sorted().first(where: { CodingKeys(rawValue: $0) == nil }) {
      throw .unreadable(nameOrPath, reason: "it has an unknown field '\(stranger)'")
    }
    try configuration.validate()
    return configuration
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "the field '\(key.stringValue)' is missing"
    case DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty:
      "the field '\(context.codingPath.map(\.stringValue).joined(separator: "."))' has the wrong type"
    case DecodingError.valueNotFound(_, let context) where !context.codingPath.isEmpty:
      "the field '\(context.codingPath.map(\.stringValue).joined(separator: "."))' is null"
    default: "it is not a JSON object"
    }
  }

  /// Refuses what the generator cannot build.
  public func validate() throws(ConfigurationError) {
    func require(_ condition: Bool, _ reason: String) throws(ConfigurationError) {
      if !condition { throw .invalid(name, reason: reason) }
    }
    let identifier = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    try require(!name.isEmpty && identifier, "name must consist of letters, digits, '-' and '_'")
    try require([128, 256, 512].contains(beatBits), "beatBits must be 128, 256 or 512, not \(beatBits)")
    try require(
      (1...32).contains(channels) && channels.nonzeroBitCount == 1,
      "channels must be a power of two up to 32, not \(channels)")
    try require(
      (1...16).contains(streams) && streams.nonzeroBitCount == 1,
      "streams must be a power of two up to 16, not \(streams)")
    try require((10...15).contains(fractionBits), "fractionBits must be 10 to 15, not \(fractionBits)")
    try require(
      (1...256).contains(burstBeats) && burstBeats.nonzeroBitCount == 1,
      "burstBeats must be a power of two up to 256, not \(burstBeats)")
    try require(
      burstBeats * beatBytes <= 4096, "a burst of \(burstBeats) beats of \(beatBytes) bytes exceeds 4096 bytes")
    try require(
      fifoBeats.nonzeroBitCount == 1 && fifoBeats >= 2 * burstBeats && fifoBeats <= 1 << 16,
      "fifoBeats must be a power of two, at least two bursts and at most 65536, not \(fifoBeats)")
    try require(
      (lanes...16384).contains(hiddenCapacity), "hiddenCapacity must be \(lanes) to 16384, not \(hiddenCapacity)")
    try require(
      (lanes...65535).contains(intermediateCapacity),
      "intermediateCapacity must be \(lanes) to 65535, not \(intermediateCapacity)")
    try require(
      (hiddenCapacity...(1 << 24)).contains(stateCapacity),
      "stateCapacity must be hiddenCapacity to 2^24, not \(stateCapacity)")
    try require(
      (2...65535).contains(vocabularyCapacity), "vocabularyCapacity must be 2 to 65535, not \(vocabularyCapacity)")
    try require((1...4096).contains(promptCapacity), "promptCapacity must be 1 to 4096, not \(promptCapacity)")
    try require(
      (2...4096).contains(tokenCapacity) && tokenCapacity.nonzeroBitCount == 1,
      "tokenCapacity must be a power of two from 2 to 4096, not \(tokenCapacity)")
    // Places for two steps are kept free; the host may be as much behind.
    try require(
      streams == 1 || tokenCapacity >= 4 * streams,
      "tokenCapacity must hold the tokens of four steps, \(4 * streams), not \(tokenCapacity)")
    try require(sumQueueGroups == 16, "sumQueueGroups must be 16, not \(sumQueueGroups)")
    try require([1, TernaryCode.rows].contains(rowLanes), "rowLanes must be 1 or 5, not \(rowLanes)")
    try require(
      channels == 1 || rowLanes > 1, "several channels bring more rows than one row lane takes; rowLanes must be 5")
    try require((0...8).contains(channelRegisters), "channelRegisters must be 0 to 8, not \(channelRegisters)")
    try require((1...1000).contains(clockMHz), "clockMHz must be 1 to 1000, not \(clockMHz)")
  }
}

/// Why a configuration cannot be used.
public enum ConfigurationError: Error, CustomStringConvertible, Sendable {
  case unknown(String, known: [String])
  case unreadable(String, reason: String)
  case invalid(String, reason: String)

  public var description: String {
    switch self {
    case .unknown(let name, let known):
      "There is no configuration or file called '\(name.printable(limit: .max))'; the named configurations are \(known.dropLast().joined(separator: ", ")) and \(known.last ?? "none")."
    case .unreadable(let path, let reason):
      "The configuration file '\(path.printable(limit: .max))' cannot be used because \(reason.printable())."
    case .invalid(let name, let reason):
      "The configuration '\(name.printable())' cannot be built: \(reason.printable())."
    }
  }
}
