extension Prediction {
  /// The prediction for a memory that may be slower than the core: the stream runs ahead of everything, so a token takes
  /// the longer of what the core and what the fullest channel's beats take.
  ///
  /// - Parameter delivered: beats a cycle that each channel's memory gives a sequential reader.
  public func cyclesPerToken(_ program: Program, delivered: [Double]) -> Double {
    let beats = program.bodies.map { Double($0.beatsWithHead + program.embeddingBeats) }
    return max(Double(cyclesPerToken), zip(beats, delivered).map { $0 / $1 }.max() ?? 0)
  }
}
