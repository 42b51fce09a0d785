import ArgumentParser
import Checkpoint

/// How `generate` chooses tokens.
struct SamplingOptions: ParsableArguments {
  @Option(name: .long, help: "Sample with this temperature (1: as likely as the model says); greedy when absent or 0.")
  var temperature: Double?

  @Option(name: .long, help: "Sample among this many of the likeliest tokens; temperature 1 unless given.")
  var topK: Int?

  @Option(name: .long, help: "Seed of the sampling, 0 to 2^64 - 1.")
  var seed: UInt64 = 0

  func validate() throws {
    if let temperature, !temperature.isFinite || temperature < 0 {
      throw ValidationError("--temperature must be a finite number of at least 0.")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k must be at least 1.") }
  }

  var sampler: Sampler {
    Sampler(temperature: temperature ?? (topK == nil ? 0 : 1), topCount: topK, seed: seed)
  }
}
