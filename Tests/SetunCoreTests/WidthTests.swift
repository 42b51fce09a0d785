import HardwareDescription
import SetunCore
import SetunMachine
import Testing

@Suite("The core's registers have the widths that are proved")
struct WidthTests {
  /// Module, signal and the width it must have.
  static let signals: [(module: String, signal: String, width: KeyPath<MachineWidths, Int> & Sendable)] = [
    ("ternary_engine", "beat_sum", \.beatSum), ("ternary_engine", "accumulator", \.rowSum),
    ("statistics", "sum_total", \.squareSum),
    ("statistics", "inner_sum_total", \.squareSum), ("weight_streamer", "body_offset", \.offset),
    ("weight_streamer", "body_beats_with_head", \.beats), ("weight_streamer", "next_offset", \.beats),
    ("weight_streamer", "positions", \.beats), ("weight_streamer", "axi_araddr", \.address),
    ("weight_streamer", "embedding_beats", \.embeddingBeats), ("run_control", "positions", \.beats),
    ("run_control", "after_head", \.beats), ("run_control", "token_id", \.token),
    ("run_control", "cycles", \.statistics),
    ("run_control", "embedding_offset", \.offset), ("sequencer", "rows_left", \.count),
    ("sequencer", "unit_count", \.count), ("sequencer", "group_beats", \.groupBeats),
    ("sequencer", "group_beats_left", \.groupBeats), ("sequencer", "unit_state", \.state),
    ("sequencer", "beats_done", \.beats), ("sequencer", "sequence", \.sequence), ("sequencer", "beats", \.statistics),
    ("sequencer", "groups", \.queue), ("stream_fifo", "write_pointer", \.fifo), ("stream_fifo", "read_pointer", \.fifo),
  ]

  @Test(
    "of every named configuration, and of some between them",
    arguments: Configuration.named + [between, RowLaneModels.narrow, RowLaneModels.wide])
  func widths(configuration: Configuration) throws {
    let design = Elaborator().run(SetunCore(configuration: configuration)).design
    let widths = MachineWidths(configuration)
    for (moduleName, name, width) in Self.signals {
      let module = try #require(design.module(moduleName), "\(moduleName)")
      let signals = module.signals.filter { $0.name == name }
      #expect(!signals.isEmpty, "\(moduleName).\(name)")
      let count = name == "token_id" ? configuration.streams : 1
      for signal in signals { #expect(signal.width == count * widths[keyPath: width], "\(moduleName).\(name)") }
    }
  }

  private static var between: Configuration {
    var configuration = Configuration.wide
    configuration.name = "between"
    configuration.beatBits = 256
    configuration.fifoBeats = 1024
    configuration.hiddenCapacity = 700
    return configuration
  }
}
