extension Configuration: Codable {
  enum CodingKeys: String, CodingKey {
    case name, beatBits, channels, streams, fractionBits, fifoBeats, burstBeats, hiddenCapacity, intermediateCapacity
    case stateCapacity, vocabularyCapacity, promptCapacity, tokenCapacity, sumQueueGroups, rowLanes, channelRegisters,
      clockMHz
  }

  /// Every field must be there, but `rowLanes`, which is 1 when it is missing, and `channelRegisters`, which is 0.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Int { try fields.decode(Int.self, forKey: key) }
    self.init(
      name: try fields.decode(String.self, forKey: .name), beatBits: try number(.beatBits),
      channels: try number(.channels), streams: try number(.streams), fractionBits: try number(.fractionBits),
      fifoBeats: try number(.fifoBeats), burstBeats: try number(.burstBeats),
      hiddenCapacity: try number(.hiddenCapacity), intermediateCapacity: try number(.intermediateCapacity),
      stateCapacity: try number(.stateCapacity), vocabularyCapacity: try number(.vocabularyCapacity),
      promptCapacity: try number(.promptCapacity), tokenCapacity: try number(.tokenCapacity),
      sumQueueGroups: try number(.sumQueueGroups),
      rowLanes: fields.contains(.rowLanes) ? try number(.rowLanes) : 1,
      channelRegisters: fields.contains(.channelRegisters) ? try number(.channelRegisters) : 0,
      clockMHz: try number(.clockMHz))
  }

  /// One row lane and no channel registers are not stated, so that the hash of a configuration without them is that of its
  /// other fields.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(name, forKey: .name)
    let numbers: [(CodingKeys, Int)] = [
      (.beatBits, beatBits), (.channels, channels), (.streams, streams), (.fractionBits, fractionBits),
      (.fifoBeats, fifoBeats), (.burstBeats, burstBeats), (.hiddenCapacity, hiddenCapacity),
      (.intermediateCapacity, intermediateCapacity), (.stateCapacity, stateCapacity),
      (.vocabularyCapacity, vocabularyCapacity), (.promptCapacity, promptCapacity), (.tokenCapacity, tokenCapacity),
      (.sumQueueGroups, sumQueueGroups), (.clockMHz, clockMHz),
    ]
    for (key, value) in numbers { try fields.encode(value, forKey: key) }
    if rowLanes != 1 { try fields.encode(rowLanes, forKey: .rowLanes) }
    if channelRegisters != 0 { try fields.encode(channelRegisters, forKey: .channelRegisters) }
  }
}
