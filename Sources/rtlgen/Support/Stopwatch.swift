/// Times work.
enum Stopwatch {
  /// The result and its wall-clock seconds.
  static func wall<Result>(_ work: () throws -> Result) rethrows -> (Result, Double) {
    let start = ContinuousClock.now
    let result = try work()
    return (result, (ContinuousClock.now - start) / .seconds(1))
  }

  /// The least processor seconds of this thread that the work took, of at least `least` runs and `seconds` in all.
  static func best(least: Int, seconds: Double, _ work: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    var total = 0.0
    var runs = 0
    while runs < least || total < seconds {
      let start = ProcessorTime.seconds()
      try work()
      let taken = ProcessorTime.seconds() - start
      best = min(best, taken)
      total += taken
      runs += 1
      // Long work needs no repetition: noise is a small part of it.
      if taken > 20 { break }
    }
    return best
  }
}
