extension Program {
  /// Cycles that the beats of a token with the head, or of a step of several streams, take on the fullest channel.
  ///
  /// - Parameter delivered: beats a cycle on each channel.
  public func streamCycles(delivered: [Double]) -> Double {
    zip(bodies, delivered).map { Double($0.beatsWithHead + configuration.streams * embeddingBeats) / $1 }.max() ?? 0
  }
}

extension Prediction {
  /// The prediction for a memory that may be slower than the core: the stream runs ahead of everything, so a token takes
  /// the longer of what the core and what the fullest channel's beats take.
  ///
  /// - Parameter delivered: beats a cycle that each channel's memory gives a sequential reader.
  public func cyclesPerToken(_ program: Program, delivered: [Double]) -> Double {
    max(Double(cyclesPerToken), program.streamCycles(delivered: delivered))
  }
}
