import HardwareDescription
import SetunCore
import SetunMachine

/// The control modules of the configurations under test, in one library.
enum ControlModels {
  /// Short bursts and a small FIFO, so that every boundary is met often.
  static let small = Configuration(
    name: "small", beatBits: 128, fractionBits: 12, fifoBeats: 16, burstBeats: 4, hiddenCapacity: 64,
    intermediateCapacity: 64, stateCapacity: 64, vocabularyCapacity: 64, promptCapacity: 5, tokenCapacity: 4,
    clockMHz: 100)

  /// Bursts of one beat.
  static let single = Configuration(
    name: "single", beatBits: 256, fifoBeats: 2, burstBeats: 1, hiddenCapacity: 64, intermediateCapacity: 64,
    stateCapacity: 64, vocabularyCapacity: 64, promptCapacity: 1, tokenCapacity: 2, clockMHz: 100)

  static let configurations = [Configuration.tiny, .wide, small, single]

  static let library = Result {
    try BenchLibrary(
      configurations.flatMap { c -> [(name: String, module: any HardwareModule)] in
        [
          ("\(c.name)_fifo", StreamFIFO(configuration: c)),
          ("\(c.name)_header", HeaderCheck(configuration: c)),
          ("\(c.name)_streamer", WeightStreamer(configuration: c)),
          ("\(c.name)_registers", ControlRegisters(configuration: c)),
          ("\(c.name)_run", RunControl(configuration: c)),
        ]
      })
  }

  static func bench(_ configuration: Configuration, _ module: String) throws -> ModuleBench {
    try library.get().bench("\(configuration.name)_\(module)")
  }
}
