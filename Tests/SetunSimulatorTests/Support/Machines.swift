import SetunMachine

extension Configuration {
  /// Small and with other numbers than the named ones: every buffer fills and wraps often.
  static let small = Configuration(
    name: "small", beatBits: 128, fractionBits: 12, fifoBeats: 32, burstBeats: 16, hiddenCapacity: 100,
    intermediateCapacity: 260, stateCapacity: 300, vocabularyCapacity: 800, promptCapacity: 12, tokenCapacity: 4,
    clockMHz: 50)

  /// 256 bits, the fewest fraction bits, short bursts in a long FIFO.
  static let medium = Configuration(
    name: "medium", beatBits: 256, fractionBits: 10, fifoBeats: 128, burstBeats: 8, hiddenCapacity: 160,
    intermediateCapacity: 200, stateCapacity: 640, vocabularyCapacity: 1000, promptCapacity: 64, tokenCapacity: 16,
    clockMHz: 200)

  /// The smallest of everything: bursts of one beat, a FIFO of two, one word of activations, one prompt token.
  static let least = Configuration(
    name: "least", beatBits: 128, fractionBits: 11, fifoBeats: 2, burstBeats: 1, hiddenCapacity: 16,
    intermediateCapacity: 16, stateCapacity: 16, vocabularyCapacity: 40, promptCapacity: 1, tokenCapacity: 2,
    clockMHz: 1)
}
